"""Opening stock and vendors for imported products: through the gate, by two people, once."""

from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .history_common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistoryOpening(HistoryCase):
    def test_stock_comes_through_the_gate(self):
        rows = [
            (f"OPEN-{code:02d}", (date(2024, 1, 1) + timedelta(days=day)).isoformat(), code + 1, (code + 1) * 10)
            for code in range(24)
            for day in range(0, 300, 3)
        ]
        doc = self.make(
            self.csv_bytes(rows, header=("SKU", "Date", "Quantity", "Revenue")), create_products=True
        ).sudo()
        with self.assertRaisesRegex(UserError, "finished import"):
            doc._seed_opening()
        doc._run()
        self.env.company.inventory_as_of = doc.last_date + timedelta(days=1)
        result = doc._seed_opening(seed=3)
        self.assertEqual(result["products"], 24)
        self.assertTrue(doc.opening_seeded)
        products = self.env["product.product"].browse(doc.created_product_ids.ids)
        self.assertTrue(all(products.mapped("seller_ids")))
        self.assertTrue(all("demonstration" in name for name in products.seller_ids.partner_id.mapped("name")))
        adjustments = self.env["inventory.adjustment"].search([("line_ids.product_id", "in", products.ids)])
        self.assertEqual(set(adjustments.mapped("approval_state")), {"approved"})
        for adjustment in adjustments:
            self.assertNotEqual(adjustment.requester_id, adjustment.approver_id)
            self.assertFalse(adjustment.requester_id.has_group("base.group_system"))
            self.assertFalse(adjustment.approver_id.has_group("base.group_system"))
        lines = {line.product_id: line.quantity for line in adjustments.line_ids}
        for product in products:
            self.assertEqual(product.qty_available, lines.get(product, 0.0))
        colours = set(self.env["inventory.item"].search([("product_id", "in", products.ids)]).mapped("status"))
        self.assertGreaterEqual(len(colours), 3, colours)
        self.assertTrue(all(product.total_value > 0 for product in products if product.qty_available))
        again = doc._seed_opening(seed=3)
        self.assertEqual(again["lines"], 0)
        doc.action_undo()
        self.assertTrue(products.exists(), "They are in stock now")
