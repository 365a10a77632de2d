"""What ties Odoo's records to items is written by our code alone, whatever the path."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestOwnLinks(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Linked")
        cls._facts(cls.product, [10] * 400)
        cls.operator = cls._user("links_operator", "group_operator")
        cls.operator.group_ids = [Command.link(cls.env.ref("stock.group_stock_user").id)]

    def setUp(self):
        super().setUp()
        self.item = self._planned(self.product)

    def _draft(self, user=None, **values):
        return (
            self.env["stock.move"]
            .with_user(user or self.operator)
            .create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": 1000,
                    "location_id": self.suppliers.id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                    "company_id": self.company.id,
                    **values,
                }
            )
        )

    def _unmoved(self):
        self.item_model._refresh(self.item)
        self.assertEqual((self.item.incoming, self.item.need_to_buy), (0, 60))

    def test_a_draft_move_is_no_promise_by_hand(self):
        move = self._draft()
        with self.assertRaisesRegex(AccessError, "planning alone"):
            move.inventory_item_id = self.item
        with self.assertRaisesRegex(AccessError, "planning alone"):
            self._draft(inventory_item_id=self.item.id)
        with self.assertRaisesRegex(AccessError, "planning alone"):
            self.env["stock.move"].with_user(self.operator).with_context(default_inventory_item_id=self.item.id).create(
                {"product_id": self.product.id, "product_uom_qty": 5, "location_id": self.suppliers.id}
            )
        self._unmoved()

    def test_nor_within_a_transfer(self):
        values = {
            "product_id": self.product.id,
            "product_uom_qty": 1000,
            "location_id": self.suppliers.id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
            "inventory_item_id": self.item.id,
        }
        with self.assertRaisesRegex(AccessError, "planning alone"):
            self.env["stock.picking"].with_user(self.operator).create(
                {"picking_type_id": self.warehouse.in_type_id.id, "move_ids": [Command.create(values)]}
            )
        self._unmoved()

    def test_nor_by_import(self):
        move = self._draft()
        told = move.load([".id", "inventory_item_id/.id"], [[str(move.id), str(self.item.id)]])
        self.assertFalse(told["ids"])
        self.assertIn("planning alone", told["messages"][0]["message"])
        self._unmoved()

    def test_operators_work_with_proposed_moves(self):
        """Confirming, changing and splitting what the planning proposed needs no link."""
        there = self.env["stock.warehouse"].create({"name": "There", "code": "THR", "company_id": self.company.id})
        self._stock(self.product, 50, there.lot_stock_id)
        move = self._draft(
            user=self.env.ref("base.user_root"),
            location_id=there.lot_stock_id.id,
            product_uom_qty=30,
            picking_type_id=there.int_type_id.id,
            inventory_item_id=self.item.id,
        )
        mine = move.with_user(self.operator)
        mine.product_uom_qty = 20
        mine._action_confirm()
        mine._action_assign()
        mine.quantity = 5
        mine.picked = True
        mine._action_done()
        self.assertEqual(mine.state, "done")

    def test_a_note_is_not_about_an_item_by_hand(self):
        """It would count as "already with somebody" for slow stock."""
        values = {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.operator.partner_id.id,
            "user_id": self.operator.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
        }
        notes = self.env["mail.activity"].with_user(self.operator)
        with self.assertRaisesRegex(AccessError, "planning alone"):
            notes.create({**values, "inventory_item_id": self.item.id})
        with self.assertRaisesRegex(AccessError, "planning alone"):
            notes.sudo().create(values).sudo(False).inventory_item_id = self.item
        with self.assertRaisesRegex(AccessError, "planning alone"):
            notes.with_context(default_inventory_item_id=self.item.id).create(values)
