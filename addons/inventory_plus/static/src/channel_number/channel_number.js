import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Open how the number of a channel for the record's product comes about. */
function useExplanation(props) {
    const action = useService("action");
    return (channel) =>
        action.doAction({
            type: "ir.actions.act_window",
            name: _t("How the Number Comes About"),
            res_model: "inventory.channel.explanation",
            views: [[false, "form"]],
            target: "new",
            context: { default_channel_id: channel, default_product_id: props.record.data.product_id.id },
        });
}

function format(value) {
    return formatFloat(value, { digits: [0, 2], trailingZeros: false });
}

/** One channel's number in a row of the list; a dash where the channel does not sell from the row's warehouse. */
export class ChannelNumber extends Component {
    static template = "inventory_plus.ChannelNumber";
    static props = { ...standardFieldProps, key: String, channel: { type: Number, optional: true } };

    setup() {
        this.explain = useExplanation(this.props);
    }

    get value() {
        return this.props.record.data[this.props.name]?.[this.props.key];
    }

    get text() {
        return this.value === undefined ? "–" : format(this.value);
    }

    get tone() {
        return this.value > 0 ? "fw-bold" : "text-muted";
    }
}

registry.category("fields").add("inventory_channel_number", {
    component: ChannelNumber,
    supportedTypes: ["json"],
    extractProps: ({ options }) => ({ key: options.key, channel: options.channel }),
});

/** All channels' numbers of a card, by name. */
export class ChannelNumbers extends Component {
    static template = "inventory_plus.ChannelNumbers";
    static props = { ...standardFieldProps };

    setup() {
        this.explain = useExplanation(this.props);
    }

    get rows() {
        const { channels = [], ...numbers } = this.props.record.data[this.props.name] || {};
        return channels
            .filter(({ id }) => numbers[id] !== undefined)
            .map(({ id, name }) => ({ id, name, text: format(numbers[id]), isNone: !(numbers[id] > 0) }));
    }
}

registry.category("fields").add("inventory_channel_numbers", {
    component: ChannelNumbers,
    supportedTypes: ["json"],
});
