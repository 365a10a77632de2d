import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Confirm the order; on the phone the button stands in the menu of those that find no place. */
function confirm() {
    return [
        {
            content: "the other buttons, on the phone",
            trigger: ".o_statusbar_buttons button[title=More], .o_statusbar_buttons button[name=action_confirm]",
            run() {
                document.querySelector(".o_statusbar_buttons button[title=More]")?.click();
            },
        },
        { content: "confirm", trigger: "button[name=action_confirm]:visible", run: "click" },
    ];
}

/** Rows of lists on the desktop, cards on the phone. */
function row(text) {
    return `.o_data_row:contains('${text}'), .o_kanban_record:contains('${text}')`;
}

/** The quotation of a shop: the line shows what its channel may have; confirmed, it is promised. */
tours.add("inventory_compete_shop", {
    steps: () => [
        { content: "the line's quantity", trigger: ".o_field_widget[name=order_line]:contains('Last units')" },
        ...confirm(),
        { content: "an order", trigger: ".o_statusbar_buttons button:contains('Create Invoice')" },
        {
            content: "with its promise; on the phone behind a menu",
            trigger: "[name=action_inventory_reservations]:contains('1'), .o_statusbar_buttons button[title=More]",
        },
    ],
});

/** The one of the back office asks for more than is left: a person chooses. */
tours.add("inventory_compete_office", {
    steps: () => [
        { content: "the line's quantity", trigger: ".o_field_widget[name=order_line]:contains('Last units')" },
        ...confirm(),
        { content: "what is short", trigger: ".modal .text-danger:contains('3.00')" },
        { content: "only what is there", trigger: ".modal button[name=action_part]:visible", run: "click" },
        { content: "an order", trigger: ".o_statusbar_buttons button:contains('Create Invoice')" },
        { content: "it says what was taken off", trigger: ".o-mail-Message:contains('Ordered as far as there is')" },
    ],
});

/** The channel's form tells why it has nothing left. */
tours.add("inventory_compete_explain", {
    steps: () => [
        { content: "how?", trigger: "button[name=action_explain]:visible", run: "click" },
        {
            content: "the product; the phone shows cards to choose from",
            trigger: ".modal .o_field_widget[name=product_id] input",
            run(helpers) {
                return window.innerWidth < 768 ? helpers.click() : helpers.edit("Last units");
            },
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Last units'), .modal .o_kanban_record:contains('Last units')",
            run: "click",
        },
        { content: "what was promised", trigger: ".modal td:contains('Promised and not yet reserved') + td:contains('10')" },
        { content: "what is left", trigger: ".modal tr:contains('Available to the channel') td:contains('0')" },
        { content: "close", trigger: ".modal footer button:contains('Close'):visible", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});

/** The matrix shows it for all channels; a number opens its story. */
tours.add("inventory_compete_matrix", {
    steps: () => [
        {
            content: "no channel has any",
            trigger: row("Last units"),
            run() {
                const numbers = [...this.anchor.querySelectorAll(".o_inventory_channel_number")];
                const shown = numbers.map((number) => (number.querySelector("b") || number).textContent.trim());
                if (shown.length < 2 || shown.some((text) => text !== "0")) {
                    throw new Error(`the channels show ${shown}`);
                }
                numbers[0].click();
            },
        },
        { content: "how it comes about", trigger: ".modal tr:contains('Promised and not yet reserved')" },
        { content: "close", trigger: ".modal footer button:contains('Close'):visible", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});
