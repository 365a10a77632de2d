"""Rules: bad conditions are refused with a sentence, and a condition must not leak."""

from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AlertCase


@tagged("post_install", "-at_install")
class TestAlertRule(AlertCase):
    @mute_logger("odoo.sql_db", "odoo.domains")
    def test_bad_conditions_are_refused(self):
        for bad in (
            "",
            "[]",
            "nonsense",
            "[(",
            "{}",
            "[('no_such_field', '=', 1)]",
            "[('status', 'no operator', 1)]",
            "[('status', '=')]",
            "__import__('os').system('true')",
            "[('create_date', '>', 'yesterdayish')]",
        ):
            with self.subTest(bad), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.rule.domain = bad
                self.env.flush_all()

    def test_relative_dates_are_conditions(self):
        self.rule.domain = "[('best_order_date', '<=', 'today +7d')]"
        self.item.best_order_date = "2020-01-01"
        self.assertGreaterEqual(self.evaluate().opened, 1)

    def test_condition_must_not_leak(self):
        """The evaluation runs as superuser; its author may only ask what he may read."""
        field = self.env["inventory.item"]._fields["need_to_buy"]
        self.rule.with_user(self.planner).domain = "[('need_to_buy', '>', 5)]"
        with patch.object(field, "groups", "base.group_no_one"), self.assertRaises(ValidationError):
            self.rule.with_user(self.planner).domain = "[('need_to_buy', '>', 6)]"

    def test_rule_with_history_is_archived_not_deleted(self):
        self.item.status = "red"
        self.evaluate()
        with self.assertRaises(UserError):
            self.rule.unlink()

    def test_evaluate_now_says_what_happened(self):
        self.item.status = "red"
        action = self.rule.with_user(self.planner).action_evaluate()
        self.assertIn("1", action["params"]["message"])
        with self.assertRaises(UserError):
            self.rule.with_user(self.viewer).action_evaluate()

    def test_shipped_rules(self):
        short = self.env.ref("inventory_alerts.rule_item_short")
        soon = self.env.ref("inventory_alerts.rule_item_soon_short")
        (short | soon).active = True
        self.item.status, self.other_item.status = "red", "yellow"
        self.evaluate(short | soon)
        alerts = self.env["inventory.alert"].search([("subject_id", "in", self.items.ids), ("state", "=", "open")])
        self.assertEqual(
            {(a.subject_id, a.severity) for a in alerts}, {(self.item.id, "high"), (self.other_item.id, "low")}
        )

    def test_refresh_of_items_wakes_the_evaluation(self):
        cron = self.env.ref("inventory_alerts.cron_evaluate")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.env["inventory.item"]._refresh(self.item)
        self.assertGreater(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before)

    def test_scheduled_action(self):
        self.item.status = "red"
        self.env["inventory.alert.rule"]._cron_evaluate()
        self.assertEqual(self.alerts().state, "open")
