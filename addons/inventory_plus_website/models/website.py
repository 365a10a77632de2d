"""What a shop shows: the numbers of the channel that its website is bound to."""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.http import request


class Website(models.Model):
    _inherit = "website"

    inventory_channel_ids = fields.Many2many(
        "inventory.channel",
        "inventory_channel_website_rel",
        "website_id",
        "channel_id",
        "Bound Channels",
        copy=False,
        groups=NO_ACCESS,
    )
    inventory_channel_id = fields.Many2one(
        "inventory.channel", "Sold in Channel", compute="_compute_inventory_channel_id", groups=NO_ACCESS
    )
    inventory_place_ids = fields.Many2many(
        "stock.warehouse", string="Sold from", compute="_compute_inventory_place_ids", groups=NO_ACCESS
    )

    @api.depends("company_id", "inventory_channel_ids.active", "inventory_channel_ids.company_id")
    def _compute_inventory_channel_id(self):
        for website in self:
            website.inventory_channel_id = website.inventory_channel_ids.filtered(
                lambda channel, website=website: channel.active and channel.company_id == website.company_id
            )[:1]

    @api.depends("warehouse_id", "company_id", "inventory_channel_ids.warehouse_line_ids.warehouse_id")
    def _compute_inventory_place_ids(self):
        # The same as an order there is promised from; see ``_inventory_source``.
        users = self.env.user
        for website in self:
            website.inventory_place_ids = (
                website.inventory_channel_id.warehouse_line_ids.warehouse_id
                or website.warehouse_id
                or users.with_company(website.company_id).sudo()._get_default_warehouse_id()
            )

    def _inventory_sells_in(self):
        """The channel that the website is bound to; none where it has none, or where nothing is guarded."""
        channel = self.sudo().inventory_channel_id
        return channel if channel and self.env["inventory.lock"]._is_on() else channel.browse()

    def _get_product_available_qty(self, product, **kwargs):
        channel = self._inventory_sells_in()
        if not channel:
            return super()._get_product_available_qty(product, **kwargs)
        cart = request.cart if request and hasattr(request, "cart") else self.env["sale.order"]
        held = cart.sudo().inventory_checkout_held if cart else None
        return product._inventory_in_shop(channel, self.sudo().inventory_place_ids, held)
