import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { getService } from "@web/../tests/web_test_helpers";

defineMailModels();

const FEED = {
    station: { id: 1, name: "Bench" },
    channel: "inventory_devices.station_1",
    agents: [{ id: 1, name: "PC", status: "online" }],
};
const scan = (id, payload, product) => ({
    id,
    kind: "scan",
    payload,
    device: "",
    agent: "PC",
    product: product || "",
    product_id: product ? 7 : false,
    happened_at: "2026-01-02 03:04:05",
});

async function open(stations, feeds) {
    onRpc("inventory.device.station", "get_stations", () => stations);
    onRpc("inventory.device.station", "get_feed", () => {
        expect.step("feed");
        return { ...FEED, events: feeds.length > 1 ? feeds.shift() : feeds[0] };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "inventory_devices.station" });
}

test("a single station opens by itself and says what to do", async () => {
    await open([{ id: 1, name: "Bench", warehouse: "" }], [[]]);
    expect(".o_inventory_station_empty").toHaveCount(1);
    expect(".badge").toHaveText("PC online");
    expect.verifySteps(["feed"]);
});

test("a wake-up from the bus shows the new scan with its product", async () => {
    await open([{ id: 1, name: "Bench", warehouse: "" }], [[], [scan(5, "4006381333931", "Blue paint")]]);
    expect.verifySteps(["feed"]);
    getService("bus_service").trigger("BUS:RECONNECT");
    await animationFrame();
    await animationFrame();
    expect(".o_inventory_station_code").toHaveText("4006381333931");
    expect(".o_inventory_station_latest .btn-link").toHaveText("Blue paint");
    expect.verifySteps(["feed"]);
});

test("an unknown code is said to be unknown, a lost range is shown in red", async () => {
    const lost = { ...scan(4, "2-3"), kind: "lost" };
    await open([{ id: 1, name: "Bench", warehouse: "" }], [[scan(5, "NONE"), lost]]);
    expect(".o_inventory_station_latest").toHaveClass("border-warning");
    expect("tr.table-danger").toHaveCount(1);
    expect.verifySteps(["feed"]);
});

test("several stations: the user chooses", async () => {
    const stations = [
        { id: 1, name: "Bench", warehouse: "Main" },
        { id: 2, name: "Gate", warehouse: "Main" },
    ];
    await open(stations, [[]]);
    expect(".o_inventory_station_choice").toHaveCount(2);
    await contains(".o_inventory_station_choice:eq(0)").click();
    expect(".o_inventory_station_empty").toHaveCount(1);
    expect.verifySteps(["feed"]);
});

test("no station yet: says who creates one", async () => {
    await open([], [[]]);
    expect(".o_inventory_station").toHaveText(/No station yet/);
});
