"""Where a channel sells from."""

from odoo import fields, models


class InventoryChannelWarehouse(models.Model):
    """A warehouse that a channel sells from, in its place."""

    _name = "inventory.channel.warehouse"
    _inherit = ["inventory.channel.part"]
    _description = "Warehouse of a Sales Channel"
    _order = "sequence, id"
    _check_company_auto = True

    channel_id = fields.Many2one("inventory.channel", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    sequence = fields.Integer(default=10)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, check_company=True, ondelete="cascade")

    _warehouse_unique = models.UniqueIndex(
        "(channel_id, warehouse_id)", "A warehouse stands once in the list of a channel."
    )
