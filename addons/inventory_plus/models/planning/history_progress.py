"""How far a running import is."""

from odoo import fields, models


class InventoryHistoryProgress(models.Model):
    _name = "inventory.history.progress"
    _inherit = "inventory.progress.mixin"
    _description = "Progress of an Import of Sales History"
    _log_access = False
    _progress_of = "import_ref"

    import_ref = fields.Integer(required=True)
    text = fields.Char()

    _once = models.UniqueIndex("(import_ref)")
