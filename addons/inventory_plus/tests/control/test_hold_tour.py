"""Hold a part of a lot, ask for its release, let go; inspect a receipt: on desktop and phone."""

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestHoldTour(HttpCase):
    def setUp(self):
        super().setUp()
        company = self.env.ref("base.main_company")
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.env["ir.config_parameter"].set_param("inventory_plus.gate", "off")
        for login, role in (("tour_holder", "operator"), ("tour_approver", "approver"), ("tour_receiver", "operator")):
            user = new_test_user(
                self.env,
                login,
                groups=f"inventory_plus.group_{role},stock.group_production_lot",
                company_id=company.id,
            )
            setattr(self, login, user)
        self.product = self.env["product.product"].create({"name": "Tour milk", "is_storable": True, "tracking": "lot"})
        self.lot = self.env["stock.lot"].create({"name": "TOUR1", "product_id": self.product.id})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, 10, lot_id=self.lot
        )

    def _hold(self):
        hold = (
            self.env["inventory.hold"]
            .with_user(self.tour_holder)
            .create(
                {
                    "kind": "quantity",
                    "product_id": self.product.id,
                    "lot_id": self.lot.id,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "quantity": 4,
                }
            )
        )
        self.start_tour(f"/odoo/action-inventory_plus.hold_action/{hold.id}", "inventory_hold_lot", login="tour_holder")
        self.env.invalidate_all()
        self.assertEqual((hold.state, hold.held_quantity), ("active", 4))
        outcome = hold.outcome_ids
        self.assertEqual(outcome.approval_state, "pending")
        self.start_tour(
            f"/odoo/action-inventory_plus.hold_outcome_action/{outcome.id}",
            "inventory_hold_approve",
            login="tour_approver",
        )
        self.env.invalidate_all()
        self.assertEqual((hold.state, outcome.approval_state), ("released", "approved"))

    def _inspect(self):
        plain = self.env["product.product"].create(
            {"name": "Tour bolt", "is_storable": True, "inventory_inspect": True}
        )
        suppliers = self.env.ref("stock.stock_location_suppliers")
        picking = (
            self.env["stock.picking"]
            .with_user(self.tour_receiver)
            .create(
                {
                    "picking_type_id": self.warehouse.in_type_id.id,
                    "location_id": suppliers.id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": plain.id,
                                "product_uom_qty": 10,
                                "location_id": suppliers.id,
                                "location_dest_id": self.warehouse.lot_stock_id.id,
                            },
                        )
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.write({"quantity": 10, "picked": True})
        picking.button_validate()
        inspection = self.env["inventory.inspection"].search([("picking_id", "=", picking.id)])
        self.start_tour(
            f"/odoo/action-inventory_plus.inspection_action/{inspection.id}", "inventory_inspect", login="tour_holder"
        )
        self.env.invalidate_all()
        self.assertEqual((inspection.state, inspection.passed, inspection.failed), ("done", 8, 2))
        self.assertEqual(inspection.failed_hold_ids.held_quantity, 2)

    def test_desktop(self):
        self._hold()
        self._inspect()

    def test_phone(self):
        self.browser_size = "375x667"
        self.touch_enabled = True
        self._hold()
        self._inspect()
