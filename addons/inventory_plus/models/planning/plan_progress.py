"""How far a running planning is, readable while it runs."""

from odoo import api, fields, models
from odoo.modules import module
from odoo.tools import SQL


class InventoryPlanProgress(models.Model):
    """One row a running planning, without a foreign key: it is written beside the planning's own transaction."""

    _name = "inventory.plan.progress"
    _description = "Progress of a Planning"
    _log_access = False

    run_ref = fields.Integer(required=True)
    percent = fields.Float()

    _once = models.UniqueIndex("(run_ref)")

    @api.model
    def _note(self, run_id, percent):
        """Write ``percent`` at once, in a short transaction of its own."""
        query = SQL(
            """
            INSERT INTO inventory_plan_progress (run_ref, percent) VALUES (%s, %s)
            ON CONFLICT (run_ref) DO UPDATE SET percent = EXCLUDED.percent
            """,
            run_id,
            percent,
        )
        if module.current_test:
            # A test's data are not committed: a second connection would not see the run.
            self.env.cr.execute(query)
            return
        with self.env.registry.cursor() as cr:
            cr.execute(query)

    @api.model
    def _forget(self, run_ids):
        """Take the rows of ended runs away."""
        self.env.cr.execute(SQL("DELETE FROM inventory_plan_progress WHERE run_ref = ANY(%s)", list(run_ids)))
