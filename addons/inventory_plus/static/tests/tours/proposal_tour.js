import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A planner starts the planning and is shown how far it is. */
tours.add("inventory_plan_now", {
    steps: () => [
        { content: "the runs", trigger: ".o_breadcrumb:contains('Planning Runs'), .o_last_breadcrumb_item:contains('Planning Runs')" },
        { trigger: "button[name=action_plan_now]", run: "click" },
        { content: "the run waits for its turn and says so", trigger: ".o_form_view .alert-info:contains('runs in the background')" },
        { content: "with its progress", trigger: ".o_form_view .o_progressbar" },
    ],
});

/** Nobody approves what he asked for; another approver sees why, and applies. */
tours.add("inventory_proposal_own_run", {
    steps: () => [
        {
            content: "who started the run is told why he cannot decide",
            trigger: ".o_form_view .alert-warning:contains('another person has to decide')",
        },
        { content: "and is offered no button", trigger: ".o_form_view:not(:has(button[name=action_apply]:visible))" },
    ],
});

tours.add("inventory_proposal_apply", {
    steps: () => [
        {
            content: "the runs with what waits",
            trigger: ".o_group_header:contains('(1)'), .o_kanban_group",
            run() {
                document.querySelector(".o_group_header .o_group_caret, .o_group_header .o_group_name")?.click();
            },
        },
        {
            content: "the item that changed",
            trigger: ".o_data_row:contains('Tour grown'), .o_kanban_record:contains('Tour grown')",
        },
        {
            content: "apply it",
            trigger: ".o_data_row:contains('Tour grown') button[name=action_apply], .o_kanban_record:contains('Tour grown') button[name=action_apply]",
            run: "click",
        },
        { content: "it is in force", trigger: ".o_notification:contains('1 changes are in force')" },
    ],
});

/** Odoo's replenishment screen shows the planned min and max. */
tours.add("inventory_proposal_replenishment", {
    steps: () => [
        {
            content: "min and max",
            trigger:
                ".o_data_row:contains('Tour grown'):has([name=product_min_qty]:contains('120.00')):has([name=product_max_qty]:contains('400.00')), .o_kanban_record:contains('Tour grown'):contains('120'):contains('400')",
        },
    ],
});

/** An approver takes a whole run back. */
tours.add("inventory_proposal_roll_back", {
    steps: () => [
        { trigger: "button[name=action_open_roll_back]", run: "click" },
        { trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit The old values were right" },
        { trigger: ".modal footer button[name=action_decide]:visible", run: "click" },
        { content: "taken back", trigger: ".o_notification:contains('1 changes were taken back')" },
        { content: "the run says so", trigger: ".o_form_view [name=rolled_back_count]:contains('1')" },
    ],
});
