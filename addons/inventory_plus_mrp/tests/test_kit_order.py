"""Kits that are promised from several warehouses, in part, or of goods on their way; and their orders."""

from odoo.addons.inventory_plus.exceptions import GuardError
from odoo.addons.inventory_plus.tests.channels.test_dated import DatedCase
from odoo.tests import tagged

from .test_kit_promise import KitCase


class KitOrderCase(KitCase, DatedCase):
    """None of ``product`` and 20 of ``other``; each kit of ``pair`` takes one of both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pair = cls.make_kit("PAIR", {cls.product: 1, cls.other: 1})
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})

    def both(self, code, **values):
        return self.make_channel(code, self.warehouse | self.second, **values)

    def order(self, quantity, channel, key=False, product=None):
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "inventory_channel_id": channel.id,
                "inventory_promise_key": key,
                "order_line": [(0, 0, {"product_id": (product or self.pair).id, "product_uom_qty": quantity})],
            }
        )

    def confirmed(self, *args, **kwargs):
        order = self.order(*args, **kwargs)
        order.action_confirm()
        self.commit()
        self.sound()
        return order

    def moves(self, order):
        """``{(product, warehouse): quantity}`` that the order's deliveries take."""
        moves = order.order_line.move_ids.filtered(lambda move: move.state != "cancel")
        return {(move.product_id, move.location_id.warehouse_id): move.product_uom_qty for move in moves}

    def parts(self, channel, key="k1"):
        """``{(sku, warehouse code): (open, incoming)}`` of a promise."""
        return {
            (line["sku"], line["warehouse"]): (line["open"], line["incoming"])
            for line in self.status(key, channel.code)["lines"]
            if line["open"] or line["incoming"]
        }


@tagged("post_install", "-at_install")
class TestKitDated(KitOrderCase):
    def test_an_order_takes_over_a_kit_that_waits_for_a_component(self):
        here = self.warehouse.code
        for shortage in ("refuse", "part", "wait"):
            with self.subTest(shortage):
                channel = self.make_channel(shortage, shortage=shortage)
                receipt = self.receipt(3, 5)
                self.dated(3, 7, channel=shortage, firm=True, line={"sku": "PAIR"})
                promised = {("GUARDED", here): (0, 3), ("OTHER", here): (3, 0)}
                self.assertEqual(self.parts(channel), promised)
                order = self.confirmed(3, channel, "k1")
                self.assertEqual(order.order_line.product_uom_qty, 3)
                self.assertEqual(self.parts(channel), promised)
                self.receive(receipt)
                self.keep()
                order.picking_ids.action_assign()
                self.commit()
                self.assertEqual(order.picking_ids.state, "assigned")
                self.sound()

    def test_an_order_of_more_kits_than_that_is_refused(self):
        channel = self.make_channel("refusing", shortage="refuse")
        self.receipt(3, 5)
        self.dated(3, 7, channel="refusing", firm=True, line={"sku": "PAIR"})
        order = self.order(4, channel, "k1")
        with self.assertRaisesRegex(GuardError, "1.0 of 4.0"), self.env.cr.savepoint():
            order.action_confirm()

    def test_it_comes_to_the_second_warehouse(self):
        self.put(self.other, 5, self.second.lot_stock_id)
        self.commit()
        self.receipt(3, 5, self.second)
        for split in (False,):
            with self.subTest(split=split):
                channel = self.both(f"split{split}", shortage="refuse", allow_split=split)
                self.dated(3, 7, channel=channel.code, firm=True, line={"sku": "PAIR"})
                there = self.second.code
                promised = {("GUARDED", there): (0, 3), ("OTHER", there): (3, 0)}
                self.assertEqual(self.parts(channel), promised)
                order = self.confirmed(3, channel, "k1")
                self.assertEqual(self.parts(channel), promised)
                self.assertEqual(self.moves(order), {(self.product, self.second): 3, (self.other, self.second): 3})
                order._action_cancel()
                self.commit()
