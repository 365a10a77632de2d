"""The dashboard in the browser, on desktop and phone."""

from dateutil.relativedelta import relativedelta
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestDashboardTour(HttpCase):
    def setUp(self):
        super().setUp()
        company = self.env["res.company"].create({"name": "Dashboard tour company"})
        new_test_user(
            self.env,
            "dash_tour",
            groups="base.group_user,inventory_plus.group_planner",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            password="dash_tour",
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        product = self.env["product.product"].create({"name": "Tour product", "is_storable": True})
        self.env["inventory.item"].create(
            {
                "product_id": product.id,
                "warehouse_id": warehouse.id,
                "status": "red",
                "status_sequence": 1,
                "need_to_buy": 40,
                "stockout_date": "2030-01-01",
            }
        )
        self.env.cr.execute(
            """
            INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, lines)
            VALUES (%s, %s, %s, %s, 'moves', 12, 1)
            """,
            [
                product.id,
                warehouse.id,
                company.id,
                self.env["inventory.item"]._planning_date(company) - relativedelta(days=1),
            ],
        )

    def _walk(self):
        self.start_tour("/odoo/inventory-dashboard", "inventory_reports_dashboard", login="dash_tour")

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
