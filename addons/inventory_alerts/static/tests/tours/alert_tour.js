import { registry } from "@web/core/registry";

/** A red item's alert: from the inbox to the alert, acknowledged there; then the list of one's own alerts. */
registry.category("web_tour.tours").add("inventory_alerts_inbox", {
    steps: () => [
        {
            content: "the message is in the inbox",
            trigger: ".o-mail-Message:contains('Tour product') a[data-oe-model='inventory.alert']",
            run: "click",
        },
        { content: "the alert opens", trigger: ".o_form_view h1:contains('Tour product')" },
        { content: "with its figures", trigger: ".o_inventory_alert_comparison td:contains('Need To Buy')" },
    ],
});

registry.category("web_tour.tours").add("inventory_alerts_acknowledge", {
    steps: () => [
        { trigger: ".o_form_view h1:contains('Tour product')" },
        {
            content: "on a phone the buttons are in a menu",
            trigger: ".o_statusbar_buttons button[name=action_acknowledge], .o-statusbar-buttons-dropdown, .o_statusbar_buttons .dropdown-toggle",
            run: "click",
        },
        {
            isActive: ["mobile"],
            trigger: ".o-dropdown--menu button[name=action_acknowledge], .dropdown-menu button[name=action_acknowledge]",
            run: "click",
        },
        {
            content: "acknowledged",
            trigger: ".o_field_widget[name=acknowledged_by_id]",
        },
    ],
});
