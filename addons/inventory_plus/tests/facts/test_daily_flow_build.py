"""Building in the background: parts, progress, failure, and a change of the rules."""

from unittest.mock import patch

from odoo.addons.inventory_plus.models.common import daily_flow_build
from odoo.tests import tagged

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowBuild(FactsCase):
    def setUp(self):
        super().setUp()
        for months in range(4):
            self.move(
                self.product,
                1 + months,
                self.suppliers,
                self.warehouse.lot_stock_id,
                when=self.noon(self.ago(40 * months)),
            )
        self.expected = self.facts()
        self.part = self.env["inventory.readiness"]._of("daily_facts")

    def test_busy_database_is_built_part_by_part(self):
        with (
            patch.object(daily_flow_build, "BUSY_MOVES", 2),
            patch.object(daily_flow_build, "MOVES_PER_PART", 1),
        ):
            self.env.cr.execute("DELETE FROM inventory_daily_flow")
            self.part._report("pending", 0, {})
            self.flow._install()
            self.assertEqual(self.part.state, "pending")
            self.assertEqual(self.facts(), {})
            remaining = [self.flow._build_next()]
            self.assertEqual(self.part.state, "running")
            while remaining[-1]:
                remaining.append(self.flow._build_next())
            self.assertGreaterEqual(len(remaining), 4)
            self.assertEqual(remaining, sorted(remaining, reverse=True))
        self.assertEqual((self.part.state, self.part.progress), ("ready", 100))
        self.assertEqual(self.facts(), self.expected)
        self.assertEqual(self.flow._build_next(), 0)

    def test_changed_rules_are_noticed(self):
        self.env.cr.execute("DELETE FROM inventory_daily_flow")
        self.flow._install()
        self.assertEqual(self.facts(refresh=False), {}, "nothing changed, nothing to build")
        self.part.data = {"formula": "older"}
        self.flow._cron_refresh()
        self.assertEqual(self.facts(refresh=False), self.expected)
        self.assertEqual(self.part.data["formula"], self.flow._formula())

    def test_failure_is_shown_and_tried_again(self):
        self.part.data = {"formula": "older"}
        failed = None
        with patch.object(type(self.flow), "_recompute_days", side_effect=ZeroDivisionError):
            try:  # not assertRaises, whose savepoint would take the report back
                self.flow._cron_refresh()
            except ZeroDivisionError as error:
                failed = error
        self.assertTrue(failed, "the scheduler must see the error")
        self.assertEqual(self.part.state, "failed")
        self.flow._cron_refresh()
        self.assertEqual(self.part.state, "ready")
        self.assertEqual(self.facts(refresh=False), self.expected)

    def test_items_come_with_the_facts_not_next_night(self):
        crons = [self.env.ref(f"inventory_plus.cron_item_{name}").id for name in ("refresh", "plan")]
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "in", crons)])
        triggers.unlink()
        item = self.env["inventory.item"].with_context(active_test=False)
        item.search([("product_id", "=", self.product.id)]).unlink()
        self.part.data = {"formula": "older"}
        self.flow._cron_refresh()
        self.env.cr.precommit.run()
        self.assertEqual(set(triggers.search([("cron_id", "in", crons)]).cron_id.ids), set(crons))
        self.env["inventory.item"]._refresh_dirty()
        self.assertTrue(item.search([("product_id", "=", self.product.id)]))

    def test_empty_database(self):
        self.env.cr.execute("DELETE FROM stock_move_line")
        self.env.cr.execute("DELETE FROM stock_move")
        self.env.invalidate_all()
        self.flow._refresh()
        self.assertEqual(self.flow.search_count([("source", "=", "moves")]), 0)
        self.flow._rebuild()
        self.assertEqual(self.env["inventory.verify"]._check_daily_facts()["compared"], 0)
