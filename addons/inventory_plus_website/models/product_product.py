"""What a channel may have of a product, asked once for all products of a page."""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS


class ProductProduct(models.Model):
    _inherit = "product.product"

    #: ``{warehouse id: available}`` for the channel and warehouses of the context. Nobody reads it: a visitor is shown
    #: what the shop shows, for its own channel.
    inventory_shop_numbers = fields.Json(
        "Available in the Shop", compute="_compute_inventory_shop_numbers", compute_sudo=True, groups=NO_ACCESS
    )

    @api.depends("stock_move_ids.product_qty", "stock_move_ids.state", "stock_move_ids.quantity")
    @api.depends_context("inventory_shop")
    def _compute_inventory_shop_numbers(self):
        channel_id, *place_ids = self.env.context["inventory_shop"]
        channel = self.env["inventory.channel"].browse(channel_id)
        places = self.env["stock.warehouse"].browse(place_ids)
        shown = self.env["inventory.reservation"]._shown(channel, self._origin.ids, places)
        for product in self:
            product.inventory_shop_numbers = {
                str(place): shown[product._origin.id, place]
                for place in place_ids
                if (product._origin.id, place) in shown
            }

    def _inventory_in_shop(self, channel, places, held=None):
        """What a customer may order, in the product's unit: in one warehouse, or in all where the channel may split.

        :param held: ``{product id as text: {warehouse id as text: quantity}}`` that is held for the customer himself
        """
        self.ensure_one()
        numbers = self.sudo().with_context(inventory_shop=(channel.id, *places.ids)).inventory_shop_numbers
        own = (held or {}).get(str(self.id), {})
        numbers = [quantity + own.get(place, 0.0) for place, quantity in numbers.items()]
        return sum(numbers) if channel.allow_split else max(numbers, default=0.0)
