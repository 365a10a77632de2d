"""Never oversold under load and kills: many clients, native work, kill -9 of workers and of the database (law 1).

A cluster of its own with durable settings is killed; after every round, while all is quiet, plain SQL looks at every
item, every key and every acknowledged answer. ``INVENTORY_TORTURE_SECONDS`` makes a round longer and
``INVENTORY_TORTURE_ROUNDS`` makes more of them; ``INVENTORY_TORTURE_WITHOUT=item_lock`` (or ``grant``, ``quant_lock``,
``net``) takes a protection out, to see that the test catches it.
"""

import contextlib
import os
import random
import signal
import subprocess
import time

import psycopg2
import pytest

from config.command.postgres import PrivateCluster
from tests.channels.clients import Shop
from tests.support.processes import RegistryProcess, Server

WORK = "tests.channels.work:"
CLIENTS = 16
NATIVES = 3
SECONDS = int(os.environ.get("INVENTORY_TORTURE_SECONDS", "8"))
WITHOUT = os.environ.get("INVENTORY_TORTURE_WITHOUT", "")
ROUNDS = int(os.environ.get("INVENTORY_TORTURE_ROUNDS", "3"))

DISABLE = "INSERT INTO ir_config_parameter (key, value) VALUES ('inventory_plus.test_disable', %s) RETURNING id"
#: The market may oversell by this much of an item; of the first item so much is the shop's own.
OVERSELL, FENCED = 2, 3
#: Every promise stands on goods, or on its channel's leave to oversell; nothing is promised of a missing item.
OVERSOLD = """
    SELECT g.product_id, g.warehouse_id, SUM(g.qty), COALESCE(MAX(stock.usable), 0)
      FROM inventory_ledger g
      JOIN (SELECT 'promise:' || r.id AS key, c.oversell_limit AS oversell
              FROM inventory_reservation r JOIN inventory_channel c ON c.id = r.channel_id) owner ON owner.key = g.key
      LEFT JOIN (SELECT q.product_id, w.id AS warehouse_id,
                        SUM(COALESCE(q.quantity, 0) - COALESCE(q.reserved_quantity, 0)) AS usable
                   FROM stock_quant q
                   JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal'
                   JOIN stock_warehouse w ON true
                   JOIN stock_location s ON s.id = w.lot_stock_id AND l.parent_path LIKE s.parent_path || '%%'
                  GROUP BY 1, 2) stock
        ON stock.product_id = g.product_id AND stock.warehouse_id = g.warehouse_id
     WHERE g.kind = 'promise' AND owner.oversell <= %s
     GROUP BY 1, 2
    HAVING SUM(g.qty) > GREATEST(0, COALESCE(MAX(stock.usable), 0)) + %s + 0.00001
"""
#: What reservations say is what the ledger holds.
UNEQUAL = """
    SELECT key, SUM(ledger), SUM(opened)
      FROM (SELECT key, qty AS ledger, 0 AS opened FROM inventory_ledger WHERE kind = 'promise'
             UNION ALL
            SELECT 'promise:' || reservation_id, 0, open_quantity FROM inventory_reservation_line) side
     GROUP BY key HAVING abs(SUM(ledger) - SUM(opened)) > 0.00001
"""
#: The sum that is kept beside the lock is that of the folded rows.
MISCOUNTED = """
    SELECT l.product_id, l.promised, SUM(g.qty) FROM inventory_item_lock l
      LEFT JOIN inventory_ledger g ON g.product_id = l.product_id AND g.warehouse_id = l.warehouse_id AND g.folded
     GROUP BY l.product_id, l.warehouse_id, l.promised HAVING abs(l.promised - COALESCE(SUM(g.qty), 0)) > 0.00001
"""
#: Stock is the sum of its moves, and reserved the sum of open lines.
MOVED = """
    SELECT product_id, SUM(stock), SUM(moved), SUM(reserved), SUM(lines)
      FROM (SELECT q.product_id, q.quantity AS stock, 0 AS moved, COALESCE(q.reserved_quantity, 0) AS reserved,
                   0 AS lines
              FROM stock_quant q JOIN stock_location l ON l.id = q.location_id WHERE l.usage = 'internal'
             UNION ALL
            SELECT m.product_id, 0,
                   m.quantity_product_uom * ((t.usage = 'internal')::int - (f.usage = 'internal')::int), 0, 0
              FROM stock_move_line m
              JOIN stock_location f ON f.id = m.location_id JOIN stock_location t ON t.id = m.location_dest_id
             WHERE m.state = 'done'
             UNION ALL
            SELECT m.product_id, 0, 0, 0, m.quantity_product_uom
              FROM stock_move_line m JOIN stock_location f ON f.id = m.location_id
             WHERE m.state NOT IN ('done', 'cancel', 'draft') AND f.usage = 'internal') side
     WHERE product_id = ANY(%s)
     GROUP BY product_id
    HAVING abs(SUM(stock) - SUM(moved)) > 0.00001 OR abs(SUM(reserved) - SUM(lines)) > 0.00001
"""
PROMISES = """
    SELECT c.code, r.key, r.state, (SELECT COALESCE(SUM(l.reserved), 0) FROM inventory_reservation_line l
                                     WHERE l.reservation_id = r.id)
      FROM inventory_reservation r JOIN inventory_channel c ON c.id = r.channel_id WHERE r.res_id IS NULL
"""


@pytest.fixture
def durable(settings, clone, connect, monkeypatch):
    """``(database, things)`` in a durable cluster of our own, to which the environment points until the end."""
    source = clone("inventory_plus")
    process = RegistryProcess(settings, source, WORK + "prepare")
    things = process.ready().go().result()
    RegistryProcess(settings, source, WORK + "rules", (things, OVERSELL, FENCED)).ready().go().result()
    with connect(source).cursor() as cr:
        cr.execute("SELECT id FROM res_users WHERE login = 'torture_api'")
        things["api_uid"] = cr.fetchone()[0]
    dump = settings.temporary("torture_") / "dump"
    subprocess.run(["pg_dump", "-Fc", "-Z0", "-f", dump, source], check=True)
    cluster = PrivateCluster("torture")
    cluster.start()
    for name, value in cluster.environment().items():
        monkeypatch.setenv(name, str(value))
    try:
        subprocess.run(["dropdb", "--if-exists", "torture"], check=True, capture_output=True)
        subprocess.run(["createdb", "torture"], check=True)
        subprocess.run(["pg_restore", "-j2", "-d", "torture", dump], check=True)
        if WITHOUT:
            monkeypatch.setenv("INVENTORY_PLUS_TEST_SWITCHES", "1")
            query("torture", DISABLE, WITHOUT)
        yield "torture", things, cluster
    finally:
        cluster.stop()
        cluster.remove()


def query(db, sql, *values):
    """Rows, as committed now; the database may just be coming back."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with contextlib.closing(psycopg2.connect(dbname=db)) as connection:
                connection.autocommit = True
                with connection.cursor() as cr:
                    cr.execute(sql, values or None)
                    return cr.fetchall()
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def kill_a_worker(server):
    """kill -9 of one of the server's HTTP workers; returns how many were killed."""
    children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False)
    return kill_one([int(pid) for pid in children.stdout.split()])


def kill_the_database(db):
    """kill -9 of a backend that is at work: PostgreSQL ends all others and recovers from its log."""
    pids = query(db, "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", db)
    return kill_one([pid for (pid,) in pids])


def kill_one(pids):
    """kill -9 of one of these processes at random; returns 1, or 0 where it was gone."""
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(pids), signal.SIGKILL)
            return 1
    return 0


def play(server, natives, things, number, seconds, kill):
    """One round; returns the clients."""
    natives.ready()
    deadline = time.monotonic() + seconds
    clients = [Shop(server, things, number * 1000 + i, deadline) for i in range(CLIENTS)]
    process = natives.go()
    for client in clients:
        client.start()
    killed = 0
    for _half in range(2):
        time.sleep(seconds / 3)
        killed += kill()
    assert killed, "nothing was there to be killed"
    for client in clients:
        client.join(seconds + 60)
        assert not client.is_alive(), "a client hangs"
    return clients, process.result(seconds + 120)


def check(db, things, clients):
    """All laws by plain SQL; nobody is at work."""
    for limit in (0, OVERSELL):
        assert query(db, OVERSOLD, limit, limit) == []
    assert query(db, UNEQUAL) == []
    assert query(db, MISCOUNTED) == []
    assert query(db, MOVED, things["products"]) == []
    known = {(channel, key): (state, float(reserved)) for channel, key, state, reserved in query(db, PROMISES)}
    sent = {}
    for client in clients:
        assert client.odd == []
        sent.update(client.journal)
    assert known.keys() <= sent.keys(), "something was promised that nobody asked for"
    for key, entry in sent.items():
        check_entry(key, entry, known.get(key))


def check_entry(key, entry, found):
    """What a client was told is what is there; a key has one effect."""
    answer = entry["answer"]
    if answer is None:
        return
    assert found, f"acknowledged and lost: {key} {answer}"
    state, reserved = found
    assert reserved == sum(line["reserved"] for line in answer["lines"]), (key, answer, found)
    assert answer["reservation_id"]
    if answer["state"] == "rejected":
        assert state == "rejected", (key, answer, found)
        return
    told = [(action, reply) for action, reply in entry["actions"] if reply is not None and not reply.get("reason")]
    if any(action == "release" for action, _reply in told):
        assert state in ("released", "expired"), (key, entry, found)
    elif any(action == "confirm" for action, _reply in told) and all(reply for _action, reply in entry["actions"]):
        assert state == "firm", (key, entry, found)


@pytest.mark.slow
def test_promises_survive_load_and_kills(settings, durable):
    db, things, cluster = durable
    clients, native_work = [], []
    server = Server(settings, db, workers=2).start()
    try:
        for number in range(ROUNDS):
            natives = RegistryProcess(settings, db, WORK + "native_round", (things, SECONDS, NATIVES, number))
            kill = (
                (lambda: kill_a_worker(server)),
                (lambda: kill_the_database(db)),
                (lambda: kill_a_worker(server) + kill_the_database(db)),
            )[number % 3]
            made, work = play(server, natives, things, number, SECONDS, kill)
            clients += made
            native_work += work
            check(db, things, clients)
    finally:
        server.stop()
    accepted = [
        entry for client in clients for entry in client.journal.values() if entry["answer"] and entry["answer"]["lines"]
    ]
    assert len(accepted) >= CLIENTS, "the clients hardly got a word in"
    for kind in ("orders", "counts", "holds"):
        assert sum(work.get(kind, 0) for work in native_work) > 0, native_work
    assert cluster.running()
