"""Transfers that belong to no order: promised what they wait for, from the day on which Odoo reserves for them."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestDocumentPromise(SaleCase):
    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def promised(self, document):
        reservation = self.env["inventory.reservation"].search(
            [("res_model", "=", document._name), ("res_id", "=", document.id)]
        )
        return sum(reservation.line_ids.mapped("open_quantity"))

    def waiting_delivery(self, quantity, **values):
        """A delivery that Odoo reserves at its confirmation."""
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        picking = self.delivery([(self.product, quantity)], **values)
        self.commit()
        return picking

    def test_what_was_reserved_at_once_needs_no_reservation(self):
        picking = self.waiting_delivery(5)
        self.assertEqual(picking.move_ids.quantity, 5)
        self.assertFalse(self.env["inventory.reservation"].search([("res_model", "=", "stock.picking")]))

    def test_goods_that_come_are_promised_to_a_transfer_that_waits(self):
        self.assertEqual(self.reserve(7)["state"], "soft")
        picking = self.waiting_delivery(10)
        self.assertEqual((picking.move_ids.quantity, self.promised(picking)), (5, 0))
        self.api.release([{"channel": "shop", "key": "k1"}])
        self.assertEqual(self.shown(), 7)
        self.top_up()
        self.assertEqual((self.promised(picking), self.shown()), (5, 2))
        self.assertEqual(self.reserve(3, "k2")["state"], "rejected")
        picking.action_assign()
        self.commit()
        self.assertEqual((picking.move_ids.quantity, self.promised(picking), self.free()), (10, 0, 2))

    def test_unreserved_by_hand_it_stays_promised(self):
        picking = self.waiting_delivery(5)
        picking.do_unreserve()
        self.commit()
        self.assertEqual((picking.move_ids.quantity, self.promised(picking), self.shown()), (0, 5, 7))
        other = self.delivery([(self.product, 12)])
        self.commit()
        other.action_assign()
        self.commit()
        self.assertEqual(other.move_ids.quantity, 7, "the other one gets what is left")

    def test_nothing_before_its_day(self):
        kind = self.warehouse.out_type_id
        kind.write({"reservation_method": "by_date", "reservation_days_before": 2})
        picking = self.delivery([(self.product, 5)])
        picking.move_ids.date = fields.Datetime.now() + timedelta(days=10)
        picking.do_unreserve()
        self.commit()
        self.top_up()
        self.assertEqual((self.promised(picking), self.shown()), (0, 12))
        picking.move_ids.date = fields.Datetime.now() + timedelta(days=1)
        self.commit()
        self.assertEqual((self.promised(picking), self.shown()), (5, 7))
        picking.move_ids.date = fields.Datetime.now() + timedelta(days=10)
        self.commit()
        self.assertEqual((self.promised(picking), self.shown()), (0, 12))

    def test_reserved_by_hand_only(self):
        picking = self.delivery([(self.product, 5)])
        self.commit()
        self.top_up()
        self.assertEqual((self.promised(picking), self.shown()), (0, 12))

    def test_a_backorder_takes_the_promise_along(self):
        picking = self.waiting_delivery(10)
        picking.do_unreserve()
        self.commit()
        self.assertEqual(self.promised(picking), 10)
        picking.move_ids.quantity = 4
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.commit()
        backorder = picking.backorder_ids
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.promised(picking), 0)
        self.assertEqual(self.promised(backorder) + backorder.move_ids.quantity, 6)
        self.assertEqual((self.free(), self.shown()), (2, 2))

    def test_moved_to_another_transfer(self):
        picking = self.waiting_delivery(5)
        picking.do_unreserve()
        self.commit()
        other = picking.copy({"move_ids": False})
        picking.move_ids.picking_id = other
        self.commit()
        self.assertEqual((self.promised(picking), self.promised(other), self.shown()), (0, 5, 7))

    def test_cancelled_and_deleted(self):
        for end in ("action_cancel", "unlink"):
            picking = self.waiting_delivery(5)
            picking.do_unreserve()
            self.commit()
            self.assertEqual(self.shown(), 7)
            getattr(picking, end)()
            self.commit()
            self.assertEqual(self.shown(), 12, end)

    def test_within_the_stock_nothing_is_promised(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        kind = self.warehouse.int_type_id
        kind.reservation_method = "at_confirm"
        picking = self.waiting_delivery(5, picking_type_id=kind.id)
        picking.move_ids.location_dest_id = shelf
        picking.do_unreserve()
        self.commit()
        self.assertEqual((self.promised(picking), self.shown()), (0, 12))

    def test_to_another_warehouse_it_is_promised(self):
        kind = self.warehouse.int_type_id
        kind.reservation_method = "at_confirm"
        picking = self.waiting_delivery(5, picking_type_id=kind.id)
        picking.move_ids.location_dest_id = self.second.lot_stock_id
        picking.do_unreserve()
        self.commit()
        self.assertEqual((self.promised(picking), self.shown()), (5, 7))

    def test_open_at_the_installation(self):
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        picking = self.waiting_delivery(5)
        picking.do_unreserve()
        self.env.flush_all()
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        self.commit()
        self.assertEqual((self.promised(picking), self.shown()), (0, 12))
        self.top_up()
        self.assertEqual((self.promised(picking), self.shown()), (5, 7))

    def test_a_loss_is_told_to_the_transfer(self):
        picking = self.waiting_delivery(10)
        picking.do_unreserve()
        self.commit()
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 4
        quant.action_apply_inventory()
        self.commit()
        self.assertEqual(self.promised(picking), 4)
        self.assertIn("lost", picking.message_ids[:1].body)

    def test_what_is_not_kept_in_stock_is_not_promised(self):
        paint = self.env["product.product"].create({"name": "Touch-up paint", "type": "consu", "is_storable": False})
        order = self.confirmed(5, product=paint)
        order.picking_ids.do_unreserve()
        self.commit()
        self.top_up()
        self.assertFalse(self.env["inventory.reservation"].search([("res_id", "=", order.id)]))
