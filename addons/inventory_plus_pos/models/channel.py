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
        channels = self.sudo().filtered("active")
        for config in channels.pos_config_ids:
            sellers = config.inventory_channel_ids.filtered("active")
            if len(sellers) > 1:
                raise ValidationError(
                    self.env._(
                        "%(till)s sells in %(channel)s already; a point of sale has one channel. Take it off there "
                        "first.",
                        till=config.display_name,
                        channel=(sellers - channels or sellers)[:1].display_name,
                    )
                )

    def _is_bound(self):
        return super()._is_bound() or bool(self.sudo().pos_config_ids)
