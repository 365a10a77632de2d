"""Lead times that cannot be right: dates stay within bounds, the explanation says so, and nothing is bought by them."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.planning.lead_time import MOST_LEAD_DAYS
from .test_replenish import ReplenishCase

ABSURD = 3_000_000


@tagged("post_install", "-at_install")
class TestAbsurdLeadTime(ReplenishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Absurd", delay=ABSURD)
        cls._facts(cls.product, [10] * 400)
        cls.buyer = cls._user("absurd_buyer", "group_buyer")
        cls.rules = cls.env["stock.warehouse.orderpoint"]

    def _rule(self):
        return self.rules.search([("product_id", "=", self.product.id)])

    def test_planned_with_the_bound_and_said(self):
        item = self._planned(self.product)
        self.assertEqual((MOST_LEAD_DAYS, item.lead_time_mean), (3650, 3650))
        self.assertIn("3,650", item.explanation)
        self.assertIn("cannot be right", item.explanation)
        self.assertNotIn("cannot be right", self._planned(self._usual()).explanation)

    def _usual(self):
        product = self._product("Usual", delay=30)
        self._facts(product, [10] * 400)
        return product

    def test_days_to_purchase(self):
        product = self._usual()
        for days in (1e9, float("inf"), float("nan")):
            with self.subTest(days=days):
                self.env.cr.execute(
                    "UPDATE res_company SET days_to_purchase = %s WHERE id = %s", [days, self.company.id]
                )
                self.env.invalidate_all()
                self.assertEqual(self._planned(product).lead_time_mean, 3650)
                self.rules.with_context(force_orderpoint_recompute=True).action_open_orderpoints()

    def test_the_replenishment_screen_opens(self):
        self._planned(self.product)
        rule = self._rule()
        self.rules.with_context(force_orderpoint_recompute=True).action_open_orderpoints()
        self.assertLessEqual((rule.lead_horizon_date - fields.Date.today()).days, MOST_LEAD_DAYS + 90)
        rule.action_stock_replenishment_info()
        rule.product_min_qty += 1  # Odoo's own calculation from here on
        self.assertTrue(rule.inventory_edited)
        self.rules.with_context(force_orderpoint_recompute=True).action_open_orderpoints()
        self.assertTrue(rule.lead_horizon_date)

    def test_a_stored_lead_time_of_before(self):
        """The last plan may have been made before there was a bound."""
        item = self._planned(self._usual())
        self.env.cr.execute("UPDATE inventory_item SET lead_time_mean = 1e8 WHERE id = %s", [item.id])
        self.env.invalidate_all()
        self.item_model._refresh(item)
        rule = item.orderpoint_ids
        self.assertEqual((rule.lead_horizon_date - fields.Date.today()).days, MOST_LEAD_DAYS)

    def test_the_button_says_what_to_correct(self):
        item = self._planned(self.product)
        for delay in (ABSURD, 2**31 - 1, -3, MOST_LEAD_DAYS + 1):
            self.product.seller_ids.delay = delay
            with self.subTest(delay=delay), self.assertRaisesRegex(UserError, "lead time.*between 0 and 3,650 days"):
                item.with_user(self.buyer).action_make_rfq()
        self.assertFalse(self._orders())
        self.product.seller_ids.delay = MOST_LEAD_DAYS
        item.with_user(self.buyer).action_make_rfq()
        self.assertEqual(len(self._orders()), 1)

    def test_by_night_the_others_are_requested(self):
        due = self._sold("Due")
        self._plan()
        self.assertEqual(self._run(), 1)
        self.assertEqual(self._orders().order_line.product_id, due)
        item = self._item(self.product)
        self.assertEqual(item.buy_problem, "delay")
        self.assertIn("3,650", item.buy_problem_note)

    def test_an_absurd_line_of_the_same_vendor_in_a_price_break(self):
        product = self._sold("With breaks")
        product.seller_ids.copy({"min_qty": 210, "price": 0.5, "delay": ABSURD})
        self._plan()
        self.assertEqual(self._run(), 1)
        self.assertEqual(self._orders().order_line.product_qty, 200, "a line that cannot be right earns no price")
