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
        product = self.sudo().with_context(inventory_shop=(channel.id, *places.ids))
        parts = []
        if held:
            parts = self.env["inventory.kit"].sudo()._prepared(product, channel.sudo().company_id)._parts(product, 1.0)
        if any(part != product for part, _each in parts):
            # What is held for a kit are its components.
            numbers = product._inventory_of_parts(parts, held)
        else:
            own = (held or {}).get(str(self.id), {})
            shown = product.inventory_shop_numbers
            numbers = [quantity + own.get(place, 0.0) for place, quantity in shown.items()]
        return sum(numbers) if channel.allow_split else max(numbers, default=0.0)

    def _inventory_of_parts(self, parts, held):
        """How many kits the components make in each warehouse, with those that are held for the customer himself."""
        makes = {}
        for part, each in parts:
            own = held.get(str(part.id), {})
            for place, quantity in part.with_env(self.env).inventory_shop_numbers.items():
                makes.setdefault(place, []).append((quantity + own.get(place, 0.0)) / each)
        return [
            self.uom_id.round(min(numbers), rounding_method="DOWN")
            for numbers in makes.values()
            if len(numbers) == len(parts)
        ]
