"""How far a running planning is."""

from odoo import fields, models


class InventoryPlanProgress(models.Model):
    _name = "inventory.plan.progress"
    _inherit = "inventory.progress.mixin"
    _description = "Progress of a Planning"
    _log_access = False
    _progress_of = "run_ref"

    run_ref = fields.Integer(required=True)

    _once = models.UniqueIndex("(run_ref)")
