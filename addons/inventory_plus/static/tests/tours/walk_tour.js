import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Leave for another page, as a menu or a bookmark does. */
function go(path) {
    return {
        content: `on to ${path}`,
        trigger: ".o_action_manager",
        run() {
            window.location.href = path;
        },
        expectUnloadPage: true,
    };
}

/** Rows of lists on the desktop, cards on the phone. */
function row(text) {
    return `.o_data_row:contains('${text}'), .o_kanban_record:contains('${text}')`;
}

/** The planner: changes a target, sees the simulation, saves, runs the planning. */
tours.add("inventory_walk_planner", {
    steps: () => [
        {
            content: "the policy",
            trigger: ".o_data_row td[name=name]:contains('Walk policy'), .o_kanban_record:contains('Walk policy')",
            run: "click",
        },
        { content: "a higher target", trigger: ".o_field_widget[name=target_cycle] input", run: "edit 98" },
        { content: "what would it change?", trigger: ".o_inventory_simulate", run: "click" },
        {
            content: "the simulation, before anything is saved",
            trigger: ".o_inventory_headline:contains('80 % of the cycles → 98 % of the cycles'):contains('in stock')",
        },
        { trigger: ".o_form_button_save", run: "click" },
        { content: "saved", trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible:not(:visible)" },
        go("/odoo/inventory-plan-runs"),
        { content: "plan now", trigger: "button[name=action_plan_now]", run: "click" },
        { content: "it runs", trigger: ".o_form_view .alert-info:contains('runs in the background')" },
        { content: "and says how far it is", trigger: ".o_form_view .o_progressbar" },
    ],
});

/** The approver: sees what waits, applies it, finds it on the replenishment screen. */
tours.add("inventory_walk_approver", {
    steps: () => [
        {
            content: "the run with what waits",
            trigger: ".o_group_header, .o_kanban_group",
            run() {
                document.querySelector(".o_group_header .o_group_caret, .o_group_header .o_group_name")?.click();
            },
        },
        {
            content: "apply the change",
            trigger: row("Walk product").replaceAll("')", "') button[name=action_apply]"),
            run: "click",
        },
        { content: "it is in force", trigger: ".o_notification:contains('1 changes are in force')" },
        go("/odoo/action-stock.action_orderpoint_replenish"),
        {
            content: "min and max on the replenishment screen",
            trigger: row("Walk product"),
            run() {
                const text = this.anchor.textContent;
                // What must stand there is in the approved proposal; the test put it into the name of the product.
                const [name, low, high] = text.match(/min (\d+) max (\d+);/);
                const shown = text.replaceAll(name, "");
                for (const level of [low, high]) {
                    if (!shown.includes(level)) {
                        throw new Error(`${level} is missing in: ${shown}`);
                    }
                }
            },
        },
    ],
});

/** ... and takes the run back. */
tours.add("inventory_walk_roll_back", {
    steps: () => [
        { trigger: "button[name=action_open_roll_back]", run: "click" },
        { trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit Too much stock" },
        { trigger: ".modal footer button[name=action_decide]:visible", run: "click" },
        { content: "taken back", trigger: ".o_notification:contains('1 changes were taken back')" },
        { content: "the run says so", trigger: ".o_form_view [name=rolled_back_count]:contains('1')" },
    ],
});
