"""The note by which somebody looks for a way out of slow stock."""

from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    inventory_item_id = fields.Many2one(
        "inventory.item", "Slow Stock", readonly=True, ondelete="set null", index="btree_not_null"
    )
