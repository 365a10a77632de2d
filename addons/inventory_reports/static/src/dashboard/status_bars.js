import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

import { number } from "./format";

/** Status in the order of urgency; colours are those of the item list. */
export const STATUSES = [
    { key: "red", label: _t("Short"), tone: "danger" },
    { key: "yellow", label: _t("Soon short"), tone: "warning" },
    { key: "green", label: _t("Healthy"), tone: "success" },
    { key: "blue", label: _t("Excess"), tone: "info" },
    { key: "grey", label: _t("Slow"), tone: "secondary" },
];

/** One bar a warehouse, divided by status; every part opens its items. */
export class StatusBars extends Component {
    static template = "inventory_reports.StatusBars";
    static props = { warehouses: Array, open: Function };

    get statuses() {
        return STATUSES;
    }

    /** @returns {Array} bars with their parts: share in percent, count, label */
    get bars() {
        return this.props.warehouses.map((warehouse) => {
            const total = STATUSES.reduce((sum, { key }) => sum + warehouse.status[key], 0);
            return {
                ...warehouse,
                total: number(total),
                parts: STATUSES.filter(({ key }) => warehouse.status[key]).map((status) => ({
                    ...status,
                    count: number(warehouse.status[status.key]),
                    percent: (warehouse.status[status.key] / total) * 100,
                })),
            };
        });
    }
}
