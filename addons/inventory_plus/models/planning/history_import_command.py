"""Import from the command line: a file of this machine, in one go. Never reachable over RPC (private method)."""

import base64
import pathlib

from odoo import api, models
from odoo.exceptions import UserError

from ...history_files import FileProblem

# Options that are fields of the document, given as they are.
FIELD_OPTIONS = (
    "channel", "product_key", "create_products", "identical_lines", "similar_codes", "negative_quantity", "overlap",
    "set_cutover", "cutover_date", "date_order", "decimal_sign", "encoding", "delimiter", "name",
)  # fmt: skip


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    @api.model
    def _import_file(self, path, options=None, progress=None):
        """Import a file of the server for the command line, in the caller's transaction.

        Missing products are created, codes that differ only by case or blanks are different products, and one line
        with a problem refuses the file, unless ``options`` say otherwise.

        :param path: of the file
        :param dict options: ``warehouse`` (code, name or id; default the company's first), ``company_id``,
            ``skip_bad`` (bool), ``columns`` (``{meaning: column name}``, on top of the guess) and the document's
            fields by name: channel, product_key, create_products, identical_lines, similar_codes, overlap, ...
        :param progress: function ``(fraction, sentence)``
        :return: dict: ``import_id``, ``already`` (the file had been imported), ``facts``, ``products``,
            ``new_products``, ``first_date``, ``last_date``, ``bad``, ``summary``
        :raise UserError: a sentence; nothing is imported then
        """
        options = dict(options or {})
        unknown = options.keys() - {*FIELD_OPTIONS, "warehouse", "company_id", "skip_bad", "columns"}
        if unknown:
            raise UserError(self.env._("Unknown options: %s", ", ".join(sorted(unknown))))
        path = pathlib.Path(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(
                self.env._("The file %(path)s cannot be read: %(reason)s", path=path, reason=error.strerror)
            ) from error
        if not content:
            raise UserError(self._file_sentence(FileProblem("empty")))
        company = self.env["res.company"].browse(options.get("company_id")) or self.env.company
        doc = self.with_company(company).create(
            {
                "name": path.name,
                "company_id": company.id,
                "file": base64.b64encode(content),
                "filename": path.name,
                "warehouse_id": self._warehouse_named(company, options.get("warehouse")).id,
                "create_products": True,
                "similar_codes": "separate",
                **{key: options[key] for key in FIELD_OPTIONS if key in options},
            }
        )
        same = doc._same_done()
        if same:
            doc.unlink()
            return {**same._result(), "already": True}
        doc._map_columns(options.get("columns") or {})
        doc._run(skip_bad=options.get("skip_bad", False), progress=progress)
        return {**doc._result(), "already": False}

    @api.model
    def _warehouse_named(self, company, wanted):
        """Warehouse by id, code or name; the company's first when nothing is wanted."""
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        if not wanted:
            return warehouses[:1]
        found = warehouses.filtered(lambda warehouse: wanted in (warehouse.id, warehouse.code, warehouse.name))
        if not found:
            raise UserError(self.env._("There is no warehouse “%s” in this company.", wanted))
        return found[:1]

    def _map_columns(self, columns):
        """Set meanings by column name on top of the guess."""
        for meaning, name in columns.items():
            column = self.column_ids.filtered(lambda column, name=name: column.name == name)[:1]
            if not column:
                raise UserError(self.env._("The file has no column “%s”.", name))
            self.column_ids.filtered(lambda column, meaning=meaning: column.meaning == meaning).meaning = False
            column.meaning = meaning

    def _result(self):
        return {
            "import_id": self.id,
            "facts": self.fact_count,
            "products": self.product_count,
            "new_products": self.new_product_count,
            "first_date": self.first_date,
            "last_date": self.last_date,
            "bad": self.bad_count,
            "summary": self.summary,
        }
