import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const REMEMBERED = "inventory_devices.station";
const REFRESH_AGENTS = 20000; // milliseconds: an agent that went silent turns red without an event
const MAXIMUM_SHOWN = 50;

/**
 * The open page of a station: shows each scan of its devices as it arrives.
 *
 * The bus message only says "look"; the page then reads the feed, so it shows nothing that the user may not read
 * and catches up after the connection was away.
 */
export class StationPage extends Component {
    static template = "inventory_devices.StationPage";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.bus = useService("bus_service");
        this.state = useState({ stations: [], station: null, events: [], agents: [], loaded: false, freshId: 0 });
        this.channel = null;
        this.running = null;
        this.again = false;
        this.onEvent = ({ station_id }) => {
            if (station_id === this.state.station?.id) {
                this.refresh();
            }
        };
        this.bus.subscribe("inventory_devices.event", this.onEvent);
        useBus(this.bus, "BUS:RECONNECT", () => this.refresh());
        this.timer = browser.setInterval(() => this.refresh(), REFRESH_AGENTS);
        onWillStart(async () => {
            this.state.stations = await this.orm.call("inventory.device.station", "get_stations", []);
            const wanted = this.props.action.params?.station_id || Number(browser.localStorage.getItem(REMEMBERED));
            const station =
                this.state.stations.find(({ id }) => id === wanted) ||
                (this.state.stations.length === 1 && this.state.stations[0]);
            if (station) {
                await this.choose(station.id);
            }
            this.state.loaded = true;
        });
        onWillUnmount(() => {
            browser.clearInterval(this.timer);
            this.bus.unsubscribe("inventory_devices.event", this.onEvent);
            this.leave();
        });
    }

    get latest() {
        return this.state.events[0];
    }

    /** Show station `id`; asks the bus before the feed, so that nothing falls in between. */
    async choose(id) {
        this.leave();
        this.channel = `inventory_devices.station_${id}`;
        this.bus.addChannel(this.channel);
        browser.localStorage.setItem(REMEMBERED, id);
        this.state.station = this.state.stations.find((station) => station.id === id);
        this.state.events = [];
        this.state.freshId = 0;
        await this.refresh();
    }

    leave() {
        if (this.channel) {
            this.bus.deleteChannel(this.channel);
            this.channel = null;
        }
    }

    back() {
        this.leave();
        this.state.station = null;
        browser.localStorage.removeItem(REMEMBERED);
    }

    /** Read the feed; calls that come while one is under way become one more read after it. */
    async refresh() {
        if (!this.state.station) {
            return;
        }
        if (this.running) {
            this.again = true;
            return this.running;
        }
        this.running = this.read();
        try {
            await this.running;
        } finally {
            this.running = null;
        }
        if (this.again) {
            this.again = false;
            await this.refresh();
        }
    }

    async read() {
        const id = this.state.station.id;
        const feed = await this.orm.silent.call("inventory.device.station", "get_feed", [[id]]);
        if (this.state.station?.id !== id) {
            return;
        }
        this.state.freshId = this.latest?.id || 0;
        this.state.events = feed.events.slice(0, MAXIMUM_SHOWN);
        this.state.agents = feed.agents;
    }

    time(event) {
        return formatDateTime(deserializeDateTime(event.happened_at), { showSeconds: true });
    }

    lostText(event) {
        return _t("Events %s were lost before they reached Odoo. Scan those goods again.", event.payload);
    }

    openProduct(event) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "product.product",
            res_id: event.product_id,
            views: [[false, "form"]],
        });
    }

    openStations() {
        this.action.doAction("inventory_devices.action_device_station");
    }
}

registry.category("actions").add("inventory_devices.station", StationPage);
