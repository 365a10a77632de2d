"""The item's picture: weeks of demand, stock told back from moves, the projection, and who sees which."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ...models.planning.item_chart import WEEKS_AHEAD, WEEKS_BACK
from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemChart(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Drawn")
        cls._facts(cls.product, [2] * 400)

    def test_weeks_of_demand_and_forecast(self):
        chart = self._planned(self.product).get_chart()
        self.assertEqual(chart["as_of"], "2025-06-15")
        self.assertEqual(len(chart["weeks"]), WEEKS_BACK + WEEKS_AHEAD)
        self.assertEqual(chart["weeks"][WEEKS_BACK], "2025-06-15", "The first week to come begins on the planning date")
        self.assertEqual(chart["demand"], [14.0] * WEEKS_BACK)
        self.assertEqual(chart["forecast"], [14.0] * WEEKS_AHEAD)
        self.assertEqual(chart["low"], chart["high"], "Steady demand has no band")
        self.assertEqual(chart["reorder_point"], self._item(self.product).reorder_point)

    def test_stock_is_told_back_from_moves(self):
        item = self._planned(self.product)
        stock = self.warehouse.lot_stock_id
        for quantity, source, target, back in (
            (100, self.suppliers, stock, 30),
            (30, stock, self.customers, 10),
            # Within the warehouse: on hand stays.
            (5, stock, self.env["stock.location"].create({"name": "Shelf", "location_id": stock.id}), 4),
        ):
            move = self._move(self.product, quantity, source, target)
            move.quantity = quantity
            move.picked = True
            move._action_done()
            when = datetime.combine(self.today - timedelta(days=back), datetime.min.time()) + timedelta(hours=12)
            move.date = when
            move.move_line_ids.date = when
        chart = item.get_chart()
        # Weeks end 1, 8, 15, 22, 29 and 36 days before the planning date.
        self.assertEqual(chart["stock"][-6:], [0.0, 100.0, 100.0, 100.0, 70.0, 70.0])
        self.assertEqual(chart["projection"][:6], [56.0, 42.0, 28.0, 14.0, 0.0, -14.0])

    def test_open_orders_are_in_the_projection(self):
        item = self._planned(self.product)
        self._stock(self.product, 20)
        self._move(self.product, 50, self.suppliers, self.warehouse.lot_stock_id, days=8)
        self._move(self.product, 40, self.warehouse.lot_stock_id, self.customers, days=3)
        # Week 1: the open order of 40 is more than the 14 expected; later weeks expect less than it until 42.
        self.assertEqual(item.get_chart()["projection"][:4], [-20.0, 30.0, 28.0, 14.0])

    def test_an_item_of_nothing_has_no_picture(self):
        product = self._product("Never")
        item = self.item_model.create({"product_id": product.id, "warehouse_id": self.warehouse.id})
        self.assertEqual(item.get_chart(), {"weeks": []})

    def test_figures_by_role(self):
        item = self._planned(self.product)
        self._stock(self.product, 10)
        seen = {
            "group_viewer": set(),
            "group_sales": set(),
            "group_buyer": {"projection"},
            "group_operator": {"projection", "stock"},
            "group_planner": {"projection", "stock"},
        }
        for group, names in seen.items():
            chart = item.with_user(self._user(f"draws_{group}", group)).get_chart()
            self.assertEqual({"projection", "stock"} & set(chart), names, group)
            self.assertEqual(sum(chart["demand"]), 14.0 * WEEKS_BACK, group)
        with self.assertRaises(AccessError):
            item.with_user(self._user("draws_counter", "group_counter")).get_chart()

    def test_the_queries_do_not_grow_with_history(self):
        item = self._planned(self.product)
        item.get_chart()
        with self.assertQueryCount(12):
            item.get_chart()

    def test_a_planned_event_stands_in_its_week(self):
        item = self._planned(self.product)
        self.env["inventory.demand.event"].create(
            {
                "name": "Fair",
                "date_start": self.today + timedelta(days=35),
                "date_end": self.today + timedelta(days=41),
                "uplift": 50,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(item.get_chart()["forecast"][4:7], [14.0, 21.0, 14.0])
