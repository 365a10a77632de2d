"""The seal of the audit trail: chaining what was committed, and finding what was tampered with (law 5)."""

import json
import logging
import os

from odoo import api, models
from odoo.tools import SQL

from . import audit_key

_logger = logging.getLogger(__name__)

SEALER_LOCK = 7305112900421002  # advisory lock: one sealer at a time
BATCH = 5000  # entries sealed in one transaction, or verified at once
SAMPLE = 20  # sentences that a verification returns


class InventoryAuditChain(models.AbstractModel):
    """Sealer and verifier.

    Until then a note outside the database guards an entry (:mod:`.audit_journal`). Chain order is sealing order, not id
    order: a transaction that commits late brings a smaller id and is chained
    when it is seen. Each seal is an HMAC over the number, the seal before, and the entry's content. The head is kept
    in three places: signed in a row of its own, in a file outside the database, and once a day in the server's log.
    """

    _name = "inventory.audit.chain"
    _description = "Seal of the audit trail"

    # --------------------------------------------------------------------- seal

    @api.model
    def _cron_seal(self):
        """Chain all committed entries, a batch a transaction, then note the head outside the database."""
        job = self.env["inventory.job"]
        sealed = 0
        while done := job._retrying(lambda env: env["inventory.audit.chain"]._seal()):
            sealed += done
        job._retrying(lambda env: env["inventory.audit.chain"]._tell_head())
        if sealed and job._owns_transactions():
            self._note_head_outside(*job._retrying(lambda env: env["inventory.audit.chain"]._read_head()))
            job._retrying(lambda env: env["inventory.audit.chain"]._forget_sealed())
        return sealed

    def _seal(self):
        """Chain one batch; return the number of entries looked at, 0 when none wait or another sealer is at work.

        What this system did not write is not chained: it is set aside for the verification to name.

        A sealer that got the lock just after another one's commit may still look at an older snapshot; the update of
        the head then fails as a serialization error, and the caller's retry starts afresh.
        """
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not self.env.cr.fetchone()[0]:
            return 0
        rows = self._content(SQL("seq IS NULL AND sealed_at IS NULL ORDER BY id LIMIT %s", BATCH))
        key = audit_key.audit_key()
        genuine = [row for row in rows if audit_key.same(row["stamp"], self._stamp(key, row))]
        if len(genuine) < len(rows):
            _logger.error("Audit trail: %d entries were not written by this system", len(rows) - len(genuine))
            self.env.cr.execute(
                "UPDATE inventory_audit_entry SET sealed_at = clock_timestamp() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
                [[int(row["id"]) for row in rows if row not in genuine]],
            )
        seq, last = self._read_head()
        sealed = []
        for row in genuine:
            seq += 1
            last = self._seal_of(key, seq, last, row)
            sealed.append((int(row["id"]), seq, last))
        if sealed:
            self._store_seals(sealed)
            self._store_head(key, seq, last)
        return len(rows)

    def _store_seals(self, sealed):
        ids, seqs, macs = zip(*sealed, strict=True)
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_audit_entry entry
                   SET seq = new.seq, mac = new.mac, sealed_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[], %s::int[], %s::text[]) AS new(id, seq, mac)
                 WHERE entry.id = new.id
                """,
                list(ids),
                list(seqs),
                list(macs),
            )
        )
        self.env["inventory.audit.entry"].invalidate_model()

    def _content(self, condition):
        """Entries as dicts of texts, in PostgreSQL's own text form, which does not depend on the ORM."""
        columns = SQL(", ").join(
            SQL("%s::text AS %s", SQL.identifier(name), SQL.identifier(name))
            for name in (*audit_key.STAMPED, "stamp", "mac")
        )
        self.env.cr.execute(SQL("SELECT %s, seq FROM inventory_audit_entry WHERE %s", columns, condition))
        return self.env.cr.dictfetchall()

    def _stamp(self, key, row):
        return audit_key.mac(key, "stamp", [row[name] for name in audit_key.STAMPED])

    def _seal_of(self, key, seq, previous, row):
        return audit_key.mac(key, "chain", [str(seq), previous, row["stamp"], *(row[n] for n in audit_key.STAMPED)])

    # --------------------------------------------------------------------- head

    def _read_head(self):
        """``(seq, mac)`` of the head row; ``(0, GENESIS)`` before the first entry."""
        self.env.cr.execute("SELECT seq, mac FROM inventory_audit_head ORDER BY id LIMIT 1")
        return self.env.cr.fetchone() or (0, audit_key.GENESIS)

    def _store_head(self, key, seq, last):
        values = (seq, last, self._key_id(key), self._sign_head(key, seq, last))
        self.env.cr.execute(
            "UPDATE inventory_audit_head SET seq = %s, mac = %s, key_id = %s, signature = %s RETURNING id", values
        )
        if not self.env.cr.fetchone():
            self.env.cr.execute(
                "INSERT INTO inventory_audit_head (seq, mac, key_id, signature) VALUES (%s, %s, %s, %s)", values
            )
        self.env["inventory.audit.head"].invalidate_model()

    def _sign_head(self, key, seq, last):
        return audit_key.mac(key, "head", [str(seq), last])

    def _key_id(self, key):
        return audit_key.mac(key, "key id", [])[:8]

    def _tell_head(self):
        """Write the head to the server's log, once a day: the copy that nobody with the database alone can change."""
        self.env.cr.execute(
            """
            UPDATE inventory_audit_head SET told_on = CURRENT_DATE
             WHERE told_on IS DISTINCT FROM CURRENT_DATE RETURNING seq, mac, key_id
            """
        )
        for seq, last, key_id in self.env.cr.fetchall():
            _logger.info("Audit trail of %s: head %d %s (key %s)", self.env.cr.dbname, seq, last, key_id)

    def _outside_path(self):
        """File of the head outside the database: one a database, not inherited by a copy of it."""
        self.env.cr.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        return audit_key.directory() / f"{self.env.cr.dbname}_{self.env.cr.fetchone()[0]}.head"

    def _note_head_outside(self, seq, last):
        path = self._outside_path()
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_text(json.dumps({"seq": seq, "mac": last}))
            part.replace(path)
        except OSError as error:  # the chain itself is in order; the log still gets the head daily
            _logger.warning("Audit trail: the head could not be noted in %s: %s", path, error)

    def _outside_head(self):
        """``(seq, mac)`` that was noted outside, or None (a new or copied database, another machine)."""
        try:
            noted = json.loads(self._outside_path().read_text())
            return int(noted["seq"]), str(noted["mac"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    # ------------------------------------------------------------------- verify

    @api.model
    def _verify(self):
        """Walk the chain from its beginning and compare it with the heads.

        :return: ``{"compared": number of entries, "differences": int, "sample": sentences, the first broken link
            first}``; changes nothing
        """
        key = audit_key.audit_key()
        findings = []
        compared, seq, seals = self._verify_links(key, findings)
        self._verify_head(key, seq, seals, findings)
        compared += self._verify_unsealed(key, findings)
        try:
            for entry_id in self._missing():
                findings.append(self.env._("Record %s was written and deleted before it was sealed.", entry_id))
        except OSError as error:
            findings.append(self.env._("What was committed and not sealed yet cannot be checked: %s", error))
        return {"compared": compared, "differences": len(findings), "sample": findings[:SAMPLE]}

    def _verify_links(self, key, findings):
        """Check each number, stamp and seal; return (entries seen, last number, seals by number at the heads)."""
        _ = self.env._
        noted = {self._read_head()[0], (self._outside_head() or (0,))[0]}
        seals = {0: audit_key.GENESIS}
        compared, expected, previous, after = 0, 1, audit_key.GENESIS, (-(2**31), 0)
        while rows := self._content(
            SQL("seq IS NOT NULL AND (seq, id) > (%s, %s) ORDER BY seq, id LIMIT %s", *after, BATCH)
        ):
            for row in rows:
                seq = row["seq"]
                compared += 1
                if seq > expected:
                    findings.append(_("Entries %(a)s to %(b)s are missing from the trail.", a=expected, b=seq - 1))
                elif seq < expected:
                    findings.append(
                        _("Number %(n)s stands on more than one entry (record %(id)s).", n=seq, id=row["id"])
                    )
                if not audit_key.same(row["stamp"], self._stamp(key, row)):
                    findings.append(
                        _(
                            "Entry %(n)s (record %(id)s) was altered, or not written by this system.",
                            n=seq,
                            id=row["id"],
                        )
                    )
                elif seq == expected and not audit_key.same(row["mac"], self._seal_of(key, seq, previous, row)):
                    findings.append(
                        _("Entry %(n)s (record %(id)s) does not follow the one before.", n=seq, id=row["id"])
                    )
                expected = max(expected, seq + 1)
                previous = row["mac"] or ""
                if seq in noted:
                    seals[seq] = row["mac"]
            after = (rows[-1]["seq"], int(rows[-1]["id"]))
        return compared, expected - 1, seals

    def _verify_head(self, key, last, seals, findings):
        """Compare the end of the chain with the head row and the head noted outside."""
        _ = self.env._
        self.env.cr.execute("SELECT seq, mac, key_id, signature FROM inventory_audit_head ORDER BY id LIMIT 1")
        head = self.env.cr.fetchone()
        if not head:
            if last:
                findings.append(_("The head of the trail is gone."))
        else:
            seq, seal, key_id, signature = head
            if key_id != self._key_id(key):
                findings.insert(
                    0, _("The trail was sealed with another key (%s): is the right one configured?", key_id)
                )
            if not audit_key.same(signature, self._sign_head(key, seq, seal or "")):
                findings.append(_("The head of the trail was altered."))
            self._compare_head(_("the head of the trail"), seq, seal, last, seals, findings)
        outside = self._outside_head()
        if outside:
            self._compare_head(_("the head kept outside the database"), *outside, last, seals, findings, newest=False)

    def _compare_head(self, name, seq, seal, last, seals, findings, newest=True):
        _ = self.env._
        if seq > last:
            findings.append(
                _("The tail was cut: %(head)s says %(seq)s entries, %(last)s are there.", head=name, seq=seq, last=last)
            )
        elif newest and seq < last:
            findings.append(_("Entries after %(seq)s were added behind %(head)s.", seq=seq, head=name))
        elif not audit_key.same(seals.get(seq), seal):
            findings.append(_("Entry %(seq)s is not the one that %(head)s names.", seq=seq, head=name))

    def _verify_unsealed(self, key, findings):
        """Entries that wait for the sealer: they must be ours, and really wait. Returns their number."""
        self.env.cr.execute("SELECT id FROM inventory_audit_entry WHERE seq IS NULL AND sealed_at IS NOT NULL")
        set_aside = {str(entry_id) for (entry_id,) in self.env.cr.fetchall()}
        rows = self._content(SQL("seq IS NULL ORDER BY id"))
        for row in rows:
            if not audit_key.same(row["stamp"], self._stamp(key, row)):
                findings.append(self.env._("Record %s, not sealed, was not written by this system.", row["id"]))
            elif row["id"] in set_aside:
                findings.append(self.env._("Record %s was kept from the seal, or lost its number.", row["id"]))
        return len(rows)

    # ------------------------------------------------------------------- export

    @api.model
    def _export(self, reason):
        """Write the whole trail, seals included, as JSON lines beside the filestore; return the path."""
        while self._seal():  # here and not in transactions of its own: this may be the last one of the addon
            pass
        self.env.cr.execute("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MISS\"Z\"')")
        path = audit_key.directory() / f"{self.env.cr.dbname}_{self.env.cr.fetchone()[0]}_{reason}.jsonl"
        count, after = 0, -1
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            while rows := self._content(SQL("id > %s ORDER BY id LIMIT %s", after, BATCH)):
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                count, after = count + len(rows), int(rows[-1]["id"])
        seq, last = self._read_head()
        _logger.warning("Audit trail: %d entries exported to %s; head %d %s", count, path, seq, last)
        return path
