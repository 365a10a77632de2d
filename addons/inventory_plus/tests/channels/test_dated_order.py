"""Orders that take over promises of goods on their way: from which warehouse, and what is given up first."""

from odoo.tests import tagged

from ...exceptions import GuardError
from .test_dated import DatedCase, day


@tagged("post_install", "-at_install")
class TestDatedOrder(DatedCase):
    """Channels sell from the warehouse first, then from the second one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})

    def both(self, code, **values):
        return self.make_channel(code, self.warehouse | self.second, **values)

    def order(self, quantity, channel, key="k1"):
        return self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "inventory_channel_id": channel.id,
                "inventory_promise_key": key,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": quantity})],
            }
        )

    def confirmed(self, quantity, channel, key="k1"):
        order = self.order(quantity, channel, key)
        order.action_confirm()
        self.commit()
        self.sound()
        return order

    def moves(self, order):
        """``{warehouse: quantity}`` that the order's deliveries take."""
        return {
            move.location_id.warehouse_id: move.product_uom_qty
            for move in order.order_line.move_ids
            if move.state != "cancel"
        }

    def parts(self, channel, key="k1"):
        """``{warehouse code: (open, incoming)}`` of a promise."""
        return {
            line["warehouse"]: (line["open"], line["incoming"])
            for line in self.status(key, channel.code)["lines"]
            if line["open"] or line["incoming"]
        }

    def test_what_comes_to_another_warehouse_stays_promised(self):
        for split in (False, True):
            for shortage in ("wait", "refuse", "part"):
                with self.subTest(split=split, shortage=shortage):
                    channel = self.both(f"{split}{shortage}", allow_split=split, shortage=shortage)
                    receipt = self.receipt(10, 5, self.second)
                    self.dated(10, 7, channel=channel.code, firm=True)
                    order = self.confirmed(10, channel)
                    self.assertEqual(self.moves(order), {self.second: 10})
                    self.assertEqual(self.parts(channel), {self.second.code: (0, 10)})
                    self.receive(receipt)
                    self.keep()
                    self.assertEqual(self.shown(channel.code), 0, "it is the order's")
                    order.picking_ids.action_assign()
                    self.commit()
                    self.assertEqual(order.order_line.move_ids.quantity, 10)
                    self.sound()

    def test_part_of_it_at_hand_and_the_rest_comes_to_another_warehouse(self):
        self.put(self.product, 4)
        self.commit()
        self.receipt(10, 5, self.second)
        channel = self.both("split", allow_split=True, shortage="refuse")
        self.dated(10, 7, channel="split", firm=True)
        before = {self.warehouse.code: (4, 0), self.second.code: (0, 6)}
        self.assertEqual(self.parts(channel), before)
        order = self.confirmed(10, channel)
        self.assertEqual(self.parts(channel), before)
        self.assertEqual(self.moves(order), {self.warehouse: 4, self.second: 6})

    def test_a_smaller_order_takes_what_is_at_hand_wherever_that_is(self):
        # The warehouse where it is at hand is the later one by number.
        self.put(self.product, 4, self.second.lot_stock_id)
        self.commit()
        self.receipt(10, 5)
        channel = self.both("split", allow_split=True)
        self.dated(10, 7, channel="split", firm=True)
        order = self.confirmed(5, channel)
        self.assertEqual(self.parts(channel), {self.second.code: (4, 0), self.warehouse.code: (0, 1)})
        self.assertEqual(self.moves(order), {self.second: 4, self.warehouse: 1})

    def test_an_order_of_more_than_comes_is_refused(self):
        channel = self.both("refusing", shortage="refuse")
        self.receipt(10, 5, self.second)
        self.dated(10, 7, channel="refusing", firm=True)
        order = self.order(12, channel)
        with self.assertRaisesRegex(GuardError, "2.0 of 12.0"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.commit()
        self.assertEqual(self.parts(channel), {self.second.code: (0, 10)}, "left as it was")
        self.sound()

    def test_what_is_on_its_way_is_given_up_first(self):
        self.put(self.product, 6)
        self.commit()
        self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        order = self.confirmed(10, self.shop)
        self.assertEqual(self.line(), (6, 4, day(5), 0))
        for quantity, expected in ((8, (6, 2, day(5), 0)), (6, (6, 0, False, 0)), (5, (5, 0, False, 0))):
            with self.subTest(quantity=quantity):
                order.order_line.product_uom_qty = quantity
                self.commit()
                self.assertEqual(self.line(), expected)
                self.sound()

    def test_a_smaller_order_gives_up_what_is_on_its_way_first(self):
        self.put(self.product, 6)
        self.commit()
        self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        self.confirmed(7, self.shop)
        self.assertEqual(self.line(), (6, 1, day(5), 0))

    def test_reserved_and_lowered_at_once(self):
        self.put(self.product, 6)
        self.commit()
        self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        order = self.confirmed(10, self.shop)
        order.picking_ids.action_assign()
        order.order_line.product_uom_qty = 8
        self.commit()
        self.assertEqual(order.order_line.move_ids.quantity, 6)
        self.assertEqual(self.line(), (0, 2, day(5), 0))
        self.sound()

    def test_unreserved_and_lowered_at_once(self):
        self.put(self.product, 6)
        self.commit()
        self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        order = self.confirmed(10, self.shop)
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.line(), (0, 4, day(5), 0))
        order.picking_ids.do_unreserve()
        order.order_line.product_uom_qty = 6
        self.commit()
        self.assertEqual(self.line(), (6, 0, False, 0))
        self.sound()

    def test_its_lines_tell_nothing_twice(self):
        self.put(self.product, 4)
        self.commit()
        self.receipt(10, 5)
        self.dated(10, 7, firm=True)
        self.confirmed(10, self.shop)
        lines = self.status()["lines"]
        told = {name: sum(line[name] for line in lines) for name in ("reserved", "open", "incoming", "released")}
        self.assertEqual(told, {"reserved": 10, "open": 4, "incoming": 6, "released": 0})
