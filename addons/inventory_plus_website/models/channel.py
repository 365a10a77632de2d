"""Websites that sell in a channel."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Nobody's payment takes longer; goods that are held longer are sold to nobody.
LONGEST_CHECKOUT = 24 * 60


class InventoryChannel(models.Model):
    _inherit = "inventory.channel"

    website_ids = fields.Many2many(
        "website",
        "inventory_channel_website_rel",
        "channel_id",
        "website_id",
        "Websites",
        check_company=True,
        copy=False,
        help="Orders of these websites are sold here, whatever their sales team, and their shops show what this "
        "channel may have. A website comes before a sales team, a team before the back office; a channel that somebody "
        "chose for an order stays.",
    )
    checkout_minutes = fields.Integer(
        "Hold at Checkout (minutes)",
        tracking=True,
        help="From the payment page on, the goods of the cart are held for the customer so many minutes, until he has "
        "paid or changes the cart. Zero: nothing is held, who pays first has the goods.",
    )

    @api.constrains("checkout_minutes")
    def _check_checkout_minutes(self):
        for channel in self:
            if not 0 <= channel.checkout_minutes <= LONGEST_CHECKOUT:
                raise ValidationError(
                    self.env._(
                        "Goods are held at checkout for 0 to %(most)s minutes.",
                        most=LONGEST_CHECKOUT,
                    )
                )

    @api.constrains("website_ids", "active")
    def _check_website_ids(self):
        for website, channel in self._rivals("website_ids", "inventory_channel_ids"):
            raise ValidationError(
                self.env._(
                    "%(website)s is sold in %(channel)s already; a website has one channel. Take it off there first.",
                    website=website.display_name,
                    channel=channel.display_name,
                )
            )

    def _is_bound(self):
        return super()._is_bound() or bool(self.website_ids)
