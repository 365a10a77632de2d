"""Who is responsible, who is told; never nobody."""

from odoo.tests import tagged

from .common import AlertCase


@tagged("post_install", "-at_install")
class TestAlertRouting(AlertCase):
    def setUp(self):
        super().setUp()
        self.item.status = "red"

    def recipients(self):
        return self.alerts().delivery_ids.user_id

    def test_responsible_of_the_item_first(self):
        self.item.user_id = self.buyer
        self.products.product_tmpl_id.responsible_id = self.viewer
        self.evaluate()
        self.assertEqual(self.alerts().user_id, self.buyer)
        self.assertEqual(self.recipients(), self.buyer)

    def test_then_the_product_then_warehouse_then_company(self):
        self.company.inventory_alert_user_id = self.viewer
        self.evaluate()
        self.assertEqual(self.alerts().user_id, self.viewer)
        self.alerts().sudo().unlink()
        self.warehouse.inventory_alert_user_id = self.planner
        self.evaluate()
        self.assertEqual(self.alerts().user_id, self.planner)
        self.alerts().sudo().unlink()
        self.products.product_tmpl_id.responsible_id = self.buyer
        self.evaluate()
        self.assertEqual(self.alerts().user_id, self.buyer)

    def test_who_may_not_see_it_is_passed_over(self):
        outsider = self._user("alerts_outsider", "base.group_user")
        self.item.user_id = outsider
        self.warehouse.inventory_alert_user_id = self.buyer
        self.evaluate()
        self.assertEqual(self.alerts().user_id, self.buyer)

    def test_archived_responsible_is_passed_over(self):
        self.item.user_id = self.buyer
        self.buyer.active = False
        self.evaluate()
        self.assertFalse(self.alerts().user_id)
        self.assertIn(self.planner, self.recipients())

    def test_planners_when_nobody_is_named(self):
        self.evaluate()
        self.assertFalse(self.alerts().user_id)
        self.assertIn(self.planner, self.recipients())
        self.assertNotIn(self.viewer, self.recipients())

    def test_named_users_and_roles_are_told_too(self):
        self.item.user_id = self.buyer
        self.rule.user_ids = self.viewer
        self.rule.group_ids = self.env.ref("inventory_plus.group_auditor")
        auditor = self._user("alerts_auditor", "inventory_plus.group_auditor")
        self.evaluate()
        self.assertIn(self.buyer, self.recipients())
        self.assertIn(self.viewer, self.recipients())
        self.assertIn(auditor, self.recipients())

    def test_rule_that_does_not_tell_the_responsible(self):
        self.item.user_id = self.buyer
        self.rule.notify_responsible = False
        self.rule.user_ids = self.viewer
        self.evaluate()
        self.assertEqual(self.recipients(), self.viewer)

    def test_other_company_is_not_told(self):
        _company, warehouse = self.second_company()
        foreign = self.env["inventory.item"].create(
            {"product_id": self.products[0].id, "warehouse_id": warehouse.id, "status": "red"}
        )
        foreign.user_id = self.buyer
        self.rule.write({"company_id": False, "domain": repr([("id", "=", foreign.id)])})
        self.evaluate()
        self.assertFalse(self.alerts().user_id)
        self.assertNotIn(self.buyer, self.recipients())

    def test_nobody_is_shown_not_swallowed(self):
        """A company without people: the delivery has failed, visibly, with its reason."""
        company, warehouse = self.second_company()
        self.env["res.users"].search([]).company_ids -= company
        foreign = self.env["inventory.item"].create(
            {"product_id": self.products[0].id, "warehouse_id": warehouse.id, "status": "red"}
        )
        self.rule.write({"company_id": False, "domain": repr([("id", "=", foreign.id)])})
        self.evaluate()
        delivery = self.alerts().delivery_ids
        self.assertEqual(delivery.state, "failed")
        self.assertTrue(delivery.error)
        self.assertEqual(self.alerts().delivery_state, "failed")
        self.assertIn(self.alerts(), self.env["inventory.alert"].search([("delivery_state", "=", "failed")]))

    def test_one_message_however_many_items(self):
        self.items.status = "red"
        self.items.user_id = self.buyer
        self.evaluate()
        self.assertEqual(len(self.alerts()), 2)
        self.assertEqual(len(self.alerts().delivery_ids), 1)
