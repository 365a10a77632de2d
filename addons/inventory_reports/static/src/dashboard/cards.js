/** From the server's answer to what the cards and the lines above them say. */
import { _t } from "@web/core/l10n/translation";

import { amount, number, share } from "./format";

/**
 * The cards, most urgent first. A figure that the user may not see is not in `data` and has no card.
 *
 * @param {Object} data answer of `get_dashboard`
 * @param {Object} open functions that drill down: items(filter, name), alerts(), value()
 */
export function buildCards(data, open) {
    const money = (value) => amount(value, data.currency_id);
    return [
        ...statusCards(data, open),
        ...alertCards(data, open),
        ...toBuyCards(data, open, money),
        ...stockCards(data, open, money),
        ...excessCards(data, open, money),
        demandCard(data, money),
    ];
}

function statusCards({ items }, open) {
    const { red, yellow } = items.status;
    return [
        {
            key: "short",
            label: _t("Short now"),
            value: number(red),
            note: _t("of %s items", number(items.count)),
            tone: red ? "danger" : "success",
            open: () => open.items({ status: "red" }, _t("Short Items")),
        },
        {
            key: "soon",
            label: _t("Soon short"),
            value: number(yellow),
            note: yellow ? _t("order before it hurts") : "",
            tone: yellow ? "warning" : "success",
            open: () => open.items({ status: "yellow" }, _t("Items Soon Short")),
        },
    ];
}

function alertCards({ alerts }, open) {
    if (!alerts) {
        return [];
    }
    const notes = [];
    if (alerts.grave) {
        notes.push(_t("%s of them grave", number(alerts.grave)));
    }
    if (alerts.acknowledged) {
        notes.push(_t("%s more acknowledged", number(alerts.acknowledged)));
    }
    return [
        {
            key: "alerts",
            label: _t("Open alerts"),
            value: number(alerts.open),
            note: notes.join(", "),
            tone: alerts.grave ? "danger" : alerts.open ? "warning" : "success",
            open: open.alerts,
        },
    ];
}

function toBuyCards({ items, money: mayMoney }, open, money) {
    if (!("to_buy_count" in items)) {
        return [];
    }
    const notes = [mayMoney ? _t("%s items, at current cost", number(items.to_buy_count)) : _t("items")];
    if (items.requested_count) {
        notes.push(_t("%s already requested", mayMoney ? money(items.requested_value) : number(items.requested_count)));
    }
    return [
        {
            key: "to_buy",
            label: _t("Need to buy"),
            value: mayMoney ? money(items.to_buy_value) : number(items.to_buy_count),
            note: notes.join("; "),
            open: () => open.items({ toBuy: true }, _t("Items to Buy")),
        },
    ];
}

function stockCards({ stock }, open, money) {
    if (!("products" in stock)) {
        return [];
    }
    if (!("value" in stock)) {
        return [{ key: "stock", label: _t("Products in stock"), value: number(stock.products) }];
    }
    return [
        {
            key: "stock",
            label: _t("Stock value"),
            value: money(stock.value),
            note: _t("%s products, at current cost", number(stock.products)),
            history: stock.history,
            open: open.value,
        },
    ];
}

function excessCards({ items }, open, money) {
    if (!("excess_value" in items)) {
        return [];
    }
    return [
        {
            key: "excess",
            label: _t("Excess"),
            value: money(items.excess_value),
            note: items.slow_value
                ? _t("and %s in slow stock", money(items.slow_value))
                : _t("above the order-up-to level"),
            tone: items.excess_value ? "info" : "",
            open: () => open.items({ status: "blue" }, _t("Items in Excess")),
        },
    ];
}

function demandCard({ demand, money: mayMoney }, money) {
    return {
        key: "demand",
        label: _t("Demand, last %s days", demand.days),
        value: number(Math.round(demand.last)),
        note: mayMoney && demand.revenue ? _t("units, %s in sales", money(demand.revenue)) : _t("units"),
        change: share(demand.last, demand.previous),
        changeHint: _t("%(previous)s units in the %(days)s days before", {
            previous: number(Math.round(demand.previous)),
            days: demand.days,
        }),
    };
}

/** What is not ready or not there yet, in sentences. */
export function buildHints({ readiness, items, trend }) {
    const hints = readiness.map((part) =>
        part.state === "failed"
            ? { tone: "danger", text: _t("%(part)s failed: %(reason)s", { part: part.name, reason: part.message }) }
            : {
                  tone: "info",
                  text: _t("%(part)s: %(progress)s percent built. Figures are not complete yet.", {
                      part: part.name,
                      progress: number(Math.floor(part.progress || 0)),
                  }),
              }
    );
    if (!readiness.length && items.unplanned) {
        hints.push({
            tone: "info",
            text: _t("%s items wait for their first planning run.", number(items.unplanned)),
        });
    }
    return hints;
}
