import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Fields of the policy that decide what a simulation gives. */
const FIELDS = [
    "active",
    "company_id",
    "domain",
    "categ_ids",
    "warehouse_ids",
    "abc_a",
    "abc_b",
    "abc_c",
    "xyz_x",
    "xyz_y",
    "xyz_z",
    "target",
    "target_cycle",
    "target_fill",
    "target_cost",
    "target_days",
    "target_quantity",
    "target_factor",
    "shortage",
    "review_days",
    "cycle_days",
    "forecast_method",
    "least_units",
    "most_units",
    "least_days",
    "most_days",
];

/**
 * What a policy would change, computed from what the form holds, saved or not.
 */
export class PolicySimulation extends Component {
    static template = "inventory_plus.PolicySimulation";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ busy: false, stale: false, result: null, error: "" });
        this.computedFor = null;
        useRecordObserver((record) => {
            const now = JSON.stringify(this.valuesOf(record));
            this.state.stale = this.computedFor !== null && this.computedFor !== now;
        });
    }

    /** The form's values as the server wants them: ids for records. */
    valuesOf(record) {
        const values = {};
        for (const name of FIELDS) {
            if (!(name in record.activeFields)) {
                continue;
            }
            const value = record.data[name];
            const type = record.fields[name].type;
            if (type === "many2many") {
                values[name] = [...value.currentIds];
            } else if (type === "many2one") {
                values[name] = value ? value.id : false;
            } else {
                values[name] = value;
            }
        }
        return values;
    }

    async simulate() {
        const record = this.props.record;
        // What is being typed is in the form only after this.
        await record.getChanges();
        const values = this.valuesOf(record);
        Object.assign(this.state, { busy: true, error: "" });
        try {
            this.state.result = await this.orm.call("inventory.policy", "simulate", [
                record.resId ? [record.resId] : [],
                values,
            ]);
            this.computedFor = JSON.stringify(values);
            this.state.stale = this.computedFor !== JSON.stringify(this.valuesOf(record));
        } catch (error) {
            if (!error.data?.message) {
                throw error;
            }
            Object.assign(this.state, { result: null, error: error.data.message });
            this.computedFor = null;
        } finally {
            this.state.busy = false;
        }
    }

    /** Colour of a change: green for better, orange for worse, none where neither is meant. */
    colour(row) {
        return { true: "text-success", false: "text-warning" }[row.good] || "";
    }
}

registry.category("view_widgets").add("inventory_policy_simulation", {
    component: PolicySimulation,
    fieldDependencies: [],
});
