"""The feed: what channels may sell, published as it changes."""

import logging
import time

import psycopg2
from odoo import api, models
from odoo.tools import SQL

from . import feed_sql, shown_sql

_logger = logging.getLogger(__name__)

#: Notes that are taken in one transaction: of single changes, and in bulk (a new reader, a rule for all products).
LIVE = 5000
BULK = 2000
#: A reader waits no longer than this (seconds) for the relay; what is left comes with his next call.
PATIENCE = 10.0


class InventoryFeed(models.AbstractModel):
    """Runs the relay (see ``feed_sql.py``) and reads what it published."""

    _name = "inventory.feed"
    _description = "Feed of Availability"

    def init(self):
        """Make tables, functions and triggers, again at each update; when all tables of the module are there."""
        super().init()
        self.pool.post_init(self._install)

    def _install(self):
        cr = self.env.cr
        cr.execute("SELECT to_regclass('inventory_feed_head') IS NULL")
        if cr.fetchone()[0]:
            cr.execute(feed_sql.TABLES)
        cr.execute(feed_sql.NOTES)
        cr.execute(shown_sql.SHOWN)
        cr.execute(feed_sql.RELAY)
        cr.execute("SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s)", [list(feed_sql.TRIGGERS)])
        existing = {name for (name,) in cr.fetchall()}
        # Only what is missing: a trigger keeps writers of its table waiting.
        for name, definition in feed_sql.TRIGGERS.items():
            if name not in existing:
                cr.execute(SQL("CREATE TRIGGER %s %s", SQL.identifier(name), SQL(definition)))

    @api.model
    def _drop(self):
        """Take tables, functions and triggers away; called at uninstall."""
        self.env.cr.execute(feed_sql.DROP)
        self.env.cr.execute(shown_sql.DROP)

    @api.model
    def _relay(self, seconds=PATIENCE):
        """Publish what has changed until now.

        Whatever was committed before the call is published when it returns, unless there is more to do than fits in
        ``seconds``. Somebody else's long transaction holds nothing up.

        :return: how many numbers were published
        """
        lock = self.env["inventory.lock"]
        if lock._shares_connection():
            self.env.flush_all()
        deadline = time.monotonic() + seconds
        total = 0
        try:
            # Their goods are free since their time was over; who closes them notes it.
            self.env["inventory.promise"]._expire()
            while True:
                ((live, bulk, published),) = lock._call(
                    SQL("SELECT live, bulk, published FROM inventory_relay(%s, %s)", LIVE, BULK)
                )
                total += published
                is_done = 0 <= live < LIVE and bulk < BULK
                if is_done or time.monotonic() > deadline:
                    break
        except psycopg2.errors.LockNotAvailable:
            # Somebody else publishes; his numbers and the rest come with the next call.
            _logger.info("Feed: the relay was busy")
        return total

    @api.model
    def _follow(self, channel):
        """Have the numbers of ``channel`` published from now on, by a transaction of its own."""
        self.env["inventory.lock"]._call(SQL("SELECT inventory_feed_follow(%s)", channel.id))

    @api.model
    def _head(self):
        """The sequence that was published last."""
        return self.env["inventory.lock"]._call(SQL("SELECT sequence FROM inventory_feed_head"))[0][0]

    @api.model
    def _read_since(self, channel, sequence, limit):
        """``[(sku, available, at as text, sequence)]`` after ``sequence``, in its order."""
        return self.env["inventory.lock"]._call(
            SQL(
                """
                SELECT sku, available::float, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), sequence
                  FROM inventory_feed WHERE channel_id = %s AND sequence > %s ORDER BY sequence LIMIT %s
                """,
                channel.id,
                sequence,
                limit,
            )
        )

    @api.model
    def _cron_relay(self):
        """Each minute: for those who are told, and so that notes do not pile up where nobody reads."""
        self._relay(seconds=50)
