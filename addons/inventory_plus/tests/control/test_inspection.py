"""Received goods that are to be inspected are on hold before anybody else gets them."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .hold_case import HoldCase


@tagged("post_install", "-at_install")
class TestInspection(HoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inspector = new_test_user(cls.env, "hold_inspector", groups="inventory_plus.group_operator")
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.product.categ_id = cls.env["product.category"].create({"name": "Turned"})
        cls.env["inventory.inspection.point"].create(
            [
                {"name": "Clean", "product_tmpl_id": cls.product.product_tmpl_id.id},
                {
                    "name": "Width",
                    "categ_id": cls.product.categ_id.id,
                    "kind": "measure",
                    "minimum": 9.5,
                    "maximum": 10.5,
                    "unit": "mm",
                },
            ]
        )

    def receive(self, quantity=50, product=None, location=None, user=None, lots=()):
        product = product or self.product
        picking = (
            self.env["stock.picking"]
            .with_user(user or self.operator)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "picking_type_id": self.warehouse.in_type_id.id,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": (location or self.stock).id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                                "location_dest_id": (location or self.stock).id,
                            },
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.button_validate()
        self.commit()
        return picking

    def inspection(self, picking):
        return self.env["inventory.inspection"].search([("picking_id", "=", picking.id)]).with_user(self.inspector)

    def answered(self, inspection, width=10.0):
        for check in inspection.check_ids:
            check.write({"value": width} if check.kind == "measure" else {"result": "pass"})

    def test_nothing_is_inspected_unasked(self):
        self.assertFalse(self.inspection(self.receive()))
        self.assertEqual(self.shown(), 150)

    def test_no_waiting_picking_gets_it(self):
        self.env["stock.picking.type"].search([]).reservation_method = "at_confirm"
        self.product.inventory_inspect = True
        waiting = self.delivery([(self.product, 150)])
        waiting.action_assign()
        self.assertEqual(waiting.move_ids.quantity, 100)
        inspection = self.inspection(self.receive())
        self.assertEqual((self.held(), waiting.move_ids.quantity, self.shown()), (50, 100, 0))
        self.assertEqual(inspection.check_ids.mapped("name"), ["Clean", "Width"])
        with self.assertRaisesRegex(UserError, "Not answered yet"), self.env.cr.savepoint():
            inspection.action_pass()
        self.answered(inspection)
        inspection.action_pass()
        self.commit()
        self.assertEqual((inspection.state, inspection.hold_id.state, self.held()), ("done", "released", 0))
        self.assertEqual(waiting.move_ids.quantity, 150, "who waited has it at once")

    def test_by_vendor(self):
        self.vendor.inventory_inspect = True
        self.assertEqual(self.inspection(self.receive()).quantity, 50)

    def test_the_next_step_waits(self):
        self.product.inventory_inspect = True
        self.warehouse.reception_steps = "two_steps"
        picking = self.receive(location=self.warehouse.wh_input_stock_loc_id)
        following = picking.move_ids.move_dest_ids
        self.assertEqual((self.held(), following.quantity), (50, 0))
        inspection = self.inspection(picking)
        self.answered(inspection)
        inspection.write({"passed_now": 30, "failed_now": 5})
        inspection.action_finish()
        self.commit()
        self.assertEqual((self.held(), following.quantity, inspection.state), (20, 30, "open"))
        inspection.action_pass()
        self.commit()
        self.assertEqual((self.held(), following.quantity, inspection.state), (5, 45, "done"))
        self.assertEqual((inspection.passed, inspection.failed), (45, 5))
        self.assertEqual(inspection.failed_hold_ids.sudo().held_quantity, 5)

    def test_what_fails_is_decided_by_an_approver(self):
        self.product.inventory_inspect = True
        inspection = self.inspection(self.receive())
        self.answered(inspection, width=11)
        self.assertEqual(inspection.check_ids.filtered(lambda check: check.name == "Width").result, "fail")
        with self.assertRaisesRegex(UserError, "say how much of it fails"), self.env.cr.savepoint():
            inspection.action_pass()
        inspection.write({"passed_now": 48, "failed_now": 2})
        inspection.action_finish()
        self.commit()
        self.assertEqual((inspection.state, self.held()), ("done", 2))
        failed = inspection.failed_hold_ids
        self.assertFalse(failed.sudo().is_inspection)
        [answer] = failed.release()
        self.assertEqual(answer["state"], "pending", "an inspector asks")
        failed.with_user(self.approver).release(outcome="scrap")
        self.assertEqual(self.held(), 0)

    def test_who_received_does_not_pass_it_alone(self):
        self.product.inventory_inspect = True
        inspection = self.inspection(self.receive()).with_user(self.operator)
        self.answered(inspection)
        inspection.action_pass()
        self.assertEqual((inspection.state, self.held()), ("done", 50))
        outcome = inspection.hold_id.outcome_ids
        self.assertEqual(outcome.approval_state, "pending")
        outcome.with_user(self.approver).action_approve()
        self.assertEqual(self.held(), 0)

    def test_planning_expects_it(self):
        self.product.inventory_inspect = True
        self.receive()
        self.env.flush_all()
        rows = self.env.execute_query(self.env["inventory.item"]._open_moves_sql([self.product.id]))
        self.assertEqual([float(row[3]) for row in rows if row[1] == self.warehouse.id and row[3]], [50])

    def test_guards(self):
        self.product.inventory_inspect = True
        inspection = self.inspection(self.receive())
        for vals in ({"state": "done"}, {"quantity": 1}, {"passed": 50}, {"hold_id": False}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                inspection.write(vals)
        self.answered(inspection)
        for passes, fails in ((51, 0), (-1, 0), (0, 0), (30, 21)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                inspection.write({"passed_now": passes, "failed_now": fails})
                inspection.action_finish()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            inspection.check_ids[1:].write({"maximum": 100})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            inspection.check_ids[1:].write({"result": "fail"})
        inspection.action_pass()
        with self.assertRaises(UserError):
            inspection.action_pass()

    def test_lots_and_a_held_lot(self):
        self.lotted.inventory_inspect = True
        self.hold_of(kind="lot", lot_id=self.lot1.id)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
            }
        )
        move = self.env["stock.move"].create(
            {
                "product_id": self.lotted.id,
                "product_uom_qty": 12,
                "picking_id": picking.id,
                "location_id": picking.location_id.id,
                "location_dest_id": self.stock.id,
            }
        )
        picking.action_confirm()
        move.move_line_ids.unlink()
        move.move_line_ids = [
            (0, 0, {"product_id": self.lotted.id, "lot_id": lot.id, "quantity": 6, "picking_id": picking.id})
            for lot in (self.lot1, self.lot2)
        ]
        move.picked = True
        picking.button_validate()
        self.commit()
        inspection = self.inspection(picking)
        self.assertEqual((self.held(self.lotted), inspection.quantity), (12, 6), "the held lot stays with its hold")
