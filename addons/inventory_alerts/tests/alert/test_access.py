"""Who sees, who acknowledges, who orders."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AlertCase


@tagged("post_install", "-at_install")
class TestAlertAccess(AlertCase):
    def setUp(self):
        super().setUp()
        self.item.write({"status": "red", "user_id": self.buyer.id})
        self.evaluate()
        self.run_jobs()
        self.alert = self.alerts()

    def test_viewer_reads_but_does_not_acknowledge(self):
        alert = self.alert.with_user(self.viewer)
        self.assertEqual(alert.state, "open")
        self.assertFalse(alert.can_acknowledge)
        with self.assertRaises(AccessError):
            alert.action_acknowledge()
        self.assertEqual(self.alert.state, "open")

    def test_recipient_and_planner_acknowledge(self):
        for user in (self.buyer, self.planner):
            self.alert.sudo().write({"state": "open", "acknowledged_by_id": False})
            alert = self.alert.with_user(user)
            self.assertTrue(alert.can_acknowledge)
            alert.action_acknowledge()
            self.assertEqual((self.alert.state, self.alert.acknowledged_by_id), ("acknowledged", user))

    def test_second_acknowledgement_changes_nothing(self):
        self.alert.with_user(self.buyer).action_acknowledge()
        self.alert.with_user(self.viewer).action_acknowledge()
        self.assertEqual(self.alert.acknowledged_by_id, self.buyer)

    def test_nobody_writes_alerts(self):
        manager = self._user("alerts_manager", "inventory_plus.group_manager")
        for user in (self.viewer, self.buyer, self.planner, manager):
            with self.assertRaises(AccessError):
                self.alert.with_user(user).write({"state": "resolved"})
            with self.assertRaises(AccessError):
                self.alert.with_user(user).unlink()

    def test_raw_figures_are_for_managers_and_auditors(self):
        with self.assertRaises(AccessError):
            self.alert.with_user(self.viewer).read(["details"])

    def test_without_a_role_nothing_is_seen(self):
        outsider = self._user("alerts_nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["inventory.alert"].with_user(outsider).search([])

    def test_other_company_sees_nothing(self):
        company, _warehouse = self.second_company()
        foreigner = self._user(
            "alerts_foreign", "inventory_plus.group_manager", company_id=company.id, company_ids=[(6, 0, company.ids)]
        )
        self.assertFalse(self.env["inventory.alert"].with_user(foreigner).search([("id", "=", self.alert.id)]))
        with self.assertRaises(AccessError):
            self.alert.with_user(foreigner).action_acknowledge()

    def test_mine(self):
        alerts = self.env["inventory.alert"]
        self.assertIn(self.alert, alerts.with_user(self.buyer).search([("is_mine", "=", True)]))
        self.assertNotIn(self.alert, alerts.with_user(self.planner).search([("is_mine", "=", True)]))
        self.assertIn(self.alert, alerts.with_user(self.planner).search([("is_mine", "=", False)]))
        self.assertTrue(self.alert.with_user(self.buyer).is_mine)
        self.assertFalse(self.alert.with_user(self.planner).is_mine)

    def test_ordering_is_for_buyers_and_acknowledges(self):
        self.assertFalse(self.alert.with_user(self.planner).can_order)
        with self.assertRaises(AccessError):
            self.alert.with_user(self.planner).action_make_rfq()
        self.assertTrue(self.alert.with_user(self.buyer).can_order)
        answer = {"type": "ir.actions.act_window", "res_model": "purchase.order"}
        with patch.object(type(self.env["inventory.item"]), "action_make_rfq", lambda item: answer):
            self.assertEqual(self.alert.with_user(self.buyer).action_make_rfq(), answer)
        self.assertEqual(self.alert.state, "acknowledged")

    def test_open_the_item_even_when_it_is_gone(self):
        action = self.alert.with_user(self.viewer).action_open_subject()
        self.assertEqual((action["res_model"], action["res_id"]), ("inventory.item", self.item.id))
        self.item.unlink()
        self.assertEqual(self.alert.action_open_subject()["tag"], "display_notification")
        self.assertEqual(self.alert.comparison[0]["now"], "")

    def test_rules_for_all_companies_are_not_a_planners(self):
        """A planner of one company neither asks about the others nor silences their alerts."""
        company, warehouse = self.second_company()
        shared = self.rule.copy({"name": "For all", "company_id": False, "domain": '[("status", "=", "red")]'})
        self.env["inventory.item"].create(
            {"product_id": self.products[0].id, "warehouse_id": warehouse.id, "status": "red"}
        )
        self.evaluate(shared)
        self.assertEqual(shared.with_user(self.planner).matching, 1, "the other company's item does not count")
        for change in ({"domain": '[("usable", ">", 5)]'}, {"active": False}):
            with self.assertRaises(AccessError):
                shared.with_user(self.planner).write(change)
        with self.assertRaises(AccessError):
            shared.with_user(self.planner).action_evaluate()
        with self.assertRaises(AccessError):
            shared.with_user(self.planner).unlink()
        for target in (False, company.id):
            with self.assertRaises(AccessError):
                self.rule.with_user(self.planner).company_id = target
            with self.assertRaises(AccessError):
                self.rule.with_user(self.planner).copy({"company_id": target})
        mine = self.env["inventory.alert.rule"].with_user(self.planner).create({"name": "Mine"})
        self.assertEqual(mine.company_id, self.company)
        mine.active = False

    def test_rules_for_all_companies_are_changed_by_who_works_in_all(self):
        company, _warehouse = self.second_company()
        everywhere = self._user("alerts_everywhere", "inventory_plus.group_planner")
        everywhere.company_ids = self.env["res.company"].search([])
        administrator = self._user("alerts_system", "inventory_plus.group_planner,base.group_system")
        self.rule.company_id = False
        for user in (everywhere, administrator):
            self.rule.with_user(user).write({"severity": "low"})
        everywhere.company_ids -= company
        with self.assertRaises(AccessError):
            self.rule.with_user(everywhere).write({"severity": "high"})
