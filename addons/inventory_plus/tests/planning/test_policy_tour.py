"""A planner changes a target and sees the simulation before he saves, in the browser, on desktop and phone."""

import random
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPolicyTour(HttpCase):
    def setUp(self):
        super().setUp()
        company = self.env.ref("base.main_company")
        self.planner = new_test_user(
            self.env, "policy_tour_planner", groups="inventory_plus.group_planner", company_id=company.id
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        today = self.env["inventory.item"]._planning_date(company)
        category = self.env["product.category"].create({"name": "Tour category"})
        rows = []
        for number in range(3):
            product = self.env["product.product"].create(
                {
                    "name": f"Tour product {number}",
                    "is_storable": True,
                    "standard_price": 1000,
                    "categ_id": category.id,
                }
            )
            chance = random.Random(number)
            rows += [
                (product.id, warehouse.id, company.id, today - timedelta(days=back), sold)
                for back in range(1, 720)
                if (sold := chance.choice((0, 0, 1, 3, 5, 8, 30)))
            ]
        self.policy = self.env["inventory.policy"].create(
            {"name": "Tour policy", "company_id": company.id, "target_cycle": 80, "categ_ids": [(6, 0, category.ids)]}
        )
        self.env.flush_all()
        self.env.cr.execute_values(
            "INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, sold, revenue, source) "
            "VALUES %s",
            rows,
            template="(%s, %s, %s, %s, %s, 10, 'moves')",
        )
        self.env["inventory.item"]._plan(warehouse_ids=warehouse.ids)

    def _walk(self):
        self.start_tour("/odoo/inventory-policies", "inventory_policy_simulation", login="policy_tour_planner")
        self.policy.invalidate_recordset()
        self.assertEqual(self.policy.target_cycle, 98)
        self.assertEqual(fields.Date.today(), self.policy.write_date.date())

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
