"""A policy whose customers do not wait: its plan is the engine's, the need leaves out what is owed to nobody."""

import random

import numpy as np
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ...planning_engine import cumulative, lost_sales, season_group, snapshot
from ...planning_engine import plan as engine
from .test_policy import PolicyCase


@tagged("post_install", "-at_install")
class TestPolicyLost(PolicyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.inventory_holding_rate = 250
        cls.product = cls._product("Sandwich", delay=14)
        chance = random.Random(11)
        cls.sold = [chance.choice((0, 0, 1, 1, 2, 3, 7)) for _day in range(728)]
        cls._facts(cls.product, cls.sold)

    def _lost(self, **values):
        asked = {"target": "cost", "target_cost": 1, "shortage": "lost", "review_days": 7, "cycle_days": 1}
        return self._policy("Nobody waits", **{**asked, **values})

    def _engine(self, lost):
        """What the engine says of the same history, asked without Odoo."""
        demand = np.zeros((1, cumulative.HISTORY_DAYS))
        demand[0, -len(self.sold) :] = self.sold
        first = np.array([demand[0].nonzero()[0][0]])
        index, _weight, _slope = season_group.of_items(demand, first, 200, None)
        return engine.parameters(
            demand, first, ["smooth"], [True], [False], [14.0], [0.0], None, 7, 1, 0.0, 1.0, 0.0, np.array([10.0]),
            index, target="cost", target_value=1.0, lost=lost,
        )  # fmt: skip

    def test_levels_are_the_engines(self):
        self._lost()
        item = self._planned(self.product)
        self.assertEqual(item.demand_class, "smooth")
        wanted = self._engine(True)
        for name in ("reorder_point", "order_up_to", "order_quantity", "safety_stock", "demand_daily", "lost_std"):
            self.assertAlmostEqual(item[name], wanted[name][0], 2, name)
        self.assertEqual(item.reorder_point, item.order_up_to, "ordered up to one level at every look")
        self.assertIn("Customers do not wait", item.explanation)
        waiting = self._engine(False)
        self.assertLess(item.order_up_to, waiting["order_up_to"][0])

    def test_customers_wait_unless_told(self):
        self._lost(shortage="wait")
        item = self._planned(self.product)
        self.assertEqual(item.order_up_to, self._engine(False)["order_up_to"][0])
        self.assertEqual(item.lost_std, 0)
        self.assertNotIn("Customers do not wait", item.explanation)

    def test_need_leaves_out_what_is_lost(self):
        """An empty shelf and an order underway: what is asked for in between is owed to nobody."""
        self._lost()
        item = self._planned(self.product)
        self._move(self.product, 6, self.suppliers, self.warehouse.lot_stock_id, days=7)
        self.item_model._refresh(item)
        lost = lost_sales.expected_lost(
            [0.0], np.array([item.demand_daily]), np.array([item.lost_std**2]), [14.0], [0], [7.0], [6.0]
        )[0]
        self.assertGreater(lost, item.demand_daily * 7 - 1e-6, "the week before the order arrives sells nothing")
        self.assertEqual(item.need_to_buy, round(item.reorder_point - 6 - np.floor(lost + 0.5), 2))
        self.assertEqual(item.suggested_order, item.need_to_buy)
        self.item_model._refresh_dirty()
        [result] = self.env["inventory.verify"]._run(["item snapshot"])
        self.assertEqual(result["sample"], [])
        self._stock(self.product, item.order_up_to + 50)
        self.item_model._refresh(item)
        self.assertEqual(item.need_to_buy, 0)

    def test_other_targets_refuse(self):
        """Shares, days and quantities say nothing about what a lost sale costs."""
        for target in ("cycle", "fill", "days", "fixed", "maximum"):
            with self.assertRaisesRegex(ValidationError, "cost of a missing unit"):
                self._lost(target=target)
        policy = self._lost()
        with self.assertRaisesRegex(ValidationError, "cost of a missing unit"):
            policy.target = "cycle"
        with self.assertRaisesRegex(UserError, "cost of a missing unit"):
            policy.simulate({"target": "fill"})
        with Form(policy) as form:
            form.target = "fill"
        self.assertEqual(policy.shortage, "wait")

    def test_simulation_takes_it_into_account(self):
        """Other levels, and customers who go leave no backlog behind."""
        policy = self._lost(shortage="wait")
        self._planned(self.product)
        told = policy.simulate({"shortage": "lost"})
        self.assertEqual(told["touched"], 1)
        self.assertNotEqual(told["after"], told["before"])
        policy.shortage = "lost"
        self.assertEqual(policy.simulate({})["before"], told["after"], "saved or not, the same")


@tagged("post_install", "-at_install")
class TestLostNeed(PolicyCase):
    def test_the_need_is_the_snapshots(self):
        """Without anything lost the need is what it always was."""
        zero = np.zeros(1)
        events = {"item": np.empty(0, int), "day": np.empty(0), "supply": np.empty(0), "demand": np.empty(0)}
        parameters = {
            "demand_daily": np.array([2.0]),
            "lead_time_mean": np.array([10.0]),
            "review": np.array([1.0]),
            "safety_stock": np.array([5.0]),
            "order_quantity": zero,
            "order_up_to": np.array([27.0]),
        }
        stock = {"on_hand": zero, "usable": zero, "held": zero}
        known = (events, zero, zero, np.zeros(1, bool), zero, np.ones(1))
        self.assertEqual(snapshot.figures(stock, parameters, *known)["need_to_buy"][0], 27)
        lost = snapshot.figures(stock, parameters | {"lost_std": np.array([1.5])}, *known)
        self.assertEqual(lost["need_to_buy"][0], 7, "ten days without stock sell nothing")
