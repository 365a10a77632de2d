"""Small files of sales history built in the tests."""

import base64
import csv
import io

from odoo.tests import TransactionCase, new_test_user


class HistoryCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner = new_test_user(cls.env, "history_planner", groups="inventory_plus.group_planner")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"History {code}", "default_code": code, "is_storable": True}
                for code in ("HIST-A", "HIST-B", "HIST-C")
            ]
        )
        cls.Import = cls.env["inventory.history.import"].with_user(cls.planner)

    @staticmethod
    def csv_bytes(rows, header=("SKU", "Date", "Quantity"), encoding="utf-8", delimiter=","):
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
        return stream.getvalue().encode(encoding)

    def make(self, content, filename="sales.csv", **values):
        """A document with the file, as the planner makes it."""
        return self.Import.create(
            {
                "name": filename,
                "filename": filename,
                "file": base64.b64encode(content),
                "warehouse_id": self.warehouse.id,
                **values,
            }
        )

    def done(self, content, **values):
        """A document whose file was imported without its bad lines."""
        doc = self.make(content, **values)
        doc.action_check()
        doc._run(skip_bad=True)
        return doc

    def facts(self, *domain):
        return self.env["inventory.daily.flow"].search(
            [("source", "=", "import"), ("warehouse_id", "=", self.warehouse.id), *domain], order="product_id, date"
        )

    def figures(self, *domain):
        """``[(code, day, sold, returned)]`` of imported facts."""
        return [
            (fact.product_id.default_code, fact.date.isoformat(), fact.sold, fact.returned)
            for fact in self.facts(*domain)
        ]

    def reasons(self, doc):
        """``{line: reason}`` of the file of problems."""
        text = base64.b64decode(doc.error_file).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        return {int(row[0]): row[1] for row in rows[1:]}
