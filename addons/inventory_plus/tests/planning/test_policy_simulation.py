"""The simulation on the policy form: real items, unsaved values, nothing written."""

import random
from datetime import timedelta
from unittest.mock import patch

import numpy as np
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...models.planning import policy_simulation
from .test_policy import PolicyCase


@tagged("post_install", "-at_install")
class TestPolicySimulation(PolicyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["product.product"]
        for number in range(6):
            product = cls._product(
                f"Simulated {number}", delay=9, categ_id=cls.below.id if number < 4 else cls.category.id
            )
            chance = random.Random(number)
            cls._facts(product, [chance.choice((0, 0, 1, 3, 5, 8, 30)) for _day in range(720)])
            cls.products |= product
        cls.policy = cls._policy("Simulated", target_cycle=80, categ_ids=[Command.set(cls.below.ids)])
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.planner = cls._user("simulating_planner", "group_planner")

    def _simulate(self, policy=None, **values):
        policy = self.policy if policy is None else policy
        return policy.with_user(self.planner).simulate(values)

    def test_a_higher_target(self):
        """More stock, fewer stock-outs, said in one line; the figures fit the line."""
        told = self._simulate(target_cycle=99)
        before, after = told["before"], told["after"]
        self.assertGreater(after["value"], before["value"])
        self.assertLess(after["stockouts_a_year"], before["stockouts_a_year"])
        self.assertGreater(after["fill_rate"], before["fill_rate"])
        self.assertRegex(
            told["headline"], r"80 % of the cycles → 99 % of the cycles: \+.* in stock, .* fewer stock-outs"
        )
        self.assertEqual((told["items_before"], told["items_after"], told["touched"], told["sample"]), (4, 4, 4, 4))
        self.assertEqual([row["name"] for row in told["rows"]][:2], ["value", "fill_rate"])
        self.assertTrue(told["rows"][1]["good"])
        lower = self._simulate(target_cycle=60)
        self.assertLess(lower["after"]["value"], before["value"])
        self.assertIn("−", lower["headline"])

    def test_without_a_change_nothing_changes(self):
        told = self._simulate()
        self.assertEqual(told["before"], told["after"])
        self.assertIn("as many stock-outs", told["headline"])
        self.assertFalse(any(row["change"] for row in told["rows"]))

    def _planned_today(self, **values):
        """What the simulation's own planning, asked for today, says of each product, and what it was planned with."""
        seen = []

        def run(demand, first_day, lead_times, policy, **options):
            seen.append(policy(demand, first_day))
            return back_test(demand, first_day, lead_times, policy, **options)

        back_test = policy_simulation.backtest.run
        with patch.object(policy_simulation.backtest, "run", run):
            told = self._simulate(**values)
        return told, [np.round(np.transpose(levels), 2).tolist() for levels in seen]

    def test_the_policy_in_force_is_planned_as_every_night(self):
        """Each item by its own method, season, events and class: the figures are those of the plan."""
        methods = ("naive", "simple", "tsb")
        for product, method in zip(self.products, methods, strict=False):
            self._item(product).write({"forecast_method": method, "forecast_data": {"ratio": 0.8, "intervals": 9}})
        self.env["inventory.demand.event"].create(
            {
                "name": "Fair",
                "date_start": self.today + timedelta(days=3),
                "date_end": self.today + timedelta(days=5),
                "uplift": 100,
                "product_ids": [Command.link(self.products[0].id)],
                "company_id": self.company.id,
            }
        )
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        items = self.item_model.concat(*map(self._item, self.products[:4]))
        self.assertEqual(
            [item.explanation_data["forecast"] for item in items],
            ["naive", "simple", "tsb", "mean"],
            "used by the plan",
        )
        told, levels = self._planned_today()
        self.assertEqual(told["before"], told["after"])
        in_force = [[item.reorder_point, item.order_up_to] for item in items]
        self.assertEqual(levels, [in_force, in_force])
        # The same under another target: what the plan comes to once the policy is saved.
        _told, (_before, after) = self._planned_today(target_cycle=97)
        self.policy.target_cycle = 97
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(after, [[item.reorder_point, item.order_up_to] for item in items])

    def test_the_method_of_the_form_counts(self):
        _told, (before, after) = self._planned_today(forecast_method="naive")
        self.assertNotEqual(before, after)
        self.policy.forecast_method = "naive"
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        items = self.item_model.concat(*map(self._item, self.products[:4]))
        self.assertEqual(after, [[item.reorder_point, item.order_up_to] for item in items])

    def test_a_new_policy_and_its_place(self):
        """Unsaved, before the broader ones: it takes their items; after a narrower one it does not."""
        new = self.policy_model
        told = self._simulate(new, name="New", categ_ids=self.category.ids, target="days", target_days=30)
        self.assertEqual((told["items_before"], told["items_after"], told["taken"]), (0, 2, 4))
        self.assertTrue(any("4 more items match" in note for note in told["notes"]))
        self.assertIn("95 % of the cycles → 30 days of stock", told["headline"])
        told = self._simulate(new, categ_ids=self.category.ids, abc_a=True, abc_b=True, abc_c=True)
        self.assertEqual(told["items_after"], 6, "more criteria come first")

    def test_a_smaller_segment(self):
        """Items that fall out are planned by what is left, and counted."""
        self._policy("Rest", target_cycle=99)
        chosen = self.products[:1]
        told = self._simulate(domain=repr([("product_id", "=", chosen.id)]))
        self.assertEqual((told["items_before"], told["items_after"], told["touched"]), (4, 1, 4))
        self.assertGreater(told["after"]["value"], told["before"]["value"])
        gone = self._simulate(active=False)
        self.assertEqual((gone["items_after"], gone["touched"]), (0, 4))

    def test_no_items(self):
        told = self._simulate(self.policy_model, abc_a=True, xyz_x=True, domain="[('demand_daily', '<', -1)]")
        self.assertEqual((told["touched"], told["rows"]), (0, []))
        self.assertIn("nothing changes", told["headline"])

    def test_nothing_is_written(self):
        """The whole of it runs where the database refuses to write."""
        policy = self.policy.with_user(self.planner)
        self.env.flush_all()
        with self.env.cr.savepoint() as savepoint:
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            policy.simulate({"target_cycle": 99, "name": "Changed", "categ_ids": self.category.ids})
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(
            (self.policy.target_cycle, self.policy.name, self.policy.categ_ids), (80, "Simulated", self.below)
        )

    def test_pinned_items_stay(self):
        item = self._item(self.products[0])
        item.write({"pin_reorder_point": True, "pinned_reorder_point": 500, "pinned_until": self.today})
        told = self._simulate(target_cycle=99)
        self.assertTrue(any("keep their pinned values" in note for note in told["notes"]))
        others = self._item(self.products[1]) | self._item(self.products[2]) | self._item(self.products[3])
        others.write({"pin_reorder_point": True, "pinned_reorder_point": 500, "pinned_until": self.today})
        told = self._simulate(target_cycle=99)
        self.assertAlmostEqual(told["before"]["stockouts_a_year"], told["after"]["stockouts_a_year"])

    def test_large_segments_are_sampled(self):
        """A sample, always the same, scaled up to the segment, with its error."""
        self.patch(policy_simulation, "SAMPLE", 3)
        told = self._simulate(target_cycle=99)
        self.assertEqual((told["sample"], told["touched"]), (3, 4))
        self.assertTrue(any("3 of 4 items" in note for note in told["notes"]))
        self.assertEqual(self._simulate(target_cycle=99)["after"], told["after"])
        self.patch(policy_simulation, "SAMPLE", 100)
        whole = self._simulate(target_cycle=99)
        self.assertAlmostEqual(told["after"]["value"], whole["after"]["value"], delta=whole["after"]["value"] * 0.15)

    def test_bad_values_get_their_sentence(self):
        for values, words in (
            ({"target_cycle": 120}, "must lie between 50"),
            ({"target_cycle": float("nan")}, "must be a number"),
            ({"domain": "[('no_such_field', '=', 1)]"}, "not a filter on items"),
            ({"least_units": 5, "most_units": 4}, "upper one"),
        ):
            with self.assertRaisesRegex(UserError, words):
                self._simulate(**values)

    def test_values_of_another_kind_get_a_sentence(self):
        """Whatever comes over RPC: a sentence, never a raw error."""
        for values in (
            None,
            "x",
            ["target"],
            {"target": "zzz"},
            {"target": None},
            {"target": ["cycle"]},
            {"forecast_method": "crystal ball"},
            {"forecast_method": {}},
            {"sequence": "first"},
            {"review_days": [1]},
            {"company_id": "ours"},
            {"company_id": 10**30},
            {"categ_ids": "x"},
            {"categ_ids": ["x"]},
            {"categ_ids": [10**30]},
            {"warehouse_ids": [[6, 0, "x"]]},
            {"warehouse_ids": {"id": 1}},
            {"domain": 5},
            {"domain": "["},
        ):
            for policy in (self.policy, self.policy_model):
                with self.assertRaises(UserError, msg=str(values)) as caught:
                    policy.with_user(self.planner).simulate(values)
                self.assertTrue(str(caught.exception), values)

    def test_what_cannot_be_planned_is_left_out(self):
        """As every night: one wrong lead time does not keep the others from being planned, and it is told."""
        self.products[0].seller_ids.delay = -5
        told = self._simulate(target_cycle=99)
        self.assertEqual((told["touched"], told["left_out"]), (4, 1))
        self.assertTrue(any("1 item cannot be planned" in note for note in told["notes"]), told["notes"])
        self.assertGreater(told["after"]["value"], told["before"]["value"])
        self.products.seller_ids.delay = -5
        told = self._simulate(target_cycle=99)
        self.assertEqual((told["touched"], told["left_out"], told["rows"]), (4, 4, []))
        self.assertTrue(any("4 items cannot be planned" in note for note in told["notes"]), told["notes"])
        self.assertIn("None of its items can be planned", told["headline"])

    def test_an_unsaved_condition_sees_what_its_user_sees(self):
        """Also where somebody who may see more wrote the saved one: prices of other companies stay unknown."""
        other = self.env["res.company"].create({"name": "Other"})
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.products[0].product_tmpl_id.id,
                "price": 777,
                "company_id": other.id,
            }
        )
        domain = "[('product_id.seller_ids.price', '=', 777)]"
        for policy in (self.policy, self.policy_model):
            told = self._simulate(policy, domain=domain, sequence=0)
            self.assertEqual((told["items_after"], told["taken"]), (0, 0), policy)
        self.policy.domain = domain
        self.assertEqual(self._simulate(target_cycle=99)["items_after"], 1, "the saved one is its author's")

    def test_who_simulates(self):
        for group in ("group_viewer", "group_buyer", "group_approver", "group_auditor"):
            user = self._user(f"simulates_{group}", group)
            with self.assertRaises(AccessError, msg=group):
                self.policy.with_user(user).simulate({"target_cycle": 99})
            with self.assertRaises(AccessError, msg=group):
                self.policy_model.with_user(user).simulate({"name": "New"})
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self._simulate(self.policy_model, name="Spy", company_id=other.id)
        with self.assertRaisesRegex(UserError, "cannot be used"):
            self._simulate(domain="[('product_id.purchase_order_line_ids.price_unit', '>', 2)]")
