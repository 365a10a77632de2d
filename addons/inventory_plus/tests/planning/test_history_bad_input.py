"""Bad files of sales history: each gets a sentence and changes nothing."""

import base64
import io
import zipfile
from datetime import timedelta
from unittest.mock import patch

import openpyxl
import pyarrow as arrow
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged
from pyarrow import parquet

from .history_common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistoryBadInput(HistoryCase):
    def refused(self, content, sentence, **values):
        before = self.env["inventory.history.import"].search_count([])
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            self.make(content, **values).action_check()
        self.assertEqual(self.env["inventory.history.import"].search_count([]), before)
        self.assertFalse(self.facts())

    def bad(self, rows, header=("SKU", "Date", "Quantity"), **values):
        """Reasons of a checked file, by line; nothing may have been imported."""
        doc = self.make(self.csv_bytes(rows, header), **values)
        doc.action_check()
        self.assertFalse(self.facts())
        with self.assertRaisesRegex(UserError, "lines have problems"):
            doc.action_import()
        with self.assertRaisesRegex(UserError, "nothing was imported"), self.env.cr.savepoint():
            doc._run()
        self.assertFalse(self.facts())
        return self.reasons(doc)

    def test_wrong_files(self):
        self.refused(b"", "Choose a file first")
        self.refused(b" \n\n", "empty")
        self.refused(b"%PDF-1.4 something", "no table")
        self.refused(b"\x89PNG\r\n", "no table")
        self.refused(b"PK\x03\x04 not really a workbook", "damaged")
        self.refused(b"PAR1 not really parquet", "Parquet file is damaged")
        self.refused(b"\xd0\xcf\x11\xe0" + b"x" * 100, "XLSX")
        self.refused(self.csv_bytes([]), "no lines")

    def test_file_damaged_in_its_middle(self):
        book = openpyxl.Workbook()
        book.active.append(["SKU", "Date", "Quantity"])
        for _line in range(5):
            book.active.append(["HIST-A", "2024-05-06", 3])
        whole, cut = io.BytesIO(), io.BytesIO()
        book.save(whole)
        with zipfile.ZipFile(whole) as source, zipfile.ZipFile(cut, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    content = content[: content.index(b'<row r="4"') + 20]
                target.writestr(name, content)
        self.refused(cut.getvalue(), "XLSX file is damaged")

    def test_parquet_damaged_in_its_middle(self):
        stream = io.BytesIO()
        columns = {"SKU": ["HIST-A"] * 50, "Date": ["2024-05-06"] * 50, "Quantity": list(range(50))}
        parquet.write_table(arrow.table(columns), stream)
        content = bytearray(stream.getvalue())
        content[4:150] = b"\xff" * 146
        self.refused(bytes(content), "Parquet file is damaged")

    def test_text_that_no_database_stores(self):
        stream = io.BytesIO()
        columns = {"SKU": ["HIST-A", "HIST-\0"], "Date": ["2024-05-06"] * 2, "Quantity": [1, 2]}
        parquet.write_table(arrow.table({**columns, "No\0te": ["a", "b"]}), stream)
        doc = self.make(stream.getvalue())
        doc.action_check()
        self.assertIn("no utf-8 text", self.reasons(doc)[2])

    def test_wrong_columns(self):
        self.refused(b"Colour,Size\nred,3\n", "No column is said to be: Product")
        self.refused(b"HIST-A,2024-05-06,3\nHIST-B,2024-05-06,4\n", "names of the columns")
        doc = self.make(b"SKU,Date,Quantity,Amount\nHIST-A,2024-05-06,3,4\n")
        doc.column_ids[3].meaning = "sold"
        with self.assertRaisesRegex(UserError, "Two columns"):
            doc.action_check()

    def test_parquet_without_its_package(self):
        with patch.dict("sys.modules", {"pyarrow": None, "pyarrow.parquet": None}):
            self.refused(b"PAR1....PAR1", "pyarrow, which is not installed")

    def test_values(self):
        tomorrow = fields.Date.to_string(fields.Date.today() + timedelta(days=3))
        reasons = self.bad(
            [
                ("HIST-A", "2024-05-06", "1"),
                ("HIST-A", "2024-05-06", "many"),
                ("HIST-A", "2024-02-30", "1"),
                ("HIST-A", tomorrow, "1"),
                ("HIST-A", "2024-05-07", "99999999999"),
                ("HIST-A", "2024-05-08", "nan"),
                ("", "2024-05-08", "1"),
                ("HIST-A", "", "1"),
                ("HIST-A", "2024-05-08", ""),
                ("UNKNOWN", "2024-05-08", "1"),
                ("HIST-A", "0024-05-08", "1"),
            ]
        )
        expected = {
            3: "no number", 4: "no date", 5: "future", 6: "cannot be right", 7: "no number", 8: "product is missing",
            9: "date is missing", 10: "quantity is missing", 11: "no product “UNKNOWN”", 12: "before 1970",
        }  # fmt: skip
        self.assertEqual(reasons.keys(), expected.keys())
        preview = self.Import.search([], limit=1).preview_html
        self.assertIn("no product “UNKNOWN”", preview)
        self.assertIn("lies in the future", preview)
        for line, words in expected.items():
            self.assertIn(words, reasons[line])

    def test_negative_quantities(self):
        header = ("SKU", "Date", "Sold", "Returned")
        reasons = self.bad([("HIST-A", "2024-05-06", "-1", "0"), ("HIST-A", "2024-05-06", "1", "-1")], header)
        self.assertIn("sold quantity -1.0 is negative", reasons[2])
        self.assertIn("returned quantity -1.0 is negative", reasons[3])

    def test_identical_lines_of_overlapping_exports(self):
        rows = [("HIST-A", "2024-05-06", "3"), ("HIST-B", "2024-05-06", "3"), ("HIST-A", "2024-05-06", "3")]
        self.assertIn("repeats line 2", self.bad(rows)[4])
        self.done(self.csv_bytes(rows))
        self.assertEqual(self.figures()[0][2], 3.0)

    def test_identical_lines_added_up_if_chosen(self):
        self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")] * 2), identical_lines="sum")
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 6.0, 0.0)])

    def test_codes_that_differ_by_case(self):
        rows = [("HIST-A", "2024-05-06", "3"), ("hist-a", "2024-05-06", "4")]
        self.assertIn("differs only by case", self.bad(rows)[3])
        self.assertIn("differs only by case", self.bad(rows, create_products=True)[3])
        self.done(self.csv_bytes(rows), create_products=True, similar_codes="separate")
        self.assertEqual([row[::2] for row in self.figures()], [("HIST-A", 3.0), ("hist-a", 4.0)])

    def test_blanks_around_a_code(self):
        self.done(self.csv_bytes([(" HIST-A ", "2024-05-06", "3")]))
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])

    def test_ambiguous_and_foreign(self):
        self.env["product.product"].create({"name": "Twin", "default_code": "HIST-B", "is_storable": True})
        self.env["product.product"].create({"name": "Service", "default_code": "HIST-S", "type": "service"})
        header = ("SKU", "Date", "Quantity", "Unit", "Warehouse")
        reasons = self.bad(
            [
                ("HIST-B", "2024-05-06", "1", "", ""),
                ("HIST-S", "2024-05-06", "1", "", ""),
                ("HIST-A", "2024-05-06", "1", "furlong", ""),
                ("HIST-A", "2024-05-06", "1", "kg", ""),
                ("HIST-A", "2024-05-06", "1", "", "Nowhere"),
            ],
            header,
        )
        for line, words in {2: "Several", 3: "not tracked", 4: "no unit", 5: "converted", 6: "no warehouse"}.items():
            self.assertIn(words, reasons[line])

    def test_dates_that_can_be_read_both_ways(self):
        content = self.csv_bytes([("HIST-A", "03/04/2024", "1"), ("HIST-A", "05/06/2024", "1")])
        self.refused(content, "read both ways")
        doc = self.make(content, date_order="dmy")
        doc.action_check()
        self.assertEqual(doc.first_date.isoformat(), "2024-04-03")
        doc = self.make(self.csv_bytes([("HIST-A", "03/04/2024", "1"), ("HIST-A", "05/26/2024", "1")]))
        doc.action_check()
        self.assertEqual(doc.first_date.isoformat(), "2024-03-04")

    def test_broken_text_is_reported_by_line(self):
        content = b"SKU,Date,Quantity,Note\nHIST-A,2024-05-06,3,caf\xc3\xa9\nHIST-B,2024-05-06,1,caf\xff\n"
        doc = self.make(content)
        doc.action_check()
        self.assertIn("no utf-8 text", self.reasons(doc)[3])

    def test_lines_with_other_columns_than_the_header(self):
        doc = self.make(b"SKU,Date,Quantity\nHIST-A,2024-05-06\nHIST-A,2024-05-06,1,2\nHIST-A,2024-05-06,1\n")
        doc.action_check()
        self.assertEqual(sorted(self.reasons(doc)), [2, 3])

    def test_report_is_no_formula(self):
        doc = self.make(self.csv_bytes([('=HYPERLINK("http://x")', "2024-05-06", "3"), ("@SUM(1)", "2024-05-06", "3")]))
        doc.action_check()
        text = base64.b64decode(doc.error_file).decode("utf-8-sig")
        self.assertNotIn(",=", text)
        self.assertNotIn(',"=', text)
        self.assertIn("'=HYPERLINK", text)
        self.assertIn("'@SUM", text)

    def test_going_on_without_bad_lines(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3"), ("UNKNOWN", "2024-05-06", "3")]))
        self.assertEqual(self.figures(), [("HIST-A", "2024-05-06", 3.0, 0.0)])
        self.assertIn("1 lines with problems left out", doc.summary)

    def test_file_of_the_server_is_out_of_reach(self):
        with self.assertRaisesRegex(UserError, "cannot be read"):
            self.env["inventory.history.import"]._import_file("/nowhere/sales.csv")
        with self.assertRaises(AccessError):
            get_public_method(self.Import, "_import_file")
