"""Figures of an earlier import that a later one replaced, kept so that an undo puts them back."""

from odoo import fields, models

MEASURES = ("sold", "returned", "revenue", "lines")


class InventoryHistoryReplaced(models.Model):
    """A daily figure as it was before ``import_id`` replaced it."""

    _name = "inventory.history.replaced"
    _description = "Replaced Figure of an Earlier Import"
    _log_access = False

    import_id = fields.Many2one(
        "inventory.history.import", "Replaced by", required=True, index=True, ondelete="cascade"
    )
    owner_import_id = fields.Many2one(
        "inventory.history.import", "Brought by", required=True, index=True, ondelete="cascade"
    )
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, ondelete="cascade")
    date = fields.Date(required=True)
    channel = fields.Char()
    sold = fields.Float(digits=(16, 6))
    returned = fields.Float(digits=(16, 6))
    revenue = fields.Float(digits=(16, 6))
    lines = fields.Integer()
