"""The history that a plan is made from: what was booked, made fit for a forecast, with a record of what was done."""

from datetime import timedelta

import numpy as np
from odoo import api, fields, models
from odoo.tools import SQL

from ...planning_engine import classes
from ...planning_engine.demand import event, life, prepare
from . import bulk

EPOCH = fields.Date.to_date("1970-01-01")
#: An item that sold on more than this share of the days on which its books show no stock is not limited by them: its
#: books are not right, or goods are sold before they are booked in. None of its days is then unknown.
SOLD_WITHOUT_STOCK = 0.1
#: Stock below this many units is none.
NO_STOCK = 0.005
#: What is added to the stock beside the demand: condition and sum of the daily facts.
SUPPLIED = (
    "purchased <> 0 OR produced <> 0 OR transfer_in <> 0 OR adjusted_in <> 0 OR vendor_returned <> 0"
    " OR transfer_out <> 0 OR adjusted_out <> 0 OR procured_to_order <> 0"
)
SUPPLY = (
    "flow.purchased + flow.produced + flow.transfer_in + flow.adjusted_in - flow.vendor_returned"
    " - flow.transfer_out - flow.adjusted_out - flow.procured_to_order"
)
#: What is told about each item, by name of the record: whole numbers, then others (nan is left out).
NOTED_WHOLE = ("closed_days", "unknown_days", "outlier_days", "event_days", "predecessors")
NOTED_REAL = (
    "outlier_from",
    "outlier_to",
    "netted",
    "event_factor",
    "like_weight",
    "days_left",
    "ended",
    "forecast_error",
    "forecast_mean_error",
    "forecast_intervals",
)


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    # Few days of an item are days of supply: the stock of every day is found from these alone.
    _supply_index = models.Index(f"(product_id, date) WHERE {SUPPLIED}")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _prepare_demand(self, company, as_of, batch, demand, first_day, horizon):
        """Make the history of a batch of items fit for a forecast.

        :param batch: dict of arrays of :meth:`_read_profiles`, with ``closed`` of :meth:`_read_around`
        :param demand: shape (n, T), net units per day; ``first_day``: shape (n,)
        :param horizon: days to come that the plan looks at
        :return: ``(prepared, notes)``: :class:`~prepare.Prepared` of the items, and a dict of arrays of shape (n,) for
            the explanation
        """
        count, days = demand.shape
        links, others = self._read_history_links(batch, as_of)
        if others["product"].size:
            more, more_first = self._read_demand_of(others, as_of, days)
            demand, first_day = np.concatenate([demand, more]), np.concatenate([first_day, more_first])
        rows = {name: np.concatenate([batch[name], others[name]]) for name in ("id", "product", "warehouse")}
        found = prepare.prepare(
            demand,
            first_day,
            rows["warehouse"],
            as_of.weekday(),
            unknown=self._read_days_without_stock(rows, as_of, demand),
            events=self._read_demand_events(company, rows, as_of, days, horizon),
            links=links,
            horizon=horizon,
            closed=self._closed_of(batch, others),
        )
        notes = self._demand_notes(found, batch, horizon)
        return found, {name: values[:count] for name, values in notes.items()}

    @api.model
    def _closed_of(self, batch, others):
        """Closed weekdays of a batch and the items outside of it; None finds them in the histories at hand."""
        if "closed" not in batch:
            return None
        known = dict(zip(batch["warehouse"].tolist(), batch["closed"], strict=True))
        outside = [known.get(warehouse, np.zeros(7, bool)) for warehouse in others["warehouse"].tolist()]
        return np.concatenate([batch["closed"], np.reshape(outside, (-1, 7)).astype(bool)])

    @api.model
    def _demand_notes(self, found, batch, horizon):
        """What was done to each history, for the explanation."""
        count = len(found.demand)
        interval = np.ones(count, int)
        interval[: batch["id"].size] = np.clip(np.floor(batch["lead_mean"] + 0.5).astype(int) + 1, 1, horizon)
        ahead = np.ones(count)
        if found.future is not None:
            total = np.cumsum(found.future, axis=1)
            ahead = total[np.arange(count), interval - 1] / interval
        return {
            "closed_days": found.closed @ (1 << np.arange(7)),
            "unknown_days": found.unknown_days,
            "outlier_days": found.outlier_days,
            "event_days": found.event_days,
            "predecessors": found.predecessors,
            "outlier_from": found.outlier_from,
            "outlier_to": found.outlier_to,
            "netted": found.netted,
            "event_factor": ahead,
            "like_weight": found.like_weight,
            "days_left": found.days_left,
            "ended": found.ended.astype(float),
        }

    # ------------------------------------------------------------------ links

    @api.model
    def _read_history_links(self, batch, as_of):
        """What planners said about the items of a batch, and the items outside of it whose history that asks for.

        :return: ``(links, others)``: :class:`~prepare.Links` by row of the batch and, behind it, of the others; dict of
            arrays ``id``, ``product``, ``warehouse`` of the others
        """
        query = SQL(
            """
            WITH RECURSIVE linked AS MATERIALIZED (
                SELECT item.id, item.like_item_id, follower.id AS follower_id
                  FROM inventory_item item
                  LEFT JOIN inventory_item follower ON follower.product_id = item.successor_id
                                                   AND follower.warehouse_id = item.warehouse_id
                 WHERE item.like_item_id IS NOT NULL OR item.successor_id IS NOT NULL
            ), step AS MATERIALIZED (
                SELECT id, like_item_id AS other FROM linked WHERE like_item_id IS NOT NULL
                 UNION ALL
                SELECT id, follower_id FROM linked WHERE follower_id IS NOT NULL
                 UNION ALL
                SELECT follower_id, id FROM linked WHERE follower_id IS NOT NULL
            ), needed AS (
                SELECT unnest(%(items)s) AS id
                 UNION
                SELECT step.other FROM needed JOIN step ON step.id = needed.id
            )
            SELECT item.id, item.product_id, item.warehouse_id, COALESCE(item.like_item_id, 0),
                   COALESCE(follower.id, 0), COALESCE(item.like_factor, 1)::float8,
                   COALESCE((item.end_of_life_date - %(as_of)s::date)::float8, 'NaN')
              FROM needed
              JOIN inventory_item item ON item.id = needed.id
              LEFT JOIN inventory_item follower ON follower.product_id = item.successor_id
                                               AND follower.warehouse_id = item.warehouse_id
             WHERE item.like_item_id IS NOT NULL OR item.successor_id IS NOT NULL
                OR item.end_of_life_date IS NOT NULL OR NOT item.id = ANY(%(items)s)
            """,
            items=batch["id"].tolist(),
            as_of=as_of,
        )
        ids, product, warehouse, model, follower, factor, left = bulk.read(self.env.cr, query, "iiiiiff")
        outside = ~np.isin(ids, batch["id"])
        others = {"id": ids[outside], "product": product[outside], "warehouse": warehouse[outside]}
        everyone = np.concatenate([batch["id"], others["id"]])
        order = np.argsort(everyone, kind="stable")

        def row(wanted):
            """Row of each id, -1 for those that are not there."""
            place = order[np.minimum(np.searchsorted(everyone[order], wanted), max(everyone.size - 1, 0))]
            return np.where(everyone[place] == wanted, place, -1)

        own = row(ids)
        days_left = np.full(everyone.size, np.nan)
        # The last day of sale is a day of sale.
        days_left[own] = left + 1
        liked = (model > 0) & (row(model) >= 0)
        followed = (follower > 0) & (row(follower) >= 0)
        return (
            prepare.Links(
                own[liked],
                row(model)[liked],
                factor[liked],
                own[followed],
                row(follower)[followed],
                left[followed],
                days_left,
            ),
            others,
        )

    @api.model
    def _read_demand_of(self, rows, as_of, days):
        """Daily demand of items outside the batch: shape (k, days), and the column of the first."""
        first = as_of - timedelta(days=days)
        row, day, net, _gross = self._read_history(rows, first, as_of)
        count = rows["id"].size
        demand = np.bincount(row.astype(np.int64) * days + day, net, count * days).reshape(count, days)
        sold = demand > 0
        return demand, np.where(sold.any(axis=1), sold.argmax(axis=1), days)

    # ----------------------------------------------------------------- events

    @api.model
    def _read_demand_events(self, company, rows, as_of, days, horizon):
        """The events that touch these items, as the engine takes them."""
        events = self.env["inventory.demand.event"].sudo().search([("company_id", "=", company.id)])
        first, last = as_of - timedelta(days=days), as_of + timedelta(days=horizon)
        spans = {event.id: event._occurrences(first, last) for event in events}
        events = events.filtered(lambda event: spans[event.id])
        if not events:
            return []
        query = events._items_sql(events, rows["id"].tolist())
        numbers, places = bulk.read(self.env.cr, query, "ii")
        return [
            event.Event(
                places[numbers == record.id],
                (start - as_of).days,
                (end - as_of).days,
                1 + record.uplift / 100,
            )
            for record in events
            for start, end in spans[record.id]
        ]

    # ------------------------------------------------------ days without stock

    @api.model
    def _read_days_without_stock(self, rows, as_of, demand):
        """Days on which nothing was on hand from morning to evening, and nothing came or went.

        The stock of a past day is today's less what moved since, by the daily facts. So it is known from the first
        day of Odoo's own moves on; imported history has no stock, and none of its days is unknown. It counts all stock
        of the warehouse: goods in quarantine, reserved for others or expired count as there, and a day on which the
        last piece was sold at noon counts as known. Goods that came back stand on the day of their sale, as in the
        facts, so that some days without stock are missed; none is invented.

        :param rows: dict of arrays ``product``, ``warehouse``; ``demand``: shape (n, T)
        :return: shape (n, T) of bool, None where there is none
        """
        count, days = demand.shape
        first = as_of - timedelta(days=days)
        stock, later, begin = self._read_stock_now(rows, as_of)
        row, day, supply = self._read_supply(rows, first, as_of)
        if not row.size:
            # Without a single receipt or count on the books there is no stock to go by.
            return None
        counted = np.unique(row)
        position = np.full(count, -1)
        position[counted] = np.arange(counted.size)
        supplied = np.bincount(position[row] * days + day, supply, counted.size * days).reshape(counted.size, days)
        sold = demand[counted]
        moved = supplied - sold
        evening = (stock - later)[counted, None] - (np.cumsum(moved[:, ::-1], axis=1)[:, ::-1] - moved)
        empty = (evening <= NO_STOCK) & (evening - moved <= NO_STOCK) & (supplied == 0)
        empty &= np.arange(days)[None, :] >= (begin - (first - EPOCH).days)[counted, None]
        without = empty & (sold > 0)
        honest = without.sum(axis=1) <= SOLD_WITHOUT_STOCK * empty.sum(axis=1)
        empty &= honest[:, None] & ~without
        if not empty.any():
            return None
        unknown = np.zeros(demand.shape, bool)
        unknown[counted] = empty
        return unknown

    @api.model
    def _read_stock_now(self, rows, as_of):
        """``(on hand, moved on the planning date or later, first day of moves)`` of each item; days since 1970."""
        flow = self.env["inventory.daily.flow"]
        products, warehouses = np.unique(rows["product"]).tolist(), np.unique(rows["warehouse"]).tolist()
        query = SQL(
            """
            SELECT item.position - 1, COALESCE(stock.on_hand, 0), COALESCE(since.moved, 0),
                   COALESCE((warehouse.inventory_cutover_date - DATE '1970-01-01')::float8, -1e6)
              FROM unnest(%(products)s, %(warehouses)s) WITH ORDINALITY
                   AS item(product_id, warehouse_id, position)
              JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
              LEFT JOIN (%(stock)s) stock
                     ON stock.product_id = item.product_id AND stock.warehouse_id = item.warehouse_id
              LEFT JOIN (SELECT flow.product_id, flow.warehouse_id, SUM(%(supply)s - %(net)s) AS moved
                           FROM (%(flow)s) flow GROUP BY flow.product_id, flow.warehouse_id) since
                     ON since.product_id = item.product_id AND since.warehouse_id = item.warehouse_id
             ORDER BY 1
            """,
            products=rows["product"].tolist(),
            warehouses=rows["warehouse"].tolist(),
            stock=self.env["inventory.scope"]._item_quantities_sql(products, warehouses),
            supply=SQL(SUPPLY),
            net=SQL("flow.demand + flow.resupply_out"),
            flow=flow._effective_sql(date_from=as_of, warehouse_ids=warehouses, product_ids=products),
        )
        _position, stock, later, begin = bulk.read(self.env.cr, query, "ifff")
        return stock, later, begin

    @api.model
    def _read_supply(self, rows, first, as_of):
        """Arrays ``(row, day, units)`` of what came in and went out beside demand, by Odoo's own moves."""
        query = SQL(
            """
            SELECT item.position - 1, flow.date - %(first)s, %(supply)s
              FROM unnest(%(products)s, %(warehouses)s) WITH ORDINALITY
                   AS item(product_id, warehouse_id, position)
              JOIN inventory_daily_flow flow ON flow.product_id = item.product_id
                                            AND flow.warehouse_id = item.warehouse_id
             WHERE flow.source = 'moves' AND flow.date >= %(first)s AND flow.date < %(as_of)s AND (%(supplied)s)
            """,
            first=first,
            as_of=as_of,
            supply=SQL(SUPPLY),
            supplied=SQL(SUPPLIED),
            products=rows["product"].tolist(),
            warehouses=rows["warehouse"].tolist(),
        )
        return bulk.read(self.env.cr, query, "iif")

    # ------------------------------------------------------------------- plan

    @api.model
    def _pattern_of_plan(self, prepared, pattern, demand):
        """Demand pattern that an item is planned with: its own, or that of the history that it was given."""
        given = ~np.isnan(prepared.like_weight[: len(demand)]) | (prepared.predecessors[: len(demand)] > 0)
        weeks = classes.SBC_PERIODS * classes.SBC_PERIOD_DAYS
        if not given.any() or demand.shape[1] < weeks:
            return pattern
        recent = demand[given][:, -weeks:].reshape(-1, classes.SBC_PERIODS, classes.SBC_PERIOD_DAYS).sum(axis=2)
        pattern = np.array(pattern)
        pattern[given] = classes.syntetos_boylan(recent)
        return pattern

    @api.model
    def _end_of_life(self, batch, found):
        """Parameters of items that end, kept within what is still going to be sold.

        :param batch: dict of arrays with the notes of :meth:`_prepare_demand`; ``found``: of :func:`plan.parameters`
        :return: dict of the arrays that change
        """
        ended = batch["ended"] > 0
        changed = {"method": np.where(ended, life.METHOD_ENDED, found["method"])}
        if not np.isnan(batch["days_left"]).all():
            factor = np.where(found["season_factor"] > 0, found["season_factor"], np.nan)
            level = np.nan_to_num(found["demand_daily"] / factor)
            changed |= life.limit(found, level, batch["days_left"], batch["whole_units"])
        return changed
