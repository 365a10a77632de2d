"""The audit trail: who did what, when, from where, and why; written with the work itself, sealed a minute later."""

import json
import logging
import threading

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import SQL

from . import audit_key

_logger = logging.getLogger(__name__)


class InventoryAuditEntry(models.Model):
    """One event. Rows are inserted by :meth:`_log` only, and changed by nobody.

    No foreign keys and all names copied: an entry outlives the user, the company and the record that it is about.
    The inserting process stamps the row with the audit key, so that a row slipped in by SQL is told from one of ours.
    It is not chained then: chaining needs the entry before, and business transactions would wait for each other.
    The sealer (:class:`~.audit_chain.InventoryAuditChain`) does it afterwards.
    """

    _name = "inventory.audit.entry"
    _description = "Audit Entry"
    _order = "id desc"
    _rec_name = "summary"
    _log_access = False

    logged_at = fields.Datetime("Logged at", required=True, readonly=True, help="By the database's clock.")
    company_ref = fields.Integer("Company Id", readonly=True, aggregator=None)
    company_name = fields.Char("Company", readonly=True)
    user_ref = fields.Integer("User Id", readonly=True, aggregator=None)
    user_login = fields.Char("Login", readonly=True)
    user_name = fields.Char("User", readonly=True)
    origin = fields.Char("From", readonly=True, help="The client's address, or what ran on the server.")
    event = fields.Char(required=True, readonly=True, index=True, help="Kind of event, as a short name.")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Integer("Record Id", readonly=True, aggregator=None)
    res_name = fields.Char("Record", readonly=True)
    summary = fields.Char("What happened", required=True, readonly=True)
    data = fields.Json("Details", readonly=True)
    data_text = fields.Text("Content", compute="_compute_data_text")
    stamp = fields.Char(readonly=True, help="Proof that a server with the key wrote this entry.")
    seq = fields.Integer("Number", readonly=True, index="btree_not_null", aggregator=None, help="Place in the chain.")
    mac = fields.Char("Seal", readonly=True, help="Chains this entry to the one before.")
    sealed_at = fields.Datetime("Sealed at", readonly=True)

    _seq_unique = models.UniqueIndex("(seq)", "The audit trail numbers each entry once.")
    _unsealed = models.Index("(id) WHERE seq IS NULL")
    _record = models.Index("(res_model, res_id)")

    @api.depends("data")
    def _compute_data_text(self):
        for entry in self:
            entry.data_text = entry.data and json.dumps(entry.data, indent=2, sort_keys=True, ensure_ascii=False)

    # ------------------------------------------------------------------ writing

    @api.model
    def _log(self, event, summary, record=None, data=None):
        """Write one entry in the caller's transaction: it is there exactly if the work is.

        :param str event: short technical name of the kind of event, e.g. ``adjustment.approved``
        :param str summary: what happened, one sentence
        :param record: the record that it is about, or None
        :param dict data: details; what JSON cannot hold is written as text
        """
        self._log_many([(event, summary, record, data)])

    @api.model
    def _log_many(self, entries):
        """:meth:`_log` for a list of ``(event, summary, record, data)``, in two statements whatever the number."""
        if not entries:
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT nextval(pg_get_serial_sequence('inventory_audit_entry', 'id'))::text,
                       (clock_timestamp() AT TIME ZONE 'UTC')::text
                  FROM generate_series(1, %s)
                """,
                len(entries),
            )
        )
        keys = self.env.cr.fetchall()
        user = self.env.user
        company = self.env.company
        who = (str(company.id), company.name, str(user.id), user.login, user.name, self._whence())
        key = audit_key.audit_key()
        rows = []
        for (entry_id, logged_at), (event, summary, record, data) in zip(keys, entries, strict=True):
            record = record[:1].sudo() if record else None
            about = (record._name, str(record.id), record.display_name) if record else (None, "0", None)
            values = [entry_id, logged_at, *who, event, *about, summary, None]
            if record and record._fields.get("company_id") and (own := record.company_id):
                values[2:4] = str(own.id), own.name
            if data:
                values[-1] = json.dumps(data, sort_keys=True, default=str, ensure_ascii=False)
            rows.append([None if value is None else str(value).replace("\x00", "") for value in values])
        self._insert(key, rows)
        self.env["inventory.audit.chain"]._note_committed([int(row[0]) for row in rows])

    def _insert(self, key, rows):
        """Insert stamped rows of texts in the order of :data:`audit_key.STAMPED`.

        JSON is stamped in the form in which PostgreSQL gives it back, hence one round trip for it.
        """
        with_data = [row for row in rows if row[-1] is not None]
        if with_data:
            self.env.cr.execute(
                SQL(
                    "SELECT doc::jsonb::text FROM unnest(%s::text[]) WITH ORDINALITY AS docs(doc, n) ORDER BY n",
                    [row[-1] for row in with_data],
                )
            )
            for row, (text,) in zip(with_data, self.env.cr.fetchall(), strict=True):
                row[-1] = text
        for row in rows:
            row.append(audit_key.mac(key, "stamp", row))
        columns = [SQL.identifier(name) for name in (*audit_key.STAMPED, "stamp")]
        types = dict.fromkeys(("id", "company_ref", "user_ref", "res_id"), SQL("int[]")) | {
            "logged_at": SQL("timestamp[]")
        }
        casts = [
            SQL("%s::%s", [row[position] for row in rows], types.get(name, SQL("text[]")))
            for position, name in self._positions()
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_audit_entry (%(columns)s) "
                "SELECT %(values)s FROM unnest(%(casts)s) AS new(%(names)s)",
                columns=SQL(", ").join(columns),
                values=SQL(", ").join(
                    SQL("%s::jsonb", column) if name == "data" else column
                    for column, name in zip(columns, (*audit_key.STAMPED, "stamp"), strict=True)
                ),
                casts=SQL(", ").join(casts),
                names=SQL(", ").join(columns),
            )
        )

    def _positions(self):
        return enumerate((*audit_key.STAMPED, "stamp"))

    def _whence(self):
        """Where the work comes from: the client's address, a job, or a part of the server."""
        if request:
            return f"{request.httprequest.remote_addr} {request.httprequest.path}"[:200]
        if job := self.env.context.get("job_uuid"):
            return f"job {job}"
        return f"server ({threading.current_thread().name})"

    # ------------------------------------------------------------- append-only

    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("Audit entries are written by the system alone."))

    def write(self, vals):
        raise AccessError(self.env._("Nobody changes the audit trail."))

    def unlink(self):
        raise AccessError(self.env._("Nobody deletes from the audit trail."))

    # ------------------------------------------------------------------- people

    def action_open_record(self):
        """Open the record that the entry is about, if it still exists and the user may see it."""
        self.ensure_one()
        record = self.res_model in self.env and self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("%s no longer exists; its entries remain.", self.res_name or self.res_model))
        record.check_access("read")
        return record.get_formview_action()

    @api.model
    def action_verify(self):
        """Check the whole trail and tell the user what was found."""
        user = self.env.user
        if not (user.has_group("inventory_plus.group_auditor") or user.has_group("inventory_plus.group_manager")):
            raise AccessError(self.env._("Only auditors and managers verify the audit trail."))
        result = self.env["inventory.audit.chain"].sudo()._verify()
        good = not result["differences"]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Audit trail intact") if good else self.env._("The audit trail was tampered with"),
                "message": self.env._("%s entries checked, each in its place.", result["compared"])
                if good
                else "\n".join(result["sample"]),
                "type": "success" if good else "danger",
                "sticky": not good,
            },
        }
