"""Forecast methods: chosen by the weekly run, kept by the nightly one, named by a policy."""

import json
import math
import random

from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemForecast(PlanningCase):
    def _trending(self, name="Growing"):
        """Half a unit a day more each day, up to 384, with five weeks of lead time: no window follows that."""
        product = self._product(name, delay=34)
        self._facts(product, [20 + day // 2 + day * 7919 % 5 for day in range(730)])
        return product

    def _choose(self):
        return self.item_model._choose_forecasts(warehouse_ids=self.warehouse.ids)

    def test_the_weekly_run_chooses_and_the_nightly_one_uses_it(self):
        product = self._trending()
        before = self._planned(product)
        self.assertFalse(before.forecast_method)
        mean_rate, mean_safety = before.demand_daily, before.safety_stock
        self.assertEqual(self._choose(), {"items": 1, "changed": 1})
        item = self._planned(product)
        self.assertIn(item.forecast_method, ("damped", "theta", "median"))
        # Five weeks ahead of 384 a day: 393 on the average; the mean of four weeks past says 378.
        self.assertGreater(item.demand_daily, mean_rate + 5)
        self.assertLess(item.safety_stock, mean_safety)
        data = item.explanation_data
        self.assertEqual(data["forecast"], item.forecast_method)
        self.assertLess(data["forecast_error"], data["forecast_mean_error"])
        self.assertIn("that of the simple mean", item.explanation)

    def test_steady_items_stay_with_the_mean(self):
        product = self._product("Noise", delay=9)
        chance = random.Random(4)
        self._facts(product, [chance.randint(15, 25) for _day in range(730)])
        before = self._planned(product)
        self.assertEqual(self._choose()["changed"], 0)
        item = self._planned(product)
        self.assertEqual(item.forecast_method, "mean")
        self.assertEqual((item.reorder_point, item.demand_daily), (before.reorder_point, before.demand_daily))
        self.assertIn("No other method was better", item.explanation)

    def test_the_nightly_run_keeps_method_and_parameters(self):
        product = self._trending()
        self._planned(product)
        self._choose()
        item = self._item(product)
        chosen, data = item.forecast_method, item.forecast_data
        self._facts(product, [0] * 3, last=self.today)
        self._planned(product)
        self.assertEqual((item.forecast_method, item.forecast_data), (chosen, data))

    def test_a_forecast_of_nothing_falls_back(self):
        """The last week of an item sold nothing; with 'last week' as its method it would not be planned at all."""
        product = self._product("Paused")
        self._facts(product, [10] * 390 + [0] * 10)
        item = self._planned(product)
        item.write({"forecast_method": "naive", "forecast_data": {"ratio": 0.5, "intervals": 9}})
        self.env.flush_all()
        self.assertGreater(self._planned(product).demand_daily, 5)

    def test_a_policy_names_the_method(self):
        product = self._product("By policy", delay=9)
        self._facts(product, [10] * 723 + [17] * 7)
        self._planned(product)
        self.env["inventory.policy"].create(
            {"name": "Last week counts", "company_id": self.company.id, "forecast_method": "naive"}
        )
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 17, 1)
        self.assertEqual(item.explanation_data["forecast"], "naive")
        self.assertFalse(item.forecast_method, "the choice of the weekly run is not touched")

    def test_a_policy_that_wants_the_mean(self):
        product = self._trending()
        plain = self._planned(product).demand_daily
        self._choose()
        self.env["inventory.policy"].create({"name": "Plain", "company_id": self.company.id, "forecast_method": "mean"})
        self.assertAlmostEqual(self._planned(product).demand_daily, plain, 4)

    def test_events_to_come_count_with_every_method(self):
        product = self._trending()
        self._planned(product)
        self._choose()
        plain = self._planned(product).demand_daily
        self.env["inventory.demand.event"].create(
            {"name": "Fair", "company_id": self.company.id, "date_start": self.today, "date_end": "2025-12-31"}
        )
        self.assertAlmostEqual(self._planned(product).demand_daily, 1.5 * plain, 2)

    def test_odd_records_do_not_stop_the_run(self):
        product = self._product("Odd")
        self._facts(product, [3] * 300)
        item = self._planned(product)
        for data in ({}, {"ratio": None}, {"w0": 0.3}):
            self.env.cr.execute(
                "UPDATE inventory_item SET forecast_method = 'simple', forecast_data = %s WHERE id = %s",
                [json.dumps(data), item.id],
            )
            self.env.invalidate_all()
            self.assertAlmostEqual(self._planned(product).demand_daily, 3, 3)
            self.assertFalse(math.isnan(item.reorder_point))

    def test_one_job_a_warehouse(self):
        before = self.env["queue.job"].sudo().search([])
        self.item_model._cron_choose_forecasts()
        jobs = self.env["queue.job"].sudo().search([]) - before
        self.assertEqual(len(jobs), self.env["stock.warehouse"].sudo().search_count([]))
        self.assertEqual(set(jobs.mapped("method_name")), {"_choose_forecasts"})

    def test_queries_of_the_choice_do_not_grow_with_items(self):
        products = [self._product(f"Many {number}") for number in range(20)]
        for product in products[:5]:
            self._facts(product, [2, 3] * 100)
        self._planned(products[0])
        few = self._count_queries()
        for product in products[5:]:
            self._facts(product, [2, 3] * 100)
        self._planned(products[0])
        self.assertLessEqual(self._count_queries(), few)

    def _count_queries(self):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self._choose()
        return self.env.cr.sql_log_count - before
