"""The gate: every way by which a person could change stock alone, and the permit of an approved document (law 4)."""

import contextlib
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.inventory_plus.exceptions import GateError
from odoo.addons.inventory_plus.models.control.gate_permit import PERMIT
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged


class GateCase(ControlCase):
    """A clerk with Inventory/User and nothing else, 10 bolts, and the gate on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("inventory_plus.gate", "on")
        cls.env.company.inventory_gate = "on"
        cls.env.company.inventory_gate_sourceless = True
        cls.clerk = new_test_user(cls.env, "gate_clerk", groups="stock.group_stock_user")
        cls.keeper = new_test_user(cls.env, "gate_keeper", groups="stock.group_stock_manager")
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.loss = cls.product.property_stock_inventory
        cls.quant = cls.env["stock.quant"].search(
            [("product_id", "=", cls.product.id), ("location_id", "=", cls.stock.id)]
        )

    def my(self, record, user=None):
        return record.with_user(user or self.clerk)

    @contextlib.contextmanager
    def pressed(self):
        """As if a client had asked; code is not led anywhere."""
        with patch.object(type(self.env["inventory.gate"]), "_is_request", lambda _self: True):
            yield

    def assertGated(self, work, expected=10.0):
        with self.assertRaises(GateError) as caught, self.env.cr.savepoint():
            work()
        self.env.invalidate_all()
        self.assertEqual(self._on_hand(), expected)
        return str(caught.exception)

    def transfer(self, source, target, quantity=3, user=None, kind="int_type_id", **values):
        return self.my(self.env["stock.picking"], user).create(
            {
                "picking_type_id": self.warehouse[kind].id,
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
                            **values,
                        },
                    )
                ],
            }
        )

    def validate(self, picking):
        picking.action_confirm()
        picking.move_ids.quantity = picking.move_ids.product_uom_qty
        picking.move_ids.picked = True
        return picking.button_validate()


@tagged("post_install", "-at_install")
class TestGate(GateCase):
    def test_quantity_is_not_written(self):
        for vals in ({"quantity": 99}, {"reserved_quantity": -50}, {"in_date": "2020-01-01 00:00:00"}):
            for context in ({}, {"inventory_mode": True}):
                quant = self.my(self.quant).with_context(**context)
                text = self.assertGated(lambda quant=quant, vals=vals: quant.write(vals))
                self.assertIn("Bolt", text)
        self.assertGated(lambda: self.my(self.quant).write({"location_id": self.shelf.id}))
        self.assertGated(lambda: self.my(self.quant).sudo().write({"quantity": 99}))
        self.assertGated(lambda: self.my(self.quant).sudo().unlink())
        self.my(self.quant).write({"quantity": 10})  # what a form sends back unchanged

    def test_quants_are_not_made_with_a_quantity(self):
        vals = {"product_id": self.product.id, "location_id": self.shelf.id}
        quants = self.my(self.env["stock.quant"])
        self.assertGated(lambda: quants.create({**vals, "quantity": 5}))
        self.assertGated(lambda: quants.create({**vals, "reserved_quantity": 5}))
        self.assertGated(
            lambda: quants.with_context(inventory_mode=True).create({**vals, "inventory_quantity_auto_apply": 5})
        )
        self.assertGated(lambda: quants._update_available_quantity(self.product, self.stock, 5))
        self.assertGated(lambda: quants.sudo()._update_available_quantity(self.product, self.stock, -5))
        self.assertFalse(self._on_hand(location=self.shelf))

    def test_import_leads_to_a_message(self):
        columns = ["product_id/.id", "location_id/.id", "quantity"]
        row = [str(self.product.id), str(self.stock.id), "77"]
        answer = self.my(self.env["stock.quant"]).load(columns, [row])
        self.assertFalse(answer["ids"])
        self.assertIn("ritten by hand", str(answer["messages"]))
        columns[2] = "inventory_quantity_auto_apply"
        for user in (self.clerk, self.keeper):
            for context in ({}, {"import_file": True}, {"inventory_mode": True}):
                self.my(self.env["stock.quant"], user).with_context(**context).load(columns, [row])
        self.assertEqual(self._on_hand(), 10)

    def test_apply_leads_to_a_request(self):
        quant = self.my(self.quant).with_context(inventory_mode=True)
        quant.inventory_quantity = 4
        with self.pressed():
            action = quant.action_apply_inventory()
        self.assertEqual(action["res_model"], "inventory.adjustment")
        request = self.my(self.env["inventory.adjustment"]).browse(action["res_id"])
        self.assertEqual(request.line_ids.product_id, self.product)
        self.assertEqual(request.line_ids.quantity, 4)
        self.assertEqual(request.approval_state, "draft")
        self.assertFalse(self.quant.inventory_quantity_set)
        self.assertEqual(self._on_hand(), 10)
        request.action_request_approval()
        with self.assertRaises(AccessError):
            request.action_approve()
        self._as("approver", request).action_approve()
        self.assertEqual(self._on_hand(), 4)

    def test_code_is_refused_where_a_person_is_led(self):
        quant = self.my(self.quant).with_context(inventory_mode=True)
        quant.inventory_quantity = 4
        self.assertGated(quant.action_apply_inventory)
        scrap = self.my(self.env["stock.scrap"]).create({"product_id": self.product.id, "location_id": self.stock.id})
        self.assertGated(scrap.action_validate)
        self.assertGated(scrap.do_scrap)

    def test_other_buttons_lead_to_a_request(self):
        quant = self.my(self.quant).with_context(inventory_mode=True)
        quant.inventory_quantity = 1
        wizard = self.my(self.env["stock.inventory.adjustment.name"]).create({"quant_ids": [(6, 0, self.quant.ids)]})
        with self.pressed():
            self.assertEqual(wizard.action_apply()["res_model"], "inventory.adjustment")
        with self.pressed():
            action = quant.with_context(inventory_report_mode=True).action_set_inventory_quantity_zero()
        request = self.env["inventory.adjustment"].browse(action["res_id"])
        self.assertEqual((request.line_ids.quantity, request.create_uid), (0, self.clerk))
        quant.inventory_quantity = 5
        conflict = self.my(self.env["stock.inventory.conflict"], self.keeper).create(
            {"quant_ids": [(6, 0, self.quant.ids)]}
        )
        with self.pressed():
            self.assertEqual(conflict.action_keep_difference()["res_model"], "inventory.adjustment")
        self.assertEqual(self._on_hand(), 10)

    def test_written_counts_are_refused(self):
        quant = self.my(self.quant, self.keeper).with_context(inventory_mode=True)
        self.assertGated(lambda: quant.write({"inventory_quantity_auto_apply": 3}))
        user = new_test_user(self.env, "gate_products", groups="stock.group_stock_user,product.group_product_manager")
        self.assertGated(lambda: self.my(self.product, user).write({"qty_available": 77}))
        self.assertGated(lambda: self.my(self.product.product_tmpl_id, user).write({"qty_available": 77}))

    def test_revert_leads_to_a_request(self):
        request = self._pending(self._line(7))
        self._as("approver", request).action_approve()
        line = self.env["stock.move.line"].search([("product_id", "=", self.product.id), ("is_inventory", "=", True)])
        with self.pressed():
            action = self.my(line).action_revert_inventory()
        self.assertEqual(action["res_model"], "inventory.adjustment")
        self.assertEqual(self.env["inventory.adjustment"].browse(action["res_id"]).line_ids.quantity, 10)
        self.assertEqual(self._on_hand(), 7)

    def test_what_is_done_stays(self):
        request = self._pending(self._line(7))
        self._as("approver", request).action_approve()
        line = self.env["stock.move.line"].search([("product_id", "=", self.product.id), ("is_inventory", "=", True)])
        self.assertGated(lambda: self.my(line).write({"quantity": 500}), 7)
        self.assertGated(lambda: self.my(line).write({"location_id": self.shelf.id}), 7)
        self.assertGated(lambda: self.my(line).write({"state": "draft"}), 7)
        self.assertGated(lambda: self.my(line.move_id).write({"quantity": 500}), 7)
        self.assertGated(lambda: self.my(line.move_id).write({"state": "assigned"}), 7)
        self.assertGated(lambda: self.my(line.move_id).sudo().write({"state": "draft"}), 7)
        more = {"move_id": line.move_id.id, "product_id": self.product.id, "quantity": 5}
        self.assertGated(lambda: self.my(line.browse()).create(more), 7)

    def test_moves_are_not_born_done(self):
        seller = self.users["sales"]
        for target in (self.loss, self.customers, self.suppliers, self.shelf):
            vals = {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "location_id": self.stock.id,
                "location_dest_id": target.id,
                "state": "done",
                "move_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "quantity": 5,
                            "location_id": self.stock.id,
                            "location_dest_id": target.id,
                        },
                    )
                ],
            }
            for user in (seller, self.clerk):
                self.assertGated(lambda user=user, vals=vals: self.my(self.env["stock.move"], user).create(vals))
        picking = self.transfer(self.stock, self.shelf)
        self.validate(picking)
        self.assertEqual(self._on_hand(), 7)
        more = {"product_id": self.product.id, "quantity": 5, "picking_id": picking.id}
        self.assertGated(lambda: self.my(self.env["stock.move.line"]).create(more), 7)
        self.assertGated(lambda: self.my(picking).write({"move_ids": [(0, 0, {**vals, "state": "draft"})]}), 7)
        draft = self.transfer(self.stock, self.customers, kind="out_type_id")
        self.assertGated(lambda: self.my(draft.move_ids).write({"state": "done"}), 7)

    def test_transfers_to_losses_and_without_source(self):
        for source, target in (
            (self.stock, self.loss),
            (self.loss, self.stock),
            (self.stock, self.customers),
            (self.suppliers, self.stock),
            (self.stock, self.product.property_stock_production),
            (self.stock, self.env.ref("stock.stock_location_inter_company")),
        ):
            with self.subTest(source=source.name, target=target.name):
                self.assertGated(lambda s=source, t=target: self.validate(self.transfer(s, t)))
        self.env.company.inventory_gate_sourceless = False
        self.validate(self.transfer(self.suppliers, self.stock, kind="in_type_id"))
        self.assertEqual(self._on_hand(), 13)
        self.assertGated(lambda: self.validate(self.transfer(self.stock, self.loss)), 13)

    def test_false_sources_do_not_count(self):
        partner = self.env["res.partner"].create({"name": "Customer"})
        other = self.env["product.product"].create({"name": "Nut", "is_storable": True})
        order = self.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 1})]}
        )
        line = order.order_line.id
        send = lambda **vals: self.validate(self.transfer(self.stock, self.customers, kind="out_type_id", **vals))  # noqa: E731
        self.assertGated(lambda: send(sale_line_id=line))  # a quotation
        order.order_line.product_id = other
        order.action_confirm()
        self.assertGated(lambda: send(sale_line_id=line))  # of another product
        draft = self.transfer(self.stock, self.customers, kind="out_type_id")
        self.assertGated(lambda: send(origin_returned_move_id=draft.move_ids.id))  # of what never moved

    def test_relocation_stays_in_the_warehouse(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHGA"})
        relocate = self.my(self.env["stock.quant.relocate"], self.keeper).create
        wizard = {"quant_ids": [(6, 0, self.quant.ids)], "message": "x"}
        for target in (other.lot_stock_id, self.loss, self.customers):
            self.assertGated(
                lambda target=target: relocate({**wizard, "dest_location_id": target.id}).action_relocate_quants()
            )
        self.assertGated(lambda: self.my(self.lot).write({"location_id": other.lot_stock_id.id}))
        self.assertGated(lambda: self.my(self.lot).write({"location_id": self.loss.id}))
        package = self.env["stock.package"].create({"name": "P1"})
        self.env["stock.quant"]._update_available_quantity(self.product, self.shelf, 2, package_id=package)
        self.env.invalidate_all()
        self.assertGated(lambda: self.my(package).write({"location_id": self.loss.id}))
        self.assertGated(lambda: self.my(package).write({"location_id": other.lot_stock_id.id}))
        # Within the warehouse it is daily work.
        self.my(package).write({"location_id": self.stock.id})
        self.my(package).unpack()
        self.assertEqual(self._on_hand(), 12)
        self.my(self.lot).write({"location_id": self.stock.id})
        self.assertEqual(self._on_hand(self.lotted, lot=self.lot), 5)
        relocate({**wizard, "dest_location_id": self.shelf.id}).action_relocate_quants()
        self.assertEqual(self._on_hand() + self._on_hand(location=self.shelf), 12)
        self.assertGreaterEqual(self._on_hand(location=self.shelf), 10)

    def test_locations_do_not_turn(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHGB"})
        keeper = self.my(self.shelf, self.keeper)
        self.assertGated(lambda: keeper.write({"location_id": other.lot_stock_id.id}))
        negative = self.env["stock.location"].create({"name": "Owed", "usage": "inventory"})
        self.env["stock.quant"]._update_available_quantity(self.product, negative, -5)
        self.assertGated(lambda: self.my(negative, self.keeper).write({"usage": "internal"}))
        with self.assertRaises(AccessError):
            keeper.write({"inventory_gate": "open"})
        with self.assertRaises(AccessError):
            self.my(self.shelf, self.keeper).create(
                {"name": "Way out", "location_id": self.stock.id, "inventory_gate": "open"}
            )

    def test_a_server_action_changes_nothing(self):
        """Code that administrators write, run in a clerk's name, with and without sudo."""
        action = self.env["ir.actions.server"].create(
            {
                "name": "Change stock",
                "model_id": self.env["ir.model"]._get("stock.quant").id,
                "state": "code",
                "code": "x",
                "group_ids": [(6, 0, self.env.ref("stock.group_stock_user").ids)],
            }
        )
        for code in (
            "records.write({'quantity': 99})",
            "records.sudo().write({'quantity': 99})",
            "q = records.sudo()[0]\nq._update_available_quantity(q.product_id, q.location_id, 89)",
            "records.sudo().with_context(inventory_mode=True).write({'inventory_quantity': 99})\n"
            "records._apply_inventory()",
            "records.sudo().with_context(inventory_mode=True, inventory_permit=True).write("
            "{'inventory_quantity_auto_apply': 99})",
        ):
            action.sudo().code = code
            run = self.my(action).with_context(
                active_model="stock.quant", active_ids=self.quant.ids, active_id=self.quant.id
            )
            self.assertGated(run.run)

    def test_scrap_waits_for_approval(self):
        scrap = self.my(self.env["stock.scrap"]).create(
            {"product_id": self.product.id, "scrap_qty": 4, "location_id": self.stock.id}
        )
        with self.pressed():
            action = scrap.action_validate()
        self.assertEqual(action["res_model"], "inventory.scrap.request")
        self.assertEqual((scrap.state, self._on_hand()), ("draft", 10))
        request = self.env["inventory.scrap.request"].browse(action["res_id"])
        with self.pressed():
            self.assertEqual(scrap.do_scrap()["res_id"], request.id)  # again is not twice
        with self.assertRaises(UserError):
            scrap.scrap_qty = 8
        with self.assertRaises(UserError):
            self.my(request).write({"scrap_qty": 8})
        with self.assertRaises(AccessError):
            self.my(request).action_approve()
        self._as("approver", request).action_approve()
        self.assertEqual((scrap.state, self._on_hand()), ("done", 6))
        self.assertEqual(scrap.move_ids.location_dest_id, scrap.scrap_location_id)
        self.assertTrue(scrap.name.startswith("SP/"))

    def test_scrap_of_more_than_there_is(self):
        scrap = self.my(self.env["stock.scrap"]).create(
            {"product_id": self.product.id, "scrap_qty": 300, "location_id": self.stock.id}
        )
        with self.pressed():
            action = scrap.do_scrap()
        with self.assertRaises(UserError):
            request = self.env["inventory.scrap.request"].browse(action["res_id"])
            self._as("approver", request).action_approve()
        self.assertEqual((self._on_hand(), scrap.state), (10, "draft"))


@tagged("post_install", "-at_install")
class TestGateWork(GateCase):
    """Daily work passes."""

    def test_receive_deliver_return(self):
        partner = self.env["res.partner"].create({"name": "Somebody"})
        purchase = self.env["purchase.order"].create(
            {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": self.product.id, "product_qty": 5})]}
        )
        purchase.button_confirm()
        self.validate(self.my(purchase.picking_ids))
        self.assertEqual(self._on_hand(), 15)
        order = self.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 6})]}
        )
        order.action_confirm()
        delivery = self.my(order.picking_ids)
        self.validate(delivery)
        self.assertEqual(self._on_hand(), 9)
        wizard = self.my(self.env["stock.return.picking"]).create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 2
        back = self.my(wizard._create_return())
        self.validate(back)
        self.assertEqual(self._on_hand(), 11)
        # More than the four that are still with the customer does not come back.
        wizard = self.my(self.env["stock.return.picking"]).create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 2
        more = self.my(wizard._create_return())
        more.move_ids.product_uom_qty = 5
        self.assertGated(lambda: self.validate(more), 11)
        more.move_ids.product_uom_qty = 4
        self.validate(more)
        self.assertEqual(self._on_hand(), 15)

    def test_transfer_and_three_steps(self):
        self.validate(self.transfer(self.stock, self.shelf))
        self.assertEqual((self._on_hand(), self._on_hand(location=self.shelf)), (7, 3))
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "C"}).id,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 6})],
            }
        )
        order.action_confirm()
        for _step in range(3):
            picking = order.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))[:1]
            self.validate(self.my(picking))
        self.assertEqual(self._on_hand() + self._on_hand(location=self.shelf), 4)

    def test_another_warehouse(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHGC"})
        self.validate(self.transfer(self.stock, other.lot_stock_id))
        self.assertEqual((self._on_hand(), self._on_hand(location=other.lot_stock_id)), (7, 3))


@tagged("post_install", "-at_install")
class TestGateSwitches(GateCase):
    def entries(self):
        return self.env["inventory.audit.entry"].search_count([("event", "=", "gate.switched")])

    def test_observe_reports(self):
        self.env.company.inventory_gate = "observe"
        quant = self.my(self.quant).with_context(inventory_mode=True)
        quant.inventory_quantity = 4
        self.assertFalse(quant.action_apply_inventory())
        self.assertEqual(self._on_hand(), 4)
        self.my(self.quant).write({"quantity": 6})
        self.validate(self.transfer(self.suppliers, self.stock, kind="in_type_id"))
        events = self.env["inventory.gate.event"].search([("product_id", "=", self.product.id)], order="id")
        self.assertEqual(events.mapped("kind"), ["correction", "direct", "sourceless"])
        self.assertEqual(events.mapped("quantity"), [-6, 2, 3])
        self.assertEqual(events.user_id, self.clerk)
        self.assertTrue(self.my(events, self.users["manager"]).has_access("read"))

    def test_observing_ends(self):
        company = self.env.company
        settings = self.env["res.config.settings"].create({"inventory_gate": "observe", "inventory_gate_days": 3})
        settings.execute()
        today = fields.Date.context_today(company)
        self.assertEqual(company.inventory_gate_observe_until, today + timedelta(days=2))
        self.assertEqual(company._inventory_gate_mode(), "observe")
        company.inventory_gate_observe_until = today - timedelta(days=1)
        self.assertEqual(company._inventory_gate_mode(), "on")
        self.assertGated(lambda: self.my(self.quant).write({"quantity": 6}))

    def test_open_place(self):
        before = self.entries()
        self.my(self.shelf, self.users["manager"]).inventory_gate = "open"
        self.assertEqual(self.entries(), before + 1)
        bin_a = self.env["stock.location"].create({"name": "Bin", "location_id": self.shelf.id})
        self.my(self.env["stock.quant"]).create({"product_id": self.product.id, "location_id": bin_a.id, "quantity": 5})
        self.assertEqual(self._on_hand(location=bin_a), 5)
        self.assertGated(lambda: self.my(self.quant).write({"quantity": 6}))

    def test_switches_are_audited(self):
        before = self.entries()
        self.env["ir.config_parameter"].set_param("inventory_plus.gate", "off")
        self.my(self.quant).write({"quantity": 6})
        self.assertEqual(self._on_hand(), 6)
        self.env["ir.config_parameter"].set_param("inventory_plus.gate", "on")
        self.env.company.inventory_gate = "open"
        self.assertEqual(self.entries(), before + 3)
        entry = self.env["inventory.audit.entry"].search([("event", "=", "gate.switched")], limit=1)
        self.assertEqual(entry.user_ref, self.env.uid)
        self.env["ir.config_parameter"].search([("key", "=", "inventory_plus.gate")]).write({"value": "off"})
        self.env["ir.config_parameter"].search([("key", "=", "inventory_plus.gate")]).unlink()
        self.assertEqual(self.entries(), before + 5)

    def test_installing_leaves_it_open_and_says_so(self):
        opened = [("event", "=", "gate.open")]
        before = self.env["inventory.audit.entry"].search_count(opened)
        self.registry.ready = False
        try:
            self.my(self.quant).write({"quantity": 6})
        finally:
            self.registry.ready = True
        self.assertEqual(self._on_hand(), 6)
        self.assertEqual(self.env["inventory.audit.entry"].search_count(opened), before + 1)


@tagged("post_install", "-at_install")
class TestPermit(GateCase):
    def setUp(self):
        super().setUp()
        self.request = self._pending(self._line(7))
        self._as("approver", self.request).action_approve()
        self.assertEqual(self._on_hand(), 7)
        self.key = (self.product.id, self.stock.id, False, False, False)

    def granted(self, allowed, document=None):
        return self.env["inventory.permit"]._granted(document or self.request, allowed)

    def count(self, env, quantity, quant=None):
        quant = (quant or self.quant).with_env(env)
        quant.inventory_quantity = quantity
        quant._apply_inventory()

    def test_exactly_what_is_allowed(self):
        with self.granted({self.key: -2}) as env:
            self.count(env, 5)
        self.assertEqual(self._on_hand(), 5)
        for allowed in ({self.key: -2}, {self.key: 3}, {}, {(*self.key[:1], self.shelf.id, *self.key[2:]): -3}):
            with self.granted(allowed) as env:
                self.assertGated(lambda env=env: self.count(env, 2), 5)

    def test_not_twice_and_not_afterwards(self):
        with self.granted({self.key: -2}) as env:
            self.count(env, 5)
            self.assertGated(lambda: self.count(env, 3), 5)
        with self.granted({self.key: -4}) as env:
            self.count(env, 4)
        self.assertGated(lambda: self.count(env, 3), 4)  # three were left over

    def test_only_an_approved_document(self):
        draft = self._adjustment(self._line(1))
        with self.assertRaises(GateError), self.granted({self.key: -2}, draft):
            pass
        rejected = self._pending(self._line(1))
        self._as("approver", rejected).action_reject()
        with self.assertRaises(GateError), self.granted({self.key: -2}, rejected):
            pass
        with self.assertRaises(GateError), self.granted({self.key: -2}, self.product):
            pass

    def test_a_savepoint_that_is_rolled_back_kills_it(self):
        with self.granted({self.key: -2}) as env:
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                self.count(env, 5)
                raise ZeroDivisionError
            self.env.invalidate_all()
            self.assertEqual(self._on_hand(), 7)
            self.assertGated(lambda: self.count(env, 5), 7)

    def test_what_runs_nested_cannot_use_it(self):
        """An override that runs while an approved adjustment is applied tries to change more, by every name it has."""
        seen = []

        def nested(moves):
            for env in (moves.env, self.env, self.env(user=self.clerk), self.env(user=self.clerk, su=True)):
                for context in (env.context, moves.env.context):
                    quant = self.quant.with_env(env).with_context(**context)
                    for amount in (1, 4):
                        try:
                            with self.env.cr.savepoint():
                                quant.inventory_quantity = amount
                                quant._apply_inventory()
                            seen.append("changed")
                        except GateError:
                            seen.append("refused")

        done = self.env.registry["stock.move"]._action_done

        def wrapper(moves, *args, **kwargs):
            if moves.is_inventory and not seen:
                seen.append("began")
                nested(moves)
            return done(moves, *args, **kwargs)

        self.patch(self.env.registry["stock.move"], "_action_done", wrapper)
        request = self._pending(self._line(5))
        self._as("approver", request).action_approve()
        self.assertEqual(self._on_hand(), 5)
        self.assertNotIn("changed", seen)
        self.assertIn("refused", seen)

    def test_automations_and_server_actions_cannot_use_it(self):
        """The same by the door that stands open to all who make moves: the environment of what was created."""
        created = self.env.registry["stock.move"].create
        contexts = []

        def wrapper(moves, vals_list):
            records = created(moves, vals_list)
            # As an automation does: it keeps the caller's environment.
            contexts.append(moves.env.context.get(PERMIT) is not None)
            quant = self.quant.with_env(moves.env)
            if contexts == [True]:
                with self.assertRaises(GateError), self.env.cr.savepoint():
                    quant.inventory_quantity = 1
                    quant._apply_inventory()
            self.assertFalse(records.env.context.get(PERMIT))
            return records

        self.patch(self.env.registry["stock.move"], "create", wrapper)
        request = self._pending(self._line(5))
        self._as("approver", request).action_approve()
        self.assertEqual(self._on_hand(), 5)
        self.assertTrue(contexts[0])

    def test_another_document_cannot_use_it(self):
        other = self._pending(self._line(3, location=self.shelf, product=self.product))
        with self.granted({self.key: -2}) as env:
            self.assertGated(lambda: self.count(env, 9, self.quant), 7)
            # Its own approval gives it its own permit, and leaves this one alone.
            self._as("approver", other.with_env(env)).action_approve()
            self.count(env, 5)
        self.assertEqual((self._on_hand(), self._on_hand(location=self.shelf)), (5, 3))

    def test_no_client_can_send_one(self):
        for value in (True, 1, "x", {"open": True}, [1]):
            quant = self.my(self.quant).with_context(**{PERMIT: value, "inventory_mode": True})
            self.assertGated(lambda quant=quant: quant.write({"quantity": 9}), 7)
            quant.inventory_quantity = 2
            with self.pressed():
                self.assertEqual(quant.action_apply_inventory()["res_model"], "inventory.adjustment")
            quant.inventory_quantity = 2
            self.assertGated(quant._apply_inventory, 7)
