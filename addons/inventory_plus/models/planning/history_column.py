"""A column of a file of sales history and what it means."""

from odoo import fields, models

MEANING_LABELS = [
    ("product", "Product"),
    ("date", "Date"),
    ("sold", "Sold quantity"),
    ("returned", "Returned quantity"),
    ("revenue", "Revenue"),
    ("price", "Price per unit"),
    ("lines", "Number of order lines"),
    ("warehouse", "Warehouse"),
    ("channel", "Channel"),
    ("unit", "Unit of measure"),
    ("name", "Name of a new product"),
    ("category", "Category of a new product"),
]


class InventoryHistoryColumn(models.Model):
    """One column of the file; a column without a meaning is read only to tell identical lines apart."""

    _name = "inventory.history.column"
    _description = "Column of a File of Sales History"
    _order = "import_id, position"

    import_id = fields.Many2one("inventory.history.import", required=True, index=True, ondelete="cascade")
    position = fields.Integer(required=True)
    name = fields.Char("Column", required=True, readonly=True)
    sample = fields.Char("First Values", readonly=True)
    meaning = fields.Selection(MEANING_LABELS)

    def write(self, vals):
        result = super().write(vals)
        if "meaning" in vals:
            # The mapping is part of what was checked: the document goes back to draft, or refuses.
            self.import_id.write({"column_ids": []})
        return result
