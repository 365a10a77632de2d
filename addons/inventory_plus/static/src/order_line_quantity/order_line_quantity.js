import { formatFloat } from "@web/core/utils/numbers";
import { patch } from "@web/core/utils/patch";
import { QtyAtDatePopover, QtyAtDateWidget, qtyAtDateWidget } from "@sale_stock/widgets/qty_at_date_widget";

qtyAtDateWidget.fieldDependencies.push(
    { name: "inventory_channel_name", type: "char" },
    { name: "inventory_channel_available", type: "float" },
    { name: "inventory_promised", type: "float" }
);

/** A line that asks for more than its channel may have is marked before the order is confirmed. */
patch(QtyAtDateWidget.prototype, {
    initCalcData() {
        super.initCalcData();
        const { data } = this.props.record;
        if (["draft", "sent"].includes(data.state) && data.inventory_channel_name && !data.is_mto) {
            this.calcData.inventory_is_short = data.inventory_channel_available < data.qty_to_deliver;
            this.calcData.forecasted_issue ||= this.calcData.inventory_is_short;
        }
    },
});

patch(QtyAtDatePopover.prototype, {
    inventoryQuantity(value) {
        return formatFloat(value || 0, { digits: [0, 2], trailingZeros: false });
    },
});
