"""What a till ships later is promised in its channel, by its rules."""

from odoo import fields

from .till_case import TillCase


class TestTillShipLater(TillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.till.ship_later = True
        cls.env["stock.picking.type"].search([]).reservation_method = "manual"
        cls.warehouse.out_type_id.reservation_method = "at_confirm"

    def later(self, quantity):
        return self.sell(quantity, shipping_date=fields.Date.today())

    def test_reserved_and_delivered(self):
        order = self.later(5)
        self.assertEqual(order.picking_ids.inventory_channel_id, self.branch)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(self.promise_of(order.picking_ids), (self.branch, "fulfilled", 0, 5))
        self.assertEqual((self.on_hand(), self.free()), (12, 7))
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        self.commit()
        self.assertEqual((self.on_hand(), self.free()), (7, 7))
        self.close()

    def test_promised_where_it_is_not_reserved_yet(self):
        order = self.later(5)
        order.picking_ids.do_unreserve()
        self.commit()
        self.env.invalidate_all()
        self.assertEqual(self.promise_of(order.picking_ids), (self.branch, "firm", 5, 0))
        self.assertEqual(self.free(), 7)
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.state, "assigned")
        self.close()

    def test_it_never_oversells(self):
        self.branch.oversell_limit = 10
        self.reserve(10, channel="market", firm=True)
        order = self.later(5)
        self.assertEqual(order.state, "paid", "the till goes on")
        self.assertEqual(order.picking_ids.move_ids.quantity, 2)
        self.assertEqual(self.free(), 0)
        self.assertEqual(self.status("k1", "market")["lines"][0]["short"], 0)
        self.close()
        self.api.release([{"channel": "market", "key": "k1"}])
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.state, "assigned")

    def test_by_the_rules_of_the_channel(self):
        self.branch.write({"keep_back": "fixed", "keep_quantity": 10})
        self.env.flush_all()
        order = self.later(5)
        self.assertEqual(order.picking_ids.move_ids.quantity, 2)
        self.assertEqual(self.free(), 10)
        self.close()

    def test_two_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.warehouse.pick_type_id.reservation_method = "at_confirm"
        order = self.later(5)
        self.assertEqual(order.picking_ids.inventory_channel_id, self.branch)
        self.assertEqual(self.free(), 7)
        self.close()
