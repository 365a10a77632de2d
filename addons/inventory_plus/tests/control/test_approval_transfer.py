"""Transfers that need approval before they are done: by operation type, and without a source document."""

from odoo.addons.inventory_plus.exceptions import GateError
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestApprovalTransfer(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("inventory_plus.gate", "on")
        cls.env["inventory.approval.rule"].search([]).active = False
        cls.internal = cls.warehouse.int_type_id
        cls.internal.inventory_approval = True

    def _transfer(self, quantity=4, kind=None, **places):
        kind = kind or self.internal
        source = places.get("source", self.stock)
        target = places.get("target", self.shelf)
        picking = self.env["stock.picking"].with_user(self.users["operator"])
        picking = picking.create(
            {
                "picking_type_id": kind.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        return picking

    def _ask(self, picking):
        action = picking.action_inventory_request_approval()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_an_operation_type_that_needs_approval(self):
        picking = self._transfer()
        self.assertEqual(picking.inventory_request_state, "needed")
        with self.assertRaisesRegex(GateError, "Request Approval"), self.env.cr.savepoint():
            picking.button_validate()
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.move_ids._action_done()
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.sudo()._action_done()
        request = self._ask(picking)
        self.assertEqual(picking.inventory_request_state, "pending")
        self.assertEqual(self._ask(picking), request, "a second press opens the first request")
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.button_validate()
        with self.assertRaises(AccessError):
            request.with_user(self.users["operator"]).action_approve()
        request.with_user(self.users["approver"]).action_approve()
        self.assertEqual(picking.inventory_request_state, "approved")
        picking.button_validate()
        self.assertEqual((picking.state, self._on_hand(location=self.shelf)), ("done", 4))

    def test_more_than_was_approved(self):
        picking = self._transfer()
        self._ask(picking).with_user(self.users["approver"]).action_approve()
        picking.move_ids.quantity = 5
        with self.assertRaisesRegex(GateError, "moves more now"), self.env.cr.savepoint():
            picking.button_validate()
        picking.move_ids.quantity = 4
        picking.move_ids.location_dest_id = self.stock
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.move_ids._action_done()

    def test_rejected_is_not_approved(self):
        picking = self._transfer()
        request = self._ask(picking)
        request.with_user(self.users["approver"]).action_reject("no")
        self.assertEqual(picking.inventory_request_state, "needed")
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.button_validate()

    def test_the_request_holds_what_was_asked_for(self):
        request = self._ask(self._transfer())
        for vals in ({"content": []}, {"picking_id": self._transfer().id}, {"approval_state": "approved"}):
            with self.assertRaises(UserError):
                request.write(vals)
        made = self.env["inventory.transfer.request"].with_user(self.users["operator"])
        made = made.create({"picking_id": self._transfer(2).id, "content": [{"product": 1, "quantity": 1e9}]})
        self.assertEqual([row["quantity"] for row in made.content], [2.0])

    def test_other_types_are_not_hindered(self):
        self.internal.inventory_approval = False
        picking = self._transfer()
        self.assertFalse(picking.inventory_request_state)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_goods_without_a_source(self):
        self.env.company.inventory_gate = "on"
        self.env.company.inventory_gate_sourceless = True
        supplier = self.env.ref("stock.stock_location_suppliers")
        picking = self._transfer(3, self.warehouse.in_type_id, source=supplier, target=self.stock)
        self.assertEqual(picking.inventory_request_state, "needed")
        picking.move_ids.write({"quantity": 3, "picked": True})
        with self.assertRaises(GateError), self.env.cr.savepoint():
            picking.button_validate()
        request = self._ask(picking)
        self.assertEqual(request._approval_measures()["direction"], "in")
        request.with_user(self.users["approver"]).action_approve()
        self.assertEqual(picking.inventory_request_state, "approved")
        picking.button_validate()
        self.assertEqual((picking.state, self._on_hand()), ("done", 13))

    def test_a_rule_for_transfers(self):
        self.product.standard_price = 100
        step = {"name": "Board", "user_ids": [(6, 0, self.approver2.ids)]}
        self.env["inventory.approval.rule"].create(
            {
                "name": "Large",
                "kind": "inventory.transfer.request",
                "min_value": 400,
                "step_ids": [(0, 0, step)],
            }
        )
        large, small = self._ask(self._transfer(4)), self._ask(self._transfer(3))
        self.assertEqual(large.approval_awaited_ids, self.approver2)
        self.assertTrue(small.approval_turn_ids.by_role)

    def test_the_switch_is_audited(self):
        self.internal.inventory_approval = False
        entry = self.env["inventory.audit.entry"].search([("event", "=", "approval.transfer_switched")], limit=1)
        self.assertEqual(entry.res_id, self.internal.id)
