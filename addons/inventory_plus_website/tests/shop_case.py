"""Common ground of the tests of shops: a website that sells in the channel ``shop``."""

from odoo.addons.inventory_plus.tests.channels.test_sale_promise import SaleCase
from odoo.addons.website_sale.tests.common import MockRequest
from odoo.tools import lazy


class ShopCase(SaleCase):
    """12 of ``product`` are there; the shop sells it only while there is any."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].create({"name": "Shop of the house", "company_id": cls.env.company.id})
        cls.other_website = cls.env["website"].create({"name": "Other shop", "company_id": cls.env.company.id})
        cls.shop.website_ids = cls.website
        cls.product.write({"allow_out_of_stock_order": False, "website_published": True, "list_price": 10})

    def cart(self, quantity, product=None, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "website_id": self.website.id,
                "order_line": [(0, 0, {"product_id": (product or self.product).id, "product_uom_qty": quantity})],
                **values,
            }
        )

    def request(self, cart=None, website=None):
        """A visitor's request on the website, with his cart."""
        context = {"website_id": (website or self.website).id, "website_sale_stock_get_quantity": True}
        env = self.env(context={**self.env.context, **context})
        mock = MockRequest(env, website=(website or self.website).with_env(env))
        order = (cart or self.env["sale.order"]).with_env(env)
        return _WithCart(mock, order, env)

    def in_shop(self, product=None, cart=None, website=None):
        """What the product page says."""
        with self.request(cart, website) as env:
            return (product or self.product).with_env(env)._get_combination_info_variant()

    def pay(self, order):
        """The payment of an order has come in."""
        method = self.env["payment.method"].sudo().search([], limit=1)
        provider = self.env["payment.provider"].sudo().search([], limit=1)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"payment {order.id}",
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [(6, 0, order.ids)],
                "state": "done",
            }
        )
        confirmed = transaction._check_amount_and_confirm_order()
        self.commit()
        return confirmed


class _WithCart:
    def __init__(self, mock, cart, env):
        self.mock, self.cart, self.env = mock, cart, env

    def __enter__(self):
        request = self.mock.__enter__()
        request.cart = lazy(lambda: self.cart)
        return self.env

    def __exit__(self, *error):
        return self.mock.__exit__(*error)
