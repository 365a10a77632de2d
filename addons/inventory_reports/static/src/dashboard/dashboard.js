import { Component, onWillStart, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { buildCards, buildHints } from "./cards";
import { EmptyState } from "./empty_state";
import { date } from "./format";
import { KpiCard } from "./kpi_card";
import { ShortItems } from "./short_items";
import { StatusBars } from "./status_bars";
import { TrendChart } from "./trend_chart";

/**
 * The first screen: what is short, what to buy, what it costs, where demand goes.
 * All figures come from one call of `inventory.dashboard.get_dashboard`, which keeps the rights.
 */
export class InventoryDashboard extends Component {
    static template = "inventory_reports.Dashboard";
    static components = { Layout, Dropdown, DropdownItem, KpiCard, TrendChart, StatusBars, ShortItems, EmptyState };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        const saved = this.props.state?.filters || {};
        this.state = useState({
            companyId: saved.companyId || false,
            warehouseIds: saved.warehouseIds || [],
            data: null,
            loading: true,
            error: "",
        });
        this.display = { controlPanel: {} };
        useSetupAction({
            getLocalState: () => ({
                filters: { companyId: this.state.companyId, warehouseIds: [...this.state.warehouseIds] },
            }),
        });
        // Not awaited: the frame with its skeleton is on the screen while the figures are on their way.
        onWillStart(() => void this.load());
    }

    /** Fetch the figures for the chosen filters; of several calls on their way only the last one counts. */
    async load() {
        this.state.loading = true;
        this.state.error = "";
        try {
            this.state.data = await this.keepLast.add(
                this.orm.silent.call("inventory.dashboard", "get_dashboard", [], {
                    company_id: this.state.companyId,
                    warehouse_ids: this.state.warehouseIds,
                })
            );
        } catch (error) {
            this.state.error = error.data?.message || error.message || String(error);
        }
        this.state.loading = false;
    }

    // Filters

    get warehouseLabel() {
        const { data, warehouseIds } = this.state;
        if (!warehouseIds.length) {
            return _t("All warehouses");
        }
        const chosen = data.warehouses.filter((warehouse) => warehouseIds.includes(warehouse.id));
        return chosen.map((warehouse) => warehouse.name).join(", ");
    }

    get companyLabel() {
        return this.state.data.companies.find((company) => company.id === this.state.data.company_id)?.name;
    }

    chooseCompany(id) {
        this.state.companyId = id;
        this.state.warehouseIds = [];
        return this.load();
    }

    /** @param {number|false} id a warehouse to add or take away; false: all of them */
    toggleWarehouse(id) {
        const chosen = this.state.warehouseIds;
        if (!id) {
            this.state.warehouseIds = [];
        } else if (chosen.includes(id)) {
            this.state.warehouseIds = chosen.filter((other) => other !== id);
        } else {
            this.state.warehouseIds = [...chosen, id];
        }
        return this.load();
    }

    // What is shown

    get isEmpty() {
        const { items, trend, stock } = this.state.data;
        return !items.count && !trend.has_facts && !stock.has_stock;
    }

    get cards() {
        return buildCards(this.state.data, {
            items: (filter, name) => this.openItems(filter, name),
            alerts: () => this.action.doAction("inventory_alerts.action_alert"),
            value: () => this.action.doAction("inventory_reports.action_value_snapshot"),
        });
    }

    get hints() {
        return buildHints(this.state.data);
    }

    get asOf() {
        return date(this.state.data.as_of);
    }

    // Drill-down

    /**
     * @param {Object} filter status, toBuy, warehouseId: what the figure counted
     * @param {string} name title of the list
     */
    openItems({ status, toBuy, warehouseId }, name) {
        const domain = [["warehouse_id", "in", warehouseId ? [warehouseId] : this.state.data.warehouse_ids]];
        if (status) {
            domain.push(["status", "=", status]);
        }
        if (toBuy) {
            domain.push(["need_to_buy", ">", 0]);
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: "inventory.item",
            domain,
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
        });
    }

    openItem(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "inventory.item",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    importHistory() {
        return this.action.doAction(this.state.data.import_action);
    }
}

registry.category("actions").add("inventory_reports.dashboard", InventoryDashboard);
