"""The work list: what is on it, what comes first, what it says to do."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemWork(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cheap = cls._product("Cheap and short", list_price=1)
        cls.dear = cls._product("Dear and short", list_price=100)
        cls.orphan = cls._product("Without vendor", vendor=False)
        cls.much = cls._product("Too much")
        cls.fine = cls._product("Fine")
        for product in (cls.cheap, cls.dear, cls.orphan, cls.much, cls.fine):
            cls._facts(product, [2] * 200)
        cls._stock(cls.much, 1000)
        cls._stock(cls.fine, 45)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.items = cls.item_model.search([("warehouse_id", "=", cls.warehouse.id)])

    def _listed(self):
        order = "status_sequence, value_at_risk desc, stockout_date, id"
        domain = [("needs_work", "=", True), ("id", "in", self.items.ids)]
        return self.item_model.search(domain, order=order).product_id

    def test_the_dearest_shortage_comes_first(self):
        self.assertEqual(self._listed(), self.dear + self.orphan + self.cheap)
        rest = self.item_model.search([("needs_work", "=", False), ("id", "in", self.items.ids)])
        self.assertEqual(rest.product_id, self.much + self.fine)
        self.assertEqual([item.needs_work for item in rest], [False, False])

    def test_next_steps(self):
        steps = {item.product_id: item.next_step for item in self.items}
        self.assertRegex(steps[self.dear], r"^Buy \d+ Units\.$")
        self.assertIn("vendor", steps[self.orphan])
        self.assertIn("Stop buying", steps[self.much])
        self.assertFalse(steps[self.fine])
        item = self._item(self.dear)
        item.with_user(self._user("works_buyer", "group_buyer")).action_make_rfq()
        item.invalidate_recordset()
        self.assertIn("Confirm", item.next_step)

    def test_a_pin_to_review_is_work(self):
        item = self._item(self.fine)
        item.write({"pin_safety_stock": True, "pinned_until": self.today - timedelta(days=1), "pinned_reason": "Test"})
        self.assertIn(self.fine, self._listed())
        self.assertIn("pinned", item.next_step)

    def test_a_waiting_change_is_work(self):
        """The lead time trebles: the change is beyond the limits and waits, for buyers to see as well."""
        self.fine.seller_ids.delay = 30
        self.company.write({"inventory_auto_percent": 1})
        self._stock(self.fine, 150)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        item = self._item(self.fine)
        self.assertEqual(item.status, "green")
        self.assertIn(self.fine, self._listed())
        seen = item.with_user(self._user("works_waiting", "group_buyer"))
        self.assertTrue(seen.needs_work)
        self.assertRegex(seen.next_step, r"waits for approval: min \d+, proposed \d+")

    def test_only_who_sees_needs_has_a_work_list(self):
        for group in ("group_viewer", "group_operator", "group_sales"):
            model = self.item_model.with_user(self._user(f"works_{group}", group))
            with self.assertRaises(AccessError, msg=group):
                model.browse(self.items.ids).read(["next_step"])
            with self.assertRaises(AccessError, msg=group):
                model.search([("needs_work", "=", True)])

    def test_opening_shows_what_changed(self):
        self.item_model._refresh_dirty()
        self._stock(self.dear, 500)
        action = self.item_model.with_user(self._user("works_planner", "group_planner")).action_open_work_list()
        self.assertEqual(action["res_model"], "inventory.item")
        self.assertNotIn(self.dear, self._listed())
