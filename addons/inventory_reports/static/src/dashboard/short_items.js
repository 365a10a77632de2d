import { Component } from "@odoo/owl";

import { date, number } from "./format";
import { STATUSES } from "./status_bars";

/** The items to act on first; a table, on phones a list of cards. */
export class ShortItems extends Component {
    static template = "inventory_reports.ShortItems";
    static props = { columns: Array, rows: Array, asOf: String, open: Function };

    has(name) {
        return this.props.columns.includes(name);
    }

    status(row) {
        return STATUSES.find(({ key }) => key === row.status);
    }

    date(value) {
        return date(value);
    }

    /** Is this day (ISO) over or today, seen from the planning date? */
    isDue(value) {
        return value && value <= this.props.asOf;
    }

    quantity(row, name) {
        return `${number(row[name])} ${row.uom}`;
    }
}
