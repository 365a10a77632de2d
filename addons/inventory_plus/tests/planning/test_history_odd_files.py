"""Files as other programs and other countries write them: read rightly, or refused with a sentence."""

import io
import re
import tempfile
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from unittest.mock import patch

import openpyxl
import pyarrow as arrow
from odoo.addons.inventory_plus.history_files import table
from odoo.exceptions import UserError
from odoo.tests import tagged
from pyarrow import parquet

from .history_common import HistoryCase

HEADER = ("SKU", "Date", "Quantity")


@tagged("post_install", "-at_install")
class TestHistoryOddFiles(HistoryCase):
    def refused(self, content, sentence, **values):
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            self.make(content, **values).action_check()
        self.assertFalse(self.facts())

    def problems(self, content, **values):
        """``{line: reason}`` of a checked file; nothing is imported."""
        doc = self.make(content, **values)
        doc.action_check()
        self.assertFalse(self.facts())
        return self.reasons(doc)

    @staticmethod
    def workbook(rows, change=None):
        """Bytes of a workbook; ``change(sheet)`` works on it first."""
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        if change:
            change(book.active)
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    @staticmethod
    def edited(content, name, edit):
        """The workbook with one part changed by ``edit(bytes)``."""
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w", 8) as target:
            for part in source.namelist():
                data = source.read(part)
                target.writestr(part, edit(data) if part == name else data)
        return stream.getvalue()

    # XLSX

    def test_formulas_count_by_their_stored_value(self):
        rows = [HEADER, ("HIST-A", date(2024, 5, 6), "=1+2"), ("HIST-B", date(2024, 5, 6), "=2+2")]

        def computed(xml):
            return re.sub(rb"(<f>1\+2</f>)<v\s*(/>|></v>)", rb"\1<v>3</v>", xml)

        content = self.edited(self.workbook(rows), "xl/worksheets/sheet1.xml", computed)
        self.assertEqual(list(self.problems(content)), [3], "a formula that was never computed has no value")
        self.done(content)
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])

    def test_errors_of_formulas_are_no_numbers(self):
        reasons = self.problems(self.workbook([HEADER, ("HIST-A", date(2024, 5, 6), "#DIV/0!")]))
        self.assertIn("no number", reasons[2])

    def test_days_as_numbers(self):
        rows = [HEADER, ("HIST-A", 45418, 1), ("HIST-A", 45418.75, 2), ("HIST-A", 20240506, 4), ("HIST-A", 7, 1)]
        content = self.workbook([*rows, ("HIST-A", time(12, 30), 1), ("HIST-A", True, 1)])
        self.assertEqual(sorted(self.problems(content)), [5, 6, 7])
        self.done(content)
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 7.0, 0.0)])

    def test_numbers_as_codes_and_texts_as_numbers(self):
        self.env["product.product"].create({"name": "Seven", "default_code": "7001", "is_storable": True})
        self.done(self.workbook([HEADER, (7001, datetime(2024, 5, 6, 23, 59), "12"), (7001.0, "2024-05-06", 1)]))
        self.assertEqual(self.figures(), [("7001", "2024-05-06", 13.0, 0.0)])

    def test_merged_header(self):
        def merge(sheet):
            sheet.insert_cols(2)
            sheet.merge_cells("A1:B1")

        content = self.workbook([HEADER, ("HIST-A", date(2024, 5, 6), 3)], merge)
        self.done(content)
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])

    def test_title_above_the_header(self):
        def title(sheet):
            sheet.insert_rows(1)
            sheet["A1"] = "Sales 2024"
            sheet.merge_cells("A1:C1")

        self.refused(
            self.workbook([HEADER, ("HIST-A", date(2024, 5, 6), 3)], title), "No column is said to be: Product"
        )

    def test_workbooks_that_claim_too_much(self):
        content = self.workbook([HEADER, ("HIST-A", date(2024, 5, 6), 3)])

        def far_away(xml):
            return xml.replace(b'<row r="2"', b'<row r="2000000000"').replace(b'"A2"', b'"A2000000000"')

        with patch.object(table, "SHEET_LINES", 1000):
            self.refused(self.edited(content, "xl/worksheets/sheet1.xml", far_away), "damaged: row 1001")
            first_too = self.edited(
                content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="1"', b'r="2000000"')
            )
            self.refused(first_too, "damaged: row 1001")
        with patch.object(table, "MAX_SHARED", 100):
            self.refused(content, "more than can be read")
        with patch.object(table, "MAX_UNZIPPED", 1000):
            self.refused(content, "more than can be read")

    def test_far_more_columns_than_the_header(self):
        rows = [HEADER, ("HIST-A", date(2024, 5, 6), 3)]
        content = self.workbook(rows, lambda sheet: sheet.cell(2, 16384, "far right"))
        self.done(content)
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])

    def test_other_things_in_a_zip(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", "<x/>")
        self.refused(stream.getvalue(), "no Excel workbook")

    # Every kind

    def test_too_wide_and_too_long(self):
        wide = ",".join([*HEADER, *(f"c{number}" for number in range(600))]).encode()
        self.refused(wide + b"\nHIST-A,2024-05-06,3\n", "603 columns")
        lines = self.csv_bytes([("HIST-A", f"2024-05-{day:02}", "3") for day in range(1, 21)])
        stream = io.BytesIO()
        columns = {"SKU": ["HIST-A"] * 20, "Date": ["2024-05-06"] * 20, "Quantity": list(range(20))}
        parquet.write_table(arrow.table(columns), stream)
        with patch.object(table, "MAX_LINES", 10):
            self.refused(lines, "more than 10 lines")
            self.refused(stream.getvalue(), "more than 10 lines")
        with patch.object(table, "MAX_LINES", 20):
            self.done(lines)
        self.assertEqual(len(self.facts()), 20)

    # Parquet

    def test_parquet_without_rows_and_with_odd_types(self):
        def written(columns):
            stream = io.BytesIO()
            parquet.write_table(arrow.table(columns), stream)
            return stream.getvalue()

        self.refused(b"", "Choose a file first")
        self.refused(b"PAR1", "Parquet file is damaged")
        empty = {name: arrow.array([], arrow.string()) for name in HEADER}
        self.refused(written(empty), "empty")
        odd = {
            "SKU": [["HIST-A"], ["x"]],
            "Date": [{"day": 1}, {"day": 2}],
            "Quantity": [[1.5], [2.5]],
        }
        self.assertEqual(sorted(self.problems(written(odd))), [1, 2])

    # CSV

    def test_semicolons_decimal_commas_and_the_mark_of_excel(self):
        text = "SKU;Date;Quantity;Amount\nHIST-A;06.05.2024;1.234,5;2.469,00\nHIST-B;06.05.2024;0,25;1,00\n"
        self.done(text.encode("utf-8-sig"))
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 1234.5, 0.0), ("HIST-B", "2024-05-06", 0.25, 0.0)])
        self.assertEqual(sum(self.facts().mapped("revenue")), 2470.0)

    def test_chinese_file_of_windows(self):
        text = "商品编码,销售日期,销售数量,备注\nHIST-A,2024年5月6日,3,茶叶\nHIST-B,2024/5/6,１２,龙井\n"
        self.done(text.encode("gb18030"))
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0), ("HIST-B", "2024-05-06", 12.0, 0.0)])

    def test_wrong_encoding_chosen_by_hand(self):
        text = "商品编码,销售日期,销售数量\nHIST-A,2024-05-06,3\n".encode("gb18030")
        self.refused(text, "cannot be read as utf-8", encoding="utf-8")

    def test_a_web_page_named_table(self):
        self.refused(b"<html><body><table><tr><td>SKU</td></tr></table></body></html>", "No column is said to be")

    def test_code_that_differs_from_a_product_by_case_only(self):
        content = self.csv_bytes([("hist-a", "2024-05-06", "3")])
        count = self.env["product.product"].search_count([])
        for create in (False, True):
            self.assertIn("differs only by case", self.problems(content, create_products=create)[2])
        self.assertEqual(self.env["product.product"].search_count([]), count)

    # The command line

    def test_command_refuses_the_same(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        wrong = {
            "empty.csv": (b"", "empty"),
            "blank.csv": (b" \n \n", "empty"),
            "picture.csv": (b"\x89PNG\r\n\x1a\n", "no table"),
            "columns.csv": (b"Colour,Size\nred,3\n", "No column is said to be"),
            "future.csv": (b"SKU,Date,Quantity\nHIST-A,2924-05-06,3\n", "lines have problems|nothing was imported"),
            "negative.csv": (b"SKU,Date,Sold\nHIST-A,2024-05-06,3\nHIST-A,2024-05-07,-1e9\n", "nothing was imported"),
            "zero.parquet": (b"PAR1PAR1", "damaged"),
        }
        products = self.env["product.product"].search_count([])
        documents = self.env["inventory.history.import"].search_count([])
        for name, (content, sentence) in wrong.items():
            with self.subTest(name):
                (folder / name).write_bytes(content)
                with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
                    self.env["inventory.history.import"]._import_file(folder / name)
                self.assertFalse(self.facts())
                self.assertEqual(self.env["product.product"].search_count([]), products)
                self.assertEqual(self.env["inventory.history.import"].search_count([]), documents)
        with self.assertRaisesRegex(UserError, "cannot be read"):
            self.env["inventory.history.import"]._import_file(folder)
