"""Sentences for what can be wrong with a file of sales history, in the user's language."""

from odoo import models


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    def _file_sentence(self, problem):
        """Sentence for a :class:`FileProblem`."""
        _ = self.env._
        params = problem.params
        sentences = {
            "empty": lambda: _("The file is empty. Nothing was imported."),
            "binary": lambda: _("This is no table: choose a CSV, Excel (XLSX) or Parquet file."),
            "not_a_table": lambda: _("This is no Excel workbook: choose a CSV, Excel (XLSX) or Parquet file."),
            "old_excel": lambda: _("This Excel file is old (XLS) or locked by a password: save it as XLSX."),
            "too_big": lambda: _("The workbook unpacks to more than can be read: export it as CSV instead."),
            "too_wide": lambda: _(
                "The file has %(found)s columns, at most %(limit)s can be read: take out those that are not needed.",
                **params,
            ),
            "too_long": lambda: _(
                "The file has more than %(limit)s lines: cut it into parts and import one after the other.", **params
            ),
            "broken_file": lambda: _("The %(kind)s file is damaged: %(detail)s", **params),
            "no_pyarrow": lambda: _(
                "Parquet needs the Python package pyarrow, which is not installed here: install it, or export as CSV."
            ),
            "no_header": lambda: _(
                "The first line must hold the names of the columns; it holds values: %(first)s", **params
            ),
            "encoding_unknown": lambda: _("There is no encoding called %(encoding)s.", **params),
            "encoding_broken": lambda: _(
                "The text cannot be read as %(encoding)s: choose its encoding and check again.", **params
            ),
            "date_ambiguous": lambda: _(
                "Dates such as %(example)s can be read both ways: choose the order of day and month.", **params
            ),
        }
        return sentences[problem.code]()

    def _line_sentence(self, code, params):
        """Sentence for the problem of one line."""
        _ = self.env._
        sentences = {
            "csv_broken": lambda: _("The line cannot be split into columns: %(detail)s.", **params),
            "too_many_columns": lambda: _("%(found)s columns where the header has %(expected)s.", **params),
            "too_few_columns": lambda: _("%(found)s columns where the header has %(expected)s.", **params),
            "broken_text": lambda: _("It holds bytes that are no %(encoding)s text.", **params),
            "date_missing": lambda: _("The date is missing."),
            "date_bad": lambda: _("“%(value)s” is no date.", **params),
            "date_future": lambda: _("The date %(value)s lies in the future.", **params),
            "date_old": lambda: _("The date %(value)s lies before 1970.", **params),
            "number_bad": lambda: _("“%(value)s” is no number.", **params),
            "quantity_missing": lambda: _("The quantity is missing."),
            "quantity_absurd": lambda: _(
                "A quantity of %(value)s a line cannot be right (limit: %(limit)s).", **params
            ),
            "amount_absurd": lambda: _("An amount of %(value)s a line cannot be right.", **params),
            "sold_negative": lambda: _("The sold quantity %(value)s is negative.", **params),
            "returned_negative": lambda: _("The returned quantity %(value)s is negative.", **params),
            "lines_bad": lambda: _("The number of order lines %(value)s is not a whole number from 0.", **params),
            "price_negative": lambda: _("The price %(value)s is negative.", **params),
            "product_missing": lambda: _("The product is missing."),
            "product_long": lambda: _("The product code is longer than 128 characters."),
            "product_unknown": lambda: _("There is no product “%(value)s”.", **params),
            "product_ambiguous": lambda: _("Several products have the code “%(value)s”.", **params),
            "product_not_stored": lambda: _("Product “%(value)s” is not tracked in stock.", **params),
            "product_similar": lambda: _(
                "The code “%(value)s” differs only by case or blanks from “%(other)s”.", **params
            ),
            "warehouse_missing": lambda: _("The warehouse is missing, and none was chosen for such lines."),
            "warehouse_unknown": lambda: _("There is no warehouse “%(value)s” in this company.", **params),
            "unit_unknown": lambda: _("There is no unit of measure “%(value)s”.", **params),
            "unit_foreign": lambda: _(
                "The unit “%(value)s” cannot be converted to the product's unit “%(other)s”.", **params
            ),
            "identical": lambda: _("It repeats line %(first)s word for word.", **params),
            "overlap": lambda: _(
                "The day is already imported with other figures: %(sold)s sold, %(returned)s returned (%(name)s).",
                **params,
            ),
        }
        return sentences[code]()
