"""One click makes requests for quotation; a second click adds nothing."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestRequest(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._user("rfq_buyer", "group_buyer")
        cls.product = cls._product("Wanted", delay=5)
        cls._facts(cls.product, [10] * 400)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)

    def _orders(self):
        return self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])

    def test_one_click(self):
        item = self._item(self.product)
        self.assertEqual((item.need_to_buy, item.suggested_order), (60, 200))
        action = item.with_user(self.buyer).action_make_rfq()
        order = self._orders()
        self.assertEqual((action["res_model"], action["res_id"]), ("purchase.order", order.id))
        self.assertEqual((order.state, order.company_id, order.partner_id), ("draft", self.company, self.vendor))
        self.assertEqual(order.picking_type_id.warehouse_id, self.warehouse)
        line = order.order_line
        self.assertEqual((line.product_id, line.product_qty, line.price_unit), (self.product, 200, 2.5))
        self.assertEqual((item.requested, item.suggested_order, item.need_to_buy), (200, 0, 60))

    def test_second_click_adds_nothing_and_says_so(self):
        item = self._item(self.product).with_user(self.buyer)
        item.action_make_rfq()
        action = item.action_make_rfq()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn(self._orders().name, action["params"]["message"])
        self.assertEqual(self._orders().order_line.product_qty, 200)

    def test_confirmed_request_is_incoming(self):
        item = self._item(self.product).with_user(self.buyer)
        item.action_make_rfq()
        self._orders().button_confirm()
        # The vendor delivers within the planning date's horizon only by chance of dates; supply counts in full.
        self.item_model._refresh(item)
        self.assertEqual((item.requested, item.incoming), (0, 200))

    def test_grouped_by_vendor(self):
        second = self._product("Also wanted")
        other = self.env["res.partner"].create({"name": "Other Vendor"})
        third = self._product(
            "Elsewhere", vendor=False, seller_ids=[Command.create({"partner_id": other.id, "price": 7, "delay": 2})]
        )
        for product in (second, third):
            self._facts(product, [3] * 100)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        items = self._item(self.product) | self._item(second) | self._item(third)
        action = items.with_user(self.buyer).action_make_rfq()
        orders = self.env["purchase.order"].search(action["domain"])
        self.assertEqual(orders.partner_id, self.vendor | other)
        self.assertEqual(len(orders), 2)
        self.assertEqual(len(self._orders().order_line), 2)

    def test_vendor_unit_minimum_and_price(self):
        """Vendor sells dozens, at least 20 of them, 30 a dozen: up to 6 + 240 units are 20.5, so 21 dozens."""
        dozen = self.env.ref("uom.product_uom_dozen")
        product = self._product("Dozens", seller_uom=dozen, min_qty=20)
        product.seller_ids.price = 30
        self._facts(product, [1] * 100)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        item = self._item(product)
        item.with_user(self.buyer).action_make_rfq()
        line = self._orders().order_line
        self.assertEqual((line.product_uom_id, line.product_qty, line.price_unit), (dozen, 21, 30))
        self.assertEqual((item.requested, item.suggested_order), (252, 0))

    def test_draft_of_somebody_else_is_counted(self):
        self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 70})],
            }
        )
        action = self._item(self.product).with_user(self.buyer).action_make_rfq()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(self._orders().order_line.product_qty, 70)

    def test_partly_asked_is_topped_up(self):
        self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 50})],
            }
        )
        self._item(self.product).with_user(self.buyer).action_make_rfq()
        self.assertEqual(sum(self._orders().order_line.mapped("product_qty")), 200)

    def test_without_vendor(self):
        orphan = self._product("Orphan", vendor=False)
        self._facts(orphan, [3] * 100)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        with self.assertRaisesRegex(UserError, "Orphan has no vendor"):
            self._item(orphan).with_user(self.buyer).action_make_rfq()
        both = self._item(orphan) | self._item(self.product)
        action = both.with_user(self.buyer).action_make_rfq()
        self.assertIn("Orphan has no vendor", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_id"], self._orders().id)

    def test_without_rights(self):
        for group in ("group_viewer", "group_operator", "group_planner", "group_sales"):
            user = self._user(f"rfq_{group}", group)
            with self.assertRaisesRegex(UserError, "Only buyers"):
                self._item(self.product).with_user(user).action_make_rfq()
        counter = self._user("rfq_counter", "group_counter")
        with self.assertRaises(UserError):
            self._item(self.product).with_user(counter).action_make_rfq()
        self.assertFalse(self._orders())

    def test_warehouse_that_does_not_buy(self):
        self.warehouse.buy_pull_id.active = False
        with self.assertRaisesRegex(UserError, "does not buy"):
            self._item(self.product).with_user(self.buyer).action_make_rfq()

    def test_nothing_needed(self):
        self._stock(self.product, 1000)
        action = self._item(self.product).with_user(self.buyer).action_make_rfq()
        self.assertIn("Nothing to buy", action["params"]["message"])
        self.assertFalse(self._orders())

    def test_archived_product_is_not_bought(self):
        self.product.action_archive()
        with self.assertRaisesRegex(UserError, "Wanted is archived"):
            self._item(self.product).with_user(self.buyer).action_make_rfq()
        self.assertFalse(self._orders())
