"""What a shop shows: the number of its channel, and nothing else of it."""

from unittest.mock import patch

from odoo.addons.inventory_plus.models.channels.reservation_available import InventoryReservation
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .shop_case import ShopCase


@tagged("post_install", "-at_install")
class TestShopShown(ShopCase):
    def add(self, cart, quantity, product=None):
        """What a cart has after so many more were put into it, and the warning."""
        with self.request(cart) as env:
            answer = cart.with_env(env)._cart_add((product or self.product).id, quantity)
        return sum(cart.order_line.mapped("product_uom_qty")), answer["warning"]

    def test_the_number_is_the_channels(self):
        self.assertEqual(self.in_shop()["free_qty"], 12)
        self.market_takes(5)
        self.assertEqual(self.in_shop()["free_qty"], 7)
        self.shop.write({"keep_back": "fixed", "keep_quantity": 3})
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], 4)
        self.assertEqual(self.in_shop(website=self.other_website)["free_qty"], self.product.free_qty, "as Odoo does")

    def market_takes(self, quantity):
        self.reserve(quantity, f"market {quantity}", channel="market")
        self.env.invalidate_all()

    def test_warehouses_of_the_channel(self):
        self.put(self.product, 20, self.second.lot_stock_id)
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], 12)
        self.shop.warehouse_line_ids = [(0, 0, {"warehouse_id": self.second.id})]
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], 20)
        self.shop.allow_split = True
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], 32)
        self.shop.warehouse_line_ids = [(5,)]
        self.website.warehouse_id = self.second
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], 20, "without a list the website's own")
        self.assertEqual(self.cart(1)._get_free_qty(self.product), 20)

    def test_the_cart_is_cut_to_what_the_channel_has_and_not_counted_against_itself(self):
        self.market_takes(5)
        cart = self.cart(3)
        self.assertEqual(self.in_shop(cart=cart)["cart_qty"], 3)
        self.assertEqual(self.in_shop(cart=cart)["free_qty"], 7)
        self.assertEqual(self.add(cart, 4), (7, ""))
        quantity, warning = self.add(cart, 1)
        self.assertEqual(quantity, 7)
        self.assertTrue(warning)
        self.assertEqual(cart.order_line._get_max_line_qty(), 7)
        self.assertTrue(cart.order_line._check_availability())
        self.market_takes(1)
        self.assertFalse(cart.order_line._check_availability())
        self.assertIn("only 6", cart.order_line.shop_warning)
        self.assertFalse(self.product.with_context(website_id=self.website.id)._is_sold_out())
        self.market_takes(6)
        self.assertTrue(self.product.with_context(website_id=self.website.id)._is_sold_out())

    def test_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        cart = self.cart(1)
        self.assertEqual(cart._verify_updated_quantity(cart.order_line, self.product.id, 1, dozen.id)[0], 1)
        self.market_takes(1)
        cart = self.env["sale.order"].create({"partner_id": self.partner.id, "website_id": self.website.id})
        quantity, warning = cart._verify_updated_quantity(cart.order_line, self.product.id, 1, dozen.id)
        self.assertEqual(quantity, 0)
        self.assertTrue(warning)

    def test_all_products_of_a_page_are_asked_at_once(self):
        products = self.env["product.product"].union(
            *(self.make_product(name=f"Listed {n}", allow_out_of_stock_order=False) for n in range(10))
        )
        for product in products:
            self.put(product, 5)
        self.env.invalidate_all()
        asked = []
        shown = InventoryReservation._shown

        def counted(reservation, channel, product_ids, places):
            asked.append(len(product_ids))
            return shown(reservation, channel, product_ids, places)

        with patch.object(InventoryReservation, "_shown", counted), self.request() as env:
            listed = products.product_tmpl_id.with_env(env)
            self.assertFalse(any(template._is_sold_out() for template in listed))
        self.assertEqual(asked, [10])
        queries = [self.queries_of_a_page(website, products) for website in (self.other_website, self.website)]
        self.assertLessEqual(queries[1], queries[0] + 8, "as Odoo, and a few for all products together")

    def queries_of_a_page(self, website, products):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with self.request(website=website) as env:
            self.assertEqual(len([t for t in products.product_tmpl_id.with_env(env) if not t._is_sold_out()]), 10)
        return self.env.cr.sql_log_count - before

    def test_without_locks_as_odoo_does(self):
        self.market_takes(5)
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        self.env.invalidate_all()
        self.assertEqual(self.in_shop()["free_qty"], self.product.free_qty)

    def test_nobody_reads_more_than_the_shop_shows(self):
        portal = new_test_user(self.env, "shop_portal", groups="base.group_portal")
        for user in (portal, self.env.ref("base.public_user"), self.env.ref("base.user_admin")):
            product = self.product.with_user(user).with_context(inventory_shop=(self.market.id, self.warehouse.id))
            self.assertNotIn("inventory_shop_numbers", product.fields_get())
            with self.assertRaises(AccessError):
                product.read(["inventory_shop_numbers"])
            with self.assertRaises(AccessError):
                self.website.with_user(user).read(["inventory_channel_id"])
            with self.assertRaises(AccessError):
                self.website.with_user(user).read(["inventory_place_ids"])
        plain = self.in_shop(website=self.other_website)
        self.assertEqual(self.in_shop().keys(), plain.keys())
        self.assertFalse(self.in_shop()["show_availability"])
