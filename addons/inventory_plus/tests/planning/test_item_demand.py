"""What is done to an item's history before it is planned, and what "Why" says about it."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemDemand(PlanningCase):
    def _supply(self, product, days):
        """Receipts on the books: ``{days before planning: units}``."""
        self.env.flush_all()
        for back, quantity in days.items():
            self.env.cr.execute(
                """
                INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, purchased)
                     VALUES (%s, %s, %s, %s, 'moves', %s)
                ON CONFLICT (product_id, date, warehouse_id, source, channel, COALESCE(import_id, 0))
                DO UPDATE SET purchased = EXCLUDED.purchased
                """,
                [product.id, self.warehouse.id, self.company.id, self.today - timedelta(days=back), quantity],
            )

    # ------------------------------------------------------------------ outliers and cancelled orders

    def test_a_giant_order_is_capped_and_told(self):
        product = self._product("Project")
        history = [10, 12, 8, 9, 11] * 80
        self._facts(product, [*history[:300], 50000, *history[300:]])
        item = self._planned(product)
        self.assertAlmostEqual(item.demand_daily, 10, 0)
        data = item.explanation_data
        self.assertEqual((data["outlier_days"], data["outlier_from"], data["outlier_to"]), (1, 50000, 12))
        self.assertIn("from 50,000.00 to 12.00", item.explanation)

    def test_a_giant_order_that_was_cancelled_is_no_demand(self):
        """Delivered and brought back by real moves: the facts net it on the day of the sale, whenever it came back."""
        product = self._product("Cancelled")
        self._stock(product, 200000)
        delivery = self._move(product, 80995, self.warehouse.lot_stock_id, self.customers)
        self._done(delivery, 80995, self.today - timedelta(days=40))
        back = self._move(
            product, 80995, self.customers, self.warehouse.lot_stock_id, origin_returned_move_id=delivery.id
        )
        self._done(back, 80995, self.today - timedelta(days=37))
        self.env["inventory.daily.flow"]._refresh()
        item = self._planned(product)
        self.assertEqual((item.demand_daily, item.reorder_point, item.method), (0, 0, "none"))

    def _done(self, move, quantity, day):
        move.quantity = quantity
        move.picked = True
        move._action_done()
        move.write({"date": f"{day} 12:00:00"})
        self.env.flush_all()

    def test_an_imported_return_of_another_day_is_netted(self):
        """A file knows no origin: 5,000 sold and 5,000 back three days later were never asked for."""
        product = self._product("Imported")
        self._facts(product, [5] * 300)
        self._facts(product, [5000], last=self.today + timedelta(days=-400))
        self._facts(product, [5000], last=self.today + timedelta(days=-397), kind="returned", price=-10)
        item = self._planned(product)
        self.assertAlmostEqual(item.explanation_data["netted"], 5000)
        self.assertNotIn("outlier_days", item.explanation_data)
        self.assertIn("5,000.00 units that came back", item.explanation)

    # ------------------------------------------------------------------ days without stock

    def test_days_without_stock_are_unknown(self):
        """Ten a day while there is stock, sixty days without: still ten a day."""
        product = self._product("Sold out")
        self._facts(product, [10] * 100 + [0] * 60 + [10] * 240)
        self._supply(product, {401: 1000, 240: 2400})
        item = self._planned(product)
        self.assertEqual(item.explanation_data["unknown_days"], 60)
        self.assertAlmostEqual(item.demand_daily, 10, 1)
        self.assertIn("60 days without stock", item.explanation)

    def test_days_with_stock_are_without_demand(self):
        """The same sales with goods on the shelf: nobody asked."""
        product = self._product("Not asked for")
        self._facts(product, [10] * 100 + [0] * 60 + [10] * 240)
        self._supply(product, {401: 1001, 240: 2399})
        item = self._planned(product)
        self.assertNotIn("unknown_days", item.explanation_data)

    def test_stock_of_today_counts_back(self):
        """Five are on hand and none came: five were there all the time."""
        product = self._product("Counted back")
        self._facts(product, [10] * 100 + [0] * 60 + [10] * 240)
        self._supply(product, {401: 1000, 240: 2400})
        self._stock(product, 5)
        self.assertNotIn("unknown_days", self._planned(product).explanation_data)

    def test_movements_of_today_and_later_count(self):
        """Planned as of a past day: what came since is not taken for stock of then."""
        product = self._product("Since then")
        self._facts(product, [10] * 100 + [0] * 60 + [10] * 240)
        self._supply(product, {401: 1000, 240: 2400, 0: 700})
        self._stock(product, 700)
        self.assertEqual(self._planned(product).explanation_data["unknown_days"], 60)

    def test_books_without_stock_are_not_believed(self):
        """It sold half of the days on which the books show nothing: the books are wrong, not the days unknown."""
        product = self._product("Never booked in")
        self._facts(product, [10, 0] * 200)
        self._supply(product, {1: 2000})
        self.assertNotIn("unknown_days", self._planned(product).explanation_data)

    def test_imported_history_has_no_unknown_days(self):
        """Nothing says what stock there was before the cut-over."""
        product = self._product("From a file")
        self._facts(product, [10] * 100 + [0] * 60 + [10] * 240)
        self._supply(product, {401: 1000, 240: 2400})
        self.env.cr.execute(
            "UPDATE inventory_daily_flow SET source = 'import' WHERE product_id = %s AND date < %s AND sold > 0",
            [product.id, self.today - timedelta(days=200)],
        )
        self.warehouse.inventory_cutover_date = self.today - timedelta(days=200)
        item = self._planned(product)
        self.assertNotIn("unknown_days", item.explanation_data)
        self.assertLess(item.demand_daily, 10.1)

    # ------------------------------------------------------------------ like items

    def test_new_item_is_planned_like_another(self):
        model, new = self._product("Model"), self._product("New")
        self._facts(model, [10] * 400)
        self._stock(new, 1)
        self.assertEqual(self._planned(new).method, "none")
        item = self._item(new)
        item.write({"like_item_id": self._item(model).id, "like_factor": 0.5})
        item = self._planned(new)
        self.assertAlmostEqual(item.demand_daily, 5, 3)
        self.assertGreater(item.reorder_point, 25)
        self.assertEqual(item.explanation_data["like_weight"], 0)
        self.assertIn("New: planned on the history", item.explanation)

    def test_its_own_sales_take_over(self):
        model, new = self._product("Model"), self._product("New")
        self._facts(model, [10] * 400)
        self._facts(new, [30] * 91)
        self._planned(new)
        self._item(new).like_item_id = self._item(model)
        self.assertAlmostEqual(self._planned(new).demand_daily, 20, 2)
        self._facts(new, [30] * 91, last=self.today - timedelta(days=92))
        self.assertAlmostEqual(self._planned(new).demand_daily, 30, 2)
        self.assertNotIn("like_weight", self._item(new).explanation_data)

    def test_model_in_another_warehouse(self):
        """The history of an item that is not planned in the same run."""
        other = self.env["stock.warehouse"].create({"name": "Old shop", "code": "OLD", "company_id": self.company.id})
        product = self._product("Both shops")
        self._facts(product, [8] * 300, warehouse=other)
        self._stock(product, 1)
        self.item_model._plan(warehouse_ids=(self.warehouse | other).ids)
        self._item(product).like_item_id = self._item(product, other)
        self.assertAlmostEqual(self._planned(product).demand_daily, 8, 3)

    def test_what_cannot_be_a_model(self):
        product = self._product("Self")
        self._facts(product, [1] * 30)
        item = self._planned(product)
        with self.assertRaisesRegex(ValidationError, "like itself"), self.cr.savepoint():
            item.like_item_id = item
        other = self._product("Other")
        self._facts(other, [1] * 30)
        model = self._planned(other)
        for factor in (0, -1):
            with self.assertRaisesRegex(ValidationError, "times zero or less"), self.cr.savepoint():
                item.write({"like_item_id": model.id, "like_factor": factor})
        self.assertEqual(item.like_factor, 1)

    # ------------------------------------------------------------------ successors

    def test_successor_takes_over_at_once(self):
        old, new = self._product("Old"), self._product("New")
        self._facts(old, [10] * 300)
        item = self._planned(old)
        item.successor_id = new
        self.assertTrue(self._item(new), "the successor's item is there before the next night")
        successor = self._planned(new)
        self.assertAlmostEqual(successor.demand_daily, 10, 3)
        self.assertEqual(successor.predecessor_ids, item)
        self.assertIn("1 predecessor", successor.explanation)
        self.assertEqual((item.method, item.reorder_point, item.demand_daily), ("ended", 0, 0))
        self.assertIn("no stock is planned", item.explanation)

    def test_successor_takes_over_at_a_date(self):
        """Three of the six days are still the old one's."""
        old, new = self._product("Old", delay=5), self._product("New", delay=5)
        self._facts(old, [10] * 300)
        item = self._planned(old)
        item.write({"successor_id": new.id, "end_of_life_date": self.today + timedelta(days=3)})
        successor = self._planned(new)
        self.assertAlmostEqual(successor.demand_daily, 5, 2)
        self.assertAlmostEqual(item.demand_daily, 5, 2)

    def test_chain_through_an_archived_product(self):
        first, second, third = (self._product(name) for name in ("First", "Second", "Third"))
        self._facts(first, [4] * 300, last=self.today - timedelta(days=31))
        self._facts(second, [4] * 30)
        self._planned(first)
        self._item(first).successor_id = second
        self._item(second).successor_id = third
        first.action_archive()
        item = self._planned(third)
        self.assertAlmostEqual(item.demand_daily, 4, 2)
        self.assertEqual(item.explanation_data["predecessors"], 2)
        self.assertFalse(self._item(first).active)

    def test_circles_are_refused(self):
        products = [self._product(f"Circle {number}") for number in range(3)]
        for product in products:
            self._facts(product, [1] * 30)
        self._planned(products[0])
        items = [self._item(product) for product in products]
        with self.assertRaisesRegex(ValidationError, "replaced by itself"), self.cr.savepoint():
            items[0].successor_id = products[0]
        items[0].successor_id = products[1]
        items[1].successor_id = products[2]
        with self.assertRaisesRegex(ValidationError, "in a circle"), self.cr.savepoint():
            items[2].successor_id = products[0]

    def test_a_circle_made_behind_our_back_does_not_stop_the_run(self):
        one, two, sound = (self._product(name) for name in ("One", "Two", "Sound"))
        for product in (one, two, sound):
            self._facts(product, [2] * 100)
        self._planned(one)
        self.env.flush_all()
        for product, successor in ((one, two), (two, one)):
            self.env.cr.execute(
                "UPDATE inventory_item SET successor_id = %s WHERE product_id = %s", [successor.id, product.id]
            )
        self.env.invalidate_all()
        self.assertAlmostEqual(self._planned(sound).demand_daily, 2, 3)

    def test_a_service_takes_over_nothing(self):
        product = self._product("Goods")
        service = self.env["product.product"].create({"name": "Service", "type": "service"})
        self._facts(product, [1] * 30)
        with self.assertRaisesRegex(ValidationError, "not kept in stock"), self.cr.savepoint():
            self._planned(product).successor_id = service

    # ------------------------------------------------------------------ end of life

    def test_no_stock_beyond_the_end(self):
        """Ten a day, twenty days left falling to nothing: about a hundred are still sold."""
        product = self._product("Ending", delay=5)
        self._facts(product, [10] * 400)
        before = self._planned(product)
        self.assertAlmostEqual(before.order_up_to, 200)
        before.end_of_life_date = self.today + timedelta(days=19)
        item = self._planned(product)
        self.assertLessEqual(item.order_up_to, 100)
        self.assertLess(item.demand_daily, 10)
        self.assertLess(item.forecast_30, 101)
        self.assertIn("It ends in 20 days", item.explanation)

    def test_after_the_end(self):
        product = self._product("Ended")
        self._facts(product, [10] * 400)
        item = self._planned(product)
        item.end_of_life_date = self.today - timedelta(days=1)
        item = self._planned(product)
        self.assertEqual((item.method, item.order_up_to, item.forecast_30), ("ended", 0, 0))

    # ------------------------------------------------------------------ the scheduled run

    def test_null_dated_new_archived_and_successor_items_in_one_run(self):
        """The scheduled run plans all of them, and one warehouse's oddities do not stop it."""
        null, new, archived, old, heir = (
            self._product(name) for name in ("Null dated", "New", "Archived", "Old", "Heir")
        )
        for product in (archived, old):
            self._facts(product, [5] * 200)
        self._facts(new, [5])
        self._stock(null, 3)
        self._stock(heir, 3)
        self._planned(old)
        self._item(old).successor_id = heir
        archived.action_archive()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE inventory_item SET first_seen_date = NULL, last_demand_date = NULL, plan_date = NULL,
                   planned_at = NULL, like_factor = NULL, explanation_data = NULL WHERE product_id = %s
            """,
            [null.id],
        )
        self.env.invalidate_all()
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(self._item(null).method, "none")
        self.assertEqual(self._item(null).plan_date, self.today)
        self.assertEqual(self._item(new).method, "short")
        self.assertFalse(self._item(archived).active)
        self.assertEqual(self._item(old).method, "ended")
        self.assertAlmostEqual(self._item(heir).demand_daily, 5, 2)

    def test_closed_weekdays_are_told(self):
        products = [self._product(f"Weekday {number}") for number in range(3)]
        for product in products:
            self._facts(
                product,
                [0 if (self.today - timedelta(days=400 - day)).weekday() == 6 else 5 + day % 3 for day in range(400)],
            )
        item = self._planned(products[0])
        self.assertEqual(item.explanation_data["closed_days"], 64)
        self.assertIn("Sunday", item.explanation)
        self.env["res.lang"]._activate_lang("zh_CN")
        self.assertIn("星期日", item.with_context(lang="zh_CN").explanation)

    def test_queries_do_not_grow_with_links_and_events(self):
        products = [self._product(f"Linked {number}") for number in range(24)]
        for product in products:
            self._facts(product, [3] * 60)
            self._supply(product, {70: 180})
        self._planned(products[0])
        items = [self._item(product) for product in products]
        event = {"company_id": self.company.id, "name": "Fair", "date_start": self.today, "date_end": self.today}
        self.env["inventory.demand.event"].create(event)
        items[0].like_item_id = items[1]
        items[2].successor_id = products[3]
        self._count_queries()
        few = self._count_queries()
        self.env["inventory.demand.event"].create([event] * 5)
        for number in range(4, 20, 4):
            items[number].like_item_id = items[number + 1]
            items[number + 2].write({"successor_id": products[number + 3].id, "end_of_life_date": self.today})
        self._count_queries()
        self.assertLessEqual(self._count_queries(), few)

    def _count_queries(self):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        return self.env.cr.sql_log_count - before

    def test_planners_say_and_others_read(self):
        planner, buyer = self._user("history_planner", "group_planner"), self._user("history_buyer", "group_buyer")
        old, new = self._product("Old"), self._product("New")
        self._facts(old, [1] * 30)
        item = self._planned(old)
        item.with_user(planner).successor_id = new
        self.assertTrue(item.with_user(planner).is_planner)
        self.assertFalse(item.with_user(buyer).is_planner)
        with self.assertRaises(AccessError):
            item.with_user(buyer).successor_id = False

    def test_successor_of_another_company_is_refused(self):
        foreign = self.env["res.company"].create({"name": "Abroad"})
        self.env.user.company_ids = [Command.link(foreign.id)]
        product, theirs = self._product("Ours"), self._product("Theirs", vendor=False, company_id=foreign.id)
        self._facts(product, [1] * 30)
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._planned(product).successor_id = theirs
