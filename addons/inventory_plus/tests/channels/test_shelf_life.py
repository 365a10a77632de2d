"""A channel that asks for a minimum shelf life has only goods that last so long, and nobody takes them from it."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ...exceptions import GuardError
from .test_oversell import LawCase

SKU = "FRESH"


class LifeCase(LawCase):
    """``fresh`` asks for 30 days, ``shop`` and ``market`` for nothing. Of ``food`` there are 4 that last 10 days in
    ``old`` and 6 that last 100 in ``new``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fresh = cls.make_channel("fresh", priority=5, shelf_life=30)
        cls.food = cls.make_product(name="Food", default_code=SKU, tracking="lot", use_expiration_date=True)
        cls.old = cls.make_lot("OLD", 10)
        cls.new = cls.make_lot("NEW", 100)

    def setUp(self):
        super().setUp()
        self.put(self.food, 4, lot_id=self.old)
        self.put(self.food, 6, lot_id=self.new)
        self.commit()

    @classmethod
    def make_lot(cls, name, days, product=None):
        lot = cls.env["stock.lot"].create({"name": name, "product_id": (product or cls.food).id})
        lot.expiration_date = fields.Datetime.now() + timedelta(days=days, hours=1)
        lot.removal_date = lot.expiration_date
        return lot

    def sound(self):
        for name in ("ledger", "never oversold", "promises equal the ledger"):
            [result] = self.env["inventory.verify"]._run([name])
            self.assertEqual(result["differences"], 0, (name, result["sample"]))

    def age(self, lot, days):
        """The lot as it is when it has only ``days`` left: time passes, nobody writes anything."""
        self.env.flush_all()
        until = fields.Datetime.now() + timedelta(days=days)
        self.env.cr.execute("UPDATE stock_lot SET expiration_date = %s WHERE id = %s", [until, lot.id])
        self.env.invalidate_all()
        self.commit()

    def ask(self, quantity, key="f1", channel="fresh", **values):
        return self.reserve(quantity, key=key, channel=channel, sku=SKU, **values)

    def reserved_of(self, record, lot):
        lines = record.move_line_ids if record._name == "stock.picking" else record.picking_ids.move_line_ids
        return sum(lines.filtered(lambda line: line.lot_id == lot).mapped("quantity"))

    def order_food(self, quantity, channel):
        order = self.confirmed(quantity, channel=channel, product=self.food)
        self.commit()
        return order

    def food_delivery(self, quantity):
        return self.delivery([(self.food, quantity)])


@tagged("post_install", "-at_install")
class TestNumbers(LifeCase):
    def test_what_is_shown(self):
        self.assertEqual((self.shown("fresh", SKU), self.shown("shop", SKU)), (6, 10))

    def test_the_limit_itself_is_enough(self):
        self.fresh.shelf_life = 10
        self.assertEqual(self.shown("fresh", SKU), 10)
        self.fresh.shelf_life = 11
        self.assertEqual(self.shown("fresh", SKU), 6)

    def test_goods_without_a_lot_or_a_date_count(self):
        undated = self.env["stock.lot"].create({"name": "UNDATED", "product_id": self.food.id})
        undated.write({"expiration_date": False, "removal_date": False})
        self.put(self.food, 2, lot_id=undated)
        self.put(self.food, 1)
        self.commit()
        self.assertEqual(self.shown("fresh", SKU), 9)
        self.assertEqual(self.shown("fresh"), 12, "a product without lots")

    def test_short_dated_goods_go_to_others_first(self):
        self.assertEqual(self.ask(4, "s1", "shop", firm=True)["state"], "firm")
        self.assertEqual((self.shown("fresh", SKU), self.shown("shop", SKU)), (6, 6))
        self.assertEqual(self.ask(1, "s2", "shop", firm=True)["state"], "firm")
        self.assertEqual((self.shown("fresh", SKU), self.shown("shop", SKU)), (5, 5))

    def test_what_it_is_promised_is_missing_for_others(self):
        self.assertEqual(self.ask(6, firm=True)["state"], "firm")
        self.assertEqual((self.shown("fresh", SKU), self.shown("shop", SKU)), (0, 4))

    def test_shelf_lives_within_each_other(self):
        better = self.make_channel("better", shelf_life=60)
        middle = self.make_lot("MIDDLE", 40)
        self.put(self.food, 5, lot_id=middle)
        self.commit()
        self.assertEqual([self.shown(code, SKU) for code in ("shop", "fresh", "better")], [15, 11, 6])
        self.ask(8, firm=True)
        self.assertEqual([self.shown(code, SKU) for code in ("shop", "fresh", "better")], [7, 3, 3])
        self.assertEqual(self.ask(3, "b1", "better", firm=True)["state"], "firm")
        self.assertEqual([self.shown(code, SKU) for code in ("shop", "fresh", "better")], [4, 0, 0])
        self.assertEqual(better.shelf_life, 60)

    def test_an_unlimited_promise_first_then_the_limited_one(self):
        self.ask(7, "s1", "shop", firm=True)
        self.assertEqual(self.shown("fresh", SKU), 3)
        self.assertEqual(self.ask(4)["state"], "rejected")
        self.assertEqual(self.ask(3, "f2")["state"], "soft")

    def test_it_may_oversell_what_it_may_have(self):
        self.fresh.oversell_limit = 2
        self.assertEqual(self.shown("fresh", SKU), 8)
        self.assertEqual(self.ask(8, firm=True)["state"], "firm")

    def test_the_matrix_and_the_explanation(self):
        question = self.env["inventory.channel.explanation"].create(
            {"channel_id": self.fresh.id, "product_id": self.food.id}
        )
        self.assertEqual(question.available, 6)
        self.assertIn("Short-dated goods: less than 30 days left", question.steps)
        question.channel_id = self.shop
        self.assertNotIn("Short-dated", question.steps)

    def test_what_others_have_promised_by_the_clock_counts_no_more(self):
        self.ask(6)
        self.env.cr.execute("UPDATE inventory_reservation SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 s'")
        self.assertEqual(self.shown("fresh", SKU), 6)

    def test_odd_values(self):
        for days in (-1, 40_000):
            with self.subTest(days=days), self.assertRaises(ValidationError):
                self.fresh.shelf_life = days

    def test_the_form_has_it(self):
        with Form(self.fresh) as form:
            form.shelf_life = 7
        self.assertEqual(self.fresh.shelf_life, 7)


@tagged("post_install", "-at_install")
class TestTime(LifeCase):
    def test_a_lot_grows_too_old(self):
        self.assertEqual(self.ask(6, firm=True)["state"], "firm")
        self.age(self.new, 29)
        self.assertEqual(self.shown("fresh", SKU), 0)
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 6)
        self.assertEqual(self.shown("shop", SKU), 10, "others may have it")

    def test_a_date_is_brought_forward(self):
        """Whoever writes it takes the goods away, in his own transaction."""
        self.ask(4, "s1", "shop", firm=True)
        self.ask(6, firm=True)
        self.new.expiration_date = fields.Datetime.now() + timedelta(days=29)
        self.commit()
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 6)
        self.assertEqual(self.status("s1", "shop")["lines"][0]["short"], 0)
        self.sound()

    def test_a_lot_is_to_be_removed_at_once(self):
        self.ask(8, "s1", "shop", firm=True)
        self.new.removal_date = fields.Datetime.now() - timedelta(days=1)
        self.commit()
        self.assertEqual(self.status("s1", "shop")["lines"][0]["short"], 4)
        self.sound()
        self.new.removal_date = False
        self.commit()
        self.assertEqual(self.shown("shop", SKU), 6)

    def test_whoever_asks_for_less_keeps_his_promise(self):
        self.ask(4, "s1", "shop", firm=True)
        self.ask(6, firm=True)
        self.age(self.new, 29)
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.status("s1", "shop")["lines"][0]["short"], 0)

    def test_the_feed_hears_of_it(self):
        cursor = self.api.changes("fresh", None, 100)["cursor"]
        self.env["inventory.feed"]._relay()
        cursor = self.api.changes("fresh", cursor, 100)["cursor"]
        # Nobody touches the lot: only the clock goes on.
        self.env.cr.execute(
            "UPDATE inventory_feed_head SET looked_at = looked_at - interval '2 days';"
            " ALTER TABLE stock_lot DISABLE TRIGGER USER;"
            " UPDATE stock_lot SET expiration_date = now() AT TIME ZONE 'UTC' + interval '29 days' WHERE id = %s;"
            " ALTER TABLE stock_lot ENABLE TRIGGER USER",
            [self.new.id],
        )
        self.env["inventory.feed"]._relay()
        changes = self.api.changes("fresh", cursor, 100)["changes"]
        self.assertEqual([(change["sku"], change["available"]) for change in changes], [(SKU, 0)])


@tagged("post_install", "-at_install")
class TestPicking(LifeCase):
    def test_its_order_takes_no_short_dated_goods(self):
        order = self.order_food(5, self.fresh)
        self.assertEqual(self.promise_of(order)[1], 5)
        self.assertEqual(self.assigned(order.picking_ids), 5)
        self.assertEqual((self.reserved_of(order, self.old), self.reserved_of(order, self.new)), (0, 5))

    def test_an_order_of_more_than_it_may_have_waits(self):
        order = self.order_food(8, self.fresh)
        self.assertEqual(self.promise_of(order)[1], 6)
        self.assertEqual(self.assigned(order.picking_ids), 6)
        self.assertEqual(self.reserved_of(order, self.old), 0)

    def test_others_may_have_them(self):
        order = self.order_food(4, self.shop)
        self.assertEqual(self.assigned(order.picking_ids), 4)
        self.assertEqual(self.reserved_of(order, self.old), 4, "first in, first out")

    def test_others_take_them_first_where_the_fresh_ones_are_promised(self):
        # By the removal strategy the fresh ones would come first.
        self.food.categ_id = self.env["product.category"].create(
            {"name": "C", "removal_strategy_id": self.env.ref("stock.removal_lifo").id}
        )
        self.ask(5, firm=True)
        order = self.order_food(5, self.shop)
        self.assertEqual(self.assigned(order.picking_ids), 5)
        self.assertEqual((self.reserved_of(order, self.old), self.reserved_of(order, self.new)), (4, 1))
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 0)

    def test_work_of_the_house_leaves_them_too(self):
        self.food.categ_id = self.env["product.category"].create(
            {"name": "C", "removal_strategy_id": self.env.ref("stock.removal_lifo").id}
        )
        self.ask(6, firm=True)
        picking = self.food_delivery(3)
        self.assertEqual(self.assigned(picking), 3)
        self.assertEqual(self.reserved_of(picking, self.new), 0)

    def test_two_moves_of_a_transfer_share_what_is_left(self):
        self.food.categ_id = self.env["product.category"].create(
            {"name": "C", "removal_strategy_id": self.env.ref("stock.removal_lifo").id}
        )
        self.ask(4, firm=True)
        picking = self.delivery([(self.food, 3), (self.food, 3)])
        self.assertEqual(self.assigned(picking), 6)
        self.assertEqual((self.reserved_of(picking, self.old), self.reserved_of(picking, self.new)), (4, 2))

    def test_nobody_takes_them_by_hand(self):
        self.ask(6, firm=True)
        picking = self.food_delivery(3)
        with self.assertRaisesRegex(GuardError, "what lasts 30 days is promised"):
            self.write_line(picking, self.new, 1)
        self.write_line(picking, self.old, 3)

    def test_nobody_gives_it_old_goods_by_hand(self):
        order = self.order_food(2, self.fresh)
        with self.assertRaisesRegex(GuardError, "lasts less than the 30 days"):
            self.write_line(order.picking_ids, self.old, 1)
        self.write_line(order.picking_ids, self.new, 2)
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 0)

    def test_no_client_can_say_that_it_is_so(self):
        order = self.order_food(2, self.fresh)
        picking = order.picking_ids.with_context(inventory_truth=True, inventory_stated=True)
        with self.assertRaises(GuardError):
            self.write_line(picking, self.old, 1)

    def test_a_quantity_that_is_written_is_picked_from_fresh_goods(self):
        order = self.order_food(3, self.fresh)
        order.picking_ids.move_ids.quantity = 3
        self.commit()
        self.assertEqual((self.reserved_of(order, self.old), self.reserved_of(order, self.new)), (0, 3))

    def test_unreserved_and_reserved_again(self):
        order = self.order_food(6, self.fresh)
        self.assigned(order.picking_ids)
        order.picking_ids.do_unreserve()
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 6)
        self.assertEqual(self.assigned(order.picking_ids), 6)

    def test_unreserved_after_it_grew_too_old(self):
        order = self.order_food(6, self.fresh)
        self.assigned(order.picking_ids)
        self.age(self.new, 20)
        order.picking_ids.do_unreserve()
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 0, "such goods are promised no more")
        self.assertEqual(self.shown("shop", SKU), 10)

    def test_delivered(self):
        order = self.order_food(6, self.fresh)
        self.assigned(order.picking_ids)
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        self.commit()
        self.assertEqual((self.shown("fresh", SKU), self.shown("shop", SKU)), (0, 4))

    def test_a_count_takes_the_fresh_ones(self):
        self.ask(5, firm=True)
        quant = self.env["stock.quant"].search([("lot_id", "=", self.new.id), ("location_id", "=", self.stock.id)])
        quant.with_context(inventory_mode=True).inventory_quantity = 2
        quant.action_apply_inventory()
        self.commit()
        line = self.status("f1", "fresh")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (2, 3))
        self.assertEqual(self.shown("shop", SKU), 4)

    def test_a_count_of_old_ones_takes_nothing_from_it(self):
        self.ask(6, firm=True)
        quant = self.env["stock.quant"].search([("lot_id", "=", self.old.id), ("location_id", "=", self.stock.id)])
        quant.with_context(inventory_mode=True).inventory_quantity = 1
        quant.action_apply_inventory()
        self.commit()
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 0)

    def test_orders_that_are_confirmed_and_reserved_in_one(self):
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        order = self.order_food(5, self.fresh)
        self.assertEqual((self.reserved_of(order, self.old), self.reserved_of(order, self.new)), (0, 5))

    def test_serial_numbers(self):
        things = self.make_product(name="Thing", default_code="THING", tracking="serial", use_expiration_date=True)
        for name, days in (("A", 5), ("B", 50), ("C", 6), ("D", 60)):
            self.put(things, 1, lot_id=self.make_lot(name, days, things))
        self.commit()
        order = self.confirmed(3, channel=self.fresh, product=things)
        self.assertEqual(self.assigned(order.picking_ids), 2)
        self.assertEqual(order.picking_ids.move_line_ids.lot_id.mapped("name"), ["B", "D"])

    def write_line(self, picking, lot, quantity):
        picking.env["stock.move.line"].create(
            {
                "move_id": picking.move_ids[:1].id,
                "picking_id": picking.id,
                "product_id": self.food.id,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
                "lot_id": lot.id,
                "quantity": quantity,
            }
        )
        self.env.cr.flush()


@tagged("post_install", "-at_install")
class TestLimits(LifeCase):
    """Limits that change are judged in the transaction that changes them."""

    def test_a_shelf_life_is_asked_for_afterwards(self):
        self.ask(8, "s1", "shop", firm=True)
        self.shop.shelf_life = 20
        line = self.status("s1", "shop")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (6, 2))

    def test_a_longer_one_is_asked_for(self):
        self.ask(6, firm=True)
        self.fresh.shelf_life = 200
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 6)

    def test_a_shorter_one_takes_nothing(self):
        self.ask(6, firm=True)
        self.fresh.shelf_life = 5
        self.assertEqual(self.status("f1", "fresh")["lines"][0]["short"], 0)
        self.assertEqual(self.shown("fresh", SKU), 4)

    def test_the_limit_of_overselling_is_lowered(self):
        self.shop.oversell_limit = 5
        self.assertEqual(self.reserve(15, "o1", firm=True)["state"], "firm")
        self.shop.oversell_limit = 1
        line = self.status("o1")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (13, 2))

    def test_raised_it_takes_nothing(self):
        self.shop.oversell_limit = 5
        self.reserve(15, "o1", firm=True)
        with patch.object(type(self.env["inventory.shortage"]), "_judge", side_effect=AssertionError):
            self.shop.oversell_limit = 6
            self.shop.name = "Shop"
        line = self.status("o1")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (15, 0))
