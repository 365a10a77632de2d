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
            "[('product_id', 'any!', [('stock_quant_ids.quantity', '>', 5)])]",
        ):
            with self.subTest(bad), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.rule.domain = bad
                self.env.flush_all()

    def test_relative_dates_are_conditions(self):
        self.rule.domain = "[('best_order_date', '<=', 'today +7d')]"
        self.item.best_order_date = "2020-01-01"
        self.other_item.best_order_date = "2999-01-01"
        self.evaluate()
        opened = self.alerts("open").mapped("subject_id")
        self.assertIn(self.item.id, opened)
        self.assertNotIn(self.other_item.id, opened)

    def test_condition_must_not_leak(self):
        """The evaluation runs as superuser; its author may only ask what he may read."""
        field = self.env["inventory.item"]._fields["need_to_buy"]
        self.rule.with_user(self.planner).domain = "[('need_to_buy', '>', 5)]"
        with patch.object(field, "groups", "base.group_no_one"), self.assertRaises(ValidationError):
            self.rule.with_user(self.planner).domain = "[('need_to_buy', '>', 6)]"

    def _elsewhere(self):
        """A second company with 70 pieces of the product that both companies trade."""
        company, warehouse = self.second_company()
        self.env["stock.quant"].sudo()._update_available_quantity(self.products[0], warehouse.lot_stock_id, 70)
        self.env["stock.quant"].sudo()._update_available_quantity(self.products[1], self.warehouse.lot_stock_id, 70)
        return company, warehouse

    def test_a_relation_does_not_lead_to_another_company(self):
        """Over a shared product the superuser would find the other company's stock, and the alert would tell."""
        self._elsewhere()
        mine = ["|", ("id", "=", self.item.id), ("id", "=", self.other_item.id)]
        for asked in (
            [("product_id.stock_quant_ids.quantity", "=", 70)],
            [("product_id", "any", [("stock_quant_ids.quantity", ">", 69)])],
            [("product_id.product_tmpl_id.product_variant_ids.stock_quant_ids", "any", [("quantity", "=", 70)])],
            ["!", ("product_id", "not any", [("stock_quant_ids.quantity", "in", [70])])],
        ):
            with self.subTest(asked):
                self.rule.with_user(self.planner).domain = repr([*asked, *mine])
                self.assertTrue(self.rule._looks_elsewhere())
                self.evaluate()
                self.assertFalse(self.rule.error)
                self.assertEqual(self.alerts("open").mapped("subject_id"), self.other_item.ids)
                self.rule.domain = "[('status', '=', 'red')]"
                self.evaluate()

    def test_nobody_lends_himself_another_authors_eyes(self):
        """Written over RPC, the author is whoever writes; the superuser's eyes would see every company."""
        self._elsewhere()
        rule = self.rule.with_user(self.planner)
        rule.domain = repr([("product_id.stock_quant_ids.quantity", "=", 70), ("id", "=", self.item.id)])
        rule.write({"condition_user_id": 1})
        self.assertEqual(self.rule.condition_user_id, self.planner)
        self.evaluate()
        self.assertFalse(self.alerts())

    def test_a_rule_of_the_system_reads_its_companys_values(self):
        """Prices depend on the company: a rule compares with those of its own."""
        company, warehouse = self._elsewhere()
        there = self.env["inventory.item"].create({"product_id": self.products[0].id, "warehouse_id": warehouse.id})
        self.products[0].with_company(self.company).standard_price = 3
        self.products[0].with_company(company).standard_price = 99
        condition = [("product_id.standard_price", ">", 50), ("id", "in", [self.item.id, there.id])]
        self.rule.domain = repr(condition)
        self.evaluate()
        self.assertFalse(self.alerts())
        self.rule.company_id = company
        self.evaluate()
        self.assertEqual(self.alerts().mapped("subject_id"), there.ids)

    def test_who_left_the_company_no_longer_looks_into_it(self):
        """The rule says that it cannot be evaluated, instead of watching a part in silence (law 8)."""
        company, _warehouse = self._elsewhere()
        self.planner.company_ids += company
        self.rule.with_user(self.planner).domain = "[('product_id.stock_quant_ids.quantity', '=', 70)]"
        self.rule.with_user(self.planner).company_id = company
        self.evaluate()
        self.assertFalse(self.rule.error)
        self.planner.company_ids -= company
        self.evaluate()
        self.assertIn("does not work in all companies", self.rule.error)
        self.rule.company_id = False
        self.evaluate()
        self.assertFalse(self.rule.error, "written again by somebody who may")

    def test_own_columns_are_read_for_everybody(self):
        """No author is needed for them: such a rule survives his leaving."""
        for domain in (
            "[('status', '=', 'red')]",
            "[('warehouse_id', 'in', [1, 2])]",
            "[('user_id', '=', False)]",
            "['|', ('best_order_date', '<=', 'today'), ('computed_at.month_number', '=', 3)]",
        ):
            self.rule.domain = domain
            self.assertFalse(self.rule._looks_elsewhere(), domain)
        for domain in ("[('warehouse_id', 'ilike', 'x')]", "[('warehouse_id.code', '=', 'x')]"):
            self.rule.domain = domain
            self.assertTrue(self.rule._looks_elsewhere(), domain)

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
