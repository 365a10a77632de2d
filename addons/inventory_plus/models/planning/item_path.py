"""What is expected of each coming day, where season or planned events make the days differ."""

import numpy as np
from odoo import api, fields, models
from odoo.tools import SQL

from ...planning_engine import path
from . import bulk

#: Paths are stored as units per day in single precision, day after day.
STORED = np.dtype("<f4")
EPOCH = fields.Date.to_date("1970-01-01")
WIDTH = path.DAYS * STORED.itemsize


class InventoryItemPath(models.Model):
    """The path of one item without planned events, as its last plan saw it; an item without one is asked for the same
    every day.

    A table of its own, since the snapshot writes the item's row many times a day and this only at night.
    """

    _name = "inventory.item.path"
    _description = "Expected Demand by Day"
    _log_access = False

    item_id = fields.Many2one("inventory.item", required=True, ondelete="cascade")
    first_day = fields.Integer("First Day", required=True, help="Days since 1970 of the first unit a day.")
    units = fields.Binary(attachment=False, required=True)

    _one_of_an_item = models.UniqueIndex("(item_id)")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _write_paths(self, as_of, batch):
        """Store the paths of a batch of items, and forget those of items whose days are alike now.

        :param batch: dict of arrays of :meth:`_compute_plan`: ``id``, ``demand_level``, ``demand_daily``,
            ``index_ahead``
        """
        rows, daily = path.expected(batch["demand_level"], batch["demand_daily"], batch["index_ahead"])
        self.env.cr.execute(
            SQL("DELETE FROM inventory_item_path WHERE item_id = ANY(%s)", np.asarray(batch["id"]).tolist())
        )
        if rows.size:
            columns = {
                "item_id": np.asarray(batch["id"])[rows].astype(np.int32),
                "first_day": np.full(rows.size, (as_of - EPOCH).days, np.int32),
                "units": np.ascontiguousarray(daily.astype(STORED)).view(np.uint8).reshape(rows.size, WIDTH),
            }
            bulk.append(self.env.cr, "inventory_item_path", columns)

    @api.model
    def _read_paths(self, company, as_of, rows):
        """Paths of items as they look from a day on, with the events that are planned now.

        :param rows: dict of arrays ``id``, ``product``, ``warehouse``, ``demand_daily``: items of one company
        :return: :class:`path.Paths` by position
        """
        query = SQL(
            """
            SELECT item.position - 1, %(today)s - known.first_day, known.units
              FROM unnest(%(items)s) WITH ORDINALITY AS item(id, position)
              JOIN inventory_item_path known ON known.item_id = item.id
             WHERE length(known.units) = %(width)s
             ORDER BY 1
            """,
            today=(as_of - EPOCH).days,
            items=rows["id"].tolist(),
            width=WIDTH,
        )
        row, age, units = bulk.read(self.env.cr, query, "iib", WIDTH)
        known = path.Paths(row, np.ascontiguousarray(units).view(STORED), age)
        events = self._read_demand_events(company, rows, as_of, 0, path.DAYS)
        return known.with_events(events, rows["demand_daily"])

    def _expected_daily(self, as_of, days):
        """Units that are expected of this item on each of the next ``days`` days (at most :data:`path.DAYS`)."""
        self.ensure_one()
        rows = {"demand_daily": np.array([self.demand_daily])} | self._chart_rows()
        known = self._read_paths(self.company_id, as_of, rows)
        return known.seen()[0, :days] if known.rows.size else np.full(days, self.demand_daily)


class InventoryDemandEvent(models.Model):
    _inherit = "inventory.demand.event"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["inventory.item.dirty"]._note_all()
        return super().create(vals_list)

    def write(self, vals):
        self.env["inventory.item.dirty"]._note_all()
        return super().write(vals)

    def unlink(self):
        self.env["inventory.item.dirty"]._note_all()
        return super().unlink()
