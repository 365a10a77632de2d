"""Promises against goods on their way: how much, for which day, and what becomes of them."""

import json
from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ...models.channels import webhook_post
from .channel_case import ChannelCase

TODAY = date.today()


def day(number):
    """``number`` days from today, as text."""
    return str(TODAY + timedelta(days=number))


class DatedCase(ChannelCase):
    """Nothing of ``product`` in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendors = cls.env.ref("stock.stock_location_suppliers")
        cls.warehouse.inventory_tz = cls.second.inventory_tz = "UTC"

    def setUp(self):
        super().setUp()
        self.put(self.product, -12)
        self.commit()

    def receipt(self, quantity, days, warehouse=None, product=None):
        place = warehouse or self.warehouse
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": place.in_type_id.id,
                "location_id": self.vendors.id,
                "location_dest_id": place.lot_stock_id.id,
                "scheduled_date": datetime.combine(TODAY, datetime.min.time()) + timedelta(days=days, hours=12),
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": (product or self.product).id,
                            "product_uom_qty": quantity,
                            "location_id": self.vendors.id,
                            "location_dest_id": place.lot_stock_id.id,
                            "date": datetime.combine(TODAY, datetime.min.time()) + timedelta(days=days, hours=12),
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        self.commit()
        return picking

    def receive(self, picking, quantity=None):
        move = picking.move_ids
        move.quantity = move.product_uom_qty if quantity is None else quantity
        move.picked = True
        picking.with_context(skip_backorder=True)._action_done()
        self.commit()

    def dated(self, quantity, days, key="k1", **values):
        line = {"sku": "GUARDED", "quantity": quantity, "date": day(days)}
        request = {"key": key, "channel": "shop", "lines": [{**line, **values.pop("line", {})}], **values}
        [answer] = self.api.reserve([request])
        return answer

    def keep(self):
        self.commit()
        self.env["inventory.dated"]._keep()

    def line(self, key="k1", channel="shop"):
        """``(open, incoming, day, short)`` of a promise of one line."""
        lines = self.status(key, channel)["lines"]
        dates = [line["date"] for line in lines if line["date"]]
        return (
            sum(line["open"] for line in lines),
            sum(line["incoming"] for line in lines),
            max(dates, default=False),
            sum(line["short"] for line in lines),
        )

    def sound(self):
        """Every check of the locks holds."""
        self.commit()
        for name in ("ledger", "never oversold", "promises equal the ledger", "dated promises"):
            [result] = self.env["inventory.verify"]._run([name])
            self.assertEqual(result["differences"], 0, (name, result["sample"]))
        lines = self.env["inventory.reservation.line"].search([("product_id", "=", self.product.id)])
        for line in lines:
            parts = line.open_quantity + line.incoming_quantity + line.fulfilled + line.released + line.short
            self.assertAlmostEqual(line.reserved, parts)


@tagged("post_install", "-at_install")
class TestDated(DatedCase):
    def test_what_comes_in_time_can_be_promised_once(self):
        self.receipt(10, 5)
        answer = self.dated(6, 7)
        self.assertEqual(answer["state"], "soft")
        [line] = answer["lines"]
        self.assertEqual((line["requested"], line["reserved"], line["incoming"]), (6, 6, 6))
        self.assertEqual(line["date"], day(5))
        self.assertEqual(self.line(), (0, 6, day(5), 0))
        self.assertEqual(self.dated(5, 7, "k2")["reason"]["code"], "insufficient_stock")
        self.assertEqual(self.dated(4, 4, "k3")["state"], "rejected", "it comes too late for that")
        self.assertEqual(self.reserve(1, "k4")["state"], "rejected", "nothing is at hand")
        self.assertEqual(self.dated(4, 5, "k5")["lines"][0]["date"], day(5))
        self.assertEqual(self.dated(1, 9, "k6")["state"], "rejected")
        self.sound()

    def test_the_same_key_gives_the_first_answer(self):
        self.receipt(10, 5)
        first = self.dated(6, 7)
        self.assertEqual(self.dated(6, 7), first)
        self.assertEqual(self.dated(6, 8)["reason"]["code"], "key_conflict")

    def test_an_early_promise_does_not_take_from_a_later_one(self):
        self.receipt(5, 2)
        self.receipt(5, 6)
        self.assertEqual(self.dated(8, 9)["lines"][0]["date"], day(6), "the day on which all is there")
        self.assertEqual(self.dated(3, 3, "k2")["state"], "rejected", "two of the first receipt are left")
        self.assertEqual(self.dated(2, 3, "k3")["lines"][0]["date"], day(2))
        self.assertEqual(self.dated(1, 30, "k4")["state"], "rejected")
        self.sound()

    def test_goods_at_hand_go_first(self):
        self.put(self.product, 4, self.stock)
        self.commit()
        self.receipt(10, 5)
        [line] = self.dated(6, 7)["lines"]
        self.assertEqual((line["reserved"], line["incoming"], line["date"]), (6, 2, day(5)))
        self.assertEqual(self.line(), (4, 2, day(5), 0))
        self.assertEqual(self.shown(), 0)
        self.sound()

    def test_goods_at_hand_go_to_the_line_that_cannot_wait(self):
        self.put(self.product, 10, self.stock)
        self.commit()
        self.receipt(10, 5)
        wanted = [{"sku": "GUARDED", "quantity": 16, "date": day(6)}, {"sku": "GUARDED", "quantity": 1}]
        [answer] = self.api.reserve([{"key": "k1", "channel": "shop", "lines": wanted}])
        self.assertEqual([line["reserved"] for line in answer["lines"]], [16, 1])
        self.assertEqual([line.get("incoming", 0) for line in answer["lines"]], [7, 0])
        self.sound()

    def test_part_of_it(self):
        self.put(self.product, 4, self.stock)
        self.commit()
        self.receipt(3, 5)
        self.assertEqual(self.dated(9, 7)["reason"]["code"], "insufficient_stock")
        self.assertEqual(self.shown(), 4, "all or nothing")
        [line] = self.dated(9, 7, "k2", mode="partial")["lines"]
        self.assertEqual((line["reserved"], line["incoming"]), (7, 3))
        self.sound()

    def test_released_and_expired_it_is_free_for_the_next(self):
        self.receipt(10, 5)
        self.dated(10, 7)
        self.api.release([{"channel": "shop", "key": "k1"}])
        self.assertEqual(self.status()["state"], "released")
        self.assertEqual(self.dated(10, 7, "k2", ttl=60)["state"], "soft")
        self.env["inventory.reservation"].search([("key", "=", "k2")]).expires_at = "2020-01-01"
        self.commit()
        self.assertEqual(self.dated(10, 7, "k3", firm=True)["state"], "firm")
        self.assertEqual(self.status("k2")["state"], "expired")
        self.sound()

    def test_who_waits_comes_first(self):
        delivery = self.delivery([(self.product, 4)])
        delivery.picking_type_id.reservation_method = "at_confirm"
        self.commit()
        self.receipt(10, 5)
        self.assertEqual(self.dated(7, 7)["state"], "rejected")
        self.assertEqual(self.dated(6, 7, "k2")["state"], "soft")

    def test_what_the_channel_keeps_back_is_filled_first(self):
        self.shop.write({"keep_back": "fixed", "keep_quantity": 3})
        self.receipt(10, 5)
        self.assertEqual(self.dated(8, 7)["state"], "rejected")
        self.assertEqual(self.dated(7, 7, "k2")["state"], "soft")

    def test_available_tells_what_is_left_by_day(self):
        self.receipt(5, 2)
        self.receipt(5, 6)
        self.dated(7, 9)
        entry = self.api.available("shop", ["GUARDED"])["GUARDED"]
        self.assertEqual(entry["available"], 0)
        self.assertEqual(
            entry["incoming"],
            [{"date": day(2), "warehouse": "GUARD", "quantity": 3}],
            "of ten that come seven are promised; three can be had as soon as the first receipt comes",
        )
        self.assertEqual(entry["next_incoming"], day(2))


@tagged("post_install", "-at_install")
class TestReceipts(DatedCase):
    def test_goods_that_come_are_kept_for_the_promise(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7)
        self.receive(receipt)
        self.assertEqual(self.shown(), 4, "at once, before anybody has looked after the promise")
        self.assertEqual(self.reserve(5, "k2")["state"], "rejected")
        self.keep()
        self.assertEqual(self.line(), (6, 0, False, 0))
        self.assertEqual(self.shown(), 4)
        self.sound()

    def test_a_transfer_that_waits_does_not_snatch_them_in_the_same_transaction(self):
        delivery = self.delivery([(self.product, 10)])
        receipt = self.receipt(10, 5)
        self.dated(6, 7)
        receipt.move_ids.quantity = 10
        receipt.move_ids.picked = True
        receipt._action_done()
        delivery.action_assign()
        self.assertEqual(delivery.move_ids.quantity, 4, "what the receipt gives beyond the promise")
        self.commit()
        self.keep()
        self.assertEqual(self.line(), (6, 0, False, 0))
        self.sound()

    def test_nor_does_one_that_asks_afterwards(self):
        delivery = self.delivery([(self.product, 10)])
        receipt = self.receipt(10, 5)
        self.dated(6, 7)
        self.receive(receipt)
        delivery.action_assign()
        self.commit()
        self.assertEqual(delivery.move_ids.quantity, 4)
        self.keep()
        self.assertEqual(self.line(), (6, 0, False, 0))
        self.sound()

    def test_the_channel_that_comes_last_loses_first(self):
        receipt = self.receipt(10, 5)
        line = {"sku": "GUARDED", "quantity": 6, "date": day(7)}
        self.api.reserve([{"key": "m1", "channel": "market", "firm": True, "lines": [line]}])
        self.dated(4, 7, firm=True)
        receipt.move_ids.product_uom_qty = 7
        self.keep()
        self.assertEqual(self.line(), (0, 4, day(5), 0), "made later, in the channel that comes first")
        self.assertEqual(self.line("m1", "market"), (0, 3, day(5), 3))
        self.sound()

    def test_late_goods_at_hand_serve_first_but_not_what_is_fenced(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.market.id, "applied_on": "product", "product_id": self.product.id, "pool_quantity": 3}
        )
        self.put(self.product, 5)
        self.commit()
        receipt.move_ids.date = datetime.combine(TODAY, datetime.min.time()) + timedelta(days=9)
        self.keep()
        self.assertEqual(self.line(), (2, 4, day(9), 0))
        self.sound()

    def test_late_it_moves_to_the_next_day_that_holds(self):
        first = self.receipt(6, 5)
        self.receipt(6, 12)
        self.dated(6, 7, firm=True)
        first.move_ids.date = datetime.combine(TODAY, datetime.min.time()) + timedelta(days=9)
        self.keep()
        self.assertEqual(self.line(), (0, 6, day(9), 0))
        events = self.env["inventory.reservation"].search([("key", "=", "k1")]).event_ids
        self.assertEqual(events[-1].event, "moved")
        self.assertEqual(events[-1].reason, f"{day(5)} > {day(9)}")
        first.move_ids.date = datetime.combine(TODAY, datetime.min.time()) + timedelta(days=4)
        self.keep()
        self.assertEqual(self.line(), (0, 6, day(4), 0), "early again, it comes back")
        self.sound()

    def test_smaller_the_last_ones_lose(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        self.dated(4, 7, "k2", firm=True)
        receipt.move_ids.product_uom_qty = 7
        self.keep()
        self.assertEqual(self.line(), (0, 6, day(5), 0))
        self.assertEqual(self.line("k2"), (0, 1, day(5), 3))
        self.assertTrue(self.env["inventory.reservation"].search([("key", "=", "k2")]).is_short)
        self.sound()

    def test_cancelled_it_is_short(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        receipt.action_cancel()
        self.keep()
        self.assertEqual(self.line(), (0, 0, False, 6))
        self.sound()

    def test_in_parts(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        self.dated(4, 7, "k2", firm=True)
        self.receive(receipt, 3)
        self.keep()
        self.assertEqual(self.line(), (3, 3, day(5), 0))
        self.assertEqual(self.line("k2"), (0, 4, day(5), 0))
        self.sound()


@tagged("post_install", "-at_install")
class TestOrders(DatedCase):
    def order(self, quantity, key="k1"):
        return self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Customer"}).id,
                "warehouse_id": self.warehouse.id,
                "inventory_channel_id": self.shop.id,
                "inventory_promise_key": key,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": quantity})],
            }
        )

    def test_an_order_takes_it_over_and_waits_for_its_goods(self):
        self.shop.shortage = "refuse"
        receipt = self.receipt(10, 5)
        self.dated(6, 7)
        order = self.order(6)
        order.action_confirm()
        self.commit()
        self.assertEqual(self.line(), (0, 6, day(5), 0))
        self.sound()
        self.receive(receipt)
        self.keep()
        self.assertEqual(self.line(), (6, 0, False, 0))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.move_ids.quantity, 6)
        self.assertEqual(self.status()["lines"][0]["fulfilled"], 6)
        self.sound()

    def test_what_it_does_not_ask_for_is_free(self):
        self.receipt(10, 5)
        self.dated(6, 7)
        order = self.order(4)
        order.action_confirm()
        self.commit()
        self.assertEqual(self.line(), (0, 4, day(5), 0))
        self.assertEqual(self.dated(6, 7, "k2")["state"], "soft")
        order._action_cancel()
        self.commit()
        self.assertEqual(self.dated(4, 7, "k3")["state"], "soft")
        self.sound()


@tagged("post_install", "-at_install")
class TestTold(DatedCase):
    def test_channel_order_and_webhook_are_told(self):
        """A receipt is late: the channel and the order that waits say so, and the shop's webhook brings it."""
        receipt = self.receipt(10, 5)
        self.dated(4, 7, "k2", firm=True)
        self.dated(6, 7, "taken", firm=True)
        order = TestOrders.order(self, 6, "taken")
        order.action_confirm()
        self.commit()
        posts = []
        self.startPatcher(
            patch.object(webhook_post, "post", lambda url, body, headers, allowed=(): posts.append(body) or (200, ""))
        )
        webhook = self.env["inventory.channel.webhook"].create(
            {"channel_id": self.shop.id, "url": "https://shop.example.com/stock", "secret": "correct horse battery"}
        )

        def deliver():
            self.env["inventory.feed"]._cron_relay()
            waiting = self.env["inventory.channel.delivery"].search(
                [("webhook_id", "=", webhook.id), ("state", "=", "waiting")]
            )
            waiting._send()
            return json.loads(posts[-1])

        self.assertNotIn("promises", deliver())
        receipt.move_ids.date = datetime.combine(TODAY, datetime.min.time()) + timedelta(days=9)
        self.keep()
        self.env["inventory.dated"]._tell()
        self.assertIn(f"k2: 4.0 are due on {day(9)}, no longer on {day(5)}.", self.shop.message_ids[0].body)
        self.assertIn(f"6.0 are due on {day(9)}", order.message_ids[0].body)
        told = deliver()["promises"]
        self.assertEqual(
            [(promise["key"], promise["event"], promise["quantity"], promise["date"]) for promise in told],
            [("k2", "moved", 4, day(9)), ("taken", "moved", 6, day(9))],
        )
        before = len(posts)
        self.assertFalse(self.env["inventory.dated"]._tell(), "once")
        receipt.action_cancel()
        self.keep()
        self.env["inventory.dated"]._tell()
        self.assertEqual({promise["event"] for promise in deliver()["promises"]}, {"short"})
        self.assertEqual(len(posts), before + 1)
