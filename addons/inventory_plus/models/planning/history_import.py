"""Import of sales history: the document a planner works with (file, columns, check, import, undo).

The work is split by what it does, a file each: reading and checking (``history_import_check``), products
(``history_import_products``), writing the facts and taking them back (``history_import_write``), the command
line (``history_import_command``). Files are read by the pure package ``history_files``, which knows no Odoo.
"""

import base64
import hashlib
import itertools
import logging

from odoo import api, fields, models
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.exceptions import AccessError, UserError
from psycopg2 import OperationalError

from ...history_files import FileProblem, guess_columns, open_history

_logger = logging.getLogger(__name__)

STATES = [
    ("draft", "Draft"),
    ("previewed", "Checked"),
    ("running", "Running"),
    ("done", "Imported"),
    ("failed", "Failed"),
    ("undone", "Undone"),
]
PREVIEW_ROWS = 12
# Files carry prices, codes and turnover of years: for those who plan and those who check the books.
SEES_FILE = "inventory_plus.group_planner,inventory_plus.group_auditor"
LIVING_JOB = ("wait_dependencies", "pending", "enqueued", "started")
# A change of one of these makes what the check found worthless.
CHECKED_FIELDS = {
    "file", "column_ids", "company_id", "warehouse_id", "channel", "product_key", "create_products", "categ_id",
    "identical_lines", "similar_codes", "overlap", "negative_quantity", "date_order", "decimal_sign", "encoding",
    "delimiter", "set_cutover", "cutover_date",
}  # fmt: skip
# What an import found and did. Undo and the fingerprint trust these, so nobody but the import itself writes them.
RESULT_FIELDS = {
    "state", "user_id", "file_hash", "file_format", "preview_html", "cutover_log", "created_product_ids", "line_count",
    "bad_count", "fact_count", "unchanged_count", "product_count", "new_product_count", "first_date", "last_date",
    "sold_total", "returned_total", "summary", "error_file", "error_filename", "opening_seeded",
}  # fmt: skip


class InventoryHistoryImport(models.Model):
    """A file of past sales brought into the daily facts, marked as imported, without stock moves.

    Facts of an import carry its id, so that an undo takes back exactly what it brought. Quantities are in the
    product's unit, revenue in the company's currency, net of returns; days are the days written in the file, which
    count as days of the warehouse. A return counts on the day the file gives it.
    """

    _name = "inventory.history.import"
    _description = "Import of Sales History"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, default=lambda self: self.env._("Sales history"), tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", "Imported by", default=lambda self: self.env.user, readonly=True, copy=False)
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, copy=False, index=True)

    # The file
    file = fields.Binary(
        attachment=True, copy=False, groups=SEES_FILE, help="CSV, Excel (XLSX) or Parquet with column names."
    )
    filename = fields.Char(copy=False)
    file_hash = fields.Char("Fingerprint of the File", readonly=True, copy=False)
    file_format = fields.Char("Format", readonly=True, copy=False)
    encoding = fields.Selection(
        [
            ("utf-8", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("gb18030", "Chinese (GB18030, GBK)"),
            ("big5", "Chinese (Big5)"),
            ("cp1252", "Western (Windows 1252)"),
            ("latin-1", "Western (Latin-1)"),
        ],
        help="Leave empty to find it out.",
    )
    delimiter = fields.Selection(
        [(",", "Comma"), (";", "Semicolon"), ("\t", "Tabulator"), ("|", "Bar")],
        "Column Separator",
        help="Leave empty to find it out.",
    )
    date_order = fields.Selection(
        [("dmy", "Day, month, year"), ("mdy", "Month, day, year")],
        "Order in Dates",
        help="Only for dates such as 03/04/2011. Leave empty to find it out.",
    )
    decimal_sign = fields.Selection(
        [(".", "Point: 1,234.50"), (",", "Comma: 1.234,50")], help="Leave empty to find it out."
    )
    column_ids = fields.One2many("inventory.history.column", "import_id", "Columns", copy=False)
    preview_html = fields.Html("First Lines", readonly=True, copy=False, groups=SEES_FILE)

    # What to do with it
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        "Warehouse",
        check_company=True,
        default=lambda self: self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1),
        help="For lines without a warehouse of their own.",
    )
    channel = fields.Char("Channel", help="For lines without a channel of their own.")
    product_key = fields.Selection(
        [("default_code", "Internal reference"), ("barcode", "Barcode")],
        "Find Products by",
        required=True,
        default="default_code",
        help="Capital and small letters are told apart.",
    )
    create_products = fields.Boolean(
        "Create Missing Products", help="As goods tracked in stock, priced at their average revenue in the file."
    )
    categ_id = fields.Many2one("product.category", "Category of New Products")
    identical_lines = fields.Selection(
        [("report", "Report the repetition"), ("sum", "Add them up")],
        "Lines Identical in Every Column",
        required=True,
        default="report",
        help="Two exports that overlap repeat lines word for word. Lines of the same product and day that differ "
        "in any column are always added up.",
    )
    similar_codes = fields.Selection(
        [("report", "Report them"), ("separate", "Different products")],
        "Codes that Differ only by Case or Blanks",
        required=True,
        default="report",
    )
    negative_quantity = fields.Selection(
        [("return", "A return"), ("report", "Report it")],
        "A Negative Sold Quantity is",
        required=True,
        default="return",
        help="In a file that has its own column for returns a negative sold quantity is always reported.",
    )
    overlap = fields.Selection(
        [("keep", "Keep it and report the line"), ("replace", "Replace it")],
        "A Day Imported Earlier with other Figures",
        required=True,
        default="keep",
    )
    set_cutover = fields.Boolean(
        "Set the Cut-over Date",
        default=True,
        help="Before this day the imported figures count as demand of the warehouse, from it on its stock moves.",
    )
    cutover_date = fields.Date(help="Empty: the day after the last day that the file has for the warehouse.")
    cutover_log = fields.Json(readonly=True, copy=False)

    # What came of it
    line_count = fields.Integer("Lines", readonly=True, copy=False)
    bad_count = fields.Integer("Lines with Problems", readonly=True, copy=False)
    fact_count = fields.Integer("Daily Figures", readonly=True, copy=False)
    unchanged_count = fields.Integer("Already There", readonly=True, copy=False)
    product_count = fields.Integer("Products", readonly=True, copy=False)
    new_product_count = fields.Integer("New Products", readonly=True, copy=False)
    created_product_ids = fields.Many2many(
        "product.product", "inventory_history_import_product_rel", readonly=True, copy=False, string="Created Products"
    )
    first_date = fields.Date("First Day", readonly=True, copy=False)
    last_date = fields.Date("Last Day", readonly=True, copy=False)
    sold_total = fields.Float("Units Sold", digits="Product Unit", readonly=True, copy=False)
    returned_total = fields.Float("Units Returned", digits="Product Unit", readonly=True, copy=False)
    summary = fields.Text(readonly=True, copy=False, groups=SEES_FILE)
    error_file = fields.Binary(
        "Lines with Problems (file)", attachment=True, readonly=True, copy=False, groups=SEES_FILE
    )
    error_filename = fields.Char(readonly=True, copy=False)
    progress = fields.Float("Progress (%)", compute="_compute_progress")
    progress_text = fields.Char(compute="_compute_progress")

    # The same file into the same warehouse counts once, whoever clicks first (law 3).
    _once = models.UniqueIndex(
        "(company_id, COALESCE(warehouse_id, 0), COALESCE(channel, ''), file_hash)"
        " WHERE state = 'done' AND file_hash IS NOT NULL",
        "This file has been imported already; importing it again would change nothing.",
    )

    # Reading the columns ---------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._refuse_results(vals)
            # Given outright, as defaults may come from the caller's context or from his own stored ones.
            fresh = dict.fromkeys(RESULT_FIELDS, False) | {"state": "draft", "user_id": self.env.uid}
            vals_list = [{**vals, **fresh} for vals in vals_list]
        imports = super().create(vals_list)
        imports.filtered("file")._read_columns()
        return imports

    def _refuse_results(self, vals):
        """A user's values name no result; a flag in the context would be no guard, as callers choose it."""
        if not RESULT_FIELDS.isdisjoint(vals):
            raise AccessError(self.env._("What an import found and did is written by the import alone."))

    def _note_results(self, values):
        """Write what the import found or did, whoever runs it."""
        return self.sudo().with_context(history_check=True).write(values)

    def write(self, vals):
        if not self.env.su:
            self._refuse_results(vals)
        touched = CHECKED_FIELDS & vals.keys()
        if touched and any(doc.state in ("running", "done") for doc in self):
            raise UserError(self.env._("An import that runs or is done cannot be changed; undo it first."))
        result = super().write(vals)
        if vals.get("file"):
            self._read_columns()
        if touched and not (self.env.su and self.env.context.get("history_check")):
            stale = self.filtered(lambda doc: doc.state in ("previewed", "failed"))
            super(InventoryHistoryImport, stale).write({"state": "draft"})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(doc.state in ("running", "done") for doc in self):
            raise UserError(self.env._("This import is in the daily figures; undo it before you delete it."))

    def _data(self):
        """Bytes of the file."""
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        return base64.b64decode(self.with_context(bin_size=False).file)

    def _open(self):
        """The file as a :class:`HistoryTable`; a file that cannot be used raises its sentence."""
        self.ensure_one()
        try:
            return open_history(self._data(), self.encoding or None, self.delimiter or None)
        except FileProblem as problem:
            raise UserError(self._file_sentence(problem)) from problem

    def _rows(self, table):
        """The table's rows; a file that turns out to be damaged on the way raises its sentence."""
        try:
            yield from table.rows()
        except FileProblem as problem:
            raise UserError(self._file_sentence(problem)) from problem

    def _read_columns(self):
        """Read the header, guess what the columns mean and show the first lines."""
        for doc in self:
            table = doc._open()
            doc.column_ids.unlink()
            rows = [values for _line, values, _problem in itertools.islice(doc._rows(table), 5)]
            meanings = guess_columns(table.header)
            doc._note_results(
                {
                    "file_hash": hashlib.sha256(doc._data()).hexdigest(),
                    "file_format": " ".join(filter(None, [table.format.upper(), table.encoding])),
                    "preview_html": False,
                    "summary": False,
                    "error_file": False,
                    "column_ids": [
                        fields.Command.create(
                            {
                                "position": position,
                                "name": name or self.env._("Column %s", position + 1),
                                "meaning": meanings[position],
                                "sample": ", ".join(_sample(row[position]) for row in rows)[:80],
                            }
                        )
                        for position, name in enumerate(table.header)
                    ],
                }
            )

    # Buttons ---------------------------------------------------------------------------------------------------------

    def action_check(self):
        """Read the whole file, show its first lines and what is wrong; nothing is imported."""
        for doc in self:
            doc._require_planner()
            if doc.state in ("running", "done"):
                raise UserError(self.env._("This import runs or is done."))
            doc._check()
        return True

    def action_import(self):
        """Import in the background; refused while lines have problems."""
        for doc in self:
            doc._require_planner()
            if doc.state != "previewed":
                raise UserError(self.env._("Check the file first."))
            if doc.bad_count:
                raise UserError(
                    self.env._(
                        "%s lines have problems. Import without them, or correct the file; nothing was imported.",
                        doc.bad_count,
                    )
                )
        return self._start(skip_bad=False)

    def action_import_without_bad(self):
        """Import in the background what the check found good and leave the reported lines out."""
        for doc in self:
            doc._require_planner()
            if doc.state != "previewed":
                raise UserError(self.env._("Check the file first."))
        return self._start(skip_bad=True)

    def action_back_to_draft(self):
        """Stop with nothing imported; a running import too, once its job has died or was cancelled."""
        for doc in self:
            doc._require_planner()
            if doc.state == "running" and doc._has_job():
                raise UserError(self.env._("The import is still at work; wait for its end."))
            if doc.state not in ("previewed", "running", "failed", "undone"):
                raise UserError(self.env._("Only an import that is checked, failed or undone goes back to draft."))
        return self._note_results({"state": "draft"})

    def action_undo(self):
        """Take back what the import brought: its figures, the cut-over date it set, its products if unused."""
        for doc in self:
            doc._require_planner()
            if doc.state != "done":
                raise UserError(self.env._("Only a finished import can be undone."))
            doc._undo()
        self._enqueue_plan(self.env._("Plan after the undo of an import of sales history"))
        return True

    def action_open_facts(self):
        """The daily figures of this import."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Imported Figures"),
            "res_model": "inventory.daily.flow",
            "view_mode": "list,pivot,graph",
            "domain": [("import_id", "=", self.id)],
        }

    def _require_planner(self):
        """Buttons work on behalf of the user through sudo where he has no right himself: so ask for the role here."""
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("inventory_plus.group_planner"):
            raise UserError(self.env._("Only planners import sales history."))

    def _start(self, skip_bad):
        for doc in self:
            doc._refuse_same_file()
            doc._note_results({"state": "running"})
            self.env["inventory.job"]._enqueue(
                doc,
                "_run_job",
                skip_bad,
                description=self.env._("Import of sales history: %s", doc.name),
                identity_key=doc._job_key(),
            )
        return True

    def _job_key(self):
        return f"inventory.history.import-{self.id}"

    def _has_job(self):
        """True while a job that will run or runs this import is in the queue."""
        domain = [("identity_key", "=", self._job_key()), ("state", "in", LIVING_JOB)]
        return bool(self.env["queue.job"].sudo().search_count(domain, limit=1))

    def _run_job(self, skip_bad):
        """Body of the job: imports, or says why not; a failed import leaves nothing behind."""
        self.ensure_one()
        if self.state != "running":
            return
        try:
            with self.env.cr.savepoint():
                self._run(skip_bad=skip_bad, progress=self._note_progress)
        except UserError as error:
            self._fail(str(error))
        except (OperationalError, RetryableJobError):
            # The queue runs the job again.
            raise
        except Exception:
            _logger.exception("Import of sales history %s ended unexpectedly", self.id)
            self._fail(
                self.env._(
                    "The import ended unexpectedly and nothing was imported; the server's log says why. "
                    "Try again, or ask your administrator."
                )
            )
        self._notify_done()

    def _fail(self, sentence):
        self.env.invalidate_all()
        self._note_results({"state": "failed", "summary": sentence})

    def _notify_done(self):
        """Tell who imported. Figures stay out: everybody who may open the document reads its messages."""
        reader = self.with_context(lang=self.user_id.lang).env
        if self.state == "done":
            self._enqueue_plan(self.env._("Plan after an import of sales history"))
            body = reader._("The import has ended; the page says what was imported.")
        else:
            body = reader._("Nothing was imported; the page says why.")
        self.message_post(body=body, partner_ids=self.user_id.partner_id.ids)

    def _enqueue_plan(self, description):
        self.env["inventory.job"]._enqueue(self.env["inventory.item"], "_plan", description=description)

    # Progress --------------------------------------------------------------------------------------------------------

    def _compute_progress(self):
        notes = {note.import_ref: note for note in self.env["inventory.history.progress"].sudo().search([])}
        for doc in self:
            note = notes.get(doc.id)
            doc.progress = 100.0 if doc.state == "done" else (note.percent if note and doc.state == "running" else 0.0)
            doc.progress_text = note.text if note and doc.state == "running" else False

    def _note_progress(self, fraction, text):
        """Show how far the job is. Written by a cursor of its own, as the job's own work is seen only at its end."""
        self.ensure_one()
        self.env["inventory.history.progress"]._note(self.id, percent=fraction * 100, text=text)


def _sample(value):
    """A cell as text that can be stored, whatever bytes it holds."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode()
