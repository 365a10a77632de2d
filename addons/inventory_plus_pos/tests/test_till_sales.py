"""What a till sells is gone: it is booked for its channel, and whoever loses his goods by it sees so at once."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from .till_case import TillCase


class TestTillSales(TillCase):
    def test_at_once(self):
        self.at_once()
        order = self.sell(5)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual((self.on_hand(), self.free()), (7, 7))
        self.assertEqual(order.picking_ids.inventory_channel_id, self.branch)
        self.assertEqual(self.promise_of(order.picking_ids), (self.branch, "fulfilled", 0, 5))
        self.close()
        self.assertEqual(self.free(), 7)

    def test_at_the_end_of_the_session(self):
        self.at_the_end()
        self.sell(3)
        self.sell(2)
        self.assertEqual(self.on_hand(), 12)
        session = self.close()
        self.assertEqual((self.on_hand(), self.free()), (7, 7))
        self.assertEqual(session.picking_ids.mapped("state"), ["done"])
        self.assertEqual(self.promise_of(session.picking_ids), (self.branch, "fulfilled", 0, 5))

    def test_goods_that_others_were_promised(self):
        for mode in (self.at_once, self.at_the_end):
            with self.subTest(mode.__name__):
                key = mode.__name__
                mode()
                if self.on_hand() < 12:
                    self.put(self.product, 12 - self.on_hand())
                self.commit()
                self.assertEqual(self.reserve(10, key, channel="market", firm=True)["state"], "firm")
                order = self.sell(5)
                session = self.close()
                pickings = order.picking_ids or session.picking_ids
                self.assertEqual(pickings.mapped("state"), ["done"], "the till was not refused")
                self.assertEqual((self.on_hand(), self.free()), (7, 0))
                [line] = self.status(key, "market")["lines"]
                self.assertEqual((line["open"], line["short"]), (7, 3))
                self.api.release([{"channel": "market", "key": key}])
                self.assertEqual(self.free(), 7)

    def test_goods_on_a_shelf_are_taken_from_the_shelf(self):
        self.at_once()
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        product = self.make_product(default_code="SHELF", available_in_pos=True, taxes_id=False)
        self.put(product, 10, shelf)
        self.commit()
        self.reserve(8, "shelf", channel="market", sku="SHELF", firm=True)
        self.sell(6, product)
        quants = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "child_of", self.stock.id)]
        )
        self.assertEqual([(q.location_id, q.quantity) for q in quants if q.quantity], [(shelf, 4)])
        self.assertEqual(self.free(product), 0)

    def test_more_than_there_is(self):
        self.at_once()
        order = self.sell(20)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual((self.on_hand(), self.free()), (-8, -8))
        self.close()

    def test_goods_that_a_transfer_reserved(self):
        self.at_once()
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 10,
                            "location_id": self.stock.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        self.commit()
        order = self.sell(5)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertEqual(self.on_hand(), 7)
        self.assertLessEqual(picking.move_ids.quantity, 7)
        self.close()

    def test_a_refund_brings_them_back(self):
        for mode in (self.at_once, self.at_the_end):
            with self.subTest(mode.__name__):
                mode()
                before = self.on_hand()
                order = self.sell(5)
                self.refund(order)
                self.close()
                self.assertEqual((self.on_hand(), self.free()), (before, before))

    def test_what_is_ring_fenced_for_the_branch_is_used_up(self):
        rule = self.env["inventory.channel.rule"].create(
            {"channel_id": self.branch.id, "applied_on": "all", "keep_back": "nothing", "pool_quantity": 8}
        )
        # A test lives in one transaction, whose time stands still.
        rule.pool_since = fields.Datetime.now() - timedelta(hours=1)
        self.env.flush_all()
        self.assertEqual(self.shown("market"), 4)
        self.at_once()
        self.sell(5)
        self.assertEqual(self.shown("market"), 4, "7 are left, 3 of them for the branch")
        self.close()

    def shown(self, channel):
        return self.api.available(channel, ["GUARDED"])["GUARDED"]["available"]

    def test_a_till_without_a_channel(self):
        self.branch.pos_config_ids = False
        self.at_once()
        self.reserve(10, channel="market", firm=True)
        order = self.sell(5)
        self.assertEqual(order.picking_ids.state, "done")
        self.assertFalse(order.picking_ids.inventory_channel_id)
        self.assertEqual(self.promise_of(order.picking_ids), (self.branch.browse(), False, 0, 0))
        self.assertEqual(self.status("k1", "market")["lines"][0]["short"], 3)
        self.close()

    def test_a_cashier_sells(self):
        cashier = new_test_user(self.env, "cashier", groups="point_of_sale.group_pos_user")
        self.at_the_end()
        self.reserve(10, channel="market", firm=True)
        lines = self.sell(5).lines.with_user(cashier).sudo()
        customers = self.env.ref("stock.stock_location_customers")
        picking_type = lines.order_id.config_id.picking_type_id
        pickings = lines.env["stock.picking"]._create_picking_from_pos_order_lines(customers.id, lines, picking_type)
        self.commit()
        self.assertEqual((pickings.state, pickings.inventory_channel_id), ("done", self.branch))
        self.assertNotIn("inventory_truth", pickings.env.context)
        self.assertEqual(self.status("k1", "market")["lines"][0]["short"], 3)

    def test_the_mark_of_a_till_cannot_be_forged(self):
        self.reserve(12, channel="market", firm=True)
        forged = self.env["stock.picking"].with_context(inventory_truth=True, inventory_stated=True)
        picking = forged.create(
            {
                "picking_type_id": self.till.picking_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 5,
                            "location_id": self.stock.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        with self.assertRaises(UserError):
            picking.move_ids.quantity = 5
