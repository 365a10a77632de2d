import { Component, onWillStart, onWillUnmount, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

function number(value) {
    const digits = Math.abs(value) >= 100 ? 0 : 2;
    return formatFloat(value || 0, { digits: [0, digits], trailingZeros: false });
}

/**
 * History, forecast with its band, stock past and to come, and the levels it is held against.
 * One call of `inventory.item.get_chart` brings the figures and leaves out what the reader may not see.
 */
export class ItemChart extends Component {
    static template = "inventory_plus.ItemChart";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.canvas = useRef("canvas");
        this.palette = useRef("palette");
        this.keepLast = new KeepLast();
        this.state = useState({ data: null, error: "" });
        onWillStart(() => loadBundle("web.chartjs_lib"));
        // Not awaited: the form stands before the figures have come.
        onWillStart(() => void this.load(this.props.record));
        onWillUpdateProps(({ record }) => {
            if (this.loaded !== this.version(record)) {
                this.load(record);
            }
        });
        useEffect(
            () => this.draw(),
            () => [this.state.data]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    /** The form reloads its record after a refresh or a new plan; the picture then follows. */
    version(record) {
        const { computed_at: computed, plan_date: planned } = record.data;
        return [record.resId, computed?.toISO?.(), planned?.toISO?.()].join();
    }

    async load(record) {
        this.loaded = this.version(record);
        if (!record.resId) {
            return;
        }
        try {
            const call = this.orm.silent.call("inventory.item", "get_chart", [[record.resId]]);
            this.state.data = await this.keepLast.add(call);
            this.state.error = "";
        } catch (error) {
            this.state.error = error.data?.message || error.message || String(error);
        }
    }

    get isEmpty() {
        return this.state.data && !this.state.data.weeks.length;
    }

    /** What the picture says, for those who do not see it. */
    get description() {
        const { data } = this.state;
        if (!data?.weeks.length) {
            return "";
        }
        const sum = (values) => number(values.reduce((total, value) => total + value, 0));
        return _t(
            "Demand of the last year: %(past)s %(unit)s; expected in the next half year: %(future)s; reorder point %(point)s.",
            { past: sum(data.demand), unit: data.unit, future: sum(data.forecast), point: number(data.reorder_point) }
        );
    }

    color(name) {
        return getComputedStyle(this.palette.el.querySelector(`.o_inventory_${name}`)).color;
    }

    faded(name) {
        return this.color(name).replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*$/, "rgba($1, 0.18)");
    }

    /** @param {number[]} values of the weeks to come @returns {(number|null)[]} with gaps for the past */
    ahead(values) {
        return [...new Array(this.state.data.past).fill(null), ...values];
    }

    get datasets() {
        const { data } = this.state;
        const bars = { type: "bar", pointStyle: "rectRounded", yAxisID: "demand", order: 5, borderRadius: 2, categoryPercentage: 1 };
        const line = { type: "line", pointRadius: 0, pointHitRadius: 8, pointStyle: "line" };
        const datasets = [
            { ...bars, label: _t("Demand"), data: data.demand, backgroundColor: this.color("demand") },
            { ...line, yAxisID: "demand", order: 3, label: _t("Forecast"), data: this.ahead(data.forecast),
              borderColor: this.color("forecast"), backgroundColor: this.color("forecast"), borderWidth: 2 },
            { ...line, yAxisID: "demand", order: 4, label: _t("Band, 8 weeks in 10"), data: this.ahead(data.high),
              borderWidth: 0, backgroundColor: this.faded("forecast"), fill: "+1",
              pointStyle: "rectRounded" },
            { ...line, yAxisID: "demand", order: 4, label: "low", data: this.ahead(data.low), borderWidth: 0 },
        ];
        if (data.projection) {
            const stock = { ...line, yAxisID: "stock", order: 1, borderColor: this.color("stock"), borderWidth: 2 };
            stock.backgroundColor = this.color("stock");
            const joint = data.stock ? [...new Array(data.past - 1).fill(null), data.stock.at(-1)] : this.ahead([]);
            // Below zero is what would be missing, not stock.
            const left = data.projection.map((value) => Math.max(value, 0));
            const coming = { ...stock, borderDash: [5, 4], data: [...joint, ...left] };
            datasets.push(
                ...(data.stock ? [{ ...stock, label: _t("Stock"), data: data.stock }] : []),
                { ...coming, label: _t("Stock, nothing ordered") },
                this.level(_t("Reorder point"), data.reorder_point, "point"),
                this.level(_t("Safety stock"), data.safety_stock, "safety")
            );
        }
        return datasets;
    }

    level(label, value, color) {
        const style = { type: "line", yAxisID: "stock", pointRadius: 0, borderWidth: 1.5, borderDash: [2, 3], order: 2 };
        style.pointStyle = "line";
        style.borderColor = style.backgroundColor = this.color(color);
        return { ...style, label, data: this.state.data.weeks.map(() => value) };
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (!this.canvas.el || !this.state.data?.weeks.length) {
            return;
        }
        const { weeks } = this.state.data;
        const short = (iso) => deserializeDate(iso).toLocaleString({ month: "short", year: "2-digit" });
        this.chart = new Chart(this.canvas.el, {
            data: { labels: weeks.map(short), datasets: this.datasets },
            options: {
                maintainAspectRatio: false,
                animation: false,
                interaction: { mode: "index", intersect: false },
                plugins: { legend: this.legend, tooltip: this.tooltip },
                scales: this.scales,
            },
        });
    }

    get legend() {
        const labels = {
            color: this.color("text"),
            usePointStyle: true,
            boxHeight: 7,
            filter: (item) => item.text !== "low",
        };
        return { position: "bottom", labels };
    }

    get tooltip() {
        const { weeks, unit } = this.state.data;
        return {
            filter: (item) => item.dataset.label !== "low" && item.parsed.y !== null,
            callbacks: {
                title: ([item]) => _t("Week from %s", toLocaleDateString(deserializeDate(weeks[item.dataIndex]))),
                label: (item) => `${item.dataset.label}: ${number(item.parsed.y)} ${unit}`,
            },
        };
    }

    get scales() {
        const color = this.color("text");
        const axis = (position, text, grid) => ({
            position,
            grid: { color: this.color("grid"), display: grid },
            border: { display: false },
            ticks: { color, maxTicksLimit: 6, callback: (value) => number(value) },
            title: { display: !this.env.isSmall, text, color },
        });
        const scales = {
            x: { grid: { display: false }, ticks: { color, autoSkip: true, maxTicksLimit: this.env.isSmall ? 5 : 12, maxRotation: 0 } },
            demand: { ...axis(this.state.data.projection ? "right" : "left", _t("Demand per week"), !this.state.data.projection), min: 0 },
        };
        if (this.state.data.projection) {
            scales.stock = { ...axis("left", _t("Stock"), true), suggestedMin: 0 };
        }
        return scales;
    }
}

export const itemChart = {
    component: ItemChart,
    fieldDependencies: [
        { name: "computed_at", type: "datetime" },
        { name: "plan_date", type: "date" },
    ],
};
registry.category("view_widgets").add("inventory_item_chart", itemChart);
