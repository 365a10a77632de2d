"""The item lock and the ledger: who may take how much of an item, decided in one place (law 1)."""

import logging
import os
from typing import NamedTuple

import odoo
from odoo import api, models
from odoo.tools import SQL

from . import lock_connection, lock_sql
from .guard_state import CACHE_KEY

_logger = logging.getLogger(__name__)

#: Tests that need the routine on its own connection (real processes, committed data) set this to True.
OWN_CONNECTION_IN_TESTS = False

#: What the routine reads of Odoo's models while a transaction is at work.
SEEN_AT_WORK = (
    *("stock.quant", "stock.lot", "stock.location", "stock.warehouse"),
    *("inventory.item", "inventory.channel", "inventory.channel.rule", "inventory.channel.warehouse"),
    *("inventory.reservation", "inventory.reservation.line"),
)

#: Whether this process obeys the switches by which tests show what each protection is good for.
TEST_SWITCHES = bool(os.environ.get("INVENTORY_PLUS_TEST_SWITCHES"))


class Wanted(NamedTuple):
    """A line of a request to :meth:`InventoryLock._reserve`.

    ``quantity`` is in the product's unit. ``keep`` must stay free afterwards; below zero it allows so much
    overselling. Lines of one key that are not ``partial`` are granted all or none.
    """

    key: str
    product_id: int
    warehouse_id: int
    quantity: float
    partial: bool = False
    kind: str = "native"
    keep: float = 0.0
    own: float = 0.0


class Granted(NamedTuple):
    """What a line was granted, what is free afterwards, what other owners hold (only if it was cut short)."""

    quantity: float
    free: float
    others: float


class InventoryLock(models.AbstractModel):
    """Calls the functions of the database that decide under the item lock."""

    _name = "inventory.lock"
    _description = "Item Lock"

    def init(self):
        """Make the tables and functions, again at each update: a room that extends the scope changes them."""
        super().init()
        cr = self.env.cr
        # Only what is missing: even CREATE INDEX IF NOT EXISTS waits for everybody who writes stock.
        cr.execute("SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s) name", [lock_sql.RELATIONS])
        if not cr.fetchone()[0]:
            cr.execute(lock_sql.TABLES)
        quantities = self.env["inventory.scope"]._unreserved_sql(SQL("p_product"))
        cr.execute(SQL(lock_sql.BASE, quantities))
        cr.execute(lock_sql.OUTDATED)
        cr.execute(lock_sql.FUNCTIONS)

    @api.model
    def _drop(self):
        """Take the tables and functions away, with all grants; called at uninstall."""
        registry = self.env.registry
        registry.inventory_lock_dropped = True
        # An uninstallation that fails leaves the tables, and must not leave this process without its locks.
        self.env.cr.postrollback.add(lambda: setattr(registry, "inventory_lock_dropped", False))
        self.env.cr.execute(lock_sql.DROP)

    @api.model
    def _is_on(self):
        """Whether native work asks before it takes. Switched by the parameter ``inventory_plus.guard``."""
        if getattr(self.env.registry, "inventory_lock_dropped", False):
            return False
        return self.env["ir.config_parameter"].sudo().get_param("inventory_plus.guard", "on") != "off"

    @api.model
    def _is_disabled(self, protection):
        """Whether a test has switched ``protection`` off (``item_lock``, ``grant``, ``quant_lock``,
        ``turn`` or ``net``).

        Obeyed only by a server that was started for tests (``INVENTORY_PLUS_TEST_SWITCHES`` in its
        environment); on any other the parameter is without effect.
        """
        if not TEST_SWITCHES:
            return False
        names = self.env["ir.config_parameter"].sudo().get_param("inventory_plus.test_disable", "")
        return protection in names.split(",")

    # --- calls

    @api.model
    def _shares_connection(self):
        """Whether the routine runs on the caller's own cursor.

        True inside Odoo's test cases, whose data no second connection can see. There the caller has to say what
        its own transaction adds to the free quantity (``own``).
        """
        return bool(odoo.modules.module.current_test) and not OWN_CONNECTION_IN_TESTS

    @api.model
    def _call(self, query, seen=None):
        """Run one statement of the lock in autocommit on an own READ COMMITTED connection; return its rows.

        The caller's cursor reads a snapshot from before the lock and holds locks until its end; this one reads
        what is committed at the moment it has the lock, and lets go at once.

        :param seen: in Odoo's test cases, models of which unwritten changes are to be seen; None means all
        """
        if self._shares_connection():
            if seen is None:
                self.env.flush_all()
            for model in seen or ():
                self.env[model].flush_model()
            self.env.cr.execute(query)
            return self.env.cr.fetchall()
        with lock_connection.connection(self.env.cr.dbname) as cnx, cnx.cursor() as cr:
            cr.execute(query.code, query.params)
            return cr.fetchall()

    @api.model
    def _call_at_work(self, query):
        """As :meth:`_call`, for the account of the running transaction.

        While the transaction keeps items locked on its companion (see ``inventory.shortage``) it asks there: anywhere
        else it would wait for itself, which PostgreSQL cannot see. What is written there is undone when it ends, and
        until then nobody else can look.
        """
        state = self.env.cr.cache.get(CACHE_KEY)
        if state is None or state.companion is None:
            # All would be too much: Odoo's own work is in the middle of something, and would be computed half done.
            return self._call(query, SEEN_AT_WORK)
        state.companion.execute(query, log_exceptions=False)
        return state.companion.fetchall()

    @api.model
    def _reserve(self, wanted):
        """Ask for grants; the one way by which anybody gets some (natives now, channels and holds by later rooms).

        :param wanted: list of :class:`Wanted`
        :return: list of :class:`Granted` in the same order
        :raise psycopg2.errors.LockNotAvailable: an item stayed locked for five seconds; Odoo tries again
        """
        answers = self._reserve_once(wanted)
        short = [i for i, answer in enumerate(answers) if answer.quantity < wanted[i].quantity]
        if short and self._lapse([wanted[i] for i in short]):
            rest = [wanted[i]._replace(quantity=wanted[i].quantity - answers[i].quantity) for i in short]
            for i, more in zip(short, self._reserve_once(rest), strict=True):
                answers[i] = more._replace(quantity=answers[i].quantity + more.quantity)
        return answers

    @api.model
    def _lapse(self, wanted):
        """Close soft promises on these items whose time is over; whether there were any.

        Not within the routine: it holds the items by then, and these promises may be on others, out of order.
        """
        ((closed,),) = self._call_at_work(
            SQL(
                "SELECT CASE WHEN EXISTS (SELECT FROM inventory_reservation r WHERE r.state = 'soft'"
                " AND r.expires_at <= clock_timestamp() AT TIME ZONE 'UTC')"
                " THEN inventory_lapse(%s::integer[], %s::integer[], %s) ELSE 0 END",
                [line.product_id for line in wanted],
                [line.warehouse_id for line in wanted],
                not self._is_disabled("item_lock"),
            )
        )
        return closed > 0

    @api.model
    def _reserve_once(self, wanted):
        if not wanted:
            return []
        order = sorted(range(len(wanted)), key=lambda i: wanted[i].key)
        lines = [wanted[i] for i in order]
        rows = self._call_at_work(
            SQL(
                "SELECT line, granted, free, others FROM inventory_reserve("
                "%s::text[], %s::text[], %s::integer[], %s::integer[], %s::numeric[], %s::boolean[],"
                " %s::numeric[], %s::numeric[], %s)",
                [line.key for line in lines],
                [line.kind for line in lines],
                [line.product_id for line in lines],
                [line.warehouse_id for line in lines],
                [round(line.quantity, 6) for line in lines],
                [line.partial for line in lines],
                [round(line.keep, 6) for line in lines],
                [round(line.own, 6) for line in lines],
                not self._is_disabled("item_lock"),
            )
        )
        answer = [None] * len(wanted)
        for position, granted, free, others in rows:
            answer[order[position - 1]] = Granted(float(granted), float(free), float(others or 0))
        return answer

    @api.model
    def _release(self, keys):
        """Close the accounts of ``keys``; return ``[(product_id, warehouse_id, quantity)]`` that came back."""
        return self._call_at_work(
            SQL("SELECT product_id, warehouse_id, released FROM inventory_release(%s::text[])", list(keys))
        )

    @api.model
    def _holders(self, product_id, warehouse_id, but_not=""):
        """Who holds open grants and promises of an item, largest first, as ``[(key, quantity)]``.

        Promises with a day are among them as long as goods that came are theirs.
        """
        return self._call(
            SQL(
                """
                SELECT held.key, SUM(held.qty)
                  FROM (SELECT key, qty FROM inventory_ledger
                         WHERE product_id = %(product)s AND warehouse_id = %(warehouse)s
                         UNION ALL
                        SELECT 'promise:' || line.reservation_id, line.incoming_quantity
                          FROM inventory_claims(ARRAY[%(product)s], ARRAY[%(warehouse)s], NULL, NULL) claim
                          JOIN inventory_reservation_line line ON line.product_id = claim.product_id
                                                              AND line.warehouse_id = claim.warehouse_id
                         WHERE line.incoming_quantity > 0) held
                 WHERE held.key <> %(but_not)s
                 GROUP BY held.key HAVING SUM(held.qty) > 0
                 ORDER BY 2 DESC, held.key LIMIT 5
                """,
                product=product_id,
                warehouse=warehouse_id,
                but_not=but_not,
            )
        )

    @api.model
    def _holder_name(self, key):
        """What a user is told about the holder ``key``; rooms that make promises name their documents here."""
        if key.startswith("native:"):
            return self.env._("another operation that is running now")
        number = key.removeprefix("promise:")
        if number != key and number.isdecimal():
            return self.env["inventory.reservation"].sudo()._holder_name(int(number))
        return key
