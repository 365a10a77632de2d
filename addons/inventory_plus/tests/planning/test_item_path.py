"""Dates, cover and need of items whose days differ: the same path as in the picture, and checked by ``verify``."""

import math
from datetime import timedelta

from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemPath(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("High season", delay=20)
        # From the planning date on the next quarter sells four times as much as the last one.
        days = range(-730, 0)
        cls._facts(cls.product, [round(10 + 6 * math.sin(2 * math.pi * day / 365)) for day in days])

    def _event(self, first, last, uplift):
        self.env["inventory.demand.event"].create(
            {
                "name": "Fair",
                "date_start": self.today + timedelta(days=first),
                "date_end": self.today + timedelta(days=last),
                "uplift": uplift,
                "company_id": self.company.id,
            }
        )

    def _days(self, item):
        return item._expected_daily(self.today, 398)

    def _check(self):
        [result] = self.env["inventory.verify"]._run(["item snapshot"])
        return result["sample"]

    def test_dates_follow_the_season_of_the_picture(self):
        item = self._planned(self.product)
        self._stock(self.product, 1200)
        self.item_model._refresh(item)
        self.assertGreater(item.explanation_data["season_weight"], 0.9)
        days = self._days(item)
        chart = item.get_chart()
        for week, units in enumerate(chart["forecast"]):
            self.assertAlmostEqual(units, days[7 * week : 7 * week + 7].sum(), 2)
        stockout = (item.stockout_date - self.today).days
        plain = int(1200 / item.demand_daily)
        self.assertGreater(abs(stockout - plain), 2, "The plain rate would say another day")
        left = 1200 - days[: stockout + 1].sum()
        self.assertLess(left, 0)
        self.assertGreaterEqual(left + days[stockout], 0)
        # The picture shows the ends of weeks: above nothing before the day, below from then on.
        for week, stock in enumerate(chart["projection"]):
            self.assertEqual(stock < 0, 7 * week + 6 >= stockout, week)
        self.assertAlmostEqual(item.cover_days, stockout + (left + days[stockout]) / days[stockout], 1)
        breach = next(day for day in range(399) if 1200 - days[: day + 1].sum() < item.safety_stock)
        self.assertEqual((item.best_order_date - self.today).days, breach - math.ceil(20 + item.review_days))
        self.assertEqual(self._check(), [])

    def test_the_need_is_the_forecast_of_lead_time_and_review(self):
        item = self._planned(self.product)
        self.item_model._refresh(item)
        interval = round(item.lead_time_mean + item.review_days)
        self.assertAlmostEqual(item.need_to_buy, self._days(item)[:interval].sum() + item.safety_stock, delta=0.02)
        self.assertAlmostEqual(item.need_to_buy, item.reorder_point, delta=0.02)
        self.assertEqual(self._check(), [])

    def test_a_snapshot_some_days_after_the_plan_looks_from_its_own_day(self):
        item = self._planned(self.product)
        days = self._days(item)
        self._stock(self.product, 300)
        self.company.inventory_as_of = self.today + timedelta(days=9)
        self.item_model._refresh(item)
        stockout = (item.stockout_date - self.today).days
        self.assertLess(300 - days[9 : stockout + 1].sum(), 0)
        self.assertGreaterEqual(300 - days[9:stockout].sum(), 0)
        interval = round(item.lead_time_mean + item.review_days)
        wanted = days[9 : 9 + interval].sum() + item.safety_stock - 300
        self.assertAlmostEqual(item.need_to_buy, max(wanted, 0), delta=0.02)
        self.assertEqual(self._check(), [])

    def test_planned_events_move_the_dates(self):
        product = self._product("Sold at the fair")
        self._facts(product, [2] * 400)
        self._stock(product, 160)
        item = self._planned(product)
        self.assertEqual((item.stockout_date - self.today).days, 80)
        self._event(30, 39, 400)
        item = self._planned(product)
        # 60 before the fair and ten a day while it lasts.
        self.assertEqual((item.stockout_date - self.today).days, 40)
        self.assertEqual(item.cover_days, 40)
        self.assertEqual(item.get_chart()["projection"][4], 160 - 60 - 50)
        self.assertEqual(self._check(), [])
        # What is planned now counts at once; the parameters follow with the next plan.
        self.env["inventory.demand.event"].search([]).unlink()
        self.item_model._refresh_dirty()
        self.assertEqual((item.stockout_date - self.today).days, 80)
        self._event(30, 39, 400)
        self.item_model._refresh_dirty()
        self.assertEqual((item.stockout_date - self.today).days, 40)
        self.assertEqual(self._check(), [])
        self.env["inventory.demand.event"].search([]).unlink()
        item = self._planned(product)
        self.assertEqual((item.stockout_date - self.today).days, 80)
        self.assertFalse(self.env["inventory.item.path"].search([("item_id", "=", item.id)]))

    def test_closed_until_after_the_lead_time(self):
        """Nothing is expected within lead time and review, but later: that is no item without demand."""
        product = self._product("Closed for a month", delay=5)
        self._facts(product, [2] * 400)
        self._stock(product, 50)
        self._event(0, 29, -100)
        item = self._planned(product)
        self.assertEqual(item.demand_daily, 0)
        self.assertEqual((item.stockout_date - self.today).days, 30 + 25)
        self.assertEqual(self._check(), [])

    def test_verify_hears_of_changed_dates(self):
        item = self._planned(self.product)
        self._stock(self.product, 1200)
        self.item_model._refresh_dirty()
        self.assertEqual(self._check(), [])
        for change, told in (
            ("best_order_date = best_order_date + 1", "best order date"),
            ("stockout_date = stockout_date + 1", "stock-out date"),
            ("cover_days = cover_days + 1", "days of cover"),
        ):
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(f"UPDATE inventory_item SET {change} WHERE id = %s", [item.id])
                self.env.invalidate_all()
                self.assertIn(told, self._check()[0])
                savepoint.rollback()
            self.env.invalidate_all()
        self.env.cr.execute("DELETE FROM inventory_item_path")
        self.assertIn("stock-out date", "".join(self._check()))
