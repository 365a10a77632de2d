"""Pinned values: kept by the plan and told, logged, protected, reviewed once."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemPin(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is planned comes into force at once here; proposals have their own tests.
        cls.company.inventory_auto_percent = 998
        cls.product = cls._product("Pinned", delay=5)
        cls._facts(cls.product, [10] * 400)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.item = cls.item_model.search([("product_id", "=", cls.product.id)])
        cls.planner = cls._user("pin_planner", "group_planner")

    def _pin(self, **values):
        until = values.pop("until", self.today + timedelta(days=30))
        vals = {"pinned_until": until, "pinned_reason": "Contract"}
        for name, value in values.items():
            vals |= {f"pin_{name}": True, f"pinned_{name}": value}
        self.item.with_user(self.planner).write(vals)

    def _parameters(self, product=None):
        item = self._planned(product or self.product)
        return tuple(item[name] for name in ("safety_stock", "reorder_point", "order_quantity", "order_up_to"))

    def test_the_plan_keeps_what_is_pinned(self):
        """Ten a day, five days and one: reorder point 60, order 140."""
        self.assertEqual(self._parameters(), (0, 60, 140, 200))
        self._pin(safety_stock=5)
        self.assertEqual(self._parameters(), (5, 65, 140, 205))
        words = "Safety Stock 5.00: pinned by pin_planner"
        self.assertIn(
            words, self.item.explanation.replace("(", "").replace("pin_planner base.group_user", "pin_planner")
        )
        self.assertIn("The planning would have set 0.00", self.item.explanation)
        self.assertIn("Safety Stock 5.00", self.item.pinned_text)

    def test_released(self):
        self._pin(reorder_point=61)
        self.assertEqual(self._parameters(), (1, 61, 140, 201))
        self.item.with_user(self.planner).action_release()
        self.assertFalse(self.item.pinned or self.item.pinned_until or self.item.pinned_reason)
        self.assertEqual(self._parameters(), (0, 60, 140, 200))
        with self.assertRaisesRegex(UserError, "Nothing is pinned"):
            self.item.action_release()

    def test_a_part_that_nobody_asks_for(self):
        """Two of a spare part are kept, demand or not; more than any percentage, so only without a limit at once."""
        self.company.inventory_auto_percent = 999
        spare = self._product("Spare")
        self._stock(spare, 1)
        self.item = self._planned(spare)
        self.assertEqual(self._parameters(spare), (0, 0, 0, 0))
        self._pin(safety_stock=2)
        self.assertEqual(self._parameters(spare), (2, 2, 0, 2))
        self.assertIn("Pinned", self.item.explanation)

    def test_who_pins(self):
        """Planners, over any path; the name and day are the system's; everything is logged."""
        self._pin(safety_stock=5)
        self.assertEqual(self.item.pinned_by_id, self.planner)
        entry = self.env["inventory.audit.entry"].search([("event", "=", "item.pinned")], limit=1)
        self.assertEqual((entry.user_ref, entry.res_id), (self.planner.id, self.item.id))
        self.assertEqual((entry.data["before"], entry.data["after"]["safety_stock"]), ({}, 5))
        for group in ("group_viewer", "group_buyer", "group_operator", "group_approver", "group_auditor"):
            user = self._user(f"pin_{group}", group)
            with self.assertRaises(AccessError, msg=group):
                self.item.with_user(user).write({"pin_safety_stock": False})
            with self.assertRaises(AccessError, msg=group):
                self.item.with_user(user).action_release()
            with self.assertRaises(AccessError, msg=group):
                self.env["inventory.item.pin"].with_user(user).create({"item_id": self.item.id})
        for stamp in ({"pinned_by_id": self.env.ref("base.user_admin").id}, {"pinned_on": "2020-01-01"}):
            with self.assertRaises(AccessError):
                self.item.with_user(self.planner).write(stamp)
        self.item.with_user(self.planner).action_release()
        entry = self.env["inventory.audit.entry"].search([("event", "=", "item.released")], limit=1)
        self.assertEqual((entry.data["before"]["safety_stock"], entry.data["after"]), (5, {}))

    def test_other_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("pin_stranger", "group_planner")
        stranger.sudo().write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            self.item.with_user(stranger).write({"pin_safety_stock": True, "pinned_until": self.today})

    def test_bad_values(self):
        for values in ({"safety_stock": -1}, {"safety_stock": float("nan")}, {"reorder_point": float("inf")}):
            with self.assertRaisesRegex(ValidationError, "zero or more|must be a number|too large"):
                self._pin(**values)
        with self.assertRaisesRegex(ValidationError, "cannot be below its reorder point"):
            self._pin(reorder_point=50, order_up_to=40)
        with self.assertRaisesRegex(ValidationError, "cannot be below its safety stock"):
            self.item.write({"pin_reorder_point": False, "pin_safety_stock": True, "pinned_safety_stock": 50})
        self.item.write(dict.fromkeys(("pin_safety_stock", "pin_order_up_to"), False))
        with self.assertRaisesRegex(ValidationError, "review date"):
            self.item.with_user(self.planner).write({"pin_safety_stock": True, "pinned_until": False})

    def test_dialog(self):
        dialog = Form(self.env["inventory.item.pin"].with_user(self.planner).with_context(default_item_id=self.item.id))
        self.assertEqual(dialog.pinned_reorder_point, 60, "what is in force is offered")
        dialog.pinned_reason = "Kept as it is"
        with self.assertRaisesRegex(UserError, "at least one"):
            dialog.save().action_pin()
        dialog.pin_reorder_point = True
        dialog.pinned_until = self.today - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "has passed"):
            dialog.save().action_pin()
        dialog.pinned_until = self.today + timedelta(days=1)
        dialog.save().action_pin()
        self.assertEqual((self.item.pinned, self.item.pinned_reorder_point), (True, 60))
        self.assertFalse(self.item.pin_safety_stock)

    def _reminders(self):
        kind = self.env.ref("inventory_plus.activity_pin_review")
        return self.env["mail.activity"].search(
            [("res_model", "=", "inventory.item"), ("res_id", "=", self.item.id), ("activity_type_id", "=", kind.id)]
        )

    def test_reminded_once_after_the_review_date(self):
        self._pin(safety_stock=5, until=self.today)
        self.item_model._remind_of_pins()
        self.assertFalse(self._reminders(), "the review date itself has not passed")
        self.company.inventory_as_of = self.today + timedelta(days=1)
        self.item_model._remind_of_pins()
        self.item_model._remind_of_pins()
        self.assertEqual(self._reminders().user_id, self.planner)
        self.assertTrue(self.item.pinned, "it stays until a person decides")
        self.assertEqual(self._parameters()[0], 5)
        self._reminders().with_user(self.planner).action_feedback(feedback="Stays")
        self.item_model._remind_of_pins()
        self.assertFalse(self._reminders(), "not again for the same date")

    def test_a_new_date_ends_the_reminder_and_brings_a_new_one(self):
        self._pin(safety_stock=5, until=self.today - timedelta(days=1))
        self.item_model._remind_of_pins()
        self.assertEqual(len(self._reminders()), 1)
        self._pin(until=self.today + timedelta(days=9))
        self.assertFalse(self._reminders())
        self.company.inventory_as_of = self.today + timedelta(days=10)
        self.item_model._remind_of_pins()
        self.assertEqual(len(self._reminders()), 1)
        self.item.action_release()
        self.assertFalse(self._reminders())

    def test_who_is_reminded_when_the_planner_left(self):
        successor = self._user("pin_successor", "group_planner")
        self._pin(safety_stock=5, until=self.today - timedelta(days=1))
        self.planner.sudo().active = False
        self.item.user_id = successor
        self.item_model._remind_of_pins()
        self.assertEqual(self._reminders().user_id, successor)
