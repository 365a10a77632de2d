import { Component } from "@odoo/owl";

/** Nothing to show yet: the three steps that lead to figures. */
export class EmptyState extends Component {
    static template = "inventory_reports.EmptyState";
    static props = { importHistory: { type: Function, optional: true }, building: Boolean };
}
