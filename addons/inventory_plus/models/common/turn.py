"""Turns: who lost a race for a quant begins its next try alone with it, instead of losing again and again (law 1).

A transaction reads a snapshot from its first statement on, and cannot change a quant that somebody has changed since.
One that works for 0.2 s before it reserves (an order that makes its pickings) loses to a row of short ones every time
and gives up after Odoo's five tries. Therefore everybody passes a gate before locking a quant, held open to all; who
has lost shuts it for his next try, before that reads anything: those who are inside end first, those who come wait.
So the second try finds the quants as it reads them, and nobody gives up.

The gate is an advisory lock per product on the caller's own connection, so that PostgreSQL finds a ring of waits.
"""

import logging

import psycopg2
from odoo.sql_db import Cursor

_logger = logging.getLogger(__name__)

#: First half of the key of a gate; the second is the product's number modulo ``GATES``.
SPACE = 730511291
#: Gates of the database. Products share them so that a document of 10,000 lines does not fill PostgreSQL's lock table.
GATES = 256
#: A turn that cannot be had in this time is done without: the try may lose again, as in Odoo.
LONGEST_WAIT = "30s"


def gates_of(product_ids):
    """The gates of these products, in the order in which everybody takes them."""
    return sorted({product_id % GATES for product_id in product_ids})


def ask_turn(cr, gates):
    """Have the next transaction of ``cr`` begin with the turn at ``gates``.

    Called when a try has lost; whoever tries again (:func:`odoo.service.model.retrying`) first rolls back and then
    sleeps up to 16 s, in which nobody shall wait. So the turn is taken just before the next try's first statement,
    the only moment at which no snapshot has been taken yet.
    """
    if not isinstance(cr, Cursor):
        # The cursor of Odoo's tests, which stays in one transaction.
        return

    def execute(*args, **kwargs):
        del cr.execute
        _take_turn(cr, gates)
        return cr.execute(*args, **kwargs)

    def arm():
        # Not hasattr: of a cursor that is just being closed Odoo asks itself for the attribute without end.
        if "_obj" in vars(cr):
            cr.execute = execute

    cr.postrollback.add(arm)


def _take_turn(cr, gates):
    """Shut the gates for the session, outlasting the transaction in which that is waited for."""
    cr.postcommit.add(lambda: _end_turn(cr))
    cr.postrollback.add(lambda: _end_turn(cr))
    try:
        with cr._cnx.cursor() as side:
            side.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
            side.execute("SELECT pg_advisory_lock(%s, gate) FROM unnest(%s::integer[]) gate", [SPACE, gates])
    except psycopg2.OperationalError:
        _logger.info("No turn at %d gates within %s; going on without", len(gates), LONGEST_WAIT, exc_info=True)
    finally:
        # The snapshot of the wait is from before it; the try gets a new one. Locks of a session survive this.
        cr._cnx.rollback()


def _end_turn(cr):
    """Open the gates again; the cursor itself may be closed already."""
    if cr._cnx.closed:
        # The session ended, and its locks with it.
        return
    try:
        with cr._cnx.cursor() as side:
            side.execute(
                "SELECT pg_advisory_unlock(classid::integer, objid::integer) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid = %s AND objsubid = 2"
                " AND mode = 'ExclusiveLock' AND granted",
                [SPACE],
            )
        cr._cnx.rollback()
    except psycopg2.Error:
        # A connection in this state must not go back to the pool with the gates shut.
        _logger.warning("The turn could not be ended; the connection is closed", exc_info=True)
        cr._cnx.close()
