"""Planned events: what they may be, whom they touch, what they do to a plan."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestDemandEvent(PlanningCase):
    def _event(self, start, end, uplift=100.0, **values):
        """An event of the company, days counted from the planning date."""
        return self.env["inventory.demand.event"].create(
            {
                "name": "Promotion",
                "company_id": self.company.id,
                "date_start": self.today + timedelta(days=start),
                "date_end": self.today + timedelta(days=end),
                "uplift": uplift,
                **values,
            }
        )

    def test_a_past_event_is_taken_out_of_the_history(self):
        """Ten a day, thirty on twenty days of a promotion: with the event the rate is ten, and "Why" says so."""
        product = self._product("Promoted")
        self._facts(product, [10] * 340 + [30] * 20 + [10] * 40)
        self.assertGreater(self._planned(product).demand_daily, 10.5)
        self._event(-60, -41, uplift=200)
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 10, 2)
        self.assertEqual(item.explanation_data["event_days"], 20)
        self.assertIn("20 days of planned events", item.explanation)

    def test_a_coming_event_is_planned_with(self):
        """Five days of delivery and one of review, three of them at double demand: 10 x 9 / 6."""
        product = self._product("Coming", delay=5)
        self._facts(product, [10] * 400)
        self._event(2, 4)
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 15, 2)
        self.assertAlmostEqual(item.forecast_30, 330, 0)
        self.assertIn("1.50 times the usual", item.explanation)

    def test_nothing_is_sold_while_closed(self):
        """A shut-down of four weeks last month says nothing about demand."""
        product = self._product("Closed")
        self._facts(product, [10] * 330 + [0] * 28 + [10] * 42)
        self._event(-70, -43, uplift=-100)
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 10, 2)
        self.assertEqual(item.explanation_data["unknown_days"], 28)

    def test_segment(self):
        """Products or categories with all below them, in the warehouses named."""
        above = self.env["product.category"].create({"name": "Garden"})
        below = self.env["product.category"].create({"name": "Chairs", "parent_id": above.id})
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH", "company_id": self.company.id})
        chair = self._product("Chair", categ_id=below.id)
        named, plain = self._product("Named"), self._product("Plain")
        for product in (chair, named, plain):
            self._facts(product, [10] * 200)
            self._facts(product, [10] * 200, warehouse=other)
        self._event(
            0,
            60,
            categ_ids=[Command.link(above.id)],
            product_ids=[Command.link(named.id)],
            warehouse_ids=[Command.link(self.warehouse.id)],
        )
        self.item_model._plan(warehouse_ids=(self.warehouse | other).ids)
        for product, here in ((chair, 20), (named, 20), (plain, 10)):
            self.assertAlmostEqual(self._item(product).demand_daily, here, 2, product.name)
            self.assertAlmostEqual(self._item(product, other).demand_daily, 10, 2, product.name)

    def test_events_of_another_company_or_archived_touch_nothing(self):
        product = self._product("Alone")
        self._facts(product, [10] * 200)
        foreign = self.env["res.company"].create({"name": "Elsewhere"})
        self._event(0, 60, company_id=foreign.id)
        self._event(0, 60).action_archive()
        self.assertAlmostEqual(self._planned(product).demand_daily, 10, 2)

    def test_yearly_events_come_back(self):
        """The same days in every year that the planning looks at, a leap day on the last of February."""
        event = self._event(0, 4, yearly=True)
        event.write({"date_start": date(2024, 12, 30), "date_end": date(2025, 1, 2)})
        self.assertEqual(
            event._occurrences(date(2023, 1, 1), date(2025, 12, 31)),
            [
                (date(2022, 12, 30), date(2023, 1, 2)),
                (date(2023, 12, 30), date(2024, 1, 2)),
                (date(2024, 12, 30), date(2025, 1, 2)),
                (date(2025, 12, 30), date(2026, 1, 2)),
            ],
        )
        event.write({"date_start": date(2024, 2, 29), "date_end": date(2024, 2, 29)})
        self.assertEqual(event._occurrences(date(2025, 1, 1), date(2025, 12, 31)), [(date(2025, 2, 28),) * 2])

    def test_yearly_event_is_taken_out_of_both_years(self):
        product = self._product("Every year")
        history = [10] * 730
        # 2024 had a leap day: the first of the two begins 731 days back, a day before the history.
        for back in (365, 731):
            history[max(730 - back, 0) : 730 - back + 10] = [40] * min(10, 740 - back)
        self._facts(product, history)
        self._event(0, 9, uplift=300, yearly=True)
        item = self._planned(product)
        self.assertEqual(item.explanation_data["event_days"], 19)
        self.assertAlmostEqual(item.demand_daily, 40, 0)
        self.assertLess(item.safety_stock, 15)

    def test_bad_events_are_refused_with_a_sentence(self):
        for values, words in (
            ({"date_end": self.today - timedelta(days=1)}, "ends before it starts"),
            ({"uplift": -101}, "more than all"),
            ({"uplift": 1e9}, "hundred"),
            ({"yearly": True, "date_end": self.today + timedelta(days=400)}, "shorter than one"),
        ):
            with self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
                self._event(0, 3).write(values)

    def test_when(self):
        self.assertEqual(self._event(-9, -5).state, "past")
        self.assertEqual(self._event(-1, 1).state, "now")
        self.assertEqual(self._event(3, 5).state, "ahead")
        self.assertEqual(self._event(-9, -5, yearly=True).state, "ahead")

    def test_planners_plan_events_and_others_read(self):
        planner, viewer = self._user("event_planner", "group_planner"), self._user("event_viewer", "group_viewer")
        event = (
            self.env["inventory.demand.event"]
            .with_user(planner)
            .create({"name": "Fair", "date_start": self.today, "date_end": self.today})
        )
        self.assertEqual(event.company_id, self.company)
        self.assertEqual(event.with_user(viewer).name, "Fair")
        with self.assertRaises(AccessError):
            event.with_user(viewer).write({"uplift": 10})
        foreign = self.env["res.company"].create({"name": "Abroad"})
        theirs = self._event(0, 1, company_id=foreign.id)
        self.assertNotIn(theirs, self.env["inventory.demand.event"].with_user(planner).search([]))
        with self.assertRaises(AccessError):
            theirs.with_user(planner).read(["name"])
