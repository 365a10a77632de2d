import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-dom";
import { makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { ItemChart } from "@inventory_plus/item_chart/item_chart";

defineMailModels();

const WEEKS = ["2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22"];

function figures(changes = {}) {
    return {
        as_of: "2026-01-15",
        unit: "Units",
        weeks: WEEKS,
        past: 2,
        demand: [10, 12],
        forecast: [11, 11],
        low: [8, 8],
        high: [14, 14],
        reorder_point: 20,
        safety_stock: 5,
        order_up_to: 40,
        stock: [40, 28],
        projection: [17, -6],
        ...changes,
    };
}

async function open(answer) {
    onRpc("inventory.item", "get_chart", () => {
        if (answer instanceof Error) {
            throw answer;
        }
        return answer;
    });
    const chart = await mountWithCleanup(ItemChart, { props: { record: { resId: 7, data: {} }, readonly: true } });
    await animationFrame();
    await animationFrame();
    return chart;
}

function drawn(component) {
    return Object.fromEntries(component.chart.data.datasets.map(({ label, data }) => [label, [...data]]));
}

test("past and future meet at the planning date", async () => {
    const lines = drawn(await open(figures()));
    expect(lines["Demand"]).toEqual([10, 12]);
    expect(lines["Forecast"]).toEqual([null, null, 11, 11]);
    expect(lines["Stock"]).toEqual([40, 28]);
    expect(lines["Stock, nothing ordered"]).toEqual([null, 28, 17, 0]);
    expect(lines["Reorder point"]).toEqual([20, 20, 20, 20]);
    expect("canvas").toHaveAttribute("aria-label", /22 Units.*22.*20/);
});

test("who sees no stock sees no levels of it", async () => {
    const { stock, projection, ...rest } = figures();
    const chart = await open(rest);
    expect(Object.keys(drawn(chart))).toEqual(["Demand", "Forecast", "Band, 8 weeks in 10", "low"]);
    expect(Object.keys(chart.chart.options.scales)).toEqual(["x", "demand"]);
});

test("who sees the projection alone gets it from today on", async () => {
    const { stock, ...rest } = figures();
    const lines = drawn(await open(rest));
    expect(lines["Stock"]).toBe(undefined);
    expect(lines["Stock, nothing ordered"]).toEqual([null, null, 17, 0]);
});

test("an item of nothing says what to do", async () => {
    const chart = await open({ weeks: [] });
    expect(chart.chart).toBe(null);
    expect(".o_inventory_item_chart").toHaveText(/Nothing to draw yet/);
});

test("a refusal is told instead of a picture", async () => {
    await open(makeServerError({ message: "Not for you." }));
    expect(".alert-warning").toHaveText("Not for you.");
});
