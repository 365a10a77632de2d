import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Alert extends models.Model {
    _name = "alert";

    comparison = fields.Json();

    _records = [
        {
            id: 1,
            comparison: [
                { name: "usable", label: "Usable", then: "3", now: "1" },
                { name: "status", label: "Status", then: "Short", now: "Short" },
                { name: "incoming", label: "Incoming", then: "", now: "" },
            ],
        },
        { id: 2, comparison: false },
    ];
}

defineMailModels();
defineModels([Alert]);

const open = (resId) =>
    mountView({
        type: "form",
        resModel: "alert",
        resId,
        arch: `<form><field name="comparison" widget="inventory_alert_comparison"/></form>`,
    });

test("figures then and now, changes in bold, empty rows left out", async () => {
    await open(1);
    expect(queryAllTexts(".o_inventory_alert_comparison tbody td")).toEqual([
        "Usable",
        "3",
        "1",
        "Status",
        "Short",
        "Short",
    ]);
    expect("tbody tr:eq(0) td:eq(2)").toHaveClass("fw-bold");
    expect("tbody tr:eq(1) td:eq(2)").not.toHaveClass("fw-bold");
});

test("an alert without figures has an empty table", async () => {
    await open(2);
    expect(".o_inventory_alert_comparison tbody tr").toHaveCount(0);
});
