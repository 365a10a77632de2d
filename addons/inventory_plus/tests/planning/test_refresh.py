"""The snapshot: quantities, need, dates and colour from real documents."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestRefresh(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Watched", delay=5)
        cls._facts(cls.product, [10] * 400)
        cls.stock = cls.warehouse.lot_stock_id

    def _figures(self, product=None):
        return self._planned(product or self.product)

    def test_red_yellow_green_blue(self):
        """Reorder point 60 (lead 5, review 1), up to 200: the colours by stock."""
        for quantity, colour in (
            (0, "red"),
            (49, "red"),
            (50, "yellow"),
            (59, "yellow"),
            (79, "yellow"),
            (85, "green"),
            (1500, "blue"),
        ):
            missing = quantity - sum(
                self.env["stock.quant"].search([("product_id", "=", self.product.id)]).mapped("quantity")
            )
            if missing:
                self._stock(self.product, missing)
            item = self._figures()
            self.assertEqual(item.status, colour, quantity)
        self.assertEqual(item.cover_days, 150)

    def test_need_and_dates(self):
        self._stock(self.product, 80)
        item = self._figures()
        self.assertEqual(item.need_to_buy, 0)
        # 80 last through 8 days (0 .. 7), the ninth runs out; 60 of them are needed for lead time and review.
        self.assertEqual(item.stockout_date, self.today + timedelta(days=8))
        self.assertEqual(item.best_order_date, self.today + timedelta(days=2))
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, self.stock, -40)
        item = self._figures()
        self.assertEqual(item.need_to_buy, 20)
        self.assertEqual(item.best_order_date, self.today)
        self.assertEqual(item.suggested_order, 160)

    def test_open_demand_above_forecast(self):
        """An order of 500 within the interval beats the forecast of 60."""
        self._stock(self.product, 100)
        self._move(self.product, 500, self.stock, self.customers, days=2)
        item = self._figures()
        self.assertEqual(item.open_demand, 500)
        self.assertEqual(item.need_to_buy, 400)
        self.assertEqual(item.stockout_date, self.today + timedelta(days=2))
        self.assertEqual(item.status, "red")

    def test_open_demand_far_away(self):
        self._stock(self.product, 100)
        self._move(self.product, 500, self.stock, self.customers, days=40)
        self.assertEqual(self._figures().need_to_buy, 0)

    def test_incoming(self):
        """Due supply lowers the need, late supply does not."""
        self._move(self.product, 25, self.suppliers, self.stock, days=3)
        self._move(self.product, 1000, self.suppliers, self.stock, days=30)
        item = self._figures()
        self.assertEqual(item.incoming, 1025)
        self.assertEqual(item.need_to_buy, 35)
        self.assertEqual(item.suggested_order, 35, "what comes later fills the order-up-to level")

    def test_reserved_free_available(self):
        self._stock(self.product, 100)
        move = self._move(self.product, 30, self.stock, self.customers)
        move._action_assign()
        item = self._figures()
        self.assertEqual((item.on_hand, item.usable, item.reserved, item.free), (100, 100, 30, 70))
        self.assertEqual(item.available, max(0, 70 - item.safety_stock))

    def test_not_usable(self):
        """Input is on hand, not usable; a consigned quant is neither usable nor free."""
        self.warehouse.reception_steps = "two_steps"
        self._stock(self.product, 10, self.warehouse.wh_input_stock_loc_id)
        self._stock(self.product, 5, owner_id=self.customer)
        item = self._figures()
        self.assertEqual((item.on_hand, item.usable), (15, 0))

    def test_multi_step_counts_once(self):
        """One order of 8 in three steps is 8 of open demand; a purchase of 6 in three steps is 6 of supply."""
        self.warehouse.write({"delivery_steps": "pick_pack_ship", "reception_steps": "three_steps"})
        self._stock(self.product, 100)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 8})],
            }
        )
        order.action_confirm()
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 6})],
            }
        )
        purchase.button_confirm()
        item = self._figures()
        self.assertEqual((item.open_demand, item.incoming), (8, 6))
        # The first step of each is done: goods in Input are still incoming, goods in Output are no more in stock.
        for picking in (purchase.picking_ids, order.picking_ids):
            picking.action_assign()
            for move in picking.move_ids:
                move.quantity = move.product_uom_qty
                move.picked = True
            picking._action_done()
        item = self._figures()
        self.assertEqual((item.open_demand, item.incoming), (0, 6))
        self.assertEqual((item.usable, item.on_hand), (92, 106))

    def test_two_companies(self):
        """Each company's item has its own stock, date and settings."""
        other = self.env["res.company"].create({"name": "Second", "inventory_as_of": "2024-01-31"})
        warehouse = self.env["stock.warehouse"].sudo().search([("company_id", "=", other.id)], limit=1)
        self._stock(self.product, 20)
        self._stock(self.product, 7, warehouse.lot_stock_id)
        self.item_model._plan(warehouse_ids=(self.warehouse | warehouse).ids)
        mine, theirs = self._item(self.product), self._item(self.product, warehouse).sudo()
        self.assertEqual((mine.on_hand, theirs.on_hand), (20, 7))
        self.assertEqual(theirs.snapshot_date.isoformat(), "2024-01-31")
        self.assertEqual(theirs.demand_daily, 0)
        user = self._user("two_companies", "group_planner")
        self.assertNotIn(theirs, self.item_model.with_user(user).search([]))

    def test_never_sold_stock_is_slow_when_it_is_old(self):
        product = self._product("Shelf warmer")
        self._facts(product, [40], last=self.today - timedelta(days=300), kind="purchased", price=0)
        self._stock(product, 40)
        self.assertEqual(self._planned(product).status, "grey")
        fresh = self._product("Just in")
        self._facts(fresh, [40], last=self.today - timedelta(days=3), kind="purchased", price=0)
        self._stock(fresh, 40)
        self.assertEqual(self._planned(fresh).status, "green")

    def test_dirty_queue(self):
        """Stock, moves and requests note their product; the refresh updates the item and empties the queue."""
        item = self._figures()
        self.item_model._refresh_dirty()
        self._stock(self.product, 33)
        self.item_model._refresh_dirty()
        self.assertEqual(item.on_hand, 33)
        self._move(self.product, 12, self.suppliers, self.stock)
        self.item_model._refresh_dirty()
        self.assertEqual(item.incoming, 12)
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 9})],
            }
        )
        self.item_model._refresh_dirty()
        self.assertEqual(item.requested, 9)
        order.button_cancel()
        self.item_model._refresh_dirty()
        self.assertEqual(item.requested, 0)
        self.env.cr.execute("UPDATE stock_quant SET quantity = 34 WHERE product_id = %s", [self.product.id])
        self.env.invalidate_all()
        self.item_model._refresh_dirty()
        self.assertEqual(item.on_hand, 34, "raw SQL counts too")
        self.assertFalse(self.env["inventory.item.dirty"].search([]))

    def test_archived_warehouse_leaves_the_lists_and_the_queue(self):
        product = self._product("Left behind", tracking="lot")
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": product.id, "removal_date": "2020-01-02"})
        self._stock(product, 5, lot_id=lot)
        item = self._figures(product)
        self.env["inventory.item.dirty"]._take()
        self.env.cr.execute("UPDATE inventory_item SET computed_at = '2020-01-01' WHERE id = %s", [item.id])
        self.env.invalidate_all()
        self.item_model._note_expired()
        self.assertEqual(self.env["inventory.item.dirty"]._take(), (False, [product.id]))
        self._stock(product, -5, lot_id=lot)
        self.warehouse.active = False
        self.env["inventory.item.dirty"]._note_all()
        self.item_model._refresh_dirty()
        self.assertFalse(item.active)
        self.item_model._note_expired()
        self.assertIsNone(self.env["inventory.item.dirty"]._take())
        self.warehouse.active = True
        self.env["inventory.item.dirty"]._note_all()
        self.item_model._refresh_dirty()
        self.assertTrue(item.active)

    def test_unrelated_writes_are_not_noted(self):
        self._stock(self.product, 33)
        move = self._move(self.product, 12, self.suppliers, self.stock)
        self.item_model._refresh_dirty()
        move.reference = "another"
        self.env["stock.quant"].search([("product_id", "=", self.product.id)]).sudo().user_id = self.env.user
        self.env.flush_all()
        self.assertFalse(self.env["inventory.item.dirty"].search([]))

    def test_new_product_becomes_an_item_with_its_first_stock(self):
        product = self._product("Brand new")
        self.item_model._refresh_dirty()
        self._stock(product, 3)
        self.item_model._refresh_dirty()
        self.assertEqual(self._item(product).on_hand, 3)

    def test_a_screen_does_not_wait_for_a_bulk_load(self):
        self.item_model._refresh_dirty()
        self._stock(self.product, 33)
        self.env.cr.execute("INSERT INTO inventory_item_dirty (product_id) SELECT %s FROM generate_series(1, 5)", [1])
        self.assertEqual(self.item_model._refresh_dirty(limit=3), 0)
        self.assertTrue(self.env["inventory.item.dirty"].search([]))

    def test_planning_date_changes_everything(self):
        self._figures()
        self.item_model._refresh_dirty()
        self.company.inventory_as_of = self.today + timedelta(days=1)
        self.item_model._refresh_dirty()
        self.assertEqual(self._item(self.product).snapshot_date, self.today + timedelta(days=1))

    def test_sale_of_today_ends_idleness(self):
        product = self._product("Asleep")
        self._facts(product, [5] * 10, last=self.today - timedelta(days=300))
        self._stock(product, 9)
        item = self._planned(product)
        self.assertEqual(item.status, "grey")
        self._facts(product, [1], last=self.today)
        self.item_model._refresh(item)
        self.assertEqual((item.idle_days, item.last_demand_date), (0, self.today))
        self.assertNotEqual(item.status, "grey")

    def test_opening_the_list_refreshes(self):
        item = self._figures()
        self.item_model._refresh_dirty()
        self._stock(self.product, 44)
        action = self.item_model.with_user(self._user("opens", "group_viewer")).action_open_items()
        self.assertEqual(action["res_model"], "inventory.item")
        self.assertEqual(item.on_hand, 44)

    def test_value_at_risk_and_excess(self):
        """At risk is what stock and receipts do not cover, at sales price; too much and slow stock count at cost."""
        short, much, slow = (self._product(name) for name in ("At risk", "Too much", "Slow mover"))
        for product in (short, much):
            self._facts(product, [2] * 200)
        self._facts(slow, [1] * 60, last=self.today - timedelta(days=300))
        self._stock(short, 5)
        self._stock(much, 1000)
        self._stock(slow, 7)
        items = {product: self._planned(product) for product in (short, much, slow)}
        # Five days of lead time and one of review: 12 wanted, 5 there, at 10 each.
        self.assertEqual((items[short].value_at_risk, items[short].excess_value), (70.0, 0.0))
        item = items[much]
        self.assertEqual(item.value_at_risk, 0)
        self.assertAlmostEqual(item.excess_value, (1000 - item.order_up_to) * 4)
        self.assertEqual((items[slow].status, items[slow].excess_value), ("grey", 28.0))
        self.assertFalse(self.env["inventory.verify"]._check_item_snapshot()["sample"])
