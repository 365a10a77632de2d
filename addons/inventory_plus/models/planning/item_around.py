"""What a plan knows about items from beyond them: their company's season, the closed days of their warehouse.

Both are read once a run from items that do not depend on what is planned: always the same ones, drawn by their number
from all of the company and of the warehouse. So an item's plan is the same whatever is planned with it.
"""

from datetime import timedelta

import numpy as np
from odoo import api, models
from odoo.tools import SQL

from ...planning_engine import cumulative, season_group
from ...planning_engine.demand import calendar
from . import bulk
from .item_plan_read import ASKED

#: Items of a company that its season is measured on, and of a warehouse that its closed weekdays are.
COMPANY_ITEMS, WAREHOUSE_ITEMS = 500, 200


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _read_around(self, company, as_of, profile):
        """What is known about the items of a profile from beyond them.

        :param profile: dict of arrays of :meth:`_read_profiles`
        :return: dict of arrays: ``season_group`` (n,), :class:`season_group.Group` of each item or None; ``closed``
            (n, 7), closed weekdays of its warehouse, Monday first
        """
        rows = self._read_founders(company, as_of)
        closed = self._read_closed_weekdays(as_of, np.concatenate([rows["warehouse"], profile["warehouse"]]))
        founders = rows["id"].size
        group = np.empty(profile["id"].size, object)
        group[:] = season_group.measure(*self._read_prepared(company, as_of, rows | {"closed": closed[:founders]}))
        return {"season_group": group, "closed": closed[founders:]}

    @api.model
    def _read_founders(self, company, as_of):
        """The items that show a company's season: dict of arrays ``id``, ``product``, ``warehouse``, by id."""
        days = cumulative.HISTORY_DAYS
        founded = as_of - timedelta(days=season_group.LEAST_DAYS)
        asked = SQL(
            "SELECT FROM inventory_daily_flow flow WHERE flow.date >= %s AND flow.date < %s AND %s",
            as_of - timedelta(days=days),
            founded + timedelta(days=season_group.FOUNDING_DAYS),
            SQL(ASKED),
        )
        query = SQL(
            """
            SELECT item.id, item.product_id, item.warehouse_id
              FROM (SELECT id, product_id, warehouse_id FROM inventory_item
                     WHERE company_id = %(company)s AND active ORDER BY hashint4(id), id OFFSET 0) item
             WHERE EXISTS (%(asked)s AND flow.company_id = %(company)s)
               AND EXISTS (%(asked)s AND flow.product_id = item.product_id AND flow.warehouse_id = item.warehouse_id)
             LIMIT %(most)s
            """,
            company=company.id,
            asked=asked,
            most=COMPANY_ITEMS,
        )
        found = bulk.read(self.env.cr, query, "iii")
        # Fewer than a group are none.
        order = np.argsort(found[0])[: found[0].size if found[0].size >= season_group.LEAST_ITEMS else 0]
        return {name: values[order] for name, values in zip(("id", "product", "warehouse"), found, strict=True)}

    @api.model
    def _read_season_of_the_past(self, company, as_of):
        """The company's season as it showed at any time: function of the first days of history, see
        :class:`backtest.Known`."""
        rows = self._read_founders(company, as_of)
        rows["closed"] = self._read_closed_weekdays(as_of, rows["warehouse"])
        demand, first_day = self._read_prepared(company, as_of, rows)
        known = {}

        def season(days):
            if days not in known:
                known[days] = season_group.measure(demand[:, :days], np.minimum(first_day, days))
            return known[days]

        return season

    @api.model
    def _read_prepared(self, company, as_of, rows):
        """Histories of items as a plan sees them: ``(demand, first_day)`` of shape (k, T) and (k,)."""
        count = rows["id"].size
        if not count:
            return np.zeros((0, cumulative.HISTORY_DAYS)), np.zeros(0, int)
        demand, first_day = self._read_demand_of(rows, as_of, cumulative.HISTORY_DAYS)
        batch = rows | {"lead_mean": np.zeros(count)}
        prepared, _notes = self._prepare_demand(company, as_of, batch, demand, first_day, 1)
        return prepared.demand[:count], prepared.first_day[:count]

    @api.model
    def _read_closed_weekdays(self, as_of, warehouse):
        """Closed weekdays of the warehouse of each item: shape (n,) -> (n, 7)."""
        places, place = np.unique(np.asarray(warehouse), return_inverse=True)
        query = SQL(
            """
            SELECT item.id, item.product_id, item.warehouse_id
              FROM unnest(%(warehouses)s) AS warehouse(id)
             CROSS JOIN LATERAL (
                   SELECT id, product_id, warehouse_id FROM inventory_item
                    WHERE warehouse_id = warehouse.id AND active ORDER BY hashint4(id), id LIMIT %(most)s) item
            """,
            warehouses=[*places.tolist(), 0],
            most=WAREHOUSE_ITEMS,
        )
        rows = dict(zip(("id", "product", "warehouse"), bulk.read(self.env.cr, query, "iii"), strict=True))
        sold = np.zeros((places.size, 7))
        if rows["id"].size:
            first = as_of - timedelta(days=cumulative.HISTORY_DAYS)
            row, day, net, _gross = self._read_history(rows, first, as_of)
            # A day may come in several rows.
            key, several = np.unique(row.astype(np.int64) * cumulative.HISTORY_DAYS + day, return_inverse=True)
            key = key[np.bincount(several, net, key.size) > 0]
            row, day = np.divmod(key, cumulative.HISTORY_DAYS)
            at = np.searchsorted(places, rows["warehouse"][row])
            sold = np.bincount(at * 7 + (day + first.weekday()) % 7, minlength=places.size * 7).reshape(-1, 7)
        return self._closed_by_calendar(places.tolist(), calendar.closed_by_days(sold))[place]
