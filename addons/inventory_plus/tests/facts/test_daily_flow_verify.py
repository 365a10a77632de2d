"""The check of the daily facts finds what is wrong, and nothing else."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowVerify(FactsCase):
    def check(self):
        return self.env["inventory.verify"]._run(["daily facts"])[0]

    def test_agrees_with_a_refresh_and_tells_a_changed_row(self):
        self.stock_up(self.product, 50)
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(5)))
        self.give_back(pickings[-1], 10)
        self.flow._refresh()
        found = self.check()
        self.assertEqual(found["differences"], 0, found["sample"])
        self.assertGreater(found["compared"], 0)
        where = SQL("product_id = %s AND date = %s", self.product.id, self.ago(5))
        for column in ("sold", "returned", "revenue", "adjusted_out"):
            with self.subTest(column=column):
                name = SQL.identifier(column)
                self.env.cr.execute(SQL("UPDATE inventory_daily_flow SET %s = %s + 1 WHERE %s", name, name, where))
                found = self.check()
                self.assertEqual(found["differences"], 1)
                self.assertIn("Widget", found["sample"][0])
                self.env.cr.execute(SQL("UPDATE inventory_daily_flow SET %s = %s - 1 WHERE %s", name, name, where))
        self.env.cr.execute(SQL("DELETE FROM inventory_daily_flow WHERE %s", where))
        self.assertEqual(self.check()["differences"], 1)

    def test_tells_a_row_that_no_move_explains(self):
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold)"
                " VALUES (%s, %s, %s, '2020-02-02', 'moves', 3)",
                self.product.id,
                self.warehouse.id,
                self.company.id,
            )
        )
        self.assertEqual(self.check()["differences"], 1)

    def test_says_that_changes_wait(self):
        self.move(self.product, 3, self.suppliers, self.warehouse.lot_stock_id)
        found = self.check()
        self.assertEqual(found["differences"], 1)
        self.assertIn("wait for the next refresh", found["sample"][-1])
        self.flow._refresh()
        self.assertEqual(self.check()["differences"], 0)
