"""The shop as a visitor sees it, over HTTP."""

from odoo.addons.inventory_plus.tests.channels.channel_case import ChannelCase
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestShopPages(HttpCase, ChannelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].get_current_website()
        cls.shop.website_ids = cls.website
        cls.product.write(
            {"allow_out_of_stock_order": False, "website_published": True, "list_price": 10, "website_sequence": 1}
        )

    def info(self):
        return self.make_jsonrpc_request(
            "/website_sale/get_combination_info",
            {
                "product_template_id": self.product.product_tmpl_id.id,
                "product_id": self.product.id,
                "combination": [],
                "add_qty": 1,
            },
        )

    def add(self, quantity):
        return self.make_jsonrpc_request(
            "/shop/cart/add",
            {
                "product_template_id": self.product.product_tmpl_id.id,
                "product_id": self.product.id,
                "quantity": quantity,
            },
        )

    def test_a_visitor(self):
        self.reserve(5, channel="market")
        self.assertEqual(self.info()["free_qty"], 7)
        page = self.url_open(self.product.website_url)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(self.url_open("/shop").status_code, 200)
        self.assertFalse(self.add(7)["notification_info"].get("warning"))
        self.assertEqual((self.info()["free_qty"], self.info()["cart_qty"]), (7, 7))
        self.assertIn("only 7", self.add(1)["notification_info"]["warning"])
        order = self.env["sale.order"].search([("website_id", "=", self.website.id)], order="id desc", limit=1)
        self.assertEqual((order.inventory_channel_id, order.cart_quantity), (self.shop, 7))
