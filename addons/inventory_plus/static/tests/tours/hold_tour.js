import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A button of the status bar; on the phone it may stand behind the menu of those that find no place. */
function press(name) {
    return [
        {
            content: "the other buttons, on the phone",
            trigger: `.o_statusbar_buttons button[title=More], .o_statusbar_buttons button[name=${name}]`,
            run() {
                if (!document.querySelector(`.o_statusbar_buttons button[name=${name}]`)) {
                    document.querySelector(".o_statusbar_buttons button[title=More]").click();
                }
            },
        },
        { content: name, trigger: `button[name=${name}]:visible`, run: "click" },
    ];
}

/** A part of a lot is held, and its holder asks to let go of it. */
tours.add("inventory_hold_lot", {
    steps: () => [
        { content: "the draft", trigger: ".o_field_widget[name=quantity]" },
        ...press("action_hold"),
        { content: "it is held", trigger: ".o_field_widget[name=held_by_id]" },
        ...press("action_release"),
        { content: "what becomes of it", trigger: ".modal .o_field_widget[name=outcome]" },
        { content: "all of it, released", trigger: ".modal button[name=action_decide]:visible", run: "click" },
        { content: "somebody else decides", trigger: ".alert-warning:contains('waits for an approver')" },
    ],
});

/** Another person lets go. */
tours.add("inventory_hold_approve", {
    steps: () => [
        { content: "the request", trigger: ".o_field_widget[name=hold_id]" },
        ...press("action_approve"),
        { content: "done", trigger: ".o_field_widget[name=approver_id]" },
    ],
});

/** What arrived is inspected: 8 pass, 2 fail. */
tours.add("inventory_inspect", {
    steps: () => [
        { content: "passes", trigger: ".o_field_widget[name=passed_now] input", run: "edit 8" },
        { content: "fails", trigger: ".o_field_widget[name=failed_now] input", run: "edit 2" },
        { content: "leave the field", trigger: "h1", run: "click" },
        ...press("action_finish"),
        { content: "what failed is on hold by itself", trigger: ".o_field_widget[name=failed_hold_ids]:contains('HOLD')" },
    ],
});
