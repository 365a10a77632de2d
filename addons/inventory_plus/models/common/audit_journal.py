"""Which entries were committed, noted outside the database: one deleted before its seal would leave no gap (law 5)."""

import fcntl
import logging
import os
from functools import partial

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Digits of an id in the journal: every line is as long as any other, so that none is ever half overwritten.
WIDTH = 19


def append(path, ids):
    """Add lines for ``ids``; several processes may do so at once."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(b"".join(b"%*d\n" % (WIDTH, entry_id) for entry_id in ids))


def read(path):
    """The ids in the journal, as a set; empty without one. A line that is none is left out.

    :raise OSError: it is there and cannot be read, which is not the same as empty
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return set()
    return {int(line) for line in lines if len(line) == WIDTH and line.strip().isdigit()}


def forget(path, ids):
    """Take ``ids`` off the journal. A process killed on the way leaves some of them, which is harmless."""
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = sorted(read(path) - ids)
        file.write(b"".join(b"%*d\n" % (WIDTH, entry_id) for entry_id in kept))
        file.truncate()


class InventoryAuditChain(models.AbstractModel):
    """A process that commits entries notes their ids in a file right afterwards; the sealer takes sealed ones off.

    What is in the journal and not in the table was deleted between commit and seal. Only a process killed in the
    instant between its commit and its note leaves an entry unguarded until the seal.
    """

    _inherit = "inventory.audit.chain"

    def _journal_path(self):
        return self._outside_path().with_suffix(".journal")

    @api.model
    def _note_committed(self, ids):
        """Have ``ids`` noted once the current transaction is committed."""
        postcommit = self.env.cr.postcommit
        waiting = postcommit.data.setdefault("inventory_audit", [])
        if not waiting:
            postcommit.add(partial(self._journal_committed, waiting))
        waiting.extend(ids)

    def _journal_committed(self, ids):
        """Note those of ``ids`` that were committed: a savepoint may have taken some back.

        The work is done and committed: whatever goes wrong here is for the log.
        """
        if not ids:
            return
        cr = self.env.cr
        owns = self.env["inventory.job"]._owns_transactions()
        try:
            cr.execute("SELECT id FROM inventory_audit_entry WHERE id = ANY(%s)", [ids])
            committed = [entry_id for (entry_id,) in cr.fetchall()]
            path = self._journal_path()
            if owns:
                cr.connection.rollback()  # only read since the commit; the next work takes a snapshot of its own
            append(path, committed)
        except Exception as error:
            if owns and not cr.closed:
                cr.connection.rollback()
            _logger.warning("Audit trail: entries %s could not be noted outside the database: %s", ids, error)

    def _forget_sealed(self):
        """Take what has its seal off the journal: the chain guards it from now on."""
        path = self._journal_path()
        try:
            noted = read(path)
            if not noted:
                return
            self.env.cr.execute(
                "SELECT id FROM inventory_audit_entry WHERE id = ANY(%s) AND sealed_at IS NOT NULL", [list(noted)]
            )
            if sealed := {entry_id for (entry_id,) in self.env.cr.fetchall()}:
                forget(path, sealed)
        except OSError as error:
            # The chain is in order without it; what stays noted is harmless, and verify tells of the file.
            _logger.warning("Audit trail: %s cannot be brought up to date: %s", path, error)

    def _missing(self):
        """Ids that were committed and are there no more, sorted. Reads the file first: what it names is committed."""
        noted = read(self._journal_path())
        if not noted:
            return []

        def present(env):
            rows = env.execute_query(SQL("SELECT id FROM inventory_audit_entry WHERE id = ANY(%s)", list(noted)))
            return {entry_id for (entry_id,) in rows}

        # In a transaction of its own: this one may have begun before the last of them was committed.
        return sorted(noted - self.env["inventory.job"]._retrying(present))

    def _forget_outside(self):
        """After the uninstallation: what was noted outside speaks of a trail that was exported and is gone."""

        # Their table is gone by then, so that nothing could be asked of it.
        self.env.cr.postcommit.data.get("inventory_audit", []).clear()

        def forget_files(paths):
            for path in paths:
                path.unlink(missing_ok=True)

        self.env.cr.postcommit.add(partial(forget_files, [self._outside_path(), self._journal_path()]))
