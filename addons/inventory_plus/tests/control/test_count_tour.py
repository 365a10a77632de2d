"""A count as one walk, on desktop and phone: blind, counted again, differs, approved by another person, applied.

An error on the browser's console fails it.
"""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCountTour(HttpCase):
    def setUp(self):
        super().setUp()
        self.people = {
            login: new_test_user(self.env, f"tour_{login}", groups=f"inventory_plus.group_{role}")
            for login, role in (
                ("first", "counter"),
                ("second", "counter"),
                ("count_planner", "planner"),
                ("decides", "approver"),
            )
        }
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        self.rack = self.env["stock.location"].create(
            {"name": "Tour rack", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.product = self.env["product.product"].create({"name": "Tour bolt", "is_storable": True})
        self.env["stock.quant"]._update_available_quantity(self.product, self.rack, 7919)
        self.task = (
            self.env["inventory.count.task"]
            .with_user(self.people["count_planner"])
            .create({"location_ids": [Command.set(self.rack.ids)], "user_id": self.people["first"].id})
        )
        self.task.action_open()

    def _walk(self):
        where = f"/odoo/inventory-counts/{self.task.id}"
        self.start_tour(where, "inventory_count_first", login="tour_first")
        self.assertEqual(self.task.state, "second")
        self.task.with_user(self.people["count_planner"]).second_user_id = self.people["second"]
        self.start_tour(where, "inventory_count_second", login="tour_second")
        self.assertEqual((self.task.state, self.task.sudo().result_ids.difference), ("review", -9))
        self.start_tour(where, "inventory_count_review", login="tour_count_planner")
        adjustment = self.task.sudo().adjustment_id
        self.assertEqual((self.task.state, adjustment.approval_state), ("done", "pending"))
        self.start_tour(f"/odoo/inventory-adjustments/{adjustment.id}", "inventory_count_approve", login="tour_decides")
        self.env.invalidate_all()
        quants = self.env["stock.quant"].search([("location_id", "=", self.rack.id)])
        self.assertEqual((adjustment.approval_state, sum(quants.mapped("quantity"))), ("approved", 7910))

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
