"""Planning on facts, receipts and vendors: what an item gets and why."""

import random
from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ...planning_engine import safety_stock, season_group
from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestPlan(PlanningCase):
    def test_empty_database(self):
        """Nothing to plan is no error."""
        self.assertEqual(self.item_model._plan(warehouse_ids=self.warehouse.ids), {"items": 0, "created": 0})

    def test_steady_demand(self):
        """Ten a day without variation: the reorder point is the demand of lead time and review, no safety stock."""
        product = self._product("Steady", delay=5)
        self._facts(product, [10] * 400)
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 10, 4)
        self.assertAlmostEqual(item.lead_time_mean, 5)
        self.assertAlmostEqual(item.reorder_point, 60)
        self.assertAlmostEqual(item.safety_stock, 0)
        self.assertAlmostEqual(item.order_quantity, 140)
        self.assertAlmostEqual(item.order_up_to, 200)
        self.assertAlmostEqual(item.forecast_30, 300)
        self.assertEqual((item.abc, item.xyz, item.demand_class), ("A", "X", "smooth"))
        self.assertEqual(item.plan_date, self.today)

    def test_season_of_the_year(self):
        """Before the months that sold double twice, more is kept than the yearly mean asks for, and it says why."""
        product = self._product("Sunshade", delay=10)
        # Columns end yesterday: the quarter that begins today sold 30 a day in both years, the others 10.
        self._facts(product, [30 if (day % 365) < 90 else 10 for day in range(730)])
        item = self._planned(product)
        self.assertGreater(item.demand_daily, 20)
        self.assertGreater(item.reorder_point, 11 * 20)
        self.assertGreater(item.explanation_data["season_weight"], 0.9)
        self.assertIn("Season of the year", item.explanation)
        steady = self._product("All year", delay=10)
        self._facts(steady, [10] * 730)
        self.assertNotIn("Season of the year", self._planned(steady).explanation)

    def test_season_of_the_items_together(self):
        """Too young for a season of their own, but what was sold a year ago rose for all of them: each follows."""
        days = season_group.LEAST_DAYS + 120
        products = [self._product(f"Gift {number}", delay=10) for number in range(season_group.LEAST_ITEMS)]
        for number, product in enumerate(products):
            # Columns end yesterday: the 60 days from today on sold triple a year ago.
            ago = (days - day for day in range(days))
            self._facts(product, [(30 if 305 < back <= 365 else 10) + (back + number) % 3 for back in ago])
        item = self._planned(products[0])
        self.assertGreater(item.demand_daily, 15)
        self.assertEqual(item.explanation_data["season_weight"], 0)
        self.assertIn("the items planned together show this", item.explanation)

    def test_variable_demand_has_safety_stock_near_textbook(self):
        """Independent noisy days: within a quarter of z sigma sqrt(L), and above it (estimation error, undershoot)."""
        product = self._product("Noisy", delay=9)
        noise = [20 + (day * 7919 % 11) - 5 for day in range(700)]
        self._facts(product, noise)
        item = self._planned(product)
        textbook = float(safety_stock.cycle_service(0.95, 20, item.demand_std, 9))
        self.assertGreater(item.safety_stock, 0)
        self.assertLess(item.safety_stock, 2 * textbook)
        self.assertAlmostEqual(item.reorder_point, item.safety_stock + item.demand_daily * 10, 1)

    def test_demand_is_net_of_returns(self):
        """Sold 100, 90 came back: ten."""
        product = self._product("Returned")
        self._facts(product, [10] + [0] * 99)
        self.env.cr.execute(
            "UPDATE inventory_daily_flow SET sold = 100, returned = 90 WHERE product_id = %s", [product.id]
        )
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 0.1, 4)

    def test_own_resupply_is_demand_of_the_supplier(self):
        product = self._product("Resupplied")
        self._facts(product, [4] * 200, kind="resupply_out", price=0)
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 4, 4)
        self.assertEqual(item.abc, "A", "valued at cost, since nothing was sold")

    def test_today_does_not_count(self):
        product = self._product("Today")
        self._facts(product, [3] * 60, last=self.today)
        self.assertAlmostEqual(self._planned(product).demand_daily, 3, 4)
        self.env.cr.execute(
            "UPDATE inventory_daily_flow SET sold = 5000 WHERE product_id = %s AND date = %s", [product.id, self.today]
        )
        self.assertAlmostEqual(self._planned(product).demand_daily, 3, 4)

    def test_as_of_argument_looks_back(self):
        product = self._product("Past")
        self._facts(product, [1] * 200 + [9] * 200)
        past = self.today - timedelta(days=200)
        item = self._planned(product, as_of=past)
        self.assertAlmostEqual(item.demand_daily, 1, 4)
        self.assertEqual((item.plan_date, item.snapshot_date), (past, past))

    def test_lead_time_from_receipts(self):
        """Three receipts of 4, 8 and 12 days replace the agreed delay: mean 8, sample deviation 4."""
        product = self._product("Received", delay=30)
        for days in (4, 8, 12):
            self._receive(product, days)
        item = self._planned(product)
        self.assertAlmostEqual(item.lead_time_mean, 8, 1)
        self.assertAlmostEqual(item.lead_time_std, 4, 1)
        self.assertEqual(item.explanation_data["lead_source"], "receipts")
        other = self._product("Another of the vendor", delay=30)
        self._facts(other, [1] * 50)
        self.assertEqual(self._planned(other).explanation_data["lead_source"], "vendor")

    def _receive(self, product, days):
        confirmed = datetime(2025, 3, 1, 8)
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "order_line": [Command.create({"product_id": product.id, "product_qty": 10, "price_unit": 1})],
            }
        )
        order.button_confirm()
        order.date_approve = confirmed
        picking = order.picking_ids
        picking.move_ids.quantity = 10
        picking.move_ids.picked = True
        picking._action_done()
        picking.move_ids.write({"date": confirmed + timedelta(days=days)})
        self.env.flush_all()

    def test_vendor_minimum_and_pack(self):
        """Orders respect the vendor's minimum, in the product's unit, and his pack."""
        dozen = self.env.ref("uom.product_uom_dozen")
        product = self._product("Boxed", seller_uom=dozen, min_qty=3)
        self._facts(product, [1] * 200)
        item = self._planned(product)
        self.assertAlmostEqual(item.vendor_minimum, 36)
        self.assertAlmostEqual(item.vendor_multiple, 12)
        self.assertAlmostEqual(item.order_quantity, 36)

    def test_slow_item_is_not_planned(self):
        """Last demand before the same day six months ago: slow; on that day: not."""
        product = self._product("Slow")
        limit = self.item_model._slow_before(self.today)
        self._facts(product, [5] * 100, last=limit - timedelta(days=1))
        self._stock(product, 50)
        item = self._planned(product)
        self.assertEqual((item.status, item.method, item.reorder_point), ("grey", "idle", 0))
        self.assertEqual(item.idle_days, (self.today - limit).days + 1)
        self._facts(product, [5], last=limit)
        item = self._planned(product)
        self.assertNotEqual(item.status, "grey")

    def test_no_vendor_uses_the_default_lead_time(self):
        product = self._product("Orphan", vendor=False)
        self._facts(product, [2] * 100)
        item = self._planned(product)
        self.assertEqual(item.lead_time_mean, self.company.inventory_lead_days)
        self.assertFalse(item.vendor_id)
        self.assertEqual(item.explanation_data["lead_source"], "default")

    def test_archived_product(self):
        """An archived product's item is archived, and comes back with it."""
        product = self._product("Archived")
        self._facts(product, [2] * 100)
        self.assertTrue(self._planned(product).active)
        product.action_archive()
        self.assertFalse(self._planned(product).active)
        product.action_unarchive()
        self.assertTrue(self._planned(product).active)

    def test_one_sale_ever_and_only_returns(self):
        once, back = self._product("Once"), self._product("Only returns")
        self._facts(once, [7] + [0] * 80)
        self._facts(back, [7] + [0] * 80, kind="returned", price=-10)
        item = self._planned(once)
        self.assertEqual(item.demand_class, "few")
        self.assertGreater(item.reorder_point, 0)
        other = self._item(back)
        self.assertEqual((other.demand_daily, other.abc, other.method, other.status), (0, False, "none", False))

    def test_services_and_foreign_products_get_no_item(self):
        other = self.env["res.company"].create({"name": "Other"})
        service = self.env["product.product"].create({"name": "Service", "type": "service"})
        foreign = self._product("Foreign", vendor=False, company_id=other.id)
        self._facts(service, [1] * 10)
        self._facts(foreign, [1] * 10)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertFalse(self._item(service) | self._item(foreign))

    def test_queries_do_not_grow_with_items(self):
        products = [self._product(f"Many {number}") for number in range(40)]
        self._assert_queries_do_not_grow(products, 10)

    def test_explanation_tells_inputs_formula_and_window(self):
        product = self._product("Explained")
        self._facts(product, [10, 12, 8, 9] * 100)
        item = self._planned(product)
        data = item.explanation_data
        self.assertEqual((data["as_of"], data["target"], data["target_value"]), ("2025-06-15", "cycle", 95))
        self.assertEqual((data["class_from"], data["class_to"]), ("2024-06-01", "2025-05-31"))
        for word in ("Planned as of", "ABC A", "days of demand", "reorder point - demand x"):
            self.assertIn(word, item.explanation)
        self.assertIn("<h4>", item.explanation_html)

    def test_targets_that_cannot_be_kept_are_refused(self):
        for values in (
            {"inventory_service_target": 100},
            {"inventory_service_target": 0},
            {"inventory_service_target": 120},
            {"inventory_review_days": 0},
            {"inventory_lead_days": -1},
            {"inventory_cycle_days": 0},
        ):
            with self.assertRaises(ValidationError, msg=str(values)), self.cr.savepoint():
                self.company.write(values)

    def test_higher_target_more_stock(self):
        product = self._product("Target")
        self._facts(product, [0, 0, 14, 0, 3, 0, 9] * 60)
        low = self._planned(product).safety_stock
        self.company.inventory_service_target = 99
        self.assertGreater(self._planned(product).safety_stock, low)

    def test_economic_order_quantity(self):
        """sqrt(2 x 8 x 365 x 10 / (0.2 x 4)) = 270.2 -> 271 whole units."""
        product = self._product("Economic")
        self._facts(product, [10] * 400)
        self.company.write({"inventory_order_cost": 8, "inventory_holding_rate": 20})
        item = self._planned(product)
        self.assertAlmostEqual(item.order_quantity, 271)
        self.assertIn("economic", item.explanation)

    def test_only_planners_start_the_planning(self):
        buyer = self._user("plan_buyer", "group_buyer")
        with self.assertRaises(UserError):
            self.item_model.with_user(buyer).action_plan()

    def test_date_of_the_warehouse(self):
        """Without a planning date it is today where the warehouse is."""
        self.company.inventory_as_of = False
        self.warehouse.inventory_tz = "Pacific/Auckland"
        self.assertEqual(
            self.item_model._planning_date(self.company, self.warehouse),
            (datetime.utcnow() + self._offset("Pacific/Auckland")).date(),
        )

    def _offset(self, zone):
        self.env.cr.execute("SELECT now() AT TIME ZONE %s - now() AT TIME ZONE 'UTC'", [zone])
        return self.env.cr.fetchone()[0]

    def test_a_month_underway_is_planned_with_its_skewness(self):
        """Thirty days of few customers: the reorder point has the third moment, and the explanation says so."""
        product = self._product("Far away", delay=30)
        chance = random.Random(5)
        self._facts(product, [8 if chance.random() < 0.1 else 0 for _day in range(700)])
        item = self._planned(product)
        self.assertEqual(item.demand_class, "intermittent")
        self.assertGreater(item.sudo().explanation_data["skewness"], 0)
        self.assertIn("Its skewness is", item.explanation)
        near = self._product("Fixed", delay=30)
        self._facts(near, [20] * 700)
        self.assertNotIn("Its skewness is", self._planned(near).explanation)
