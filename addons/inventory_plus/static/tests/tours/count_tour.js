import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A button of the form; on the phone it may stand in the menu of those that find no place. */
function press(name, content) {
    return [
        {
            content: `${content}: find the button`,
            trigger: `.o_statusbar_buttons button[title=More], .o_statusbar_buttons button[name=${name}]`,
            run() {
                if (!document.querySelector(`button[name=${name}]`)) {
                    document.querySelector(".o_statusbar_buttons button[title=More]").click();
                }
            },
        },
        { content, trigger: `button[name=${name}]:visible`, run: "click" },
    ];
}

/** Enter a quantity: in the row on the desktop, in a dialog on the phone. */
function enter(quantity) {
    return [
        {
            content: "the line",
            trigger:
                ".o_field_widget[name=line_ids] .o_data_row:contains('Tour bolt') td[name=quantity], " +
                ".o_field_widget[name=line_ids] .o_kanban_record:contains('Tour bolt')",
            run: "click",
        },
        {
            content: "what was counted",
            trigger: ".modal .o_field_widget[name=quantity] input, .o_selected_row [name=quantity] input",
            run: `edit ${quantity}`,
        },
        {
            content: "close the dialog, or leave the row",
            trigger: "body:has(.modal) .modal .o_form_button_save, body:not(:has(.modal)) .o_form_view h1",
            run: "click",
        },
        {
            content: "entered",
            trigger: `body:not(:has(.modal)) .o_field_widget[name=line_ids]:contains('${quantity.toLocaleString("en-US")}')`,
        },
    ];
}

/** No number of the books anywhere on the page. */
const blind = {
    content: "nothing tells what the books expect",
    trigger: ".o_form_view .alert-info:contains('count blind')",
    run() {
        if (document.body.textContent.includes("7919")) {
            throw new Error("the page shows the book quantity");
        }
    },
};

tours.add("inventory_count_first", {
    steps: () => [
        blind,
        ...press("action_start", "start"),
        { trigger: ".o_field_widget[name=line_ids]:contains('Tour bolt')" },
        blind,
        ...enter(7900),
        ...press("action_finish", "hand in"),
        { content: "counted again by somebody else", trigger: ".o_form_view:not(:has(button[name=action_finish]))" },
    ],
});

tours.add("inventory_count_second", {
    steps: () => [
        blind,
        ...press("action_start", "start the second count"),
        { trigger: ".o_field_widget[name=line_ids]:contains('Tour bolt')" },
        {
            content: "the first count is not told",
            trigger: ".o_field_widget[name=line_ids]:not(:contains('7,900'))",
        },
        ...enter(7910),
        ...press("action_finish", "hand in"),
        { content: "handed in", trigger: ".o_form_view:not(:has(button[name=action_finish]))" },
    ],
});

tours.add("inventory_count_review", {
    steps: () => [
        { content: "the differences", trigger: ".o_notebook_headers a[name=results]", run: "click" },
        {
            content: "what is missing",
            trigger: ".o_field_widget[name=result_ids]:contains('-9'), .o_field_widget[name=result_ids] .o_kanban_record",
        },
        ...press("action_adjust", "ask for an adjustment"),
        { content: "closed", trigger: ".o_form_view:not(:has(button[name=action_adjust]))" },
    ],
});

tours.add("inventory_count_approve", {
    steps: () => [
        { content: "what it corrects", trigger: ".o_field_widget[name=line_ids]:contains('Tour bolt')" },
        ...press("action_approve", "approve"),
        { content: "sure", trigger: ".modal footer .btn-primary:visible", run: "click" },
        { content: "applied", trigger: ".o_form_view:not(:has(button[name=action_approve]))" },
    ],
});
