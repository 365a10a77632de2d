"""Guards of a warehouse: what is not there does not leave, and nothing is done tomorrow."""

from datetime import timedelta

from odoo import fields
from odoo.addons.inventory_plus.exceptions import GuardError
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestGuards(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.write({"inventory_no_negative": True, "inventory_no_future": True})
        cls.customers = cls.env.ref("stock.stock_location_customers")

    def send(self, quantity, product=None, source=None, target=None, **line):
        product, source = product or self.product, source or self.stock
        place = {"location_id": source.id, "location_dest_id": (target or self.customers).id, "product_id": product.id}
        move = self.env["stock.move"].create(
            {
                **place,
                "product_uom_qty": quantity,
                "state": "confirmed",
                "picked": True,
                "move_line_ids": [(0, 0, {**place, "quantity": quantity, **line})],
            }
        )
        move._action_done()
        return move

    def refused(self, *args, **kwargs):
        with self.assertRaises(GuardError) as caught, self.env.cr.savepoint():
            self.send(*args, **kwargs)
        self.env.invalidate_all()
        return str(caught.exception)

    def test_what_is_not_there_does_not_leave(self):
        self.assertIn("Bolt", self.refused(11))
        self.assertEqual(self._on_hand(), 10)
        self.send(10)
        self.assertEqual(self._on_hand(), 0)
        self.refused(1, target=self.shelf)
        # Who takes without the guard goes below zero, as in Odoo.
        self.warehouse.inventory_no_negative = False
        self.send(3)
        self.assertEqual(self._on_hand(), -3)

    def test_by_lot_and_owner(self):
        other = self.env["stock.lot"].create({"name": "L2", "product_id": self.lotted.id})
        self.assertIn("L2", self.refused(1, self.lotted, self.shelf, lot_id=other.id))
        self.send(2, self.lotted, self.shelf, lot_id=self.lot.id)
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.refused(1, owner_id=owner.id)
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, 1, owner_id=owner)
        self.send(1, owner_id=owner.id)
        self.assertEqual(self._on_hand(), 10)

    def test_exempt_location(self):
        self.shelf.inventory_negative = "allow"
        self.send(4, source=self.shelf)
        self.assertEqual(self._on_hand(location=self.shelf), -4)
        # What another location lacks is not its business.
        self.send(1)

    def test_switched_on_with_clean_books_only(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTGUA"})
        self.env["stock.quant"]._update_available_quantity(self.product, other.lot_stock_id, -2)
        with self.assertRaises(UserError) as caught:
            other.inventory_no_negative = True
        self.assertIn("Bolt", str(caught.exception))
        self.env["stock.quant"]._update_available_quantity(self.product, other.lot_stock_id, 2)
        other.inventory_no_negative = True

    def test_nothing_is_done_tomorrow(self):
        move = self.send(1)
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        for record in (move, move.move_line_ids):
            with self.assertRaises(GuardError):
                record.date = tomorrow
        move.date = fields.Datetime.now() - timedelta(days=1)
        self.warehouse.inventory_no_future = False
        move.date = tomorrow
        with self.assertRaises(UserError):
            self.warehouse.inventory_no_future = True
