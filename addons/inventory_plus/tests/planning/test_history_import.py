"""Import of sales history: what good files bring, and that undo takes back exactly that."""

import base64
import io
from datetime import date
from unittest.mock import patch

import openpyxl
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .history_common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistoryImport(HistoryCase):
    def test_lines_of_a_day_are_added_up_without_moves(self):
        moves = self.env["stock.move"].search_count([])
        doc = self.done(
            self.csv_bytes(
                [("HIST-A", "2024-05-06", "3"), ("HIST-A", "2024-05-06", "4"), ("HIST-B", "2024-05-07", "-2")]
            )
        )
        self.assertEqual(doc.state, "done")
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 7.0, 0.0), ("HIST-B", "2024-05-07", 0.0, 2.0)])
        self.assertEqual(self.facts().import_id, doc)
        self.assertEqual(self.facts(("product_id.default_code", "=", "HIST-A")).lines, 2)
        self.assertEqual(self.env["stock.move"].search_count([]), moves)

    def test_cutover_lets_the_history_count(self):
        self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2024, 5, 7))
        demand = self.env["inventory.daily.flow"]._demand_sql(product_ids=self.products.ids)
        self.env.cr.execute(demand)
        self.assertEqual([row[4] for row in self.env.cr.fetchall()], [3])

    def test_same_file_twice_changes_nothing(self):
        content = self.csv_bytes([("HIST-A", "2024-05-06", "3")])
        self.done(content)
        before = self.figures()
        again = self.make(content)
        with self.assertRaisesRegex(UserError, "imported already"):
            again.action_check()
        with self.assertRaisesRegex(UserError, "imported already"):
            again._run()
        self.assertEqual(self.figures(), before)

    def test_same_file_twice_at_once_is_stopped_by_the_database(self):
        content = self.csv_bytes([("HIST-A", "2024-05-06", "3")])
        self.done(content)
        again = self.make(content)
        with (
            mute_logger("odoo.sql_db"),
            patch.object(type(again), "_refuse_same_file", lambda self: None),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            again._run()
            self.env.flush_all()

    def test_same_figures_in_another_file_stay_as_they_are(self):
        first = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3"), ("HIST-B", "2024-05-06", "1")]))
        second = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3"), ("HIST-C", "2024-05-08", "5")]))
        self.assertEqual(second.unchanged_count, 1)
        self.assertEqual(second.fact_count, 1)
        self.assertEqual(len(self.facts(("import_id", "=", first.id))), 2)

    def test_overlap_is_reported_or_replaced_and_put_back(self):
        first = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3"), ("HIST-B", "2024-05-06", "1")]))
        content = self.csv_bytes([("HIST-A", "2024-05-06", "9")])
        doc = self.make(content)
        doc.action_check()
        self.assertEqual(doc.bad_count, 1)
        self.assertIn("already imported", self.reasons(doc)[2])
        doc.overlap = "replace"
        self.assertEqual(doc.state, "draft")
        doc.action_check()
        self.assertEqual(doc.bad_count, 0)
        doc._run()
        self.assertEqual(self.figures()[0], ("HIST-A", "2024-05-06", 9.0, 0.0))
        doc.action_undo()
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0), ("HIST-B", "2024-05-06", 1.0, 0.0)])
        self.assertEqual(self.facts().import_id, first)

    def test_replaced_figures_vanish_with_their_import(self):
        first = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        second = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "9")]), overlap="replace")
        first.action_undo()
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 9.0, 0.0)])
        second.action_undo()
        self.assertEqual(self.figures(), [])

    def test_replacing_twice_and_undoing_in_the_middle(self):
        self.done(self.csv_bytes([("HIST-A", "2024-05-06", "1")]))
        second = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "2")]), overlap="replace")
        third = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]), overlap="replace")
        second.action_undo()
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])
        third.action_undo()
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 1.0, 0.0)])

    def test_missing_products_are_created_and_removed_if_unused(self):
        rows = [("NEW-1", "2024-05-06", "2", "Lamp", "Light / Desk", "30"), ("NEW-2", "2024-05-06", "4", "", "", "8")]
        content = self.csv_bytes(rows, header=("SKU", "Date", "Quantity", "Product Name", "Category", "Revenue"))
        doc = self.done(content, create_products=True)
        lamp, other = self.env["product.product"].search([("default_code", "in", ["NEW-1", "NEW-2"])], order="id")
        self.assertTrue(lamp.is_storable)
        self.assertEqual((lamp.name, lamp.categ_id.complete_name, lamp.list_price), ("Lamp", "Light / Desk", 15.0))
        self.assertEqual(doc.created_product_ids, lamp + other)
        self.env["product.supplierinfo"].create(
            {"partner_id": self.env.company.partner_id.id, "product_tmpl_id": other.product_tmpl_id.id}
        )
        doc.action_undo()
        self.assertFalse(lamp.exists())
        self.assertTrue(other.exists(), "Somebody uses it")
        self.assertEqual(self.figures(), [])
        self.assertFalse(self.warehouse.inventory_cutover_date)
        self.assertIn("used elsewhere", doc.summary)

    def test_undo_leaves_a_cutover_date_that_somebody_set_since(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        self.warehouse.inventory_cutover_date = "2025-01-01"
        doc.action_undo()
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2025, 1, 1))

    def test_undo_in_any_order_ends_at_the_first_cutover_date(self):
        self.warehouse.inventory_cutover_date = "2024-01-01"
        docs = [self.done(self.csv_bytes([("HIST-A", f"2024-05-{day:02}", "3")])) for day in (6, 7, 8)]
        docs[0].action_undo()
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2024, 5, 9))
        docs[1].action_undo()
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2024, 5, 9))
        docs[2].action_undo()
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2024, 1, 1))

    def test_undo_plans_anew(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        plans = [("model_name", "=", "inventory.item"), ("method_name", "=", "_plan")]
        before = self.env["queue.job"].search_count(plans)
        doc.action_undo()
        self.assertEqual(self.env["queue.job"].search_count(plans), before + 1)

    def test_cutover_is_the_day_after_the_warehouse_s_own_last_day(self):
        other = self.env["stock.warehouse"].create({"name": "History Branch", "code": "HBR"})
        rows = [("HIST-A", "2024-05-06", "3", "HBR"), ("HIST-A", "2024-07-02", "2", "")]
        doc = self.done(self.csv_bytes(rows, header=("SKU", "Date", "Quantity", "Warehouse")))
        self.assertEqual(other.inventory_cutover_date, date(2024, 5, 7))
        self.assertEqual(self.warehouse.inventory_cutover_date, date(2024, 7, 3))
        doc.action_undo()
        self.assertFalse(other.inventory_cutover_date)

    def test_warehouse_and_channel_columns(self):
        other = self.env["stock.warehouse"].create({"name": "History Branch", "code": "HBR"})
        rows = [("HIST-A", "2024-05-06", "3", "HBR", "web"), ("HIST-A", "2024-05-06", "2", "", "shop")]
        self.done(self.csv_bytes(rows, header=("SKU", "Date", "Quantity", "Warehouse", "Channel")))
        found = self.env["inventory.daily.flow"].search([("product_id", "=", self.products[0].id)], order="sold")
        self.assertEqual(
            [(fact.warehouse_id, fact.channel, fact.sold) for fact in found],
            [(self.warehouse, "shop", 2.0), (other, "web", 3.0)],
        )

    def test_units_are_converted(self):
        rows = [("HIST-A", "2024-05-06", "2", "Dozens"), ("HIST-A", "2024-05-06", "1", "")]
        self.done(self.csv_bytes(rows, header=("SKU", "Date", "Quantity", "Unit")))
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 25.0, 0.0)])

    def test_new_product_in_several_units(self):
        header = ("SKU", "Date", "Quantity", "Unit", "Revenue")
        rows = [
            ("NEW-1", "2024-05-06", "2", "Dozens", "240"),
            ("NEW-1", "2024-05-06", "1", "Units", "10"),
            ("NEW-2", "2024-05-06", "2", "Dozens", "48"),
            ("NEW-3", "2024-05-06", "1", "Dozens", "12"),
            ("NEW-3", "2024-05-06", "3", "", "3"),
            ("NEW-4", "2024-05-06", "3", "kg", "3"),
            ("NEW-4", "2024-05-06", "1", "Units", "3"),
        ]
        doc = self.done(self.csv_bytes(rows, header=header), create_products=True)
        products = doc.created_product_ids.sorted("default_code")
        self.assertEqual([product.uom_id.name for product in products], ["Units", "Dozens", "Units", "kg"])
        self.assertEqual([sold for _code, _day, sold, _returned in self.figures()], [25.0, 2.0, 15.0, 3.0])
        self.assertEqual(products.mapped("list_price"), [10.0, 24.0, 1.0, 1.0])
        self.assertEqual(list(self.reasons(doc)), [8])
        self.assertIn("cannot be converted", self.reasons(doc)[8])

    def test_chinese_file(self):
        rows = [("HIST-A", "2024年5月6日", "1,200", "3")]
        header = ("商品编码", "销售日期", "销售数量", "退货数量")
        for encoding in ("gb18030", "utf-8-sig", "utf-16"):
            doc = self.make(self.csv_bytes(rows, header, encoding))
            doc.action_check()
            self.assertEqual(doc.bad_count, 0, encoding)
            self.assertEqual((doc.sold_total, doc.returned_total), (1200.0, 3.0))

    def test_excel(self):
        book = openpyxl.Workbook()
        book.active.append(["Item No.", "Day", "Units", "Returns"])
        book.active.append(["HIST-A", date(2024, 5, 6), 3, 1])
        book.active.append(["HIST-B", "2024-05-07", 2.5, None])
        stream = io.BytesIO()
        book.save(stream)
        self.done(stream.getvalue(), filename="sales.xlsx")
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 1.0), ("HIST-B", "2024-05-07", 2.5, 0.0)])

    def test_rights(self):
        viewer = new_test_user(self.env, "history_viewer", groups="inventory_plus.group_viewer")
        buyer = new_test_user(self.env, "history_buyer", groups="inventory_plus.group_buyer")
        doc = self.make(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        for user in (viewer, buyer):
            with self.assertRaises(AccessError):
                doc.with_user(user).action_check()
            with self.assertRaises(AccessError):
                self.env["inventory.history.import"].with_user(user).create({"name": "x"})
        other = self.env["res.company"].create({"name": "History Company"})
        stranger = new_test_user(
            self.env, "history_stranger", groups="inventory_plus.group_planner", company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )  # fmt: skip
        self.assertFalse(self.env["inventory.history.import"].with_user(stranger).search([("id", "=", doc.id)]))
        with self.assertRaises(AccessError):
            doc.with_user(stranger).action_check()

    def test_button_runs_in_the_background_and_reports_failure(self):
        doc = self.make(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        doc.action_check()
        doc.action_import()
        self.assertEqual(doc.state, "running")
        with self.assertRaisesRegex(UserError, "runs"):
            doc.action_check()
        self.products[0].default_code = "HIST-GONE"
        doc._run_job(False)
        self.assertEqual(doc.state, "failed")
        self.assertIn("HIST-A", doc.summary)
        self.assertEqual(self.figures(), [])

    def test_done_import_is_neither_changed_nor_deleted(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        with self.assertRaises(UserError):
            doc.channel = "web"
        with self.assertRaises(UserError):
            doc.column_ids[0].meaning = False
        with self.assertRaises(UserError):
            doc.unlink()
        self.assertTrue(base64.b64decode(doc.file))
