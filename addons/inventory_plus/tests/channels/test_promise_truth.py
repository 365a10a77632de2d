"""Whoever was promised goods that are gone, or will not get them, is told so, whatever the way."""

import contextlib
from unittest.mock import patch

from odoo.tests import tagged

from ...exceptions import GuardError
from ...models.channels.kit import InventoryKit
from .test_oversell import LawCase


class TruthCase(LawCase):
    def count(self, quantity):
        """A count of the product at its place, in a transaction of its own."""
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = quantity
        quant.action_apply_inventory()
        self.commit()

    def chatter(self, order):
        return " ".join(str(body) for body in order.message_ids.mapped("body"))

    def events(self, order):
        return (
            self.env["inventory.reservation"]
            .search([("res_model", "=", "sale.order"), ("res_id", "=", order.id)])
            .event_ids.mapped("event")
        )


@tagged("post_install", "-at_install")
class TestLossOfReservedGoods(TruthCase):
    def reserved_order(self, quantity):
        order = self.confirmed(quantity, channel=self.shop)
        self.assertEqual(self.assigned(order.picking_ids), quantity)
        return order

    def test_a_count_takes_them(self):
        order = self.reserved_order(12)
        self.count(9)
        self.assertEqual(self.promise_of(order), ("firm", 0, 9, 3))
        self.assertIn("short", self.events(order))
        self.assertIn("have been lost", self.chatter(order))

    def test_goods_that_are_free_take_their_place(self):
        order = self.reserved_order(5)
        self.count(6)
        _state, opened, fulfilled, short = self.promise_of(order)
        self.assertEqual((opened + fulfilled, short), (5, 0))

    def test_who_loses_goes_by_priority(self):
        order = self.reserved_order(8)
        self.assertEqual(self.reserve(4, "soft", "market")["state"], "soft")
        self.count(6)
        _state, opened, fulfilled, short = self.promise_of(order)
        self.assertEqual((opened + fulfilled, short), (6, 2))
        line = self.status("soft", "market")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (0, 4))

    def test_they_are_found_again(self):
        order = self.reserved_order(12)
        self.count(9)
        self.count(12)
        self.top_up()
        self.assertEqual(self.promise_of(order)[1:], (3, 9, 0))

    def test_unreserving_loses_nothing(self):
        order = self.reserved_order(12)
        order.picking_ids.do_unreserve()
        self.commit()
        self.assertEqual(self.promise_of(order)[1:], (12, 0, 0))


@tagged("post_install", "-at_install")
class TestAnswersOfShortPromises(TruthCase):
    def test_one_of_which_nothing_is_left(self):
        self.reserve(12)
        self.count(0)
        [answer] = self.api.confirm([{"channel": "shop", "key": "k1"}])
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("short", "short"))
        self.assertEqual(self.status()["state"], "firm", "it waits for goods that come")

    def test_one_of_which_a_part_is_left(self):
        self.reserve(12)
        self.count(5)
        [answer] = self.api.confirm([{"channel": "shop", "key": "k1"}])
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("firm", "short"))
        self.assertEqual((answer["lines"][0]["open"], answer["lines"][0]["short"]), (5, 7))

    def test_a_sound_one_has_no_reason(self):
        self.reserve(12)
        [answer] = self.api.confirm([{"channel": "shop", "key": "k1"}])
        self.assertEqual((answer["state"], "reason" in answer), ("firm", False))

    def test_what_ends_is_short_no_more(self):
        for key, end in (("k1", self.expire), ("k2", self.release)):
            with self.subTest(key=key):
                self.count(12)
                self.reserve(12, key)
                self.count(5)
                self.assertEqual(self.status(key)["lines"][0]["short"], 7)
                end(key)
                line = self.status(key)["lines"][0]
                self.assertEqual((line["open"], line["short"], line["released"]), (0, 0, 12))
                self.assertFalse(self.env["inventory.reservation"].search([("key", "=", key)]).line_ids.short)

    def expire(self, key):
        self.env.cr.execute(
            "UPDATE inventory_reservation SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 s' WHERE key = %s",
            [key],
        )
        self.env["inventory.promise"]._expire()
        self.env.invalidate_all()

    def release(self, key):
        self.api.release([{"channel": "shop", "key": key}], "no more")


@tagged("post_install", "-at_install")
class TestRefusingChannel(TruthCase):
    """A channel that confirms only what is there does so whatever the way."""

    def setUp(self):
        super().setUp()
        self.shop.shortage = "refuse"

    @contextlib.contextmanager
    def refused(self, why):
        with self.assertRaises(GuardError) as raised:
            yield
        self.assertIn(why, str(raised.exception))

    def test_a_call_without_the_form(self):
        order = self.order(13, channel=self.shop)
        with self.refused("cannot be confirmed, goods are short"):
            order.with_context(inventory_ask=None).action_confirm()
        self.assertEqual(order.state, "draft")

    def test_a_customer_who_signs(self):
        order = self.order(13, channel=self.shop)
        with self.refused("cannot be confirmed, goods are short"):
            order._validate_order()
        self.assertEqual(order.state, "draft")

    def test_a_customer_who_pays(self):
        order = self.order(13, channel=self.shop)
        other = self.order(2, channel=self.shop)
        self.pay(order, other)
        self.assertEqual((order.state, other.state), ("draft", "sale"))
        self.assertEqual(order.activity_ids.summary, "Paid, but not confirmed: goods are short")
        self.assertIn("1.0 of 13.0", str(order.activity_ids.note))
        self.pay(order)
        self.assertEqual(len(order.activity_ids), 1, "asked once")

    def pay(self, *orders):
        transactions = self.env["payment.transaction"]
        provider = self.env["payment.provider"].create({"name": "Bank"})
        method = self.env["payment.method"].create({"name": "Card", "code": "card_of_test"})
        for order in orders:
            transactions |= transactions.create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "reference": f"{order.name}-{len(order.transaction_ids)}",
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "sale_order_ids": [(6, 0, order.ids)],
                    "state": "done",
                }
            )
        transactions._check_amount_and_confirm_order()

    def test_a_line_that_is_raised_afterwards(self):
        order = self.confirmed(3, channel=self.shop)
        with self.refused("cannot be changed like this, goods are short"):
            order.order_line.product_uom_qty = 13
        order.order_line.product_uom_qty = 12
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 12)
        order.order_line.product_uom_qty = 2
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 2)

    def test_a_line_that_is_added_afterwards(self):
        order = self.confirmed(12, channel=self.shop)
        line = {"product_id": self.product.id, "product_uom_qty": 1}
        with self.refused("cannot be changed like this, goods are short"):
            order.write({"order_line": [(0, 0, line)]})
        other = self.make_product(default_code="OTHER")
        self.put(other, 1)
        self.commit()
        order.write({"order_line": [(0, 0, {**line, "product_id": other.id})]})
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 13)

    def test_an_order_that_waits_for_lost_goods_may_be_changed(self):
        order = self.confirmed(12, channel=self.shop)
        self.count(5)
        order.order_line.product_uom_qty = 11
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 5)

    def test_others_wait(self):
        order = self.confirmed(12, channel=self.market)
        order.order_line.product_uom_qty = 13
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 12)


@tagged("post_install", "-at_install")
class TestOddParts(TruthCase):
    def test_parts_of_nothing(self):
        """A bill may take nothing of a part, or give some back."""
        self.shop.write({"allow_split": True, "shortage": "part"})
        self.env["inventory.channel.warehouse"].create({"channel_id": self.shop.id, "warehouse_id": self.second.id})
        part, other = self.make_product(), self.make_product()
        self.put(part, 5)
        self.commit()
        kit = self.make_product(name="Kit")
        parts = [(part, 2.0), (other, 0.0), (self.product, -1.0)]
        order = self.order(1, channel=self.shop, product=kit)
        with patch.object(InventoryKit, "_parts", lambda *args, **kwargs: parts):
            sources = order._inventory_source()
        self.assertEqual(order.order_line.product_uom_qty, 1)
        self.assertFalse(sources)
