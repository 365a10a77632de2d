"""A client's promise becomes a delivery: an order that names its key takes it over when it is confirmed."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...exceptions import GuardError
from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestSaleTakeover(SaleCase):
    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def taking(self, quantity, key="k1", channel=None, **values):
        return self.order(quantity, channel=channel or self.shop, inventory_promise_key=key, **values)

    def confirm(self, order):
        order.action_confirm()
        self.commit()
        return order

    def of_client(self, key="k1"):
        """``(state, open, fulfilled, released)`` as the client reads it."""
        status = self.status(key)
        return (status["state"], *(sum(line[n] for line in status["lines"]) for n in ("open", "fulfilled", "released")))

    def deliver(self, order):
        order.picking_ids.action_assign()
        self.commit()
        order.picking_ids.move_ids.picked = True
        order.picking_ids.with_context(skip_backorder=True)._action_done()
        self.commit()

    def assertRefused(self, order, text):
        with self.assertRaisesRegex(GuardError, text), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.commit()
        self.assertEqual(order.state, "draft")

    def test_the_promise_becomes_the_delivery(self):
        self.shop.shortage = "refuse"
        self.reserve(12, firm=True)
        order = self.confirm(self.taking(12))
        self.assertEqual(self.promise_of(order), ("firm", 12, 0, 0), "nothing else was free")
        self.assertEqual(self.env["inventory.reservation"].search_count([("channel_id", "=", self.shop.id)]), 1)
        self.assertEqual(self.of_client(), ("firm", 12, 0, 0))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.state, "assigned")
        self.deliver(order)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(self.of_client(), ("fulfilled", 0, 12, 0))
        self.assertEqual(self.free(), 0)

    def test_a_soft_promise_no_longer_expires(self):
        self.reserve(5, ttl=60)
        self.confirm(self.taking(5))
        self.assertEqual(self.status()["expires_at"], False)
        self.assertEqual(self.of_client(), ("firm", 5, 0, 0))
        self.assertEqual(self.free(), 7)

    def test_reserved_at_once(self):
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        self.reserve(12, firm=True)
        order = self.confirm(self.taking(12))
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(self.of_client(), ("fulfilled", 0, 12, 0))

    def test_an_order_of_less_gives_the_rest_back_and_one_of_more_asks_for_it(self):
        self.reserve(8)
        self.confirm(self.taking(5))
        self.assertEqual(self.of_client(), ("firm", 5, 0, 3))
        self.assertEqual(self.free(), 7)
        self.reserve(2, "k2")
        order = self.confirm(self.taking(6, "k2"))
        self.assertEqual(self.promise_of(order)[:2], ("firm", 6))
        self.assertEqual(self.free(), 1)
        self.shop.shortage = "refuse"
        self.reserve(1, "k3")
        self.assertRefused(self.taking(2, "k3"), "1.0 of 2.0")
        self.assertEqual(self.of_client("k3"), ("soft", 1, 0, 0), "left as it was")

    def test_the_goods_come_from_where_they_were_promised(self):
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()
        for split in (False, True):
            channel = self.make_channel(f"both{split}", self.second | self.warehouse, allow_split=split)
            line = {"sku": "GUARDED", "quantity": 2, "warehouse": self.warehouse.code}
            self.api.reserve([{"key": "w", "channel": channel.code, "lines": [line]}])
            order = self.confirm(self.taking(2, "w", channel))
            self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.warehouse)
            self.assertEqual(self.status("w", channel.code)["lines"][0]["open"], 2)
        lines = [{"sku": "GUARDED", "quantity": 1, "warehouse": place.code} for place in self.second | self.warehouse]
        channel = self.make_channel("each", self.second | self.warehouse)
        self.api.reserve([{"key": "e", "channel": "each", "lines": lines}])
        order = self.confirm(self.taking(2, "e", channel))
        self.assertEqual(len(order.picking_ids), 2)
        self.assertEqual([line["open"] for line in self.status("e", "each")["lines"]], [1, 1])

    def test_what_cannot_be_taken_over(self):
        self.reserve(1, "market", channel="market")
        self.reserve(1, "gone")
        self.api.release([{"channel": "shop", "key": "gone"}])
        self.reserve(1, "over")
        self.env.cr.execute("UPDATE inventory_reservation SET expires_at = '2020-01-01' WHERE key = 'over'")
        self.reserve(99, "refused")
        self.reserve(1, "taken")
        first = self.confirm(self.taking(1, "taken"))
        for key, text in (
            ("nothing", "no promise with the key nothing"),
            ("market", "no promise with the key market"),
            ("gone", "Released"),
            ("over", "Expired"),
            ("refused", "Rejected"),
            ("taken", f"{first.name} has taken over"),
        ):
            with self.subTest(key=key):
                self.assertRefused(self.taking(1, key), text)
        for key in ("a" * 201, "a\x00b", "\ud800"):
            with self.assertRaisesRegex(UserError, "1 to 200"):
                self.taking(1, key)

    def test_a_client_no_longer_releases_what_an_order_took_over(self):
        self.reserve(5, firm=True)
        order = self.confirm(self.taking(5))
        answer = self.api.release([{"channel": "shop", "key": "k1"}])[0]
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("firm", "taken_over"))
        self.assertEqual(self.api.confirm([{"channel": "shop", "key": "k1"}])[0]["state"], "firm")
        order._action_cancel()
        self.commit()
        self.assertEqual(self.of_client(), ("released", 0, 0, 5))
        self.assertEqual(self.free(), 12)
        order.action_draft()
        self.confirm(order)
        self.assertEqual(self.free(), 7, "promised anew")

    def test_an_order_has_one_promise(self):
        order = self.confirmed(2, channel=self.shop)
        self.deliver(order)
        order._action_cancel()
        order.action_draft()
        self.reserve(1)
        order.inventory_promise_key = "k1"
        self.assertRefused(order, "promise of its own")

    def test_an_order_without_its_goods_gives_them_back(self):
        self.reserve(5, firm=True)
        order = self.taking(1)
        order.order_line.unlink()
        self.confirm(order)
        self.assertEqual(self.of_client(), ("released", 0, 0, 5))
        self.assertEqual(self.free(), 12)
