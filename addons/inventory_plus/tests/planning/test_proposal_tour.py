"""From the planner's button to Odoo's replenishment screen and back, in the browser, on desktop and phone."""

from datetime import timedelta

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestProposalTour(HttpCase):
    def setUp(self):
        super().setUp()
        company = self.env.ref("base.main_company")
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        others = self.env["stock.warehouse"].search([("id", "!=", self.warehouse.id)])
        others.active = False  # one run, whatever the database holds
        self.today = self.env["inventory.item"]._planning_date(company)
        vendor = self.env["res.partner"].create({"name": "Tour vendor"})
        self.product = self.env["product.product"].create(
            {
                "name": "Tour grown",
                "is_storable": True,
                "standard_price": 4,
                "seller_ids": [(0, 0, {"partner_id": vendor.id, "delay": 5})],
            }
        )
        for login, group in (
            ("tour_planner", "group_planner"),
            ("tour_approver", "group_approver"),
            ("tour_manager", "group_manager"),
        ):
            new_test_user(self.env, login, groups=f"inventory_plus.{group}", company_id=company.id)
        self._sell(10)
        self.env["inventory.item"]._plan(warehouse_ids=self.warehouse.ids)
        self.item = self.env["inventory.item"].search([("product_id", "=", self.product.id)])
        self._sell(20)

    def _sell(self, quantity):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [self.product.id])
        self.env.cr.execute_values(
            "INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, sold, revenue, source) "
            "VALUES %s",
            [
                (self.product.id, self.warehouse.id, self.warehouse.company_id.id, self.today - timedelta(days=back))
                for back in range(1, 400)
            ],
            template=f"(%s, %s, %s, %s, {quantity}, {quantity * 10}, 'moves')",
        )
        self.env.invalidate_all()

    def _parameters(self):
        self.env.invalidate_all()
        rule = self.item.orderpoint_ids
        return (self.item.reorder_point, self.item.order_up_to), (rule.product_min_qty, rule.product_max_qty)

    def _walk(self):
        self.start_tour("/odoo/inventory-plan-runs", "inventory_plan_now", login="tour_planner")
        run = self.env["inventory.plan.run"].search([("origin", "=", "button")], limit=1)
        self.assertEqual((run.user_id.login, run.state), ("tour_planner", "waiting"))
        run._work()
        waiting = run.proposal_ids.filtered(lambda proposal: proposal.state == "waiting")
        self.assertEqual(waiting.product_id, self.product)
        run.user_id = self.env["res.users"].search([("login", "=", "tour_manager")])
        self.start_tour(f"/odoo/inventory-proposals/{waiting.id}", "inventory_proposal_own_run", login="tour_manager")
        self.start_tour("/odoo/inventory-proposals", "inventory_proposal_apply", login="tour_approver")
        self.assertEqual(self._parameters(), ((120, 400), (120, 400)))
        self.start_tour(
            "/odoo/action-stock.action_orderpoint_replenish", "inventory_proposal_replenishment", login="tour_manager"
        )
        self.start_tour(f"/odoo/inventory-plan-runs/{run.id}", "inventory_proposal_roll_back", login="tour_approver")
        self.assertEqual(self._parameters(), ((60, 200), (60, 200)))
        self.assertEqual(waiting.comment, "The old values were right")

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
