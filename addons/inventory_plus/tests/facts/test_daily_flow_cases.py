"""Law 7 where documents are cut, turned round or corrected: partial, repeated, cancelled, in lots and other units."""

from odoo import Command
from odoo.tests import tagged

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowCases(FactsCase):
    def setUp(self):
        super().setUp()
        self.stock = self.warehouse.lot_stock_id

    def _open(self, order):
        return order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))

    def _deliver_part(self, picking, quantity, backorder):
        """Validate ``picking`` with ``quantity`` of its only move."""
        picking.action_assign()
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        context = {"skip_backorder": True}
        if not backorder:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        self.assertEqual(picking.state, "done")

    def test_turned_round_three_times(self):
        """Sold 30, 12 back, 7 of them out again, 3 of those back again: 30 + 7 - 12 - 3, all on the day of the sale."""
        self.stock_up(self.product, 50)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(9)))
        back = self.give_back(pickings[-1], 12, when=self.noon(self.ago(6)))
        again = self.give_back(back, 7, when=self.noon(self.ago(4)))
        last = self.give_back(again, 3)
        self.assertEqual(last.move_ids.origin_returned_move_id, again.move_ids)
        self.assertFacts({(self.warehouse, self.ago(9)): {"sold": 37.0, "returned": 15.0}})

    def test_two_partial_returns_of_a_three_step_delivery(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self.stock_up(self.product, 30)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(9)))
        self.give_back(pickings[-1], 4, when=self.noon(self.ago(3)))
        self.give_back(pickings[-1], 5)
        self.assertFacts({(self.warehouse, self.ago(9)): {"sold": 30.0, "returned": 9.0}})

    def test_a_step_inside_taken_back_is_nothing(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.stock_up(self.product, 30)
        order = self.order(self.product, 10)
        pick = self._open(order).filtered(lambda picking: picking.location_id == self.stock)
        self.finish(pick)
        wizard = self.env["stock.return.picking"].create({"picking_id": pick.id})
        wizard.product_return_moves.quantity = 4
        self.finish(self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"]))
        self.assertFacts({})

    def test_scrapped_on_the_way_out(self):
        """Ten picked, two broken in Output, eight shipped: eight are demand, two an adjustment."""
        self.warehouse.delivery_steps = "pick_ship"
        self.stock_up(self.product, 10)
        order = self.order(self.product, 10)
        self.finish(self._open(order).filtered(lambda picking: picking.location_id == self.stock))
        ship = self._open(order)
        ship.do_unreserve()
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 2,
                "location_id": self.warehouse.wh_output_stock_loc_id.id,
                "company_id": self.company.id,
            }
        )
        scrap.do_scrap()
        self._deliver_part(ship, 8, backorder=False)
        self.assertFacts({(self.warehouse, self.today): {"sold": 8.0, "adjusted_out": 2.0}})

    def test_backorder_counts_on_its_own_day(self):
        self.stock_up(self.product, 20)
        order = self.order(self.product, 10)
        self._deliver_part(self._open(order), 6, backorder=True)
        order.picking_ids.filtered(lambda picking: picking.state == "done").move_ids.date = self.noon(self.ago(5))
        self._deliver_part(self._open(order), 4, backorder=True)
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 6.0}, (self.warehouse, self.today): {"sold": 4.0}})

    def test_cancelled_backorder_was_never_asked(self):
        self.stock_up(self.product, 20)
        order = self.order(self.product, 10)
        self._deliver_part(self._open(order), 6, backorder=True)
        self._open(order).action_cancel()
        self.assertFacts({(self.warehouse, self.today): {"sold": 6.0}})

    def test_more_delivered_than_ordered(self):
        self.stock_up(self.product, 20)
        order = self.order(self.product, 10)
        self._deliver_part(self._open(order), 13, backorder=False)
        self.assertFacts({(self.warehouse, self.today): {"sold": 13.0}})

    def test_order_lowered_while_a_part_is_delivered(self):
        self.stock_up(self.product, 20)
        order = self.order(self.product, 10)
        self._deliver_part(self._open(order), 6, backorder=True)
        order.order_line.product_uom_qty = 7
        self.deliver(order)
        self.assertFacts({(self.warehouse, self.today): {"sold": 7.0}})

    def test_lots_are_parts_of_one_sale(self):
        product = self.make_product("In lots", tracking="lot")
        for name in ("A", "B"):
            lot = self.env["stock.lot"].create({"name": name, "product_id": product.id})
            self.env["stock.quant"].sudo()._update_available_quantity(product, self.stock, 6, lot_id=lot)
        _order, pickings = self.sell(product, 10, when=self.noon(self.ago(2)))
        self.assertEqual(len(pickings.move_line_ids), 2)
        self.assertFacts({(self.warehouse, self.ago(2)): {"sold": 10.0}}, product)
        flow = self.flow.search([("product_id", "=", product.id)])
        self.assertEqual((flow.lines, flow.revenue), (2, 100.0))
        pickings.move_line_ids[0].quantity -= 1
        self.assertFacts({(self.warehouse, self.ago(2)): {"sold": 9.0}}, product)

    def test_return_in_another_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.stock_up(self.product, 100)
        _order, pickings = self.sell(
            self.product, 3, when=self.noon(self.ago(4)), product_uom_id=dozen.id, price_unit=120
        )
        back = self.give_back(pickings[-1], 12)
        self.assertNotEqual(back.move_ids.product_uom, dozen)
        self.assertFacts({(self.warehouse, self.ago(4)): {"sold": 36.0, "returned": 12.0}})
        self.assertEqual(self.flow.search([("product_id", "=", self.product.id)]).revenue, 240.0)

    def test_bought_by_the_dozen(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        line = {"product_id": self.product.id, "product_qty": 2, "product_uom_id": dozen.id, "price_unit": 1}
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({**line, "tax_ids": []})],
            }
        )
        order.button_confirm()
        self.finish(order.picking_ids)
        self.assertFacts({(self.warehouse, self.today): {"purchased": 24.0}})

    def _sister(self):
        """Another company of ours, with a warehouse."""
        sister = self.env["res.company"].create({"name": "Sister Inc"})
        self.env.user.company_ids = [Command.link(sister.id)]
        warehouse = self.env["stock.warehouse"].sudo().search([("company_id", "=", sister.id)], limit=1)
        warehouse.inventory_tz = "UTC"
        return sister, warehouse

    def test_one_company_sells_to_the_other(self):
        sister, there = self._sister()
        between = self.env.ref("stock.stock_location_inter_company")
        self.move(self.product, 6, self.stock, between, when=self.noon(self.ago(3)))
        both = self.env(context={**self.env.context, "allowed_company_ids": (self.company + sister).ids})
        move = both["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 6,
                "product_uom": self.product.uom_id.id,
                "location_id": between.id,
                "location_dest_id": there.lot_stock_id.id,
                "company_id": sister.id,
                "picking_type_id": there.in_type_id.id,
            }
        )
        move._action_confirm(merge=False)
        move.write({"quantity": 6, "picked": True})
        move._action_done()
        self.flow = both["inventory.daily.flow"]
        self.assertFacts(
            {(self.warehouse, self.ago(3)): {"sold": 6.0}, (there, self.today): {"purchased": 6.0}}, self.product
        )
        self.assertEqual(self.flow.search([("warehouse_id", "=", there.id)]).company_id, sister)

    def test_a_place_of_the_other_company_is_a_customer(self):
        """Odoo's forms refuse it; imports and SQL do not."""
        sister, there = self._sister()
        move = self.move(self.product, 6, self.stock, self.customers, when=self.noon(self.ago(3)))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move_line SET location_dest_id = %s WHERE move_id = %s", [there.lot_stock_id.id, move.id]
        )
        self.env.invalidate_all()
        both = self.env(context={**self.env.context, "allowed_company_ids": (self.company + sister).ids})
        self.flow = both["inventory.daily.flow"]
        self.assertFacts(
            {(self.warehouse, self.ago(3)): {"sold": 6.0}, (there, self.ago(3)): {"purchased": 6.0}}, self.product
        )

    def test_a_move_taken_back_to_not_done(self):
        """Some addons revert done transfers; whatever they do, what is not done is no fact."""
        move = self.move(self.product, 6, self.stock, self.customers, when=self.noon(self.ago(3)))
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 6.0}})
        self.env.cr.execute("UPDATE stock_move SET state = 'cancel' WHERE id = %s", move.ids)
        self.env.invalidate_all()
        self.assertFacts({})
        self.env.cr.execute("UPDATE stock_move SET state = 'done' WHERE id = %s", move.ids)
        self.env.invalidate_all()
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 6.0}})

    def test_product_of_a_done_move_changed(self):
        other = self.make_product("Right one")
        move = self.move(self.product, 6, self.stock, self.customers)
        self.facts()
        self.env.cr.execute("UPDATE stock_move SET product_id = %s WHERE id = %s", [other.id, move.id])
        self.env.cr.execute("UPDATE stock_move_line SET product_id = %s WHERE move_id = %s", [other.id, move.id])
        self.env.invalidate_all()
        self.assertFacts({})
        self.assertFacts({(self.warehouse, self.today): {"sold": 6.0}}, other)

    def test_resupplied_goods_sent_back_lower_the_dependent_demand(self):
        """What the supplied warehouse returns was not needed there: it nets on the day it left."""
        other = self.make_warehouse("OTH", resupply_wh_ids=[Command.set(self.warehouse.ids)])
        self.stock_up(self.product, 100)
        rule = other.resupply_route_ids.rule_ids.filtered(lambda rule: rule.location_src_id == self.stock)[:1]
        lorry = rule.location_dest_id
        out = self.move(self.product, 20, self.stock, lorry, when=self.noon(self.ago(5)), rule_id=rule.id)
        arrived = self.move(self.product, 20, lorry, other.lot_stock_id, when=self.noon(self.ago(4)))
        out.move_dest_ids = arrived
        self.move(self.product, 8, lorry, self.stock, origin_returned_move_id=out.id)
        found = self.facts()
        self.assertEqual(found[self.warehouse, self.ago(5)], {"resupply_out": 12.0})
        self.assertFacts(found)

    def test_a_step_of_a_resupply_made_by_hand(self):
        """The goods were sent off by a transfer without a rule, linked to the receipt that the resupply asked for."""
        other = self.make_warehouse("OTH", resupply_wh_ids=[Command.set(self.warehouse.ids)])
        self.stock_up(self.product, 100)
        rule = other.resupply_route_ids.rule_ids.filtered(lambda rule: rule.location_dest_id == other.lot_stock_id)[:1]
        lorry = rule.location_src_id
        out = self.move(self.product, 20, self.stock, lorry, when=self.noon(self.ago(5)))
        self.assertFacts({(self.warehouse, self.ago(5)): {"transfer_out": 20.0}})
        arrived = self.move(self.product, 20, lorry, other.lot_stock_id, rule_id=rule.id, move_orig_ids=out.ids)
        self.assertTrue(arrived.move_orig_ids)
        self.assertFacts(
            {(self.warehouse, self.ago(5)): {"resupply_out": 20.0}, (other, self.today): {"transfer_in": 20.0}}
        )

    def test_goods_made_to_order_leave_before_their_receipt_is_booked(self):
        """Whether a sale was procured to order is known when the receipt is done: its day is told again then."""
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        seller = {"partner_id": self.vendor.id, "price": 1, "company_id": self.company.id}
        self.product.write(
            {
                "route_ids": [Command.set((route | self.warehouse.buy_pull_id.route_id).ids)],
                "seller_ids": [Command.create(seller)],
            }
        )
        order = self.order(self.product, 5)
        purchase = self.env["purchase.order"].search([("product_id", "=", self.product.id)])
        purchase.button_confirm()
        delivery = self._open(order).move_ids
        self.assertEqual(delivery.procure_method, "make_to_order")
        delivery.write({"quantity": 5, "picked": True})
        delivery._action_done()
        delivery.date = self.noon(self.ago(5))
        self.assertFacts({(self.warehouse, self.ago(5)): {"sold": 5.0}})
        self.finish(purchase.picking_ids)
        self.assertFacts(
            {
                (self.warehouse, self.ago(5)): {"procured_to_order": 5.0},
                (self.warehouse, self.today): {"purchased": 5.0},
            }
        )
