"""Law 7: transfers, resupply, dropship and procured-to-order are kept apart."""

from odoo import Command
from odoo.tests import tagged

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowRoutes(FactsCase):
    def test_transfer_by_hand_is_no_demand(self):
        other = self.make_warehouse("OTH")
        self.move(self.product, 6, self.warehouse.lot_stock_id, other.lot_stock_id)
        self.assertFacts(
            {(self.warehouse, self.today): {"transfer_out": 6.0}, (other, self.today): {"transfer_in": 6.0}}
        )

    def _resupply(self, quantity):
        other = self.make_warehouse("OTH", resupply_wh_ids=[Command.set(self.warehouse.ids)])
        route = other.resupply_route_ids
        self.product.route_ids = route
        self.stock_up(self.product, 100)
        orderpoint = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": other.id,
                "location_id": other.lot_stock_id.id,
                "product_min_qty": quantity,
                "product_max_qty": quantity,
                "trigger": "manual",
                "route_id": route.id,
            }
        )
        orderpoint.action_replenish()
        while waiting := self.env["stock.picking"].search(
            [("product_id", "=", self.product.id), ("state", "not in", ("done", "cancel"))]
        ):
            self.finish((waiting.filtered(lambda p: p.state != "waiting") or waiting).sorted("id")[0])
        return other

    def test_resupply_is_dependent_demand_of_the_supplying_warehouse(self):
        other = self._resupply(20)
        moves = self.env["stock.move"].search([("product_id", "=", self.product.id)])
        self.assertIn("transit", moves.location_dest_id.mapped("usage"))
        self.assertFacts(
            {(self.warehouse, self.today): {"resupply_out": 20.0}, (other, self.today): {"transfer_in": 20.0}}
        )
        rows = {
            (warehouse_id, quantity)
            for _product, warehouse_id, _company, _date, quantity, _revenue in self.env.execute_query(
                self.flow._demand_sql(product_ids=self.product.ids, dependent=True)
            )
        }
        self.assertEqual(rows, {(self.warehouse.id, 20), (other.id, 0)})
        total = sum(row[4] for row in self.env.execute_query(self.flow._demand_sql(product_ids=self.product.ids)))
        self.assertEqual(total, 0, "company totals leave dependent demand out")

    def test_resupply_in_three_steps(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        other = self._resupply(20)
        other.reception_steps = "three_steps"
        self.assertFacts(
            {(self.warehouse, self.today): {"resupply_out": 20.0}, (other, self.today): {"transfer_in": 20.0}}
        )

    def test_sale_out_of_resupplied_goods_is_demand_there(self):
        other = self._resupply(20)
        self.sell(self.product, 8, warehouse=other)
        self.assertFacts(
            {
                (self.warehouse, self.today): {"resupply_out": 20.0},
                (other, self.today): {"transfer_in": 20.0, "sold": 8.0},
            }
        )

    def _make_to_order(self, steps):
        self.warehouse.delivery_steps = steps
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        buy = self.warehouse.buy_pull_id.route_id
        self.product.write(
            {
                "route_ids": [Command.set((route | buy).ids)],
                "seller_ids": [
                    Command.create({"partner_id": self.vendor.id, "price": 1, "company_id": self.company.id})
                ],
            }
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 5, "price_unit": 3})],
            }
        )
        order.action_confirm()
        purchase = self.env["purchase.order"].search([("product_id", "=", self.product.id)])
        purchase.button_confirm()
        self.finish(purchase.picking_ids)
        return self.deliver(order)

    def test_procured_to_order_is_kept_apart(self):
        for steps in ("ship_only", "pick_pack_ship"):
            with self.subTest(steps=steps):
                self.product = self.make_product(steps)
                pickings = self._make_to_order(steps)
                self.assertFacts({(self.warehouse, self.today): {"purchased": 5.0, "procured_to_order": 5.0}})
                self.give_back(pickings[-1], 2)
                self.assertFacts({(self.warehouse, self.today): {"purchased": 5.0, "procured_to_order": 3.0}})

    def test_dropship_is_kept_apart_and_netted(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 5, "price_unit": 3})],
            }
        )
        sent = self.move(
            self.product,
            5,
            self.suppliers,
            self.customers,
            when=self.noon(self.ago(3)),
            sale_line_id=order.order_line.id,
        )
        self.assertFacts({(self.warehouse, self.ago(3)): {"dropshipped": 5.0}})
        self.move(self.product, 2, self.customers, self.warehouse.lot_stock_id, origin_returned_move_id=sent.id)
        self.assertFacts({(self.warehouse, self.ago(3)): {"dropshipped": 3.0}})
