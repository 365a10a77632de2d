"""The channel of a point of sale."""

from odoo import fields, models
from odoo.fields import NO_ACCESS


class PosConfig(models.Model):
    _inherit = "pos.config"

    inventory_channel_ids = fields.Many2many(
        "inventory.channel",
        "inventory_channel_pos_rel",
        "config_id",
        "channel_id",
        "Bound Channels",
        copy=False,
        groups=NO_ACCESS,
    )

    def _inventory_sells_in(self):
        """The channel that the till is bound to; none where it has none."""
        channels = self.sudo().inventory_channel_ids
        return channels.filtered(lambda channel: channel.active and channel.company_id == self.company_id)[:1]
