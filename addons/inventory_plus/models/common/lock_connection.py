"""Connections that the lock keeps: who comes back finds the plans that the database has made for its functions.

Odoo's pool forgets all plans of a connection each time it is borrowed (DISCARD ALL): a call of the lock was 10 ms, most
of it planning, and is 2 ms. These connections are always in autocommit, carry no state from one call to the next, and
are used by one thread at a time.
"""

import contextlib
import os
import select
import threading
import time
from collections import defaultdict

import psycopg2
from odoo.sql_db import connection_info_for
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED, TRANSACTION_STATUS_IDLE

#: Connections that a process keeps for a database when nobody uses them.
KEPT = 4
#: Seconds after which a connection that nobody used is asked whether it is still there, and after which it is closed.
ASKED_AFTER, CLOSED_AFTER = 60.0, 600.0

_guard = threading.Lock()
_free = defaultdict(list)
_owner = os.getpid()


@contextlib.contextmanager
def connection(dbname):
    """A connection in autocommit and READ COMMITTED, for the time of a ``with``."""
    cnx = _borrow(dbname) or _open(dbname)
    try:
        yield cnx
    finally:
        _give_back(dbname, cnx)


def _open(dbname):
    _name, info = connection_info_for(dbname)
    cnx = psycopg2.connect(**info)
    cnx.set_session(isolation_level=ISOLATION_LEVEL_READ_COMMITTED, autocommit=True)
    return cnx


def _borrow(dbname):
    """A connection that was kept and still works, or None."""
    global _owner
    while True:
        with _guard:
            if _owner != os.getpid():
                # The connections of the process that this one was forked from are still that one's.
                _inherited.extend(cnx for kept in _free.values() for _since, cnx in kept)
                _free.clear()
                _owner = os.getpid()
            if not _free[dbname]:
                return None
            since, cnx = _free[dbname].pop()
        if _works(cnx, time.monotonic() - since):
            return cnx


#: Never closed: closing them would tell the database to end the other process's sessions.
_inherited = []


def _works(cnx, idle):
    if cnx.closed:
        return False
    # A session that was ended has said so: there is something to read where nothing was asked.
    if idle < ASKED_AFTER and not select.select([cnx], [], [], 0)[0]:
        return True
    try:
        with cnx.cursor() as cr:
            cr.execute("SELECT 1")
    except psycopg2.Error:
        cnx.close()
        return False
    return True


def _give_back(dbname, cnx):
    now = time.monotonic()
    with _guard:
        # One in the middle of something, whatever that was, is nobody's.
        if not cnx.closed and cnx.info.transaction_status == TRANSACTION_STATUS_IDLE and len(_free[dbname]) < KEPT:
            _free[dbname].append((now, cnx))
            cnx = None
        # Who borrows takes the one that was used last; the others are closed in the end, also of other databases.
        gone = [kept.pop(0)[1] for kept in _free.values() if kept and now - kept[0][0] > CLOSED_AFTER]
    for unused in [*gone, cnx]:
        if unused is not None and not unused.closed:
            unused.close()
