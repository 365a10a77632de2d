"""Import of sales history: the document a planner works with (file, columns, check, import, undo).

The work is split by what it does, a file each: reading and checking (``history_import_check``), products
(``history_import_products``), writing the facts and taking them back (``history_import_write``), the command
line (``history_import_command``). Files are read by the pure package ``history_files``, which knows no Odoo.
"""

from odoo import fields, models

STATES = [
    ("draft", "Draft"),
    ("previewed", "Checked"),
    ("running", "Running"),
    ("done", "Imported"),
    ("failed", "Failed"),
    ("undone", "Undone"),
]


class InventoryHistoryImport(models.Model):
    """A file of past sales brought into the daily facts, marked as imported, without stock moves.

    Facts of an import carry its id, so that an undo takes back exactly what it brought. Quantities are in the
    product's unit, revenue in the company's currency, net of returns.
    """

    _name = "inventory.history.import"
    _description = "Import of Sales History"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, default=lambda self: self.env._("Sales history"), tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", "Imported by", default=lambda self: self.env.user, readonly=True)
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, copy=False, index=True)

    file = fields.Binary("File", attachment=True, copy=False)
    filename = fields.Char(copy=False)
    file_hash = fields.Char("Fingerprint of the File", readonly=True, copy=False)
