"""Common ground of the tests of holds: 100 of a product, 40 of them held."""

import contextlib

from odoo.tests import new_test_user

from ...exceptions import GuardError
from ..channels.channel_case import ChannelCase


class HoldCase(ChannelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "hold_operator", groups="inventory_plus.group_operator")
        cls.approver = new_test_user(cls.env, "hold_approver", groups="inventory_plus.group_approver")
        cls.shelf = cls.env["stock.location"].create({"name": "Shelf", "location_id": cls.stock.id})
        cls.lotted = cls.make_product(name="Milk", tracking="lot")
        cls.lot1, cls.lot2 = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.lotted.id} for name in ("L1", "L2")]
        )

    def setUp(self):
        super().setUp()
        self.put(self.product, 88)
        self.commit()

    def tearDown(self):
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.env["inventory.verify"]._check_holds()
        self.assertEqual(found["differences"], 0, found["sample"])
        super().tearDown()

    def hold_of(self, quantity=40, user=None, **values):
        """An active hold of ``product`` in Stock, by the operator unless said otherwise."""
        vals = {"kind": "quantity", "product_id": self.product.id, "location_id": self.stock.id, "quantity": quantity}
        if values.get("kind", "quantity") != "quantity":
            vals = {}
        hold = self.env["inventory.hold"].with_user(user or self.operator).create({**vals, **values})
        hold.action_hold()
        self.commit()
        return hold

    def held(self, product=None):
        """What is held of the product by lines and by its quants, which both must say the same."""
        product = product or self.product
        self.env.flush_all()
        lines = self.env["stock.move.line"].search(
            [
                ("move_id.inventory_hold_id", "!=", False),
                ("product_id", "=", product.id),
                ("state", "not in", ("done", "cancel")),
            ]
        )
        return sum(lines.mapped("quantity_product_uom"))

    def quant(self, product=None, **domain):
        domain = {"product_id": (product or self.product).id, "location_id": self.stock.id, **domain}
        return self.env["stock.quant"].search([(name, "=", value) for name, value in domain.items()])

    @contextlib.contextmanager
    def refused(self, held=40):
        """The block ends in a GuardError and leaves the hold as it was."""
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            yield
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.held(), held)
        quant = self.quant()
        self.assertGreaterEqual(sum(quant.mapped("quantity")), held)
        self.assertGreaterEqual(sum(quant.mapped("reserved_quantity")), held)
