"""The screen says that planning is pending until every warehouse was planned once."""

from odoo.addons.inventory_plus.models.common import daily_flow_build
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestPlanningReadiness(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.readiness = cls.env["inventory.readiness"]
        # As on the day of the installation: nobody has planned anything.
        cls.env.cr.execute("DELETE FROM inventory_readiness WHERE component = 'planning'")
        cls.env.cr.execute("UPDATE inventory_item SET planned_at = NULL")
        cls.env.invalidate_all()
        cls.product = cls._product("Waiting")
        cls._stock(cls.product, 5)
        cls._second_company()
        cls.viewer = cls._user("waiting_viewer", "group_viewer")
        cls.others = cls.env["stock.warehouse"].sudo().search([]) - cls.warehouse

    @classmethod
    def _second_company(cls):
        """So that there is a warehouse which another job plans."""
        return cls.env["res.company"].sudo().create({"name": "Planning Test Company Two"})

    def _said(self):
        parts = self.readiness.with_user(self.viewer).unready()
        return [(part["state"], part["message"]) for part in parts if part["component"] == "planning"]

    def test_pending_from_the_facts_to_the_plan(self):
        self.assertEqual(self._said(), [])
        self.item_model._plan_soon()
        ((state, message),) = self._said()
        self.assertEqual(state, "pending")
        number = len(self.others) + 1
        self.assertIn(f"0 of {number} warehouses", message)

        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        part = self.readiness.search([("component", "=", "planning")])
        self.assertEqual(part.state, "pending")
        self.assertIn(f"1 of {number} warehouses", part.message)
        self.item_model._plan(warehouse_ids=self.others.ids)
        self.assertEqual((part.state, part.progress), ("ready", 100))
        self.assertNotIn("planning", [unready["component"] for unready in self.readiness.unready()])

        self.item_model._plan_soon()
        self.assertEqual(part.state, "ready", "who was planned once does not wait again")

    def test_one_plan_of_everything_ends_it(self):
        self.item_model._plan_soon()
        self.item_model._plan()
        self.assertEqual(self.readiness.search([("component", "=", "planning")]).state, "ready")

    def test_an_archived_warehouse_is_not_waited_for(self):
        second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "PLR2", "company_id": self.company.id, "inventory_tz": "UTC"}
        )
        self.item_model._plan_soon()
        second.active = False
        self.item_model._plan(warehouse_ids=(self.others + self.warehouse).ids)
        self.assertEqual(self.readiness.search([("component", "=", "planning")]).state, "ready")

    def test_a_busy_installation_says_it_before_the_facts_are_there(self):
        part = self.readiness._of("daily_facts")
        part.data = {"formula": "older"}
        self.patch(daily_flow_build, "BUSY_MOVES", -1)
        self.env["inventory.daily.flow"]._install()
        self.assertEqual(part.state, "pending")
        self.assertEqual([state for state, _message in self._said()], ["pending"])
