"""The button that confirms an order asks what to do where goods are short and the channel leaves a choice."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...exceptions import GuardError
from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestShortageChoice(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop.write({"shortage": "refuse", "may_wait": True, "may_part": True, "may_elsewhere": True})
        cls.seller = new_test_user(
            cls.env, "choice_seller", groups="sales_team.group_sale_salesman_all_leads,inventory_plus.group_sales"
        )

    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def press(self, order):
        """The button of the form; the dialog if one is shown."""
        action = order.with_user(self.seller).with_context(inventory_ask=True).action_confirm()
        self.commit()
        if isinstance(action, dict) and action.get("res_model") == "inventory.shortage.choice":
            return self.env["inventory.shortage.choice"].with_user(self.seller).browse(action["res_id"])
        return self.env["inventory.shortage.choice"]

    def test_nothing_is_asked_where_there_is_enough(self):
        order = self.order(12, channel=self.shop)
        self.assertFalse(self.press(order))
        self.assertEqual((order.state, self.promise_of(order)[1]), ("sale", 12))

    def test_what_is_short_is_shown_and_nothing_done(self):
        self.put(self.product, 6, self.second.lot_stock_id)
        self.commit()
        order = self.order(20, channel=self.shop)
        choice = self.press(order)
        self.assertEqual(order.state, "draft")
        line = choice.line_ids
        self.assertEqual((line.ordered, line.there, line.missing, line.elsewhere), (20, 12, 8, 6))
        self.assertEqual((self.free(), self.ledger()), (12, {}), "nothing is taken while one thinks")

    def test_wait(self):
        order = self.order(20, channel=self.shop)
        self.press(order).action_wait()
        self.commit()
        self.assertEqual((order.state, order.order_line.product_uom_qty), ("sale", 20))
        self.assertEqual(self.promise_of(order)[1], 12)

    def test_part(self):
        order = self.order(20, channel=self.shop)
        self.press(order).action_part()
        self.commit()
        self.assertEqual((order.state, order.order_line.product_uom_qty), ("sale", 12))
        self.assertEqual(self.promise_of(order)[1], 12)

    def test_elsewhere(self):
        self.put(self.product, 6, self.second.lot_stock_id)
        self.commit()
        order = self.order(17, channel=self.shop)
        self.press(order).action_elsewhere()
        self.commit()
        self.assertEqual(order.state, "sale")
        taken = {
            move.warehouse_id or move.location_id.warehouse_id: move.product_uom_qty
            for move in order.picking_ids.move_ids
        }
        self.assertEqual(taken, {self.warehouse: 12, self.second: 5})
        self.assertEqual(self.promise_of(order)[1], 17)
        self.assertEqual(self.free(warehouse=self.second), 1)

    def test_elsewhere_is_offered_only_where_there_is_something(self):
        choice = self.press(self.order(20, channel=self.shop))
        self.assertFalse(choice.may_elsewhere)
        with self.assertRaises(AccessError):
            choice.action_elsewhere()

    def test_only_what_the_channel_allows(self):
        self.shop.write({"may_wait": False, "may_elsewhere": False})
        order = self.order(20, channel=self.shop)
        choice = self.press(order)
        self.assertEqual((choice.may_wait, choice.may_part), (False, True))
        with self.assertRaises(AccessError):
            choice.action_wait()
        self.assertEqual(order.state, "draft")

    def test_a_choice_made_over_rpc_obeys_the_order_s_channel(self):
        order = self.order(20, channel=self.market)
        self.market.shortage = "refuse"
        choice = self.env["inventory.shortage.choice"].with_user(self.seller).create({"order_id": order.id})
        self.assertEqual(choice.channel_id, self.market)
        with self.assertRaises(AccessError):
            choice.action_wait()

    def test_part_of_nothing_is_no_order(self):
        order = self.order(20, channel=self.market)
        self.market.write({"shortage": "part"})
        self.confirmed(12)
        with self.assertRaisesRegex(GuardError, "nothing of it is there"), self.env.cr.savepoint():
            order.action_confirm()
        self.assertEqual((order.state, order.order_line.product_uom_qty), ("draft", 20))

    def test_part_of_a_dozen_is_no_more_than_there_is(self):
        """7 of 12 are there: 0.58 of a dozen are 6.96, a rounded 0.59 would be 7.08."""
        self.confirmed(5)
        order = self.order(1, channel=self.shop)
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.press(order).action_part()
        self.commit()
        self.assertLessEqual(sum(order.order_line.move_ids.mapped("product_qty")), 7)
        self.assertEqual(order.order_line.product_uom_qty, 0.58)

    def test_without_the_button_the_channel_decides(self):
        order = self.order(20, channel=self.shop)
        for context in ({}, {"inventory_choice": "wait"}):
            with self.assertRaisesRegex(GuardError, "8"), self.env.cr.savepoint():
                order.with_user(self.seller).with_context(**context).action_confirm()
        self.assertEqual(order.state, "draft")

    def test_a_line_tells_what_the_channel_may_have(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(5, channel=self.shop)
        order.order_line[0].copy({"order_id": order.id, "product_uom_id": dozen.id, "product_uom_qty": 1})
        self.market.rule_ids = [(0, 0, {"applied_on": "all", "pool_quantity": 4})]
        self.commit()
        lines = order.with_user(self.seller).order_line
        self.assertEqual(lines.mapped("inventory_channel_name"), ["Shop", "Shop"])
        self.assertEqual(lines.mapped("inventory_channel_available"), [8, 0.66])
        order.order_line[1].unlink()
        order.action_confirm()
        self.commit()
        self.env.invalidate_all()
        line = order.with_user(self.seller).order_line
        self.assertEqual((line.inventory_promised, line.inventory_channel_name), (5, False))

    def test_a_customer_learns_no_stock_from_his_order(self):
        customer = new_test_user(self.env, "choice_customer", groups="base.group_portal")
        draft, sold = self.order(5, channel=self.shop), self.confirmed(4)
        (draft | sold).write({"partner_id": customer.partner_id.id})
        (draft | sold).message_subscribe(customer.partner_id.ids)
        names = ["inventory_channel_name", "inventory_channel_available", "inventory_promised"]
        for order in draft, sold:
            self.env.flush_all()
            self.env.invalidate_all()
            (read,) = order.order_line.with_user(customer).read(names)
            self.assertEqual([read[name] for name in names], [False, 0, 0])

    def test_a_form_tells_nothing_of_other_companies(self):
        """Over RPC a form may name what could never be saved."""
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.make_channel("foreign", warehouses=(), company_id=other.id, user_ids=False)
        place = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        foreign.warehouse_line_ids = [(0, 0, {"warehouse_id": place.id})]
        self.put(self.product, 37, place.lot_stock_id)
        self.commit()
        order = self.order(5, channel=self.shop, user_id=self.seller.id).with_user(self.seller)
        line = order.order_line
        names = ["inventory_channel_name", "inventory_channel_available"]
        spec = {"order_line": {"fields": {name: {} for name in names}}}
        shown = []
        for changes in (
            {"inventory_channel_id": foreign.id},
            {"inventory_channel_id": foreign.id, "company_id": other.id, "warehouse_id": place.id},
        ):
            values = {**changes, "order_line": [(1, line.id, {"product_uom_qty": 6})]}
            try:
                answer = order.onchange(values, [*changes, "order_line"], {**{name: {} for name in changes}, **spec})
            except AccessError:
                continue
            shown += [command[2] for command in answer["value"].get("order_line", ()) if command[2]]
            draft = line.new({"order_id": order.new(changes, origin=order), "product_id": self.product.id})
            shown.append({name: draft[name] for name in names})
        self.assertTrue(shown)
        self.assertNotIn("Foreign", [row.get("inventory_channel_name") for row in shown])
        self.assertNotIn(37, [row.get("inventory_channel_available") for row in shown])

    def test_a_line_put_into_somebody_elses_order_tells_nothing(self):
        own = new_test_user(self.env, "choice_mine", groups="sales_team.group_sale_salesman")
        sold = self.order(4, user_id=self.seller.id)
        sold.action_confirm()
        self.commit()
        line = self.env["sale.order.line"].with_user(own)
        draft = line.new({"order_id": sold.id, "product_id": self.product.id})
        self.assertEqual((draft.inventory_promised, draft.inventory_channel_available), (0, 0))
        mine = line.with_user(self.seller).new({"order_id": sold.id, "product_id": self.product.id})
        self.assertEqual(mine.inventory_promised, 4)

    def test_the_dialog_shows_no_order_of_somebody_else(self):
        own = new_test_user(self.env, "choice_own", groups="sales_team.group_sale_salesman")
        order = self.order(20, channel=self.shop, user_id=self.seller.id)
        choice = self.env["inventory.shortage.choice"].with_user(own)
        for fields in ["channel_id", "may_wait"], ["line_ids"]:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                made = choice.create(
                    {"order_id": order.id, "line_ids": [(0, 0, {"line_id": order.order_line.id, "missing": 1})]}
                )
                self.env.flush_all()
                self.env.invalidate_all()
                made.read(fields)
                made.line_ids.read(["product_id", "ordered", "unit_id"])
