"""Law 7 with manufacturing: components are demand, output is no return, an unbuild gives back, kits are components."""

from odoo import Command
from odoo.addons.inventory_plus.tests.facts.common import FactsCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestDailyFlowMrp(FactsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screw = cls.make_product("Screw")
        cls.plate = cls.make_product("Plate")

    @classmethod
    def make_bom(cls, kind="normal"):
        return cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "product_qty": 1,
                "type": kind,
                "company_id": cls.company.id,
                "bom_line_ids": [
                    Command.create({"product_id": cls.screw.id, "product_qty": 4}),
                    Command.create({"product_id": cls.plate.id, "product_qty": 1}),
                ],
            }
        )

    def produce(self, quantity, when=None, **values):
        order = self.env["mrp.production"].create(
            {
                "product_id": self.product.id,
                "product_qty": quantity,
                "picking_type_id": self.warehouse.manu_type_id.id,
                "company_id": self.company.id,
                **values,
            }
        )
        order.action_confirm()
        while waiting := order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and order.product_id not in p.move_ids.product_id
        ):
            self.finish(waiting[0])
        order.action_assign()
        order.qty_producing = quantity
        order._set_qty_producing()
        for move in order.move_raw_ids:
            move.picked = True
        order.with_context(skip_backorder=True, skip_consumption=True).button_mark_done()
        self.assertEqual(order.state, "done")
        while waiting := order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
            self.finish(waiting[0])
        if when:
            (order.move_raw_ids | order.move_finished_ids).date = when
        return order

    def unbuild(self, quantity, order=None):
        bom = self.env["mrp.bom"].search([("product_tmpl_id", "=", self.product.product_tmpl_id.id)])
        unbuild = self.env["mrp.unbuild"].create(
            {
                "product_id": self.product.id,
                "bom_id": bom.id,
                "mo_id": order.id if order else False,
                "product_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "company_id": self.company.id,
            }
        )
        unbuild.action_unbuild()
        return unbuild

    def test_components_are_demand_and_output_is_no_return(self):
        self.make_bom()
        self.stock_up(self.screw, 100)
        self.stock_up(self.plate, 100)
        for steps in ("mrp_one_step", "pbm", "pbm_sam"):
            with self.subTest(steps=steps):
                self.warehouse.manufacture_steps = steps
                self.env.cr.execute("SAVEPOINT steps")
                self.produce(3)
                self.assertFacts({(self.warehouse, self.today): {"produced": 3.0}})
                self.assertFacts({(self.warehouse, self.today): {"consumed": 12.0}}, self.screw)
                self.assertFacts({(self.warehouse, self.today): {"consumed": 3.0}}, self.plate)
                self.env.cr.execute("ROLLBACK TO SAVEPOINT steps")
                self.env.invalidate_all()

    def test_unbuild_gives_components_back_on_the_day_of_their_consumption(self):
        self.make_bom()
        self.stock_up(self.screw, 100)
        self.stock_up(self.plate, 100)
        order = self.produce(5, when=self.noon(self.ago(6)))
        self.unbuild(2, order)
        self.assertFacts({(self.warehouse, self.ago(6)): {"consumed": 12.0}}, self.screw)
        self.assertFacts(
            {(self.warehouse, self.ago(6)): {"produced": 5.0}, (self.warehouse, self.today): {"adjusted_out": 2.0}}
        )
        demand = self.flow.search([("product_id", "=", self.product.id)]).mapped("demand")
        self.assertEqual(set(demand), {0.0}, "taking a product apart is no demand for it")

    def test_unbuild_without_order(self):
        self.make_bom()
        self.stock_up(self.product, 10)
        self.unbuild(2)
        self.assertFacts({(self.warehouse, self.today): {"adjusted_out": 2.0}})
        self.assertFacts({(self.warehouse, self.today): {"produced": 8.0}}, self.screw)

    def test_kit_counts_as_its_components_with_its_revenue(self):
        self.make_bom("phantom")
        self.stock_up(self.screw, 100)
        self.stock_up(self.plate, 100)
        for number, steps in enumerate(("ship_only", "pick_pack_ship"), 1):
            with self.subTest(steps=steps):
                self.warehouse.delivery_steps = steps
                _order, pickings = self.sell(self.product, 5, price_unit=20.0, when=self.noon(self.ago(number)))
                self.assertFacts({})
                self.assertEqual(self.facts(self.screw)[self.warehouse, self.ago(number)], {"sold": 20.0})
                self.assertEqual(self.facts(self.plate)[self.warehouse, self.ago(number)], {"sold": 5.0})
                flows = self.flow.search([("date", "=", self.ago(number)), ("company_id", "=", self.company.id)])
                self.assertEqual(flows.mapped("revenue"), [50.0, 50.0])
                back = pickings[-1].move_ids.filtered(lambda m: m.product_id == self.screw)
                line = back.sale_line_id.id
                stock = self.warehouse.lot_stock_id
                returned = self.move(
                    self.screw, 8, self.customers, stock, origin_returned_move_id=back.id, sale_line_id=line
                )
                self.assertEqual(
                    self.facts(self.screw)[self.warehouse, self.ago(number)], {"sold": 20.0, "returned": 8.0}
                )
                screw = self.flow.search([("date", "=", self.ago(number)), ("product_id", "=", self.screw.id)])
                self.assertEqual(screw.revenue, 30.0)
                # Sent out again they bring their money again: they are no further goods of the kit.
                self.move(self.screw, 8, stock, self.customers, origin_returned_move_id=returned.id, sale_line_id=line)
                screw.invalidate_recordset()
                self.assertEqual(
                    self.facts(self.screw)[self.warehouse, self.ago(number)], {"sold": 28.0, "returned": 8.0}
                )
                screw = self.flow.search([("date", "=", self.ago(number)), ("product_id", "=", self.screw.id)])
                self.assertEqual(screw.revenue, 50.0)

    def test_product_made_to_order_is_kept_apart_and_its_components_are_demand(self):
        self.make_bom()
        self.stock_up(self.screw, 100)
        self.stock_up(self.plate, 100)
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        self.product.route_ids = [Command.set((route | self.warehouse.manufacture_pull_id.route_id).ids)]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 3})],
            }
        )
        order.action_confirm()
        production = self.env["mrp.production"].search([("product_id", "=", self.product.id)])
        production.action_assign()
        production.qty_producing = 3
        production._set_qty_producing()
        production.with_context(skip_backorder=True).button_mark_done()
        self.deliver(order)
        self.assertFacts({(self.warehouse, self.today): {"produced": 3.0, "procured_to_order": 3.0}})
        self.assertFacts({(self.warehouse, self.today): {"consumed": 12.0}}, self.screw)

    def test_consumption_edited_after_done(self):
        self.make_bom()
        self.stock_up(self.screw, 100)
        self.stock_up(self.plate, 100)
        order = self.produce(5, when=self.noon(self.ago(6)))
        self.assertFacts({(self.warehouse, self.ago(6)): {"consumed": 20.0}}, self.screw)
        order.move_raw_ids.filtered(lambda m: m.product_id == self.screw).move_line_ids.quantity = 23
        self.assertFacts({(self.warehouse, self.ago(6)): {"consumed": 23.0}}, self.screw)
