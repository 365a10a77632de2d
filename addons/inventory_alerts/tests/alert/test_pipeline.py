"""The life of an alert: opened once, kept while true, resolved when over."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AlertCase


@tagged("post_install", "-at_install")
class TestAlertPipeline(AlertCase):
    def test_red_item_opens_one_alert(self):
        self.assertEqual(self.evaluate().opened, 0)
        self.item.status = "red"
        batch = self.evaluate()
        self.assertEqual((batch.opened, batch.resolved), (1, 0))
        alert = self.alerts()
        self.assertEqual(alert.state, "open")
        self.assertEqual(alert.severity, "high")
        self.assertEqual((alert.subject_model, alert.subject_id), ("inventory.item", self.item.id))
        self.assertEqual(alert.product_id, self.item.product_id)
        self.assertEqual(alert.warehouse_id, self.warehouse)
        self.assertEqual(alert.company_id, self.company)
        self.assertEqual(alert.subject_name, f"[AL1] Alert product 1 · {self.warehouse.code}")
        self.assertEqual(self.rule.matching, 1)
        self.assertTrue(self.rule.evaluated_at)

    def test_alert_is_not_repeated_while_true(self):
        self.item.status = "red"
        self.evaluate()
        self.run_jobs()
        self.item.usable = 1  # another figure is no new alert
        batch = self.evaluate()
        self.assertEqual((batch.opened, batch.resolved), (0, 0))
        self.assertFalse(self.jobs)
        self.assertEqual(len(self.alerts()), 1)
        self.assertEqual(self.alerts().sudo().details["usable"], 3, "the figures are those of the opening")

    def test_acknowledged_alert_stays_acknowledged(self):
        self.item.status = "red"
        self.evaluate()
        self.alerts().action_acknowledge()
        self.evaluate()
        self.assertEqual(self.alerts().state, "acknowledged")
        self.assertEqual(self.alerts().acknowledged_by_id, self.env.user)

    def test_alert_resolves_and_opens_anew(self):
        first, second, third = (fields.Datetime.now() + timedelta(minutes=minute) for minute in (0, 5, 10))
        self.item.status = "red"
        self.evaluate(now=first)
        self.item.status = "green"
        self.assertEqual(self.evaluate(now=second).resolved, 1)
        self.assertEqual(self.alerts().state, "resolved")
        self.assertEqual(self.alerts().resolved_at, second)
        self.assertEqual(self.alerts().last_seen_at, first)
        self.item.status = "red"
        self.assertEqual(self.evaluate(now=third).opened, 1)
        self.assertEqual(self.alerts().mapped("state"), ["open", "resolved"])

    def test_deleted_or_archived_item_resolves(self):
        self.items.status = "red"
        self.assertEqual(self.evaluate().opened, 2)
        self.item.unlink()
        self.other_item.active = False
        self.assertEqual(self.evaluate().resolved, 2)
        self.assertEqual(set(self.alerts().mapped("state")), {"resolved"})
        self.assertIn("AL1", " ".join(self.alerts().mapped("display_name")))

    def test_archived_rule_resolves(self):
        self.item.status = "red"
        self.evaluate()
        self.rule.active = False
        self.env["inventory.alert.rule"]._evaluate()
        self.assertEqual(self.alerts().state, "resolved")

    def test_condition_must_hold_for_its_duration(self):
        self.rule.for_minutes = 30
        start = fields.Datetime.now()
        self.item.status = "red"
        self.assertEqual(self.evaluate(now=start).opened, 0)
        self.assertEqual(self.alerts().state, "pending")
        self.assertFalse(self.jobs, "nobody is told of what only waits")
        self.assertEqual(self.evaluate(now=start + timedelta(minutes=29)).opened, 0)
        self.assertEqual(self.evaluate(now=start + timedelta(minutes=30)).opened, 1)
        self.assertEqual(self.alerts().state, "open")
        self.assertEqual(self.alerts().first_seen_at, start)
        self.assertTrue(self.jobs)

    def test_short_spell_never_becomes_an_alert(self):
        self.rule.for_minutes = 30
        self.item.status = "red"
        self.evaluate()
        self.item.status = "green"
        self.evaluate()
        self.assertFalse(self.alerts())

    @mute_logger("odoo.addons.inventory_alerts.pipeline.evaluate")
    def test_broken_rule_alerts_and_others_go_on(self):
        self.item.status = "red"
        self.evaluate()
        broken = self.env["inventory.alert.rule"].create({"name": "Broken", "domain": "[('status', '=', 'red')]"})
        self.env.cr.execute(
            "UPDATE inventory_alert_rule SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", broken.id]
        )
        broken.invalidate_recordset()
        self.other_item.status = "red"
        batch = self.evaluate(self.rule | broken)
        self.assertEqual(len(self.alerts("open")), 2, "the other rule was evaluated")
        self.assertIn(broken.id, batch.broken)
        self.assertIn("gone", broken.error)
        alert = self.env["inventory.alert"].search([("rule_id", "=", broken.id)])
        self.assertEqual(alert.subject_model, "inventory.alert.rule")
        self.assertEqual(self.evaluate(self.rule | broken).opened, 0, "told once")
        broken.domain = "[('id', '=', 0)]"
        self.evaluate(self.rule | broken)
        self.assertEqual(alert.state, "resolved")
        self.assertFalse(broken.error)

    @mute_logger("odoo.addons.inventory_alerts.pipeline.evaluate")
    def test_alerts_of_a_broken_rule_are_kept(self):
        self.item.status = "red"
        self.evaluate()
        self.env.cr.execute("UPDATE inventory_alert_rule SET domain = '[(' WHERE id = %s", [self.rule.id])
        self.rule.invalidate_recordset()
        self.item.status = "green"
        self.assertEqual(self.evaluate().resolved, 0)
        self.assertIn("open", self.alerts().filtered("product_id").mapped("state"))

    def test_summary_says_what_to_do(self):
        values = {"status": "red", "usable": 3.0, "safety_stock": 12.5, "need_to_buy": 40.0}
        today = self.env["inventory.item"]._alert_today()
        late, later = today - timedelta(days=2), today + timedelta(days=9)
        summary = self.env["inventory.item"].with_context(lang="en_US")._alert_summary
        due = {"stockout_date": fields.Date.to_string(later), "best_order_date": fields.Date.to_string(late)}
        text = summary({**values, **due})
        self.assertIn("3 usable (safety stock 12.5)", text)
        self.assertIn("order 40 now", text)
        self.assertNotIn("order", summary({**values, **due, "need_to_buy": 0.0}), "nothing to buy, nothing to order")
        due = {"stockout_date": fields.Date.to_string(late), "best_order_date": fields.Date.to_string(later)}
        text = summary({**values, **due})
        self.assertIn("out of stock since", text)
        self.assertIn("order 40 by", text)
        self.assertEqual(summary({}), "")

    def test_queries_do_not_grow_with_items(self):
        """One item or sixty: the same number of queries."""
        self.evaluate()
        self.items.status = "red"
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.evaluate()
        few = self.env.cr.sql_log_count - before
        products = self.env["product.product"].create(
            [{"name": f"Many {number}", "is_storable": True} for number in range(60)]
        )
        items = self.env["inventory.item"].create(
            [
                {"product_id": product.id, "warehouse_id": self.warehouse.id, "status": "red", "user_id": self.buyer.id}
                for product in products
            ]
        )
        self.rule.domain = repr([("status", "=", "red"), ("id", "in", (self.items | items).ids)])
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(self.evaluate().opened, 60)
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 5)

    def test_company_of_the_rule_bounds_it(self):
        company, warehouse = self.second_company()
        self.rule.company_id = company
        self.item.status = "red"
        self.assertEqual(self.evaluate().opened, 0)
        foreign = self.env["inventory.item"].create(
            {"product_id": self.products[0].id, "warehouse_id": warehouse.id, "status": "red"}
        )
        self.rule.domain = "[('status', '=', 'red')]"
        self.evaluate()
        self.assertEqual(self.alerts("open").mapped("subject_id"), foreign.ids)
