import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

const ASK_EVERY = 30 * 1000; // milliseconds, while something is not ready

/** An hourglass in the top bar while a part of Inventory Plus is still being built; opening it says which and how far. */
export class ReadinessStatus extends Component {
    static template = "inventory_plus.ReadinessStatus";
    static components = { Dropdown };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.state = useState({ parts: [] });
        onWillStart(async () => {
            if (await user.hasGroup("inventory_plus.group_viewer")) {
                this.ask(); // not awaited: the top bar does not wait for it
            }
        });
        onWillDestroy(() => clearTimeout(this.timer));
    }

    async ask() {
        try {
            this.state.parts = await this.orm.silent.call("inventory.readiness", "unready", []);
        } catch {
            return; // The server is away or the session ended: the page says so by itself.
        }
        if (this.state.parts.length) {
            this.timer = setTimeout(() => this.ask(), ASK_EVERY);
        }
    }
}

registry
    .category("systray")
    .add("inventory_plus.ReadinessStatus", { Component: ReadinessStatus }, { sequence: 31 });
