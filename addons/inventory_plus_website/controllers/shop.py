"""The payment page: who sees it has his goods, where the channel holds them."""

from odoo.addons.website_sale.controllers.main import WebsiteSale
from odoo.exceptions import ValidationError
from odoo.http import request


class Shop(WebsiteSale):
    def _get_shop_payment_values(self, order, **kwargs):
        values = super()._get_shop_payment_values(order, **kwargs)
        if not values["errors"]:
            try:
                order._inventory_hold()
            except ValidationError as error:
                title = request.env._("Sorry, your goods are not there any more.")
                values["errors"] = [(title, error.args[0])]
        return values
