"""Points of sale that sell in a channel."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class InventoryChannel(models.Model):
    _inherit = "inventory.channel"

    pos_config_ids = fields.Many2many(
        "pos.config",
        "inventory_channel_pos_rel",
        "channel_id",
        "config_id",
        "Points of Sale",
        check_company=True,
        copy=False,
        groups="point_of_sale.group_pos_user",
        help="What these tills sell counts for this channel. Goods that are handed over are never refused; an order "
        "that is shipped later is promised by the channel's rules.",
    )

    @api.constrains("pos_config_ids", "active")
    def _check_pos_config_ids(self):
        for till, channel in self._rivals("pos_config_ids", "inventory_channel_ids"):
            raise ValidationError(
                self.env._(
                    "%(till)s sells in %(channel)s already; a point of sale has one channel. Take it off there first.",
                    till=till.display_name,
                    channel=channel.display_name,
                )
            )

    def _is_bound(self):
        return super()._is_bound() or bool(self.sudo().pos_config_ids)
