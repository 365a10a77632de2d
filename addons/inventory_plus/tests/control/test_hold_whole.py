"""Whole lots and whole locations are held, with what arrives there later."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...exceptions import GuardError
from .hold_case import HoldCase


@tagged("post_install", "-at_install")
class TestWholeHolds(HoldCase):
    def setUp(self):
        super().setUp()
        self.put(self.lotted, 15, lot_id=self.lot1)
        self.put(self.lotted, 10, lot_id=self.lot2)
        self.commit()

    def receive(self, product, quantity, lot=None, location=None):
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": (location or self.stock).id,
            }
        )
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "picking_id": picking.id,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )
        picking.action_confirm()
        move.move_line_ids.unlink()
        move.move_line_ids = [
            (
                0,
                0,
                {
                    "product_id": product.id,
                    "lot_id": lot.id if lot else False,
                    "quantity": quantity,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                    "picking_id": picking.id,
                },
            )
        ]
        move.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        return picking

    def test_lot(self):
        hold = self.hold_of(kind="lot", lot_id=self.lot1.id)
        self.assertEqual((self.held(self.lotted), hold.product_id), (15, self.lotted))
        picking = self.delivery([(self.lotted, 20)])
        self.receive(self.lotted, 7, self.lot1)
        self.commit()
        self.assertEqual(self.held(self.lotted), 22)
        picking.action_assign()
        self.commit()
        self.assertEqual(picking.move_line_ids.lot_id, self.lot2)
        self.assertEqual(picking.move_ids.quantity, 10)
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            picking.move_line_ids.lot_id = self.lot1
        with self.assertRaises(UserError), self.env.cr.savepoint():
            hold.with_user(self.approver).release(5)
        hold.with_user(self.approver).release()
        self.commit()
        self.assertEqual((self.held(self.lotted), hold.state), (0, "released"))
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 20)

    def test_an_empty_lot_is_held_from_its_first_unit_on(self):
        lot = self.env["stock.lot"].create({"name": "L3", "product_id": self.lotted.id})
        self.hold_of(kind="lot", lot_id=lot.id)
        self.assertEqual(self.held(self.lotted), 0)
        self.receive(self.lotted, 3, lot)
        self.assertEqual(self.held(self.lotted), 3)
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            self.env["stock.quant"]._update_reserved_quantity(self.lotted, self.stock, 1, lot_id=lot)

    def test_location(self):
        self.put(self.product, 8, self.shelf)
        below = self.env["stock.location"].create({"name": "Below", "location_id": self.shelf.id})
        self.commit()
        hold = self.hold_of(kind="location", location_id=self.shelf.id)
        self.assertEqual(self.held(), 8)
        self.receive(self.product, 5, location=below)
        self.receive(self.lotted, 2, self.lot2, location=self.shelf)
        self.assertEqual((self.held(), self.held(self.lotted)), (13, 2))
        picking = self.delivery([(self.product, 150)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 100)
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            self.env["stock.quant"].search([("location_id", "=", below.id)]).move_quants(location_dest_id=self.stock)
        hold.with_user(self.approver).release(2, "scrap", product_id=self.lotted.id)
        self.assertEqual((self.held(), self.held(self.lotted), hold.state), (13, 0, "active"))
        hold.with_user(self.approver).release()
        self.assertEqual((self.held(), hold.state), (0, "released"))

    def test_two_rules_on_the_same_goods(self):
        part = self.hold_of(4, product_id=self.lotted.id, lot_id=self.lot1.id)
        whole = self.hold_of(kind="lot", lot_id=self.lot1.id)
        self.assertEqual((part.held_quantity, whole.held_quantity), (4, 11))
        part.with_user(self.approver).release()
        whole.invalidate_recordset()
        self.assertEqual(whole.held_quantity, 15, "the lot is held as a whole")
        with self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017 - the database says it
            self.hold_of(kind="lot", lot_id=self.lot1.id)

    def test_chained_moves_get_nothing(self):
        """What arrives for a next step in a held lot stays there, and the receipt goes through."""
        self.warehouse.reception_steps = "two_steps"
        self.hold_of(kind="lot", lot_id=self.lot1.id)
        receipt = self.receive(self.lotted, 7, self.lot1, location=self.warehouse.wh_input_stock_loc_id)
        self.commit()
        self.assertEqual(self.held(self.lotted), 22)
        following = receipt.move_ids.move_dest_ids
        self.assertTrue(following)
        self.assertEqual(following.quantity, 0)

    def test_reservations_lose(self):
        picking = self.delivery([(self.lotted, 25)])
        picking.action_assign()
        self.commit()
        self.assertEqual(picking.move_ids.quantity, 25)
        self.hold_of(kind="lot", lot_id=self.lot1.id)
        self.assertEqual(picking.move_line_ids.lot_id, self.lot2)
        self.assertEqual((picking.move_ids.quantity, self.held(self.lotted)), (10, 15))

    def test_what_came_beside_us_is_held_by_the_scheduled_action(self):
        self.hold_of(kind="lot", lot_id=self.lot1.id)
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_quant SET quantity = 18 WHERE lot_id = %s", [self.lot1.id])
        self.env.invalidate_all()
        self.assertEqual(self.held(self.lotted), 15)
        self.env["inventory.hold"]._extend_all()
        self.assertEqual(self.held(self.lotted), 18)
