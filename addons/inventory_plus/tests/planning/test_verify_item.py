"""The check of the snapshots: quiet when they are right, loud when somebody changed one."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestVerifyItem(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Verified", delay=5)
        cls._facts(cls.product, [7, 0, 4] * 100)
        stock = cls.warehouse.lot_stock_id
        cls.warehouse.reception_steps = "two_steps"
        cls._stock(cls.product, 40)
        cls._stock(cls.product, 9, cls.warehouse.wh_input_stock_loc_id)
        cls._stock(cls.product, 5, owner_id=cls.customer)
        cls._move(cls.product, 12, stock, cls.customers, days=1)._action_assign()
        cls._move(cls.product, 30, cls.suppliers, stock, days=4)
        cls._move(cls.product, 11, stock, cls.customers, days=20)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.item_model._refresh_dirty()

    def _check(self):
        [result] = self.env["inventory.verify"]._run(["item snapshot"])
        return result

    def test_right(self):
        result = self._check()
        self.assertGreaterEqual(result["compared"], 1)
        self.assertEqual(result["sample"], [])

    def test_each_figure_is_compared(self):
        item = self._item(self.product)
        for name in ("on_hand", "usable", "reserved", "free", "available", "incoming", "open_demand", "need_to_buy"):
            stored = item[name]
            column = SQL.identifier(name)
            self.env.cr.execute(SQL("UPDATE inventory_item SET %s = %s + 1 WHERE id = %s", column, column, item.id))
            self.env.invalidate_all()
            result = self._check()
            self.assertEqual(result["differences"], 1, name)
            self.assertIn(f"Verified in {self.warehouse.name}: {name} is", result["sample"][0])
            self.env.cr.execute(SQL("UPDATE inventory_item SET %s = %s WHERE id = %s", column, stored, item.id))
            self.env.invalidate_all()
        self.env.cr.execute("UPDATE inventory_item SET stockout_date = '2020-01-01' WHERE id = %s", [item.id])
        self.env.invalidate_all()
        self.assertIn("stock-out date", self._check()["sample"][0])

    def test_noted_items_are_left_out(self):
        item = self._item(self.product)
        self.env.cr.execute("UPDATE inventory_item SET on_hand = on_hand + 1 WHERE id = %s", [item.id])
        self._stock(self.product, 1)
        self.env.invalidate_all()
        self.assertEqual(self._check()["differences"], 0)

    def test_stock_for_exactly_so_many_days(self):
        """Rates are stored with six digits: refresh and check agree on the last day, also where that rounds up."""
        lasting = {150: 100, 107: 30, 119: 50, 117: 2500, 353: 12}
        products = [self._product(f"Lasts {days} days") for days in lasting]
        for product, quantity in zip(products, lasting.values(), strict=True):
            self._facts(product, [1] * 30)
            self._stock(product, quantity)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        items = self.item_model.concat(*map(self._item, products))
        for item, (days, quantity) in zip(items, lasting.items(), strict=True):
            self.env.cr.execute(
                "UPDATE inventory_item SET demand_daily = round(%s::numeric / %s, 6) WHERE id = %s",
                [quantity, days, item.id],
            )
        self.item_model._refresh_dirty()
        self.item_model._refresh(items)
        self.assertEqual([(item.stockout_date - item.snapshot_date).days for item in items], list(lasting))
        self.assertEqual(self._check()["sample"], [])
