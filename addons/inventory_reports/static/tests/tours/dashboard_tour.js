import { registry } from "@web/core/registry";

/** The dashboard shows the short item, and its card leads to the list of short items. */
registry.category("web_tour.tours").add("inventory_reports_dashboard", {
    steps: () => [
        { content: "the figures are there", trigger: ".o_inventory_card:contains('Short now') .o_inventory_card_value:contains('1')" },
        { content: "demand is drawn", trigger: ".o_inventory_trend canvas" },
        { content: "the item to act on first", trigger: ".o_inventory_panel_short:contains('Tour product')" },
        {
            trigger: ".o_inventory_card:contains('Short now')",
            run: "click",
        },
        {
            content: "the list of short items",
            trigger: ".o_list_view .o_data_row:contains('Tour product'), .o_kanban_view .o_kanban_record:contains('Tour product')",
        },
    ],
});
