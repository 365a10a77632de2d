"""Confirmation: from which warehouse the goods come, and what the channel does when there are not enough."""

from odoo.tests import tagged

from ...exceptions import GuardError
from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestSaleConfirm(SaleCase):
    def setUp(self):
        super().setUp()
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()

    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def moves(self, order):
        """``{code of the warehouse: quantity}`` of the order's deliveries."""
        return {move.picking_type_id.warehouse_id.code: move.product_uom_qty for move in order.order_line.move_ids}

    def test_the_team_gives_the_channel(self):
        team = self.env["crm.team"].create({"name": "Shop"})
        self.shop.team_ids = team
        self.assertEqual(self.order(1, team_id=team.id).inventory_channel_id, self.env["inventory.channel"])
        order = self.env["sale.order"].create({"partner_id": self.partner.id, "team_id": team.id})
        self.assertEqual(order.inventory_channel_id, self.shop)
        self.assertTrue(self.order(1)._inventory_sold_in().is_back_office)

    def test_an_archived_channel_sells_nothing(self):
        order = self.order(1, channel=self.shop)
        self.shop.active = False
        with self.assertRaisesRegex(GuardError, "archived"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        order.inventory_channel_id = self.market
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_the_only_warehouse_of_the_channel(self):
        channel = self.make_channel("second", self.second)
        order = self.confirmed(3, channel=channel)
        self.assertEqual(order.warehouse_id, self.second)
        self.assertEqual(self.free(warehouse=self.second), 2)

    def test_the_first_warehouse_that_has_all(self):
        channel = self.make_channel("both", self.second | self.warehouse)
        self.assertEqual(self.moves(self.confirmed(4, channel=channel)), {"SECON": 4})
        self.assertEqual(self.moves(self.confirmed(4, channel=channel)), {"GUARD": 4})
        self.assertEqual((self.free(), self.free(warehouse=self.second)), (8, 1))

    def test_split_over_warehouses(self):
        channel = self.make_channel("split", self.second | self.warehouse, allow_split=True)
        order = self.confirmed(9, channel=channel)
        self.assertEqual(self.moves(order), {"SECON": 5, "GUARD": 4})
        self.assertEqual((self.free(), self.free(warehouse=self.second)), (8, 0))
        self.assertEqual(self.promise_of(order)[:2], ("firm", 9))
        order = self.confirmed(10, channel=channel)
        self.assertEqual(self.moves(order), {"GUARD": 10})
        self.assertEqual(self.promise_of(order)[:2], ("firm", 8))

    def test_refusing_what_is_not_there(self):
        self.shop.shortage = "refuse"
        order = self.order(13, channel=self.shop)
        with self.assertRaisesRegex(GuardError, "1.0 of 13.0"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.assertEqual(order.state, "draft")
        self.commit()
        self.assertEqual(self.free(), 12)
        self.assertEqual(self.promise_of(self.confirmed(12, channel=self.shop))[1], 12)

    def test_ordering_what_there_is(self):
        self.shop.shortage = "part"
        order = self.confirmed(13, channel=self.shop)
        self.assertEqual(order.order_line.product_uom_qty, 12)
        self.assertEqual(self.moves(order), {"GUARD": 12})
        self.assertIn("1.0 of 13.0", order.message_ids[0].body + order.message_ids[1].body)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 12))

    def test_waiting_is_said_in_the_chatter(self):
        order = self.confirmed(13)
        self.assertIn("1.0 Units are promised as soon as there are any", "".join(order.message_ids.mapped("body")))
        other = self.env["sale.order"].create(self.order(1).copy_data()[0])
        other.action_confirm()
        self.assertEqual(self.promise_of(other)[1], 0)

    def test_a_service_and_a_consumable_need_no_promise(self):
        self.shop.shortage = "refuse"
        service = self.env["product.product"].create({"name": "Service", "type": "service"})
        thing = self.env["product.product"].create({"name": "Thing", "type": "consu", "is_storable": False})
        for product in (service, thing):
            order = self.confirmed(3, channel=self.shop, product=product)
            self.assertEqual(order.state, "sale")

    def test_units_of_the_order_line(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        order = self.order(1, channel=self.shop)
        order.order_line.product_uom_id = dozen
        self.shop.shortage = "refuse"
        order.action_confirm()
        self.commit()
        self.assertEqual(self.promise_of(order)[:2], ("firm", 12))
        self.assertEqual(self.free(), 0)

    def test_rules_are_asked_for_once(self):
        self.shop.shortage = "refuse"
        queries = {}
        for count in (5, 5, 30):
            products = [self.make_product(name=f"P{number}") for number in range(count)]
            for product in products:
                self.put(product, 5)
            self.commit()
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.partner.id,
                    "inventory_channel_id": self.shop.id,
                    "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 1}) for product in products],
                }
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(order._inventory_stock_lines()), count)
            queries[count] = self.env.cr.sql_log_count - before
        self.assertEqual(queries[30], queries[5])
