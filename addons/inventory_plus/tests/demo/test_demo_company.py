"""The demonstration company: consistent stock and values, with the guards on."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemoCompany(TransactionCase):
    #: Before all others: tests that commit leave stock moves behind, and the company is for databases without any.
    test_sequence = -10

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("SELECT 1 FROM stock_move LIMIT 1")
        cls.used = cls.env.cr.fetchone()
        if not cls.used:
            cls.result = cls.env["inventory.demo"]._generate(seed=7, products=48, days=120)

    def setUp(self):
        super().setUp()
        if self.used:
            self.skipTest("the database already has stock moves, where the company refuses to load")

    def test_stock_is_the_sum_of_moves(self):
        check = self.result["check"]["quants"]
        self.assertGreater(check["compared"], 100)
        self.assertEqual(check["differences"], 0, check["sample"])
        self.assertFalse(self.env["stock.quant"].search([("location_id.usage", "=", "internal"), ("quantity", "<", 0)]))

    def test_the_check_finds_a_difference(self):
        quant = self.env["stock.quant"].search([("location_id.usage", "=", "internal"), ("quantity", ">", 1)], limit=1)
        self.env.cr.execute("UPDATE stock_quant SET quantity = quantity + 1 WHERE id = %s", [quant.id])
        check = self.env["inventory.verify"]._check_quants_equal_moves()
        self.assertEqual(check["differences"], 1)
        self.assertIn(quant.product_id.default_code, check["sample"][0])

    def test_values_agree_with_odoo(self):
        check = self.result["check"]["values"]
        self.assertGreater(check["compared"], 40)
        self.assertEqual(check["differences"], 0, check["sample"])
        move = self.env["stock.move"].search([("is_in", "=", True), ("value", ">", 0)], limit=1)
        self.env.cr.execute("UPDATE stock_move SET value = value + 100 WHERE id = %s", [move.id])
        self.env.invalidate_all()
        average = self.env["product.product"].search([]).filtered(lambda product: product.cost_method == "average")
        self.env.cr.execute(
            "UPDATE stock_move SET value = value + 100 WHERE product_id = %s AND is_out", [average[0].id]
        )
        self.env.invalidate_all()
        self.assertGreater(self.env["inventory.demo"]._check_values()["differences"], 0)

    def test_directions_are_those_of_odoo(self):
        moves = self.env["stock.move"].search([("state", "=", "done")], limit=400)
        for move in moves:
            self.assertEqual((bool(move.is_in), bool(move.is_out)), (bool(move._is_in()), bool(move._is_out())))

    def test_average_cost_is_what_odoo_replays(self):
        products = self.env["product.product"].search([("is_storable", "=", True)])
        for product in products.filtered(lambda product: product.cost_method == "average" and product.qty_available):
            self.assertAlmostEqual(product._run_avco()[0], product.standard_price, 4)

    def test_every_class_and_place_is_there(self):
        self.assertEqual(self.env["stock.warehouse"].search_count([]), 3)
        self.assertTrue(self.env["stock.lot"].search_count([("expiration_date", "!=", False)]))
        self.assertTrue(self.env["stock.move"].search_count([("rule_id.route_id.supplied_wh_id", "!=", False)]))
        returns = self.env["stock.move"].search([("origin_returned_move_id", "!=", False)])
        self.assertTrue(returns)
        self.assertTrue(self.env["stock.move"].search_count([("is_inventory", "=", True)]))
        product = self.env["product.product"].search([("default_code", "like", "TE%")], limit=1)
        self.assertTrue(product.barcode)
        self.env.cr.execute("SELECT name->>'zh_CN' FROM product_template WHERE id = %s", [product.product_tmpl_id.id])
        self.assertTrue(self.env.cr.fetchone()[0])

    def test_open_documents_are_real(self):
        self.assertTrue(self.result["open"]["sale_orders"])
        moves = self.env["stock.move"].search([("state", "in", ("assigned", "partially_available"))])
        reserved = sum(self.env["stock.quant"].search([]).mapped("reserved_quantity"))
        lines = moves.move_line_ids.filtered(lambda line: line.location_id.usage == "internal")
        self.assertTrue(lines)
        self.assertAlmostEqual(reserved, sum(lines.mapped("quantity_product_uom")))
        receipts = self.env["purchase.order"].search([("receipt_status", "in", ("pending", "partial"))])
        self.assertTrue(receipts.picking_ids.filtered(lambda picking: picking.state == "assigned"))

    def test_orders_agree_with_their_moves(self):
        for lines, field in (
            (self.env["sale.order.line"], "qty_delivered"),
            (self.env["purchase.order.line"], "qty_received"),
        ):
            lines = lines.search([("state", "in", ("sale", "purchase"))], limit=200)
            stored = {line.id: line[field] for line in lines}
            lines.modified(["product_uom_qty" if field == "qty_delivered" else "product_qty"])
            self.env.add_to_compute(lines._fields[field], lines)
            for line in lines:
                self.assertAlmostEqual(line[field], stored[line.id], msg=line.order_id.name)

    def test_facts_follow_the_moves(self):
        flow = self.env["inventory.daily.flow"]
        sold = sum(flow.search([("source", "=", "moves")]).mapped("sold"))
        self.assertGreater(sold, 0)
        checks = [row for row in self.env["inventory.verify"]._run() if "facts" in row["check"]]
        for check in checks:
            self.assertEqual(check["differences"], 0, check)

    def test_a_used_database_is_refused(self):
        moves = self.env["stock.move"].search_count([])
        with self.assertRaisesRegex(UserError, "already has stock moves"):
            self.env["inventory.demo"]._generate(seed=8, products=10, days=30)
        self.assertEqual(self.env["stock.move"].search_count([]), moves)

    def test_a_killed_run_goes_on_with_the_open_documents(self):
        moves = self.env["stock.move"].search_count([("state", "=", "done")])
        orders = self.env["sale.order"].search_count([])
        self.env["inventory.demo"]._set_phase("loaded 7 48 120 2026-01-15")
        result = self.env["inventory.demo"]._generate(seed=7, products=48, days=120)
        self.assertNotIn("moves", result)
        self.assertEqual(self.env["stock.move"].search_count([("state", "=", "done")]), moves)
        self.assertGreater(self.env["sale.order"].search_count([]), orders)
        self.assertEqual(self.env["inventory.demo"]._phase(), "done")

    def test_history_ends_yesterday(self):
        today = fields.Date.context_today(self.env["stock.move"])
        last = self.env["stock.move"].search([("state", "=", "done")], order="date desc", limit=1)
        self.assertLessEqual(last.date.date(), today)
        self.assertGreaterEqual(last.date.date(), today - timedelta(days=4))
