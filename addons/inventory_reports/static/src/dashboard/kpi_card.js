import { Component } from "@odoo/owl";

import { number } from "./format";

const WIDTH = 100;
const HEIGHT = 24;

/** One figure with its label, a note, optionally a change, a small line of history and a click. */
export class KpiCard extends Component {
    static template = "inventory_reports.KpiCard";
    static props = {
        key: { type: String, optional: true },
        label: String,
        value: String,
        note: { type: String, optional: true },
        tone: { type: String, optional: true },
        change: { type: [Number, { value: null }], optional: true },
        changeHint: { type: String, optional: true },
        history: { type: Array, optional: true },
        open: { type: Function, optional: true },
    };

    get changeText() {
        const { change } = this.props;
        if (change === undefined || change === null) {
            return "";
        }
        const sign = change > 0 ? "▲ +" : change < 0 ? "▼ −" : "";
        return `${sign}${number(Math.abs(change))} %`;
    }

    /** Points of the sparkline, "" with fewer than two days. */
    get points() {
        const values = (this.props.history || []).map((day) => day.value);
        if (values.length < 2) {
            return "";
        }
        const low = Math.min(...values);
        const span = Math.max(...values) - low || 1;
        return values
            .map((value, index) => {
                const x = (index / (values.length - 1)) * WIDTH;
                const y = HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
                return `${x.toFixed(1)},${y.toFixed(1)}`;
            })
            .join(" ");
    }
}
