"""Goods that another warehouse has too much of are moved before any are bought, once."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .test_replenish import ReplenishCase


class RebalanceCase(ReplenishCase):
    """Product "Uneven": 10 a day here with nothing in stock, 1 a day with 500 in the other warehouse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["stock.warehouse"].create(
            {"name": "Other Warehouse", "code": "OTH", "company_id": cls.company.id}
        )
        cls.other.inventory_tz = "UTC"
        # As Odoo does where a user makes a second warehouse.
        (cls.warehouse | cls.other).int_type_id.active = True
        cls.product = cls._product("Uneven")
        cls._facts(cls.product, [10] * 400)
        cls._facts(cls.product, [1] * 400, warehouse=cls.other)
        cls._stock(cls.product, 500, cls.other.lot_stock_id)
        cls.buyer = cls._user("rebalance_buyer", "group_buyer")

    def _plan(self):
        self.item_model._plan(warehouse_ids=(self.warehouse | self.other).ids)
        self.here = self._item(self.product)
        self.there = self._item(self.product, self.other)

    def _pickings(self):
        return self.env["stock.move"].search([("inventory_item_id", "!=", False)]).picking_id

    def _move_from_others(self):
        return self.here.with_user(self.buyer).action_move_from_others()


@tagged("post_install", "-at_install")
class TestRebalance(RebalanceCase):
    def test_direct_transfer(self):
        self._plan()
        self.assertEqual((self.here.need_to_buy, self.here.suggested_order), (60, 200))
        self.assertEqual(self.there.order_up_to, 20)
        action = self._move_from_others()
        picking = self.env["stock.picking"].search(action["domain"])
        move = picking.move_ids
        self.assertEqual(
            (picking.state, move.state, picking.picking_type_id), ("draft", "draft", self.other.int_type_id)
        )
        self.assertEqual(
            (move.product_id, move.product_uom_qty, move.inventory_item_id), (self.product, 200, self.here)
        )
        self.assertEqual(
            (move.location_id, move.location_dest_id), (self.other.lot_stock_id, self.warehouse.lot_stock_id)
        )
        self.assertEqual((self.here.incoming, self.here.need_to_buy, self.here.suggested_order), (200, 0, 0))
        self.assertEqual((self.there.open_demand, self.there.usable), (200, 500))

    def test_second_click_adds_nothing(self):
        self._plan()
        self._move_from_others()
        action = self._move_from_others()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Nothing to move", action["params"]["message"])
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 200)
        action = self.here.with_user(self.buyer).action_make_rfq()
        self.assertIn("Nothing to buy", action["params"]["message"])

    def test_cancelled_the_need_comes_back(self):
        self._plan()
        self._move_from_others()
        self._pickings().action_cancel()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.need_to_buy, self.there.open_demand), (60, 0))
        self._move_from_others()
        self._pickings().filtered(lambda picking: picking.state == "draft").unlink()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.need_to_buy, self.there.open_demand), (60, 0))

    def test_confirmed_and_done(self):
        self._plan()
        self._move_from_others()
        picking = self._pickings()
        picking.action_confirm()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.incoming, self.here.need_to_buy, self.there.open_demand), (200, 0, 200))
        picking.action_assign()
        picking.move_ids.picked = True
        picking.button_validate()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.usable, self.here.incoming, self.there.usable), (200, 0, 300))
        self.env["inventory.daily.flow"]._refresh()
        flow = self.env["inventory.daily.flow"].search(
            [("product_id", "=", self.product.id), ("warehouse_id", "=", self.other.id), ("transfer_out", ">", 0)]
        )
        self.assertEqual((flow.transfer_out, flow.resupply_out, flow.demand), (200, 0, 0), "no demand of the giver")

    def test_the_giver_keeps_his_level_and_open_demand(self):
        """500 less 20 (order up to) less 350 on order leave 130."""
        self._plan()
        self._move(self.product, 350, self.other.lot_stock_id, self.customers)
        self._move_from_others()
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 130)
        self.assertGreaterEqual(self.there.usable - self.there.open_demand, self.there.reorder_point)
        self.assertEqual(self.here.need_to_buy, 0)

    def test_reserved_goods_stay(self):
        self._plan()
        move = self._move(self.product, 480, self.other.lot_stock_id, self.customers)
        move._action_assign()
        self.assertEqual(self._move_from_others()["tag"], "display_notification")

    def test_a_part_is_moved_the_rest_bought(self):
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, self.other.lot_stock_id, -450)
        self._plan()
        self._move_from_others()
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 30)
        self.assertEqual((self.here.need_to_buy, self.here.suggested_order), (30, 170))
        self.here.with_user(self.buyer).action_make_rfq()
        self.assertEqual(self._orders().order_line.product_qty, 170)

    def test_who_is_short_himself_gives_nothing(self):
        self._plan()
        self._move(self.product, 900, self.other.lot_stock_id, self.customers)
        self.assertEqual(self._move_from_others()["tag"], "display_notification")

    def test_new_stock_that_nobody_asked_for_yet_stays(self):
        product = self._product("New there")
        self._facts(product, [10] * 400)
        self._stock(product, 500, self.other.lot_stock_id)
        self._plan()
        action = self._item(product).with_user(self.buyer).action_move_from_others()
        self.assertEqual(action["tag"], "display_notification")

    def test_slow_stock_moves_to_where_it_sells(self):
        product = self._product("Slow there")
        self._facts(product, [10] * 400)
        self._facts(product, [1], last=self.today.replace(year=2024), warehouse=self.other)
        self._stock(product, 500, self.other.lot_stock_id)
        self._plan()
        self.assertEqual(self._item(product, self.other).status, "grey")
        self._item(product).with_user(self.buyer).action_move_from_others()
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 200)

    def test_not_worth_the_way(self):
        self.company.inventory_transfer_worth = 801
        self._plan()
        action = self._move_from_others()
        self.assertIn("worth the way", action["params"]["message"])
        self.assertIn("801.00", action["params"]["message"])
        self.company.inventory_transfer_worth = 800
        self._move_from_others()
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 200)
        with self.assertRaisesRegex(ValidationError, "cannot be negative"):
            self.company.inventory_transfer_worth = -1

    def test_whole_packs(self):
        """Bought by the dozen: 60 + 140 are 17 dozens."""
        self.product.seller_ids.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self._plan()
        self._move_from_others()
        self.assertEqual(self._pickings().move_ids.product_uom_qty % 12, 0)

    def test_other_companies_are_left_alone(self):
        foreign = self.env["res.company"].create({"name": "Foreign"})
        warehouse = self.env["stock.warehouse"].sudo().search([("company_id", "=", foreign.id)], limit=1)
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, self.other.lot_stock_id, -500)
        self._facts(self.product, [1] * 400, warehouse=warehouse)
        self._stock(self.product, 500, warehouse.lot_stock_id)
        self._plan()
        self.item_model.sudo()._plan(warehouse_ids=warehouse.ids)
        self.assertEqual(self._move_from_others()["tag"], "display_notification")
        self.assertFalse(self._pickings())

    def test_who_may(self):
        self._plan()
        for group in ("group_viewer", "group_sales", "group_operator", "group_auditor"):
            user = self._user(f"rebalance_{group}", group)
            with self.assertRaisesRegex(UserError, "Only buyers and planners"):
                self.here.with_user(user).action_move_from_others()
        self.assertFalse(self._pickings())
        planner = self._user("rebalance_planner", "group_planner")
        self.here.with_user(planner).action_move_from_others()
        self.assertTrue(self._pickings())

    def test_two_short_warehouses_the_urgent_one_first(self):
        third = self.env["stock.warehouse"].create({"name": "Third", "code": "THI", "company_id": self.company.id})
        third.int_type_id.active = True
        third.inventory_tz = "UTC"
        self._facts(self.product, [10] * 400, warehouse=third)
        self._stock(self.product, 20, third.lot_stock_id)
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, self.other.lot_stock_id, -400)
        self._plan()
        self.item_model._plan(warehouse_ids=third.ids)
        both = self.here | self._item(self.product, third)
        both.with_user(self.buyer).action_move_from_others()
        given = {move.inventory_item_id: move.product_uom_qty for move in self._pickings().move_ids}
        self.assertEqual(given, {self.here: 60, self._item(self.product, third): 20})

    def test_an_open_proposal_takes_more_in(self):
        second = self._product("Also uneven")
        self._facts(second, [10] * 400)
        self._facts(second, [1] * 400, warehouse=self.other)
        self._stock(second, 500, self.other.lot_stock_id)
        self._plan()
        self._move_from_others()
        self._item(second).with_user(self.buyer).action_move_from_others()
        self.assertEqual(len(self._pickings()), 1)
        self.assertEqual(len(self._pickings().move_ids), 2)

    def test_the_night_moves_before_it_buys(self):
        self._plan()
        self.item_model._replenish_company(self.company.id)
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 200)
        self.assertEqual(self._run(), 0)
        self.assertFalse(self._orders())
        self.item_model._replenish_company(self.company.id)
        self.assertEqual(self._pickings().move_ids.product_uom_qty, 200)

    def test_what_was_refused_is_bought(self):
        """Somebody cancels the proposal: the next nights buy instead of asking again; a person may still ask."""
        self._plan()
        self.item_model._replenish_company(self.company.id)
        self._pickings().action_cancel()
        self.item_model._replenish_company(self.company.id)
        self.assertEqual(set(self._pickings().mapped("state")), {"cancel"})
        self.assertEqual(self._run(), 1)
        self._orders().button_cancel()
        self.item_model._refresh(self.here)
        self._move_from_others()
        self.assertEqual(self._pickings().filtered(lambda p: p.state == "draft").move_ids.product_uom_qty, 200)

    def test_waiting_transfers_are_found(self):
        self._plan()
        waiting = [("transfer_proposed", "=", True), ("company_id", "=", self.company.id)]
        self.assertFalse(self.item_model.search(waiting))
        self._move_from_others()
        self.assertEqual(self.item_model.with_user(self.buyer).search(waiting), self.here.with_user(self.buyer))
        self._pickings().action_confirm()
        self.assertFalse(self.item_model.search(waiting))
        self.assertIn(self.here, self.item_model.search([("transfer_proposed", "=", False)]))

    def test_verify_agrees(self):
        self._plan()
        self._move_from_others()
        self.env["inventory.item.dirty"]._take()
        self.item_model._refresh(self.here | self.there)
        check = self.env["inventory.verify"]._check_item_snapshot()
        mine = [text for text in check["sample"] if "Uneven" in text]
        self.assertFalse(mine)

    def test_the_form_leads_there(self):
        self._plan()
        self._move_from_others()
        self.assertEqual(self.here.with_user(self.buyer).proposed_transfer_count, 1)
        action = self.here.with_user(self.buyer).action_open_proposed_transfers()
        self.assertEqual(self.env["stock.picking"].search(action["domain"]), self._pickings())


@tagged("post_install", "-at_install")
class TestRebalanceOverTransit(RebalanceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.resupply_wh_ids = [Command.link(cls.other.id)]
        cls.transit = cls.company.internal_transit_location_id

    def _legs(self):
        moves = self.env["stock.move"].search([("inventory_item_id", "!=", False)], order="id")
        first = moves.filtered(lambda move: move.location_id == self.other.lot_stock_id)
        return first, moves - first

    def test_two_drafts_in_a_chain(self):
        self._plan()
        self._move_from_others()
        first, second = self._legs()
        self.assertEqual((first.location_dest_id, second.location_id), (self.transit, self.transit))
        self.assertEqual(second.location_dest_id, self.warehouse.lot_stock_id)
        self.assertEqual((first.move_dest_ids, first.state, second.state), (second, "draft", "draft"))
        self.assertEqual(first.picking_id.picking_type_id, self.other.out_type_id)
        self.assertEqual(second.picking_id.picking_type_id, self.warehouse.in_type_id)
        self.assertEqual((self.here.incoming, self.here.need_to_buy), (200, 0))
        self.assertEqual((self.there.open_demand, self.there.incoming), (200, 0))
        self.assertEqual(self._move_from_others()["tag"], "display_notification")

    def test_confirming_one_leg_confirms_the_other(self):
        self._plan()
        self._move_from_others()
        first, second = self._legs()
        first.picking_id.action_confirm()
        self.assertEqual(second.state, "waiting")
        first.picking_id.action_assign()
        first.picked = True
        first.picking_id.button_validate()
        self.assertEqual((first.state, second.state), ("done", "assigned"))
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.incoming, self.here.need_to_buy, self.there.usable), (200, 0, 300))
        second.picked = True
        second.picking_id.button_validate()
        self.item_model._refresh(self.here)
        self.assertEqual(self.here.usable, 200)

    def test_no_leg_without_the_other(self):
        self._plan()
        for number in (0, 1):
            self._move_from_others()
            legs = [move for move in self._legs() for move in move if move.state == "draft"]
            legs[number].picking_id.action_cancel()
            self.assertEqual({move.state for move in legs}, {"cancel"})
            self.item_model._refresh(self.here | self.there)
            self.assertEqual((self.here.incoming, self.there.open_demand), (0, 0))

    def test_a_line_taken_out(self):
        self._plan()
        self._move_from_others()
        first, second = self._legs()
        first.product_uom_qty = 150
        self.assertEqual(second.product_uom_qty, 150)
        first.unlink()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.incoming, self.there.open_demand, second.state), (0, 0, "cancel"))

    def test_pick_then_ship(self):
        self.other.delivery_steps = "pick_ship"
        self._plan()
        self._move_from_others()
        first, _second = self._legs()
        self.assertEqual(first.picking_id.picking_type_id, self.other.int_type_id)
        self.assertEqual((self.here.incoming, self.there.open_demand), (200, 200))
        first.picking_id.action_confirm()
        self.item_model._refresh(self.here | self.there)
        self.assertEqual((self.here.incoming, self.there.open_demand), (200, 200))
