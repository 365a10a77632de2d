"""Events wait here, on disk, until Odoo has confirmed them (law 9)."""

import sqlite3
import time

from .identifiers import uuid7

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    payload TEXT NOT NULL,
    happened_at REAL NOT NULL
)
"""


class Outbox:
    """An append-only queue in SQLite: an event is on disk before anybody is told that it was taken.

    ``seq`` counts without reuse over restarts (AUTOINCREMENT keeps the highest number even when the table is
    empty), so the receiver can tell a gap from a pause.
    """

    def __init__(self, path):
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a scan that was acknowledged with a beep must survive a power cut.
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(SCHEMA)

    def append(self, kind, device, payload, happened_at=None):
        """Store one event and return its sequence number; it is durable when this returns."""
        row = (str(uuid7()), kind, device, payload, time.time() if happened_at is None else happened_at)
        return self.connection.execute(
            "INSERT INTO event (uid, kind, device, payload, happened_at) VALUES (?, ?, ?, ?, ?)", row
        ).lastrowid

    def first(self, limit):
        """The oldest waiting events, at most ``limit``, as dicts in order of ``seq``."""
        rows = self.connection.execute(
            "SELECT seq, uid, kind, device, payload, happened_at FROM event ORDER BY seq LIMIT ?", (limit,)
        )
        names = ("seq", "uid", "kind", "device", "payload", "happened_at")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def acknowledge(self, seq):
        """Forget the events up to ``seq``: the receiver has them."""
        self.connection.execute("DELETE FROM event WHERE seq <= ?", (seq,))

    def skip_to(self, seq):
        """Never give out a number up to ``seq`` again: the receiver knows them from an earlier outbox."""
        self.connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 0 WHERE NOT EXISTS "
            "(SELECT 1 FROM sqlite_sequence WHERE name = 'event')"
        )
        self.connection.execute("UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = 'event'", (seq,))

    def next_seq(self):
        """The number of the oldest waiting event, or the one that the next event will get."""
        oldest = self.connection.execute("SELECT MIN(seq) FROM event").fetchone()[0]
        if oldest is not None:
            return oldest
        last = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        return last[0] + 1 if last else 1

    def waiting(self):
        """How many events wait."""
        return self.connection.execute("SELECT COUNT(*) FROM event").fetchone()[0]

    def close(self):
        self.connection.close()
