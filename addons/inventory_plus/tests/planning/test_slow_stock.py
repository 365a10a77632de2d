"""Slow stock: listed with its value for those who may see it, and given a way out once."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestSlowStock(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.promoter = cls._user("slow_promoter", "group_sales")
        cls.seller = cls._user("slow_seller", "group_sales")
        cls.planner = cls._user("slow_planner", "group_planner")
        cls.company.inventory_sales_user_id = cls.promoter
        cls.idle = cls._product("Idle", standard_price=4)
        cls._facts(cls.idle, [5], last=cls.today.replace(month=12, day=1, year=2024))
        cls._stock(cls.idle, 30)
        cls.moving = cls._product("Moving")
        cls._facts(cls.moving, [5] * 100)
        cls._stock(cls.moving, 30)

    def _slow(self, user=None, *more):
        model = self.item_model.with_user(user) if user else self.item_model
        return model.search([("slow_stock", "=", True), ("company_id", "=", self.company.id), *more])

    def _plan(self):
        self.item_model._plan(warehouse_ids=self.warehouse.ids)

    def _notes(self, item):
        return self.env["mail.activity"].search([("inventory_item_id", "=", item.id)])

    def _sell(self, product, *partners, **values):
        """A delivery to each partner (None: to nobody in particular), done."""
        for partner in partners:
            picking = self.env["stock.picking"].create(
                {
                    "picking_type_id": self.warehouse.out_type_id.id,
                    "partner_id": partner and partner.id,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "location_dest_id": self.customers.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": 1,
                                "location_id": self.warehouse.lot_stock_id.id,
                                "location_dest_id": self.customers.id,
                                "company_id": self.company.id,
                            }
                        )
                    ],
                }
            )
            picking.action_confirm()
            picking.action_assign()
            picking.move_ids.picked = True
            picking.button_validate()
            self.assertEqual(picking.state, "done")

    # ------------------------------------------------------------------ the list

    def test_what_is_listed(self):
        gone = self._product("Gone")
        self._facts(gone, [5], last=self.today.replace(month=1, year=2024))
        self._plan()
        self.assertEqual(self._slow().product_id, self.idle, "neither what sells nor what is not there")
        item = self._slow()
        self.assertEqual((item.stock_value, item.idle_since), (120, self.today.replace(month=12, day=1, year=2024)))
        self.assertTrue(item.slow_stock)
        others = self.item_model.search([("slow_stock", "=", False), ("company_id", "=", self.company.id)])
        self.assertEqual(others.product_id, self.moving | gone)

    def test_never_sold(self):
        product = self._product("Never sold")
        self._facts(product, [50], last=self.today.replace(month=1, year=2024), kind="purchased")
        self._stock(product, 50)
        self._plan()
        item = self._slow(None, ("product_id", "=", product.id))
        self.assertEqual(item.idle_since, self.today.replace(month=1, year=2024))

    def test_the_limit_is_the_companys(self):
        recent = self._product("Recent")
        self._facts(recent, [5], last=self.today.replace(month=3, day=1))
        self._stock(recent, 5)
        self._plan()
        self.assertEqual(self._slow().product_id, self.idle)
        self.company.inventory_slow_months = 3
        self._plan()
        self.assertEqual(self._slow().product_id, self.idle | recent)
        self.assertEqual(self._item(recent).method, "idle")
        self.assertIn("3 months", self._item(recent).explanation)
        self.company.inventory_slow_months = 7
        self._plan()
        self.assertFalse(self._slow())

    def test_a_silly_limit(self):
        for months in (0, -1, 61):
            with self.assertRaisesRegex(ValidationError, "after 1 to 60 months"):
                self.company.inventory_slow_months = months

    def test_the_value_follows_the_cost(self):
        self._plan()
        self.env["inventory.item.dirty"]._take()
        self.idle.with_company(self.company).standard_price = 5
        self.assertIn(self.idle.id, self.env["inventory.item.dirty"].search([]).mapped("product_id"))
        self.item_model._refresh(self._item(self.idle))
        self.assertEqual(self._item(self.idle).stock_value, 150)

    # ------------------------------------------------------------------- rights

    def test_sales_people_see_no_cost(self):
        self._plan()
        item = self._slow(self.seller)
        self.assertEqual(item.product_id, self.idle)
        self.assertEqual(item.read(["available", "idle_since", "way_out"])[0]["available"], 30)
        for name in ("stock_value", "on_hand"):
            with self.assertRaises(AccessError):
                item.read([name])
            with self.assertRaises(AccessError):
                self.item_model.with_user(self.seller).search([(name, ">", 0)])
        views = self.item_model.with_user(self.seller).get_views(
            [(self.env.ref("inventory_plus.view_item_slow_list").id, "list")]
        )
        self.assertNotIn("stock_value", views["views"]["list"]["arch"])
        self.assertIn(
            "stock_value",
            self.item_model.with_user(self.planner).get_views(
                [(self.env.ref("inventory_plus.view_item_slow_list").id, "list")]
            )["views"]["list"]["arch"],
        )

    def test_the_note_tells_no_cost(self):
        self.idle.standard_price = 987.65
        self._plan()
        self._slow().with_user(self.planner).action_way_out()
        self.assertNotIn("987", self._notes(self._item(self.idle)).note)

    def test_who_may(self):
        self._plan()
        for group in ("group_viewer", "group_operator", "group_auditor"):
            user = self._user(f"slow_{group}", group)
            with self.assertRaisesRegex(UserError, "Only sales people"):
                self._item(self.idle).with_user(user).action_way_out()
        self.assertFalse(self._notes(self._item(self.idle)))

    # ------------------------------------------------------------------ way out

    def test_a_standard_product_is_promoted(self):
        self._plan()
        item = self._slow()
        self.assertEqual((item.way_out, item.way_out_customer_id.id), ("promote", False))
        message = item.with_user(self.seller).action_way_out()["params"]["message"]
        self.assertIn("Notes written: 1", message)
        note = self._notes(item)
        self.assertEqual((note.user_id, note.res_model, note.res_id), (self.promoter, "product.product", self.idle.id))
        self.assertIn("Promote Idle", note.summary)
        self.assertIn("30.00", note.note)
        self.assertEqual(item.way_out_user_id, self.promoter)

    def test_never_twice_while_it_is_open(self):
        self._plan()
        item = self._slow()
        item.with_user(self.seller).action_way_out()
        message = item.with_user(self.planner).action_way_out()["params"]["message"]
        self.assertIn("Already with somebody: 1", message)
        self.assertEqual(len(self._notes(item)), 1)
        self._notes(item).with_user(self.promoter).action_feedback(feedback="Nobody wants it")
        item.invalidate_recordset()
        self.assertFalse(item.way_out_user_id)
        item.with_user(self.seller).action_way_out()
        self.assertEqual(len(self._notes(item)), 1, "answered: it may be asked again")

    def test_what_is_not_slow_gets_no_note(self):
        self._plan()
        message = self._item(self.moving).with_user(self.seller).action_way_out()["params"]["message"]
        self.assertIn("Not slow, or not in stock: 1", message)
        self.assertFalse(self._notes(self._item(self.moving)))

    def test_a_selection(self):
        second = self._product("Idle too")
        self._facts(second, [5], last=self.today.replace(month=1, year=2024))
        self._stock(second, 3)
        self._plan()
        self._item(second).with_user(self.seller).action_way_out()
        items = self._slow() | self._item(self.moving)
        message = items.with_user(self.seller).action_way_out()["params"]["message"]
        self.assertEqual(message, "Notes written: 1. Already with somebody: 1. Not slow, or not in stock: 1.")

    def test_marked_for_a_customer(self):
        self.idle.inventory_customer_id = self.customer
        self.customer.user_id = self.seller
        self._plan()
        item = self._slow()
        self.assertEqual((item.way_out, item.way_out_customer_id), ("ask", self.customer))
        self.assertEqual(self._slow(None, ("way_out", "=", "ask")), item)
        self.assertFalse(self._slow(None, ("way_out", "=", "promote")))
        item.with_user(self.planner).action_way_out()
        note = self._notes(item)
        self.assertEqual((note.user_id, note.res_model, note.res_id), (self.seller, "res.partner", self.customer.id))
        self.assertIn("Customer", note.note)

    def test_sold_to_one_customer_only(self):
        contact = self.env["res.partner"].create({"name": "His buyer", "parent_id": self.customer.id})
        self._sell(self.idle, self.customer, contact)
        self._plan()
        item = self._item(self.idle)
        self.assertEqual((item.way_out, item.way_out_customer_id), ("ask", self.customer))

    def test_sold_to_several_or_to_anybody(self):
        other = self.env["res.partner"].create({"name": "Other customer"})
        till = self._product("Sold at the till")
        self._stock(till, 5)
        self._sell(self.idle, self.customer, other)
        self._sell(till, self.customer, None)
        self._plan()
        self.assertEqual((self._item(self.idle) | self._item(till)).mapped("way_out"), ["promote", "promote"])

    def test_imported_sales_may_be_anybodys(self):
        self._sell(self.idle, self.customer)
        self._plan()
        self.assertEqual(self._item(self.idle).way_out, "ask")
        self.env.cr.execute(
            "UPDATE inventory_daily_flow SET source = 'import' WHERE product_id = %s AND sold = 5", [self.idle.id]
        )
        self._item(self.idle).invalidate_recordset()
        self.assertEqual(self._item(self.idle).way_out, "promote")

    def test_the_salesperson_of_the_last_order(self):
        self.idle.inventory_customer_id = self.customer
        self.env["sale.order"].create({"partner_id": self.customer.id, "user_id": self.seller.id})
        self._plan()
        self._slow().with_user(self.planner).action_way_out()
        self.assertEqual(self._notes(self._item(self.idle)).user_id, self.seller)

    def test_nobody_responsible(self):
        self.company.inventory_sales_user_id = False
        self.env["crm.team"].search([]).user_id = False
        self._plan()
        self._slow().with_user(self.planner).action_way_out()
        self.assertEqual(self._notes(self._item(self.idle)).user_id, self.planner, "who asks gets it himself")

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.promoter.lang = "zh_CN"
        self._plan()
        self._slow().with_user(self.planner).action_way_out()
        self.assertNotIn("Promote", self._notes(self._item(self.idle)).summary)
