import { expect, test } from "@odoo/hoot";
import { animationFrame, queryAllTexts } from "@odoo/hoot-dom";
import { Deferred } from "@odoo/hoot-mock";
import { contains, getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { share } from "@inventory_reports/dashboard/format";

defineMailModels();

const STATUS = { red: 0, yellow: 0, green: 0, blue: 0, grey: 0 };

function answer(changes = {}) {
    return {
        as_of: "2026-03-11",
        as_of_is_today: true,
        company_id: 1,
        currency_id: 1,
        companies: [{ id: 1, name: "Main" }],
        warehouses: [
            { id: 1, name: "North", code: "N" },
            { id: 2, name: "South", code: "S" },
        ],
        warehouse_ids: [1, 2],
        money: true,
        readiness: [],
        import_action: false,
        demand: { last: 120, previous: 100, days: 30, revenue: 900, previous_revenue: 800 },
        trend: {
            months: ["2026-01-01", "2026-02-01", "2026-03-01"],
            demand: [10, 20, 30],
            previous: [5, 6, 7],
            revenue: [100, 200, 300],
            has_facts: true,
        },
        items: {
            count: 5,
            unplanned: 0,
            status: { ...STATUS, red: 2, green: 3 },
            by_warehouse: [{ id: 1, name: "North", status: { ...STATUS, red: 2, green: 3 } }],
            to_buy_count: 2,
            to_buy_value: 1234,
            requested_count: 1,
            requested_value: 500,
            excess_value: 0,
            slow_value: 0,
        },
        short_items: {
            columns: ["usable", "stockout_date", "best_order_date", "need_to_buy", "requested"],
            rows: [
                {
                    id: 7,
                    product: "[A] Widget",
                    uom: "Units",
                    warehouse: "North",
                    status: "red",
                    usable: 3,
                    stockout_date: "2026-03-20",
                    best_order_date: "2026-03-10",
                    need_to_buy: 40,
                    requested: 25,
                },
            ],
        },
        stock: {
            has_stock: true,
            products: 9,
            value: 123456,
            history: [
                { date: "2026-03-09", value: 1 },
                { date: "2026-03-10", value: 2 },
            ],
        },
        alerts: { open: 3, acknowledged: 1, grave: 2 },
        ...changes,
    };
}

async function open(...answers) {
    onRpc("inventory.dashboard", "get_dashboard", ({ kwargs }) => {
        expect.step(`get ${JSON.stringify(kwargs.warehouse_ids)}`);
        return answers.length > 1 ? answers.shift() : answers[0];
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "inventory_reports.dashboard" });
    await animationFrame();
}

test("cards show what matters, in order", async () => {
    await open(answer());
    expect.verifySteps(["get []"]);
    expect(queryAllTexts(".o_inventory_card_label")).toEqual([
        "Short now",
        "Soon short",
        "Open alerts",
        "Need to buy",
        "Stock value",
        "Excess",
        "Demand, last 30 days",
    ]);
    expect(".o_inventory_card:eq(0)").toHaveClass("o_inventory_tone_danger");
    expect(".o_inventory_card:eq(1)").toHaveClass("o_inventory_tone_success");
    expect(".o_inventory_card:eq(4) .o_inventory_card_value").toHaveText(/123\.5k|123,5k|123k/);
    expect(".o_inventory_card:eq(3) .o_inventory_card_note").toHaveText(/2 items.*500.*already requested/);
    expect(".o_inventory_short .o_inventory_requested").toHaveText("25 Units");
    expect(".o_inventory_card:eq(4) polyline").toHaveCount(1);
    expect(".o_inventory_card:eq(6) .o_inventory_card_change").toHaveText("▲ +20 %");
    expect("canvas").toHaveCount(1);
});

test("who may not see money gets no card of it", async () => {
    const data = answer({ money: false, alerts: null });
    delete data.items.excess_value;
    delete data.items.to_buy_value;
    delete data.items.requested_value;
    delete data.stock.value;
    delete data.stock.history;
    await open(data);
    expect(queryAllTexts(".o_inventory_card_label")).toEqual([
        "Short now",
        "Soon short",
        "Need to buy",
        "Products in stock",
        "Demand, last 30 days",
    ]);
    expect(".o_inventory_card:eq(2) .o_inventory_card_value").toHaveText("2");
    expect.verifySteps(["get []"]);
});

test("nothing there yet: the page teaches", async () => {
    const data = answer({ import_action: "inventory_plus.history_import_action" });
    Object.assign(data.items, { count: 0, status: STATUS, by_warehouse: [] });
    data.trend.has_facts = false;
    data.stock.has_stock = false;
    data.readiness = [{ name: "Daily facts", state: "running", progress: 41.7, message: "" }];
    await open(data);
    expect(".o_inventory_card").toHaveCount(0);
    expect(".o_inventory_empty li").toHaveCount(3);
    expect(".o_inventory_empty button").toHaveText("Import Sales History");
    expect(".alert").toHaveText(/41 percent built/);
    expect.verifySteps(["get []"]);
});

test("a skeleton stands while the figures are on their way", async () => {
    const waiting = new Deferred();
    await open(waiting);
    expect(".o_inventory_skeleton").toHaveCount(1);
    waiting.resolve(answer());
    await animationFrame();
    await animationFrame();
    expect(".o_inventory_skeleton").toHaveCount(0);
    expect(".o_inventory_card").not.toHaveCount(0);
    expect.verifySteps(["get []"]);
});

test("warehouses are filtered and the answer is asked anew", async () => {
    await open(answer());
    await contains(".o_inventory_warehouses").click();
    await contains(".o-dropdown-item:contains(South)").click();
    await animationFrame();
    expect(".o_inventory_warehouses").toHaveText("South");
    expect.verifySteps(["get []", "get [2]"]);
});

test("a part of a bar opens its items", async () => {
    await open(answer());
    getService("action").doAction = (action) => expect.step(JSON.stringify(action.domain));
    await contains(".o_inventory_bar_red").click();
    expect.verifySteps(["get []", '[["warehouse_id","in",[1]],["status","=","red"]]']);
});

test("an error is said, and one can try again", async () => {
    onRpc("inventory.dashboard", "get_dashboard", () => {
        throw new Error("no such company");
    });
    expect.errors(0);
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "inventory_reports.dashboard" });
    await animationFrame();
    expect(".alert-danger button").toHaveText("Try again");
});

test("change against before", () => {
    expect(share(120, 100)).toBe(20);
    expect(share(50, 100)).toBe(-50);
    expect(share(5, 0)).toBe(null);
});
