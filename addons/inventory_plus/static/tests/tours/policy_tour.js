import { registry } from "@web/core/registry";

/** A planner changes a target, sees what it would change before he saves, and saves it. */
registry.category("web_tour.tours").add("inventory_policy_simulation", {
    steps: () => [
        {
            content: "the policy of the list",
            trigger: ".o_data_row td[name=name]:contains('Tour policy'), .o_kanban_record:contains('Tour policy')",
            run: "click",
        },
        {
            content: "a higher target, not saved",
            trigger: ".o_field_widget[name=target_cycle] input",
            run: "edit 99",
        },
        { trigger: ".o_inventory_simulate", run: "click" },
        {
            content: "the headline says from what to what",
            trigger:
                ".o_inventory_headline:contains('80 % of the cycles → 99 % of the cycles'):contains('fewer stock-outs a year')",
        },
        { content: "the table compares", trigger: ".o_inventory_policy_simulation tr[data-row=value] td:contains('+')" },
        { content: "it is still not saved", trigger: ".o_form_button_save:visible, .o_form_status_indicator_buttons:visible" },
        {
            content: "another value makes the figures old",
            trigger: ".o_field_widget[name=target_cycle] input",
            run: "edit 120 && click body",
        },
        { trigger: ".o_inventory_stale" },
        { content: "what nobody can reach gets a sentence", trigger: ".o_inventory_simulate", run: "click" },
        { trigger: ".o_inventory_policy_simulation .alert-danger:contains('must lie between')" },
        { trigger: ".o_field_widget[name=target_cycle] input", run: "edit 98" },
        { trigger: ".o_form_button_save", run: "click" },
        { content: "saved", trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible:not(:visible)" },
    ],
});
