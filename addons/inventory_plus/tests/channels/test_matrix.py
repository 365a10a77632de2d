"""The matrix of availability: rows are items, columns are the channels that the reader may see."""

from lxml import etree
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestMatrix(ChannelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        items = cls.env["inventory.item"].with_context(active_test=False)
        cls.items = [cls.item(items, place) for place in (cls.warehouse, cls.second)]
        cls.seller = new_test_user(cls.env, "matrix_seller", groups="inventory_plus.group_sales")
        cls.viewer = new_test_user(cls.env, "matrix_viewer", groups="inventory_plus.group_viewer")

    @classmethod
    def item(cls, items, warehouse):
        domain = [("product_id", "=", cls.product.id), ("warehouse_id", "=", warehouse.id)]
        values = {"product_id": cls.product.id, "warehouse_id": warehouse.id}
        return items.search(domain) or items.create(values)

    def numbers(self, item, user=None):
        item.invalidate_recordset()
        return item.with_user(user or self.seller).read(["channel_numbers"])[0]["channel_numbers"]

    def test_each_channel_by_its_rules(self):
        self.market.write({"keep_back": "fixed", "keep_quantity": 4})
        self.reserve(5)
        here, there = (self.numbers(item) for item in self.items)
        self.assertEqual((here[str(self.shop.id)], here[str(self.market.id)]), (7, 3))
        self.assertEqual((here["free"], here["promised"]), (7, 5))
        self.assertNotIn(str(self.shop.id), there, "the shop does not sell from there")

    def test_the_number_is_that_of_the_public_method(self):
        self.market.write({"keep_back": "fixed", "keep_quantity": 4})
        self.reserve(2)
        here = self.numbers(self.items[0])
        for channel in (self.shop, self.market):
            self.assertEqual(here[str(channel.id)], self.shown(channel.code))

    def test_a_column_for_each_channel(self):
        arch = (
            self.env["inventory.item"]
            .with_user(self.seller)
            .get_view(self.env.ref("inventory_plus.view_item_matrix_list").id, "list")["arch"]
        )
        titles = [node.get("string") for node in etree.fromstring(arch).iter("field")]
        self.assertIn("Shop", titles)
        self.assertLess(titles.index("Shop"), titles.index("Market"), "in the order of their priority")
        self.make_channel("kiosk")
        arch = (
            self.env["inventory.item"]
            .with_user(self.seller)
            .get_view(self.env.ref("inventory_plus.view_item_matrix_list").id, "list")["arch"]
        )
        self.assertIn("Kiosk", [node.get("string") for node in etree.fromstring(arch).iter("field")])

    def test_channels_of_another_company_are_not_there(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["inventory.channel"]._back_office(company)
        titles = self.env["inventory.item"].with_user(self.seller)._matrix_channels()
        self.assertIn(self.shop, titles)
        self.assertNotIn(foreign, titles)

    def test_a_viewer_sees_no_numbers(self):
        with self.assertRaises(AccessError):
            self.numbers(self.items[0], self.viewer)
        arch = (
            self.env["inventory.item"]
            .with_user(self.viewer)
            .get_view(self.env.ref("inventory_plus.view_item_matrix_list").id, "list")["arch"]
        )
        self.assertNotIn("channel_numbers", arch)

    def test_queries_do_not_grow_with_rows(self):
        products = self.env["product.product"].concat(*[self.make_product() for _i in range(30)])
        items = self.env["inventory.item"].create(
            [{"product_id": product.id, "warehouse_id": self.warehouse.id} for product in products]
        )
        self.env.flush_all()

        def queries(part):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            part.mapped("channel_numbers")
            return self.env.cr.sql_log_count - before

        queries(items)
        self.assertEqual(queries(items[:3]), queries(items))
