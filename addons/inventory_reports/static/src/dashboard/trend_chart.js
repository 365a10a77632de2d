import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

import { amount, number } from "./format";

/** Demand by month beside the year before. Colours are read from the page, so that a dark theme keeps its own. */
export class TrendChart extends Component {
    static template = "inventory_reports.TrendChart";
    static props = {
        trend: Object,
        currencyId: { type: Number, optional: true },
    };

    setup() {
        this.canvas = useRef("canvas");
        this.probes = { bar: useRef("bar"), past: useRef("past"), text: useRef("text"), grid: useRef("grid") };
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.trend]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get hasPrevious() {
        return this.props.trend.previous.some((value) => value);
    }

    /** What the chart says, for those who do not see it. */
    get description() {
        const { months, demand } = this.props.trend;
        return months.map((month, index) => `${this.month(month)}: ${number(demand[index])}`).join(", ");
    }

    month(iso) {
        return deserializeDate(iso).toLocaleString({ month: "short", year: "2-digit" });
    }

    color(probe) {
        return getComputedStyle(this.probes[probe].el).color;
    }

    get datasets() {
        const { trend } = this.props;
        const datasets = [
            {
                type: "bar",
                label: _t("Demand"),
                data: trend.demand,
                backgroundColor: this.color("bar"),
                borderRadius: 4,
                maxBarThickness: 36,
                order: 2,
            },
        ];
        if (this.hasPrevious) {
            datasets.push({
                type: "line",
                label: _t("A year before"),
                data: trend.previous,
                borderColor: this.color("past"),
                backgroundColor: this.color("past"),
                borderDash: [4, 4],
                borderWidth: 2,
                pointRadius: 2,
                tension: 0.3,
                order: 1,
            });
        }
        return datasets;
    }

    draw() {
        this.chart?.destroy();
        const { trend } = this.props;
        this.chart = new Chart(this.canvas.el, {
            data: { labels: trend.months.map((month) => this.month(month)), datasets: this.datasets },
            options: {
                maintainAspectRatio: false,
                animation: false,
                interaction: { mode: "index", intersect: false },
                plugins: this.plugins,
                scales: this.scales,
            },
        });
    }

    get plugins() {
        const { trend, currencyId } = this.props;
        return {
            legend: {
                display: this.hasPrevious,
                align: "end",
                labels: { color: this.color("text"), boxWidth: 12, boxHeight: 12 },
            },
            tooltip: {
                callbacks: {
                    label: (item) => `${item.dataset.label}: ${number(item.parsed.y)}`,
                    footer: ([item]) =>
                        trend.revenue?.[item.dataIndex]
                            ? _t("Sales: %s", amount(trend.revenue[item.dataIndex], currencyId))
                            : "",
                },
            },
        };
    }

    get scales() {
        const color = this.color("text");
        return {
            x: { grid: { display: false }, ticks: { color } },
            y: {
                beginAtZero: true,
                border: { display: false },
                grid: { color: this.color("grid") },
                ticks: { color, maxTicksLimit: 5, callback: (value) => number(value) },
            },
        };
    }
}
