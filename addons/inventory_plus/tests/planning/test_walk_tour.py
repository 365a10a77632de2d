"""The planning as one walk, on desktop and phone: target, simulation, run, approval, min and max, roll back.

Two people walk it, since nobody approves what he asked for. An error on the browser's console fails it.
"""

import random
from datetime import timedelta

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestWalkTour(HttpCase):
    def setUp(self):
        super().setUp()
        company = self.env.ref("base.main_company")
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        others = self.env["stock.warehouse"].search([("id", "!=", self.warehouse.id)])
        others.active = False  # one run, whatever the database holds
        for login, group in (("walk_planner", "group_planner"), ("walk_manager", "group_manager")):
            new_test_user(self.env, login, groups=f"inventory_plus.{group}", company_id=company.id)
        vendor = self.env["res.partner"].create({"name": "Walk vendor"})
        category = self.env["product.category"].create({"name": "Walk category"})
        self.product = self.env["product.product"].create(
            {
                "name": "Walk product",
                "is_storable": True,
                "standard_price": 400,
                "categ_id": category.id,
                "seller_ids": [(0, 0, {"partner_id": vendor.id, "delay": 9})],
            }
        )
        self.policy = self.env["inventory.policy"].create(
            {
                "name": "Walk policy",
                "company_id": company.id,
                "target_cycle": 80,
                "categ_ids": [(6, 0, category.ids)],
                "auto_percent": 1,
            }
        )
        today = self.env["inventory.item"]._planning_date(company)
        chance = random.Random(5)
        self.env.flush_all()
        self.env.cr.execute_values(
            "INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, sold, revenue, source) "
            "VALUES %s",
            [
                (self.product.id, self.warehouse.id, company.id, today - timedelta(days=back), sold)
                for back in range(1, 720)
                if (sold := chance.choice((0, 0, 1, 3, 5, 8, 30)))
            ],
            template="(%s, %s, %s, %s, %s, 10, 'moves')",
        )
        self.env["inventory.item"]._plan(warehouse_ids=self.warehouse.ids)
        self.item = self.env["inventory.item"].search([("product_id", "=", self.product.id)])

    def _levels(self):
        """Levels of the item and of its reordering rule."""
        self.env.invalidate_all()
        rule = self.item.orderpoint_ids
        return (self.item.reorder_point, self.item.order_up_to), (rule.product_min_qty, rule.product_max_qty)

    def _walk(self):
        old, rule = self._levels()
        self.assertEqual(old, rule)
        self.start_tour("/odoo/inventory-policies", "inventory_walk_planner", login="walk_planner")
        self.policy.invalidate_recordset()
        self.assertEqual((self.policy.target_cycle, self.policy.write_uid.login), (98, "walk_planner"))
        self.assertEqual(self._levels(), (old, old), "nothing is in force before somebody approves")
        run = self.env["inventory.plan.run"].search([("origin", "=", "button")], limit=1)
        self.assertEqual((run.user_id.login, run.state), ("walk_planner", "waiting"))
        run._work()
        waiting = run.proposal_ids.filtered(lambda proposal: proposal.state == "waiting")
        self.assertEqual(waiting.product_id, self.product)
        new = (waiting.new_reorder_point, waiting.new_order_up_to)
        self.assertGreater(new, old)
        self.product.name = f"Walk product min {new[0]:.0f} max {new[1]:.0f};"
        self.start_tour("/odoo/inventory-proposals", "inventory_walk_approver", login="walk_manager")
        self.assertEqual(self._levels(), (new, new))
        self.start_tour(f"/odoo/inventory-plan-runs/{run.id}", "inventory_walk_roll_back", login="walk_manager")
        self.assertEqual(self._levels(), (old, old))
        self.assertEqual(waiting.comment, "Too much stock")

    def test_desktop(self):
        self._walk()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._walk()
