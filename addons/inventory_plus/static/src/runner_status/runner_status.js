import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

const ASK_EVERY = 2 * 60 * 1000; // milliseconds

/**
 * A red heart in the top bar, for planners and managers, while nothing runs in the background; opening it says
 * what to do.
 */
export class RunnerStatus extends Component {
    static template = "inventory_plus.RunnerStatus";
    static components = { Dropdown };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.state = useState({ stale: false, minutes: 0, message: "" });
        onWillStart(async () => {
            const [planner, manager] = await Promise.all([
                user.hasGroup("inventory_plus.group_planner"),
                user.hasGroup("inventory_plus.group_manager"),
            ]);
            if (planner || manager) {
                this.ask(); // not awaited: the top bar does not wait for it
                this.timer = setInterval(() => this.ask(), ASK_EVERY);
            }
        });
        onWillDestroy(() => clearInterval(this.timer));
    }

    async ask() {
        try {
            Object.assign(this.state, await this.orm.silent.call("inventory.job", "runner_status", []));
        } catch {
            // The server is away or the session ended: the page says so by itself.
        }
    }
}

registry.category("systray").add("inventory_plus.RunnerStatus", { Component: RunnerStatus }, { sequence: 30 });
