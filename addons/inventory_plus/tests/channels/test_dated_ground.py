"""What promises with a day may have of the goods at hand, and what nobody else may."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ...exceptions import GuardError
from .test_dated import DatedCase, day

UNTIL = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestDatedGround(DatedCase):
    def food(self):
        return self.make_product(name="Food", default_code="FOOD", tracking="lot", use_expiration_date=True)

    def arrive(self, picking, product, days):
        """Receive the goods in a lot that lasts so many days."""
        lot = self.env["stock.lot"].create({"name": f"{product.name} {days}", "product_id": product.id})
        lot.write({"expiration_date": datetime.now() + timedelta(days=days) + UNTIL, "removal_date": False})
        move = picking.move_ids
        move.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "picking_id": picking.id,
                "product_id": product.id,
                "lot_id": lot.id,
                "quantity": move.product_uom_qty,
                "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id,
            }
        )
        move.picked = True
        picking._action_done()

    def test_what_arrives_too_old_serves_nobody_who_asks_for_more(self):
        self.shop.shelf_life = 30
        food = self.food()
        old, new = self.receipt(6, 5, product=food), self.receipt(4, 5, product=food)
        self.assertEqual(self.dated(10, 7, line={"sku": "FOOD"}, firm=True)["state"], "firm")
        self.arrive(old, food, 5)
        self.arrive(new, food, 60)
        self.keep()
        self.assertEqual(self.line(), (4, 0, False, 6))
        self.sound()

    def test_too_old_goods_go_to_the_next_who_takes_them(self):
        self.shop.shelf_life = 30
        food = self.food()
        receipt = self.receipt(6, 5, product=food)
        self.dated(6, 7, line={"sku": "FOOD"}, firm=True)
        self.arrive(receipt, food, 5)
        self.keep()
        self.assertEqual(self.line(), (0, 0, False, 6))
        self.assertEqual(self.reserve(6, "m1", "market", sku="FOOD")["state"], "soft")
        self.sound()

    def test_who_promises_more_than_there_is_takes_nothing_from_it(self):
        self.make_channel("loose", priority=50, oversell_limit=5)
        receipt = self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        self.assertEqual(self.reserve(5, "l1", "loose", firm=True)["state"], "firm")
        self.receive(receipt)
        self.keep()
        self.assertEqual(self.line(), (10, 0, False, 0))
        self.sound()

    def test_an_overselling_channel_stands_on_goods_too(self):
        """A promise with a day is turned into goods, not into overselling."""
        self.market.oversell_limit = 5
        receipt = self.receipt(10, 5)
        line = {"sku": "GUARDED", "quantity": 10, "date": day(7)}
        self.api.reserve([{"key": "m1", "channel": "market", "firm": True, "lines": [line]}])
        receipt.move_ids.product_uom_qty = 7
        self.receive(receipt)
        self.keep()
        self.assertEqual(self.line("m1", "market"), (7, 0, False, 3))
        self.sound()

    def unsettled(self):
        """Nobody has the time to settle what comes, until the test ends."""
        self.env.cr.execute(
            "CREATE OR REPLACE FUNCTION inventory_dated_keep(p_product integer[]) RETURNS integer"
            " LANGUAGE sql AS 'SELECT 0'"
        )

    def test_a_forced_quantity_takes_nothing_that_came_for_them(self):
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        self.unsettled()
        self.receive(receipt)
        self.assertEqual(self.line(), (0, 6, day(5), 0))
        delivery = self.delivery([(self.product, 10)])
        delivery.action_assign()
        self.commit()
        self.assertEqual(delivery.move_ids.quantity, 4)
        with self.assertRaisesRegex(GuardError, "k1"):
            delivery.move_ids.quantity = 5
            self.commit()

    def test_a_transfer_elsewhere_neither(self):
        receipt = self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        self.unsettled()
        self.receive(receipt)
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "location_id": self.stock.id,
                "location_dest_id": self.second.lot_stock_id.id,
            }
        )
        move._action_confirm()
        with self.assertRaisesRegex(GuardError, "k1"):
            move.quantity = 5
            move.picked = True
            move._action_done()
            self.commit()

    def test_a_receipt_that_does_not_see_the_promise_settles_it_all_the_same(self):
        """Its snapshot may be older than the promise; here the promise is hidden from it."""
        receipt = self.receipt(10, 5)
        self.dated(6, 7, firm=True)
        lines = self.env["inventory.reservation.line"].search([("product_id", "=", self.product.id)])
        self.env.cr.execute(
            "UPDATE inventory_reservation_line SET incoming_quantity = 0 WHERE id = ANY(%s)", [lines.ids]
        )
        receipt.move_ids.quantity = 10
        receipt.move_ids.picked = True
        receipt._action_done()
        state = self.env["inventory.grant"]._state()
        self.env["inventory.dated"]._note(state)
        self.assertIn(self.product.id, state.dated_products)

    def test_goods_that_came_for_one_are_not_promised_to_another_of_the_channel(self):
        self.shop.shelf_life = 30
        food = self.food()
        new, old = self.receipt(4, 5, product=food), self.receipt(16, 5, product=food)
        self.dated(4, 7, line={"sku": "FOOD"}, firm=True)
        self.unsettled()
        self.arrive(new, food, 60)
        self.arrive(old, food, 5)
        self.commit()
        with patch.object(self.registry["inventory.dated"], "_keep", lambda self, products=None: 0):
            self.assertEqual(self.shown("shop", "FOOD"), 0)
            self.assertEqual(self.shown("market", "FOOD"), 16)

    def test_what_has_expired_is_shown_at_once(self):
        self.receipt(10, 5)
        answer = self.dated(10, 7, ttl=60)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE inventory_reservation SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 second'"
            " WHERE id = %s",
            [answer["reservation_id"]],
        )
        self.env.invalidate_all()
        shown = self.api.available("shop", ["GUARDED"])["GUARDED"]
        self.assertEqual([part["quantity"] for part in shown["incoming"]], [10])
        self.assertEqual(self.dated(10, 7, "k2")["state"], "soft")

    def test_a_promise_with_a_day_uses_up_what_is_ring_fenced_for_its_channel(self):
        rule = self.env["inventory.channel.rule"].create(
            {"channel_id": self.market.id, "applied_on": "product", "product_id": self.product.id, "pool_quantity": 4}
        )
        self.receipt(10, 5)
        self.assertEqual(self.dated(7, 7, "k0")["state"], "rejected")
        line = {"sku": "GUARDED", "quantity": 4, "date": day(7)}
        self.api.reserve([{"key": "m1", "channel": "market", "firm": True, "lines": [line]}])
        self.assertEqual(self.dated(6, 7)["state"], "soft")
        self.env.invalidate_all()
        self.assertEqual((rule.pool_used, rule.pool_left), (4, 0))
        self.sound()
