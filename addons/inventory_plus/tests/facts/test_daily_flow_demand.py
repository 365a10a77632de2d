"""Law 7, line by line: what is demand, and on which day of which warehouse it stands."""

from odoo import Command
from odoo.tests import tagged

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowDemand(FactsCase):
    def test_one_sale_is_itself_in_one_two_and_three_steps(self):
        for number, steps in enumerate(("ship_only", "pick_ship", "pick_pack_ship"), 1):
            with self.subTest(steps=steps):
                self.warehouse.delivery_steps = steps
                product = self.make_product(steps)
                self.stock_up(product, 100)
                _order, pickings = self.sell(product, 10)
                self.assertEqual(len(pickings), number)
                self.assertFacts({(self.warehouse, self.today): {"sold": 10.0}}, product)

    def test_receipt_counts_once_in_one_two_and_three_steps(self):
        for number, steps in enumerate(("one_step", "two_steps", "three_steps"), 1):
            with self.subTest(steps=steps):
                self.warehouse.reception_steps = steps
                product = self.make_product(steps)
                order = self.env["purchase.order"].create(
                    {
                        "partner_id": self.vendor.id,
                        "picking_type_id": self.warehouse.in_type_id.id,
                        "order_line": [
                            Command.create({"product_id": product.id, "product_qty": 8, "price_unit": 1, "tax_ids": []})
                        ],
                    }
                )
                order.button_confirm()
                self.finish(order.picking_ids)
                while waiting := self.env["stock.picking"].search(
                    [("product_id", "=", product.id), ("state", "not in", ("done", "cancel"))]
                ):
                    self.finish(waiting[0])
                moves = self.env["stock.move"].search([("product_id", "=", product.id), ("state", "=", "done")])
                self.assertEqual(len(moves), number)
                self.assertFacts({(self.warehouse, self.today): {"purchased": 8.0}}, product)

    def test_return_is_booked_on_the_day_of_the_sale(self):
        self.stock_up(self.product, 100)
        _order, pickings = self.sell(self.product, 100, when=self.noon(self.ago(10)))
        self.give_back(pickings[-1], 90)
        self.assertFacts({(self.warehouse, self.ago(10)): {"sold": 100.0, "returned": 90.0}})
        flow = self.flow.search([("product_id", "=", self.product.id)])
        self.assertEqual(flow.demand, 10.0)
        self.assertEqual(flow.revenue, 100.0)

    def test_return_of_a_three_step_sale_through_a_three_step_receipt(self):
        self.warehouse.write({"delivery_steps": "pick_pack_ship", "reception_steps": "three_steps"})
        self.stock_up(self.product, 20)
        _order, pickings = self.sell(self.product, 20, when=self.noon(self.ago(3)))
        self.give_back(pickings[-1], 5, when=self.noon(self.ago(1)))
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 20.0, "returned": 5.0}})

    def test_return_to_another_warehouse_nets_where_it_was_sold(self):
        other = self.make_warehouse("OTH")
        self.stock_up(self.product, 50)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(5)))
        self.give_back(pickings[-1], 12, dest=other.lot_stock_id)
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 30.0, "returned": 12.0}})

    def test_return_to_a_place_outside_every_warehouse(self):
        place = self.env["stock.location"].create(
            {"name": "Returns", "usage": "internal", "company_id": self.company.id, "location_id": False}
        )
        self.stock_up(self.product, 50)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(5)))
        self.give_back(pickings[-1], 12, dest=place)
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 30.0, "returned": 12.0}})

    def test_goods_sent_out_again_take_the_return_back(self):
        self.stock_up(self.product, 50)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(5)))
        back = self.give_back(pickings[-1], 12, when=self.noon(self.ago(3)))
        again = self.give_back(back, 7)
        self.assertEqual(again.move_ids.origin_returned_move_id, back.move_ids)
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 37.0, "returned": 12.0}})

    def test_return_without_origin_belongs_to_the_sale_lines_delivery(self):
        self.stock_up(self.product, 50)
        order, _pickings = self.sell(self.product, 30, when=self.noon(self.ago(5)))
        self.move(self.product, 4, self.customers, self.warehouse.lot_stock_id, sale_line_id=order.order_line.id)
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 30.0, "returned": 4.0}})

    def test_return_without_any_origin_stands_on_its_own_day(self):
        self.move(self.product, 4, self.customers, self.warehouse.lot_stock_id, when=self.noon(self.ago(2)))
        self.assertFacts({(self.warehouse, self.ago(2)): {"returned": 4.0}})

    def test_vendor_return_is_no_demand(self):
        receipt = self.move(self.product, 100, self.suppliers, self.warehouse.lot_stock_id, when=self.noon(self.ago(4)))
        self.move(self.product, 100, self.warehouse.lot_stock_id, self.suppliers, origin_returned_move_id=receipt.id)
        self.assertFacts(
            {
                (self.warehouse, self.ago(4)): {"purchased": 100.0},
                (self.warehouse, self.today): {"vendor_returned": 100.0},
            }
        )
        flows = self.flow.search([("product_id", "=", self.product.id)])
        self.assertEqual(flows.mapped("demand"), [0.0, 0.0])

    def test_counts_and_scrap_are_adjustments(self):
        loss = self.product.with_company(self.company).property_stock_inventory
        self.move(self.product, 9, loss, self.warehouse.lot_stock_id)
        self.move(self.product, 2, self.warehouse.lot_stock_id, loss)
        self.assertFacts({(self.warehouse, self.today): {"adjusted_in": 9.0, "adjusted_out": 2.0}})

    def test_inter_company_is_a_sale_and_a_purchase(self):
        between = self.env.ref("stock.stock_location_inter_company")
        self.move(self.product, 6, self.warehouse.lot_stock_id, between)
        self.move(self.product, 4, between, self.warehouse.lot_stock_id)
        self.assertFacts({(self.warehouse, self.today): {"sold": 6.0, "purchased": 4.0}})

    def test_goods_on_a_lorry_are_sold_once(self):
        lorry = self.env["stock.location"].create(
            {"name": "Lorry", "usage": "transit", "company_id": self.company.id, "location_id": False}
        )
        self.move(self.product, 6, self.warehouse.lot_stock_id, lorry)
        self.move(self.product, 6, lorry, self.customers, picking_type_id=self.warehouse.out_type_id.id)
        self.assertFacts({(self.warehouse, self.today): {"transfer_out": 6.0, "sold": 6.0}})

    def test_customer_place_below_a_warehouse_is_outside(self):
        place = self.env["stock.location"].create(
            {"name": "Counter", "usage": "customer", "location_id": self.warehouse.view_location_id.id}
        )
        self.move(self.product, 3, self.warehouse.lot_stock_id, place)
        self.assertFacts({(self.warehouse, self.today): {"sold": 3.0}})

    def test_dozens_are_counted_in_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.stock_up(self.product, 100)
        self.sell(self.product, 2, product_uom_id=dozen.id, price_unit=120.0)
        self.assertFacts({(self.warehouse, self.today): {"sold": 24.0}})
        self.assertEqual(self.flow.search([("product_id", "=", self.product.id)]).revenue, 240.0)

    def test_revenue_knows_discount_and_currency(self):
        self.stock_up(self.product, 100)
        currency = self.env["res.currency"].create(
            {
                "name": "FCX",
                "symbol": "x",
                "rate_ids": [
                    Command.create({"name": self.ago(30), "company_rate": 4.0, "company_id": self.company.id})
                ],
            }
        )
        pricelist = self.env["product.pricelist"].create({"name": "X", "currency_id": currency.id})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "pricelist_id": pricelist.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 5,
                            "price_unit": 100.0,
                            "discount": 20,
                            "tax_ids": [],
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        self.assertEqual(order.currency_rate, 4.0)
        self.deliver(order)
        self.facts()
        self.assertEqual(self.flow.search([("product_id", "=", self.product.id)]).revenue, 100.0)
        order.order_line.price_unit = 200.0
        self.facts()
        self.assertEqual(self.flow.search([("product_id", "=", self.product.id)]).revenue, 200.0)

    def test_foreign_goods_count_when_sold_on_our_order_only(self):
        stock = self.warehouse.lot_stock_id
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, stock, 20, owner_id=self.vendor)
        move = self.move(self.product, 5, stock, self.customers)
        move.move_line_ids.owner_id = self.vendor
        self.assertFacts({})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 5})],
            }
        )
        move.sale_line_id = order.order_line
        self.assertFacts({(self.warehouse, self.today): {"sold": 5.0}})
