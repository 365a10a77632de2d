"""From a red item to the inbox to an acknowledged alert, in the browser, on desktop and phone."""

from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAlertTour(HttpCase):
    def setUp(self):
        super().setUp()
        self.buyer = new_test_user(
            self.env,
            "alert_tour_buyer",
            groups="base.group_user,inventory_plus.group_buyer",
            password="alert_tour_buyer",
        )
        self.buyer.notification_type = "inbox"
        product = self.env["product.product"].create({"name": "Tour product", "is_storable": True})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1)
        self.item = self.env["inventory.item"].create(
            {
                "product_id": product.id,
                "warehouse_id": warehouse.id,
                "user_id": self.buyer.id,
                "status": "red",
                "need_to_buy": 40,
                "stockout_date": "2030-01-01",
            }
        )
        jobs = []
        with patch.object(
            type(self.env["inventory.job"]),
            "_enqueue",
            lambda job, recordset, method, *args, **kwargs: jobs.append((recordset, method)),
        ):
            self.env["inventory.alert.rule"]._evaluate(self.env.ref("inventory_alerts.rule_item_short"))
        for recordset, method in jobs:
            getattr(recordset, method)()
        self.alert = self.env["inventory.alert"].search([("subject_id", "=", self.item.id), ("state", "=", "open")])
        self.assertEqual(self.alert.user_id, self.buyer)

    def _walk(self):
        self.start_tour("/odoo/discuss?active_id=mail.box_inbox", "inventory_alerts_inbox", login="alert_tour_buyer")
        self.start_tour(
            f"/odoo/inventory-alerts/{self.alert.id}", "inventory_alerts_acknowledge", login="alert_tour_buyer"
        )
        self.alert.invalidate_recordset()
        self.assertEqual(self.alert.state, "acknowledged")
        self.assertEqual(self.alert.acknowledged_by_id, self.buyer)

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
