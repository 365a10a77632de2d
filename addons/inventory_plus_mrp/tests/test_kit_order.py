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
        parts = {}
        for line in self.status(key, channel.code)["lines"]:
            opened, coming = parts.get((line["sku"], line["warehouse"]), (0, 0))
            parts[line["sku"], line["warehouse"]] = (opened + line["open"], coming + line["incoming"])
        return {item: quantities for item, quantities in parts.items() if any(quantities)}


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
        for split in (False, True):
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

    def test_of_a_part_whole_kits(self):
        self.receipt(3, 5)
        self.put(self.product, 2)
        self.commit()
        answer = self.dated(9, 7, mode="partial", firm=True, line={"sku": "PAIR"})
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["incoming"]), (5, 3))
        here = self.warehouse.code
        self.assertEqual(self.parts(self.shop), {("GUARDED", here): (2, 3), ("OTHER", here): (5, 0)})
        self.assertEqual(answer["reason"]["message"][:12], "5.0 of PAIR ")
        triple = self.make_kit("TRIPLE", {self.product: 3, self.other: 1})
        self.receipt(4, 5)
        answer = self.dated(2, 7, "k2", mode="partial", line={"sku": triple.default_code})
        self.assertEqual(answer["lines"][0]["reserved"], 1)
        self.assertEqual(self.parts(self.shop, "k2"), {("GUARDED", here): (0, 3), ("OTHER", here): (1, 0)})
        self.assertEqual(self.dated(1, 7, "k3", mode="partial", line={"sku": "TRIPLE"})["state"], "rejected")
        self.assertEqual(self.dated(1, 7, "k4")["state"], "soft", "what makes no kit is free")
        self.sound()

    def test_the_warehouse_that_makes_the_most_kits(self):
        self.put(self.other, 100)
        self.put(self.other, 2, self.second.lot_stock_id)
        self.commit()
        self.receipt(1, 5)
        self.receipt(2, 5, self.second)
        for split in (False, True):
            with self.subTest(split=split):
                channel = self.both(f"most{split}", allow_split=split)
                self.dated(4, 7, channel=channel.code, mode="partial", line={"sku": "PAIR"})
                there = self.second.code
                self.assertEqual(self.parts(channel), {("GUARDED", there): (0, 2), ("OTHER", there): (2, 0)})
                self.api.release([{"channel": channel.code, "key": "k1"}])


@tagged("post_install", "-at_install")
class TestKitWarehouses(KitOrderCase):
    """Published, promised and ordered of a kit is the same: what each warehouse makes by itself."""

    def available(self, channel, sku="PAIR"):
        return self.api.available(channel.code, [sku])[sku]["available"]

    def test_components_in_two_warehouses_are_no_kit(self):
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()
        channel = self.both("split", allow_split=True, shortage="refuse")
        self.assertEqual(self.available(channel), 0)
        answer = self.reserve(2, channel="split", sku="PAIR")
        self.assertEqual((answer["state"], answer["reason"]["message"][:12]), ("rejected", "0.0 of PAIR "))
        self.assertEqual(self.reserve(2, "k2", channel="split", sku="PAIR", mode="partial")["state"], "rejected")
        self.assertEqual((self.free(self.other), self.free(warehouse=self.second)), (20, 5))
        order = self.order(2, channel)
        with self.assertRaisesRegex(GuardError, "2.0 of 2.0"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.sound()

    def test_a_line_of_whole_kits_from_each_warehouse(self):
        self.put(self.product, 3)
        self.put(self.product, 2, self.second.lot_stock_id)
        self.put(self.other, 9, self.second.lot_stock_id)
        self.commit()
        channel = self.both("split", allow_split=True, shortage="refuse")
        self.assertEqual(self.available(channel), 5)
        answer = self.reserve(6, channel="split", sku="PAIR")
        self.assertEqual((answer["state"], answer["reason"]["message"][:12]), ("rejected", "5.0 of PAIR "))
        self.assertEqual(self.reserve(5, "k5", channel="split", sku="PAIR")["lines"][0]["reserved"], 5)
        here, there = self.warehouse.code, self.second.code
        promised = {
            ("GUARDED", here): (3, 0),
            ("OTHER", here): (3, 0),
            ("GUARDED", there): (2, 0),
            ("OTHER", there): (2, 0),
        }
        self.assertEqual(self.parts(channel, "k5"), promised)
        self.assertEqual(self.available(channel), 0)
        moves = {
            (product, place): quantity
            for place, quantity in ((self.warehouse, 3), (self.second, 2))
            for product in (self.product, self.other)
        }
        order = self.confirmed(5, channel, "k5")
        self.assertEqual(self.moves(order), moves)
        self.assertEqual(self.parts(channel, "k5"), promised)
        order._action_cancel()
        self.commit()
        order = self.order(6, channel)
        with self.assertRaisesRegex(GuardError, "1.0 of 6.0"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(self.moves(self.confirmed(5, channel)), moves, "without a promise, too")

    def test_all_of_it_from_one_warehouse_where_one_has_all(self):
        self.put(self.product, 2)
        self.put(self.product, 4, self.second.lot_stock_id)
        self.put(self.other, 9, self.second.lot_stock_id)
        self.commit()
        channel = self.both("split", allow_split=True)
        there = self.second.code
        self.reserve(3, channel="split", sku="PAIR")
        self.assertEqual(self.parts(channel), {("GUARDED", there): (3, 0), ("OTHER", there): (3, 0)})
        order = self.confirmed(2, channel, "k1")
        self.assertEqual(self.moves(order), {(self.product, self.second): 2, (self.other, self.second): 2})

    def test_an_order_of_more_kits_keeps_those_that_were_promised(self):
        self.put(self.product, 2)
        self.put(self.product, 4, self.second.lot_stock_id)
        self.put(self.other, 9, self.second.lot_stock_id)
        self.commit()
        channel = self.both("split", allow_split=True, shortage="refuse")
        self.reserve(4, channel="split", sku="PAIR", firm=True)
        order = self.confirmed(5, channel, "k1")
        self.assertEqual(
            self.moves(order),
            {
                (self.product, self.second): 4,
                (self.other, self.second): 4,
                (self.product, self.warehouse): 1,
                (self.other, self.warehouse): 1,
            },
        )

    def test_of_a_part_whole_kits_are_held(self):
        self.put(self.product, 3)
        self.commit()
        here = self.warehouse.code
        answer = self.reserve(10, sku="PAIR", mode="partial", firm=True)
        self.assertEqual(answer["lines"][0]["reserved"], 3)
        self.assertEqual(answer["reason"]["message"][:12], "3.0 of PAIR ")
        self.assertEqual(self.parts(self.shop), {("GUARDED", here): (3, 0), ("OTHER", here): (3, 0)})
        self.assertEqual(self.free(self.other), 17)
        self.put(self.product, 5)
        self.commit()
        self.make_kit("DOUBLE", {self.product: 2, self.other: 1})
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in (("DOUBLE", 9), ("GUARDED", 9), ("PAIR", 9))]
        request = {"key": "k2", "channel": "shop", "mode": "partial", "lines": lines}
        [answer] = self.api.reserve([request])
        self.assertEqual([line["reserved"] for line in answer["lines"]], [2, 1, 0])
        self.assertEqual((self.free(), self.free(self.other)), (0, 15))
        self.assertEqual(self.api.reserve([request])[0], answer)
        self.sound()

    def test_components_that_were_promised_apart_are_asked_for_where_most_are(self):
        self.put(self.product, 4)
        self.put(self.product, 4, self.second.lot_stock_id)
        self.put(self.other, 9, self.second.lot_stock_id)
        self.commit()
        channel = self.both("each", shortage="refuse")
        lines = [
            {"sku": "GUARDED", "quantity": 4, "warehouse": self.second.code},
            {"sku": "OTHER", "quantity": 1, "warehouse": self.second.code},
        ]
        self.api.reserve([{"key": "k1", "channel": "each", "firm": True, "lines": lines}])
        order = self.confirmed(4, channel, "k1")
        self.assertEqual(self.moves(order), {(self.product, self.second): 4, (self.other, self.second): 4})

    def test_what_is_left_of_a_promise_binds_no_kit_that_cannot_be_made_of_it(self):
        self.put(self.other, -20)
        self.put(self.product, 5)
        self.put(self.product, 3, self.second.lot_stock_id)
        self.put(self.other, 3, self.second.lot_stock_id)
        self.commit()
        for ordered, goods in ((5, 5), (3, 3)):
            with self.subTest(ordered=ordered):
                channel = self.both(f"mixed{ordered}", allow_split=True, shortage="refuse")
                lines = [
                    {"sku": "GUARDED", "quantity": 5, "warehouse": self.warehouse.code},
                    {"sku": "PAIR", "quantity": 2, "warehouse": self.second.code},
                ]
                self.api.reserve([{"key": "k1", "channel": channel.code, "firm": True, "lines": lines}])
                order = self.order(3, channel, "k1")
                order.order_line = [(0, 0, {"product_id": self.product.id, "product_uom_qty": ordered})]
                order.action_confirm()
                self.commit()
                moves = order.order_line.move_ids
                here = moves.filtered(lambda move: move.location_id.warehouse_id == self.warehouse)
                self.assertEqual(here.mapped("product_uom_qty"), [goods])
                self.assertEqual(sorted((moves - here).mapped("product_uom_qty")), [3, 3])
                order._action_cancel()
                self.commit()
                self.sound()
