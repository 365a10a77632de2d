"""What is no number gets a sentence, by form, import and RPC, and nothing is half done.

The other bad input of the planning is tested where it belongs: targets and conditions in :mod:`.test_policy` and
:mod:`.test_plan`, negative lead times in :mod:`.test_proposals`, a single sale or only returns in :mod:`.test_plan`, a
giant order that was cancelled in :mod:`.test_item_demand`, units, two companies and vendors without a lead time in
:mod:`.test_odd_items`, absurd lead times in :mod:`.test_absurd_lead_time`.
"""

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PlanningCase

NAN, INFINITE = float("nan"), float("inf")
NO_NUMBERS = (NAN, INFINITE, -INFINITE, "nan", "inf", "-Infinity", "many", [], 10**400)
#: No number of days, and none that a column holds.
NO_WHOLE = (NAN, INFINITE, "nan", "many", "2.5", 10**12, -(10**12), 10**400)
WORDS = "must be a number|too large"


@tagged("post_install", "-at_install")
class TestOddNumbers(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Odd")
        cls._facts(cls.product, [10] * 100)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.item = cls.item_model.search([("product_id", "=", cls.product.id)])
        cls.planner = cls._user("odd_planner", "group_planner")
        cls.manager = cls._user("odd_manager", "group_manager")

    def _refused(self, record, name, values, words=WORDS, **others):
        """Each value is refused by ``write`` and, on a new record, by ``create``, and changes nothing."""
        before = record[name]
        for value in values:
            with self.subTest(field=name, value=value), self.assertRaisesRegex(ValidationError, words):
                with self.env.cr.savepoint():
                    record.write({name: value, **others})
                    self.env.flush_all()
            record.invalidate_recordset()
            self.assertEqual(record[name], before)

    def _not_imported(self, model, columns, row, words=WORDS):
        result = model.load(columns, [row])
        self.assertFalse(result["ids"])
        self.assertRegex(result["messages"][0]["message"], words)

    # ------------------------------------------------------------------ policies

    def test_policies(self):
        policy = self.env["inventory.policy"].create({"name": "Odd", "company_id": self.company.id})
        mine = policy.with_user(self.manager)
        floats = ("target_cycle", "target_fill", "target_cost", "target_days", "target_quantity", "target_factor")
        for name in (*floats, "least_units", "most_units", "least_days", "most_days", "auto_percent", "auto_value"):
            self._refused(mine, name, NO_NUMBERS)
        for name in ("review_days", "cycle_days", "sequence"):
            self._refused(mine, name, NO_WHOLE)
        count = policy.search_count([])
        for vals in ({"target_days": "nan"}, {"review_days": 10**12}, {"auto_value": INFINITE}):
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, WORDS):
                policy.with_user(self.manager).create({"name": "New", **vals})
        self.assertEqual(policy.search_count([]), count)

    def test_policies_from_a_file(self):
        policies = self.env["inventory.policy"].with_user(self.manager)
        self._not_imported(policies, ["name", "target_cycle"], ["Bad", "nan"])
        self._not_imported(policies, ["name", "review_days"], ["Bad", str(10**12)])
        self._not_imported(policies, ["name", "target_days"], ["Bad", "inf"])
        self._not_imported(policies, ["name", "target_days"], ["Bad", "many"], "many")
        self.assertFalse(policies.search([("name", "=", "Bad")]))

    # -------------------------------------------------------------------- events

    def _event(self, **values):
        return self.env["inventory.demand.event"].create(
            {"name": "Fair", "company_id": self.company.id, "product_ids": self.product.ids, **values}
        )

    def test_events(self):
        event = self._event().with_user(self.planner)
        self._refused(event, "uplift", NO_NUMBERS)
        for value in NO_NUMBERS:
            with self.subTest(value=value), self.assertRaisesRegex(ValidationError, WORDS):
                self._event(uplift=value)
        events = self.env["inventory.demand.event"].with_user(self.planner)
        self._not_imported(events, ["name", "uplift"], ["Bad", "nan"])

    def test_events_at_the_end_of_time(self):
        """Odoo's calendar ends with the year 9999; a day after it is no day."""
        for values in (
            {"date_start": "9999-12-01", "date_end": "9999-12-31", "yearly": True},
            {"date_start": "9999-12-01", "date_end": "9999-12-31"},
            {"date_start": "0001-01-01", "date_end": "0001-01-05", "yearly": True},
            {"date_start": "2025-01-01", "date_end": "9999-12-31"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "between the years 1970 and 2999"),
            ):
                self._event(**values)
        event = self._event(date_start="2996-02-29", date_end="2996-03-01", yearly=True)
        self.assertEqual(event.state, "now" if self.today.month == 3 else "ahead")
        self.item_model._plan(warehouse_ids=self.warehouse.ids)

    # --------------------------------------------------------------------- items

    def test_pins(self):
        mine = self.item.with_user(self.planner)
        others = {"pinned_until": "2030-01-01", "pinned_reason": "Contract"}
        for name in ("safety_stock", "reorder_point", "order_up_to"):
            self._refused(mine, f"pinned_{name}", NO_NUMBERS, **others, **{f"pin_{name}": True})
            self._refused(mine, f"pinned_{name}", (-1, "-1"), "zero or more", **others, **{f"pin_{name}": True})
            self._refused(mine, f"pinned_{name}", (1e12, 1e13), "zero or more|too large", **others)
        least_above_most = {
            "pin_reorder_point": True,
            "pinned_reorder_point": 10,
            "pin_order_up_to": True,
            "pinned_order_up_to": 9,
        }
        with self.assertRaisesRegex(ValidationError, "cannot be below its reorder point"), self.env.cr.savepoint():
            mine.write({**others, **least_above_most})
        self.assertFalse(self.item.pinned)
        self._not_imported(
            self.item_model.with_user(self.planner), [".id", "pinned_safety_stock"], [str(self.item.id), "nan"]
        )

    def test_pins_by_the_dialog(self):
        dialog = self.env["inventory.item.pin"].with_user(self.planner)
        values = {"item_id": self.item.id, "pin_safety_stock": True, "pinned_until": "2030-01-01", "pinned_reason": "x"}
        for value in (*NO_NUMBERS, -1):
            with self.subTest(value=value), self.assertRaisesRegex(ValidationError, f"{WORDS}|zero or more"):
                with self.env.cr.savepoint():
                    dialog.create({**values, "pinned_safety_stock": value}).action_pin()
        self.assertFalse(self.item.pinned)

    def test_like_another_item(self):
        fresh = self.item_model.create({"product_id": self._product("New").id, "warehouse_id": self.warehouse.id})
        fresh.like_item_id = self.item
        self._refused(fresh.with_user(self.planner), "like_factor", NO_NUMBERS)

    # ------------------------------------------------------------------- company

    def test_company(self):
        """Settings are written by whoever administers; money that is no number would plan nothing at all."""
        for name in (
            "inventory_service_target",
            "inventory_order_cost",
            "inventory_holding_rate",
            "inventory_auto_percent",
            "inventory_auto_value",
            "inventory_transfer_worth",
        ):
            self._refused(self.company, name, NO_NUMBERS)
        for name in ("inventory_review_days", "inventory_cycle_days", "inventory_lead_days", "inventory_slow_months"):
            self._refused(self.company, name, NO_WHOLE)
        count = self.company.search_count([])
        with self.assertRaisesRegex(ValidationError, WORDS):
            self.company.create({"name": "Odd", "inventory_order_cost": NAN})
        self.assertEqual(self.company.search_count([]), count)

    def test_planning_date_at_the_end_of_time(self):
        for day in ("9999-12-31", "0001-01-01", "3000-01-01", "1969-12-31"):
            with self.subTest(day=day), self.assertRaisesRegex(ValidationError, "between the years 1970 and 2999"):
                with self.env.cr.savepoint():
                    self.company.inventory_as_of = day
                    self.env.flush_all()
            self.company.invalidate_recordset()
        self.assertEqual(self.company.inventory_as_of, self.today)
        self.company.inventory_as_of = False

    def test_minimum_order(self):
        self._refused(self.vendor, "inventory_minimum_order", NO_NUMBERS)
        with self.assertRaisesRegex(ValidationError, WORDS):
            self.env["res.partner"].create({"name": "Odd", "inventory_minimum_order": "nan"})

    def test_other_numbers_of_odoo_are_none_of_ours(self):
        """A module of somebody else may want what we cannot count with."""
        self.vendor.write({"color": 3, "partner_latitude": 1.5})
        self.company.write({"color": 2})
        self.assertIsInstance(self.company.write({"name": "Same"}), bool)

    # ----------------------------------------------------------------- vendors

    def test_a_vendor_line_with_a_negative_lead_time(self):
        """Odoo lets it be written: the plan lists the item, the others are planned."""
        good = self._product("Good")
        self._facts(good, [10] * 100)
        self.product.seller_ids.delay = -7
        run = self.env["inventory.plan.run"].search([], limit=1)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        failures = (self.env["inventory.plan.run"].search([], limit=1) - run).failure_ids
        self.assertEqual(failures.mapped("name"), [self.item.display_name])
        self.assertIn("negative (-7", failures.sentence)
        self.assertEqual(self._item(good).plan_date, self.today)
        with self.assertRaisesRegex(UserError, "lead time"):
            self.env.cr.execute("UPDATE inventory_item SET suggested_order = 5 WHERE id = %s", [self.item.id])
            self.item.with_user(self._user("odd_buyer", "group_buyer")).action_make_rfq()

    def test_dates_of_items(self):
        mine = self.item.with_user(self.planner)
        mine.write({"end_of_life_date": "9999-12-31"})
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        mine.write({"end_of_life_date": "0001-01-01"})
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(self.item.planned_at.date(), fields.Datetime.now().date())
