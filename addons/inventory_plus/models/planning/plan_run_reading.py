"""Which changes of its inputs a planning run has read."""

from odoo import fields, models
from odoo.tools import SQL


class InventoryPlanRun(models.Model):
    _inherit = "inventory.plan.run"

    # Which changes the run has read: those up to an id, without those of transactions that ended beside it.
    read_change = fields.Integer("Last Change Read", readonly=True, aggregator=None)
    read_running = fields.Char("Running beside It", readonly=True)

    def _note_reading(self):
        """Remember which changes of inputs are in this run's plans."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_plan_run
                   SET read_change = (SELECT COALESCE(max(id), 0) FROM inventory_plan_change),
                       read_running = (SELECT string_agg(beside::text, ',')
                                         FROM pg_snapshot_xip(pg_current_snapshot()) beside)
                 WHERE id = ANY(%s)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["read_change", "read_running"])
