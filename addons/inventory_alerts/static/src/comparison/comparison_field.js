import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Table of an alert's figures: when it opened, and now. Rows come formatted from the server. */
export class AlertComparisonField extends Component {
    static template = "inventory_alerts.AlertComparisonField";
    static props = { ...standardFieldProps };

    get rows() {
        return (this.props.record.data[this.props.name] || []).filter((row) => row.then || row.now);
    }
}

registry.category("fields").add("inventory_alert_comparison", {
    component: AlertComparisonField,
    supportedTypes: ["json"],
});
