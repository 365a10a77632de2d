"""A warehouse that is planned alone gets the plan that it gets with all others; so does a batch cut elsewhere."""

import math
import random

import numpy as np
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.planning import item_plan
from ...planning_engine import season_group
from .common import PlanningCase

FIGURES = (
    "demand_daily",
    "demand_std",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "order_quantity",
    "forecast_30",
    "forecast_method",
    "abc",
    "xyz",
    "demand_class",
    "method",
    "explanation_data",
)


@tagged("post_install", "-at_install")
class TestPlanAlone(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["stock.warehouse"].create(
            {"name": "Small Shop", "code": "SMALL", "company_id": cls.company.id}
        )
        cls.other.inventory_tz = "UTC"
        days = season_group.LEAST_DAYS + 120
        for number in range(season_group.LEAST_ITEMS + 6):
            product = cls._product(f"Garden {number}", delay=10)
            chance = random.Random(number)
            wave = [6 + 5 * math.sin(2 * math.pi * day / 365) for day in range(-days, 0)]
            # Sundays are closed: the planning date is one.
            sold = [
                round(mean * chance.choice((0.8, 1, 1.2))) * ((day % 7) != 0) for day, mean in enumerate(wave, -days)
            ]
            # The shop has too few items to show a season or its closed days itself.
            for warehouse in (cls.warehouse, cls.other)[: 2 if number < 3 else 1]:
                cls._facts(product, sold, warehouse=warehouse)

    def _figures(self):
        self.env.invalidate_all()
        items = self.item_model.search([("company_id", "=", self.company.id)], order="id")
        paths = {known.item_id.id: known.units for known in self.env["inventory.item.path"].search([])}
        return {item: {**{name: item[name] for name in FIGURES}, "path": paths.get(item.id)} for item in items}

    def _both(self):
        return (self.warehouse | self.other).ids

    def test_item_by_item(self):
        self.item_model._plan(warehouse_ids=self._both())
        together = self._figures()
        self.assertTrue(any(figures["explanation_data"]["season_slope"] for figures in together.values()))
        for warehouse in (self.other, self.warehouse):
            self.item_model._plan(warehouse_ids=warehouse.ids)
        alone = self._figures()
        self.assertEqual(len(alone), season_group.LEAST_ITEMS + 9)
        for item, figures in together.items():
            self.assertEqual(alone[item], figures, item.display_name)

    def test_whatever_the_batches(self):
        self.item_model._plan(warehouse_ids=self._both())
        together = self._figures()
        self.patch(item_plan, "BATCH", 7)
        self.patch(item_plan, "READ_AHEAD", 3)
        self.item_model._plan(warehouse_ids=self._both())
        for item, figures in self._figures().items():
            self.assertEqual(figures, together[item], item.display_name)

    def test_a_fact_that_cannot_be_read_fails_for_its_item_alone(self):
        self.item_model._plan(warehouse_ids=self._both())
        rotten = self.item_model.search([("company_id", "=", self.company.id)], order="id", limit=1)
        self.env.cr.execute(
            """UPDATE inventory_daily_flow SET sold = '1e400'
                WHERE product_id = %s AND warehouse_id = %s AND date = (SELECT max(date) FROM inventory_daily_flow
                      WHERE product_id = %s AND warehouse_id = %s AND date < %s)""",
            [rotten.product_id.id, rotten.warehouse_id.id] * 2 + [self.today],
        )
        self.assertEqual(self.env.cr.rowcount, 1)
        count = len(self._figures())
        # Not a sample of the season: a fact that nobody can read must not be among what all are planned with.
        self.patch(
            type(self.item_model),
            "_read_around",
            lambda self, company, as_of, profile: {
                "season_group": np.full(profile["id"].size, None),
                "closed": np.zeros((profile["id"].size, 7), bool),
            },
        )
        with mute_logger("odoo.sql_db", "odoo.addons.inventory_plus.models.planning.item_plan_batch"):
            done = self.item_model._plan(warehouse_ids=self._both())
        self.assertEqual(done["items"], count - 1)

    def test_methods_are_chosen_alike(self):
        self.item_model._plan(warehouse_ids=self._both())
        self.item_model._choose_forecasts(warehouse_ids=self._both())
        together = {item: item.forecast_data for item in self._figures()}
        self.item_model._choose_forecasts(warehouse_ids=self.other.ids)
        self.env.invalidate_all()
        for item, data in together.items():
            self.assertEqual(item.forecast_data.keys(), data.keys(), item.display_name)
            for name in set(data) - {"chosen"}:
                self.assertAlmostEqual(item.forecast_data[name], data[name], 9, item.display_name)
