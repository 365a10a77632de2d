"""One item in one picture: what was asked for, what will be, the stock and the levels that it is held against."""

from datetime import timedelta

import numpy as np
from odoo import fields, models
from odoo.tools import SQL

from ...planning_engine import cumulative, outlook, season
from . import bulk

WEEK = outlook.WEEK
#: Weeks of the past and of the future in the picture.
WEEKS_BACK, WEEKS_AHEAD = 52, 26


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def get_chart(self):
        """Figures of the item's picture, by week; only what the reader may see (law 10).

        Weeks end on the day before the planning date, so that the last one of the past is whole.

        :return: dict: ``as_of``, ``unit``, ``weeks`` (first day of each, past then future), ``past`` (number of past
            weeks), ``demand`` (units in each past week), ``forecast``, ``low``, ``high`` (units in each future
            week; band of eight weeks in ten), ``reorder_point``, ``safety_stock``, ``order_up_to``; for those who may
            see days of cover ``projection`` (stock at the end of each future week, nothing more ordered), for those
            who may see stock also ``stock`` (at the end of each past week); an empty ``weeks`` for an item without
            history, stock and open orders
        """
        self.ensure_one()
        self.check_access("read")
        self.env.flush_all()
        as_of = self.sudo()._planning_date(self.company_id, self.warehouse_id)
        first = as_of - timedelta(days=WEEKS_BACK * WEEK)
        demand = self.sudo()._chart_demand(as_of)
        daily = self.sudo()._expected_daily(as_of, WEEKS_AHEAD * WEEK)
        forecast = self.sudo()._chart_forecast(as_of, demand, daily)
        stock = self._chart_stock(as_of, first, daily)
        if not demand.any() and not np.any(stock.get("stock", 0)) and not np.any(stock.get("projection", 0)):
            return {"weeks": []}
        weeks = [first + timedelta(days=WEEK * number) for number in range(WEEKS_BACK + WEEKS_AHEAD)]
        return {
            "as_of": fields.Date.to_string(as_of),
            "unit": self.product_id.uom_id.display_name,
            "weeks": [fields.Date.to_string(day) for day in weeks],
            "past": WEEKS_BACK,
            "demand": _told(demand[0, -WEEKS_BACK * WEEK :].reshape(WEEKS_BACK, WEEK).sum(axis=1)),
            **{name: _told(values) for name, values in forecast.items()},
            **{name: _told(values) for name, values in stock.items()},
            "reorder_point": self.reorder_point,
            "safety_stock": self.safety_stock,
            "order_up_to": self.order_up_to,
        }

    def _chart_rows(self):
        """This item as a batch of one, as the planning reads them."""
        return {
            "id": np.array([self.id]),
            "product": np.array([self.product_id.id]),
            "warehouse": np.array([self.warehouse_id.id]),
            "lead_mean": np.array([self.lead_time_mean]),
        }

    def _chart_demand(self, as_of):
        """Daily demand as it was booked, shape (1, days), up to the day before ``as_of``."""
        days = cumulative.HISTORY_DAYS
        _row, day, net, _gross = self._read_history(self._chart_rows(), as_of - timedelta(days=days), as_of)
        return np.bincount(day, net, days).reshape(1, days)

    def _chart_forecast(self, as_of, demand, daily):
        """Mean and band of each week to come; nothing for an item that the plan expects nothing of.

        :param demand: shape (1, T), as booked; ``daily``: units expected of each day to come
        """
        if not daily.any():
            return dict.fromkeys(("forecast", "low", "high"), np.zeros(WEEKS_AHEAD))
        sold = np.flatnonzero(demand[0])
        begin = np.array([sold[0] if sold.size else demand.shape[1]])
        prepared, _notes = self._prepare_demand(self.company_id, as_of, self._chart_rows(), demand, begin, WEEK)
        history, begin = prepared.demand[:1], prepared.first_day[:1]
        index, _weight = season.of_year(history, begin, WEEK)
        mean, low, high = outlook.weekly_forecast(history, begin, daily[None, :], index)
        return {"forecast": mean[0], "low": low[0], "high": high[0]}

    def _chart_stock(self, as_of, first, daily):
        """Stock at the end of each past week, and what it will be when nothing more is ordered; as far as readable."""
        found = {}
        if not self._has_field_access(self._fields["cover_days"], "read"):
            return found
        item, warehouse = self.sudo(), self.warehouse_id.ids
        rows = item._read_stock(as_of, warehouse, self.ids)
        events = item._read_events(as_of, warehouse, rows, self.product_id.ids)
        ground = float(rows["usable"][0] - rows["held"][0])
        coming = outlook.projected_stock(ground, daily, events["day"], events["supply"], events["demand"])
        found["projection"] = coming[WEEK - 1 :: WEEK]
        if self._has_field_access(self._fields["on_hand"], "read"):
            found["stock"] = item._past_stock(as_of, first, float(rows["on_hand"][0]))
        return found

    def _past_stock(self, as_of, first, on_hand):
        """On hand at the end of each past week: today's, less what done moves have changed since."""
        zone = self.warehouse_id.inventory_tz or "UTC"
        query = SQL(
            """
            WITH scope AS MATERIALIZED (%(scope)s)
            SELECT GREATEST((line.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date - %(first)s::date, 0),
                   SUM(line.quantity_product_uom * (
                       (target.location_id IS NOT NULL)::int - (source.location_id IS NOT NULL)::int))::float8
              FROM stock_move_line line
              LEFT JOIN scope source ON source.location_id = line.location_id
                    AND source.warehouse_id = %(warehouse)s AND source.usage = 'internal'
              LEFT JOIN scope target ON target.location_id = line.location_dest_id
                    AND target.warehouse_id = %(warehouse)s AND target.usage = 'internal'
             WHERE line.state = 'done' AND line.product_id = %(product)s AND line.date >= %(begin)s
               AND (source.location_id IS NULL) <> (target.location_id IS NULL)
             GROUP BY 1
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            zone=zone,
            first=first,
            begin=first - timedelta(days=1),
            warehouse=self.warehouse_id.id,
            product=self.product_id.id,
        )
        day, change = bulk.read(self.env.cr, query, "if")
        # What is booked on or after the planning date lies behind the last past week too.
        week = np.minimum(day.astype(int) // WEEK, WEEKS_BACK)
        change = np.bincount(week, change, WEEKS_BACK + 1)
        return on_hand - np.cumsum(change[::-1])[::-1][1:]


def _told(values):
    """Plain rounded numbers, as they travel to the page."""
    return [round(float(value), 3) for value in values]
