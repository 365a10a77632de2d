import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { progressBarField, ProgressBarField } from "@web/views/fields/progress_bar/progress_bar_field";

const LOOK_EVERY = 1500; // milliseconds
/** States of a record behind which somebody is at work. */
const AT_WORK = ["waiting", "approved", "applying"];

/**
 * A progress bar that looks at its record again until the work behind it has ended.
 */
export class RunProgress extends ProgressBarField {
    setup() {
        super.setup();
        onMounted(() => {
            this.timer = setInterval(() => this.look(), LOOK_EVERY);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    async look() {
        const { record } = this.props;
        if (this.looking || !AT_WORK.includes(record.data.state) || !record.resId) {
            return;
        }
        this.looking = true;
        try {
            await record.load();
        } catch {
            // The server is away or the session ended: the page says so by itself.
        } finally {
            this.looking = false;
        }
    }
}

registry.category("fields").add("inventory_run_progress", { ...progressBarField, component: RunProgress });
