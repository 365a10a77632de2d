"""Daily facts between real transactions: late commits, refreshes beside each other, kills, a busy installation."""

import subprocess
import time

import pytest

from tests.support import busy_stock

pytestmark = pytest.mark.slow

WORK = "tests.facts.work"


def query(connect, db, statement, *values):
    with connect(db).cursor() as cr:
        cr.execute(statement, values)
        return cr.fetchall()


def sold(connect, db, product_id):
    rows = query(
        connect, db, "SELECT COALESCE(SUM(sold), 0) FROM inventory_daily_flow WHERE product_id = %s", product_id
    )
    return rows[0][0]


@pytest.fixture(scope="module")
def db(databases):
    """One database for the tests of this module; each uses products of its own."""
    return databases.clone("inventory_plus")


@pytest.fixture
def products(db, together):
    return together(db, [(f"{WORK}:make_products", [2])])[0]


def test_a_late_commit_is_picked_up(db, products, registry_process, together, connect):
    gate = connect(db)
    with gate.cursor() as cr:
        cr.execute("SELECT pg_advisory_lock(730511)")
        writer = registry_process(db, f"{WORK}:deliver_and_wait", [products[0], 5]).go()
        assert writer.say() == {"delivered": True}
        together(db, [(f"{WORK}:refresh", [])])
        assert sold(connect, db, products[0]) == 0, "nothing is committed yet"
        cr.execute("SELECT pg_advisory_unlock(730511)")
    writer.result()
    together(db, [(f"{WORK}:refresh", [])])
    assert sold(connect, db, products[0]) == 5


def test_refreshes_and_writers_beside_each_other(db, products, together, connect):
    together(
        db,
        [(f"{WORK}:deliver_many", [product_id, 12]) for product_id in products]
        + [(f"{WORK}:refresh", [15]), (f"{WORK}:refresh", [15])],
    )
    (check,) = together(db, [(f"{WORK}:settle", [])])
    assert [sold(connect, db, product_id) for product_id in products] == [12, 12]
    assert check["differences"] == 0, check["sample"]
    assert query(connect, db, "SELECT COUNT(*) FROM inventory_daily_flow_dirty") == [(0,)]


def test_a_killed_refresh_loses_nothing_and_raw_sql_is_noted(db, products, registry_process, together, connect):
    together(db, [(f"{WORK}:deliver_many", [products[0], 3])])
    victim = registry_process(db, f"{WORK}:refresh_and_wait").go()
    assert victim.say() == {"refreshed": True}
    victim.kill()
    assert sold(connect, db, products[0]) == 0
    with connect(db).cursor() as cr:
        cr.execute("UPDATE stock_move_line SET quantity_product_uom = 4 WHERE product_id = %s", [products[0]])
    (check,) = together(db, [(f"{WORK}:settle", [])])
    assert sold(connect, db, products[0]) == 12
    assert check["differences"] == 0, check["sample"]


def test_installation_on_a_busy_database_builds_in_the_background(clone, registry_process, together, connect, settings):
    db = clone("base")
    together(db, [(f"{WORK}:prepare_busy", [])])
    filler = connect(db, autocommit=False)
    moves = busy_stock.fill(filler, 8000)
    assert moves > 20000
    command = settings.odoo_command(
        "-d", db, "-i", "inventory_plus", "--stop-after-init", "--max-cron-threads=0", "--no-http"
    )
    done = subprocess.run(command, env=settings.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    state = "SELECT state, data FROM inventory_readiness WHERE component = 'daily_facts'"
    assert query(connect, db, state)[0][0] == "pending"
    assert query(connect, db, "SELECT COUNT(*) FROM inventory_daily_flow") == [(0,)]

    # Somebody writes stock for long: the triggers give way, nobody queues behind them.
    writer = connect(db, autocommit=False)
    with writer.cursor() as cr:
        cr.execute("UPDATE stock_move SET priority = priority WHERE id = (SELECT MIN(id) FROM stock_move)")
        started = time.monotonic()
        assert together(db, [(f"{WORK}:build_step", [])]) == [0]
        assert time.monotonic() - started < 60
        found = query(connect, db, state)[0]
        assert found[0] == "pending"
        assert found[1] == {"locked": True}
    writer.rollback()

    # A build that is killed goes on where it stood.
    victim = registry_process(db, f"{WORK}:small_parts").go()
    assert victim.say() == {"in": "third"}
    assert query(connect, db, state)[0][0] == "running"
    before = query(connect, db, "SELECT COUNT(*) FROM inventory_daily_flow")[0][0]
    assert before > 0
    victim.kill()
    (steps,) = together(db, [(f"{WORK}:finish_build", [])])
    assert steps > 10
    assert query(connect, db, state)[0][0] == "ready"
    assert query(connect, db, "SELECT COUNT(*) FROM inventory_daily_flow")[0][0] > before
    (check,) = together(db, [(f"{WORK}:settle", [])])
    assert check["compared"] > 1000
    assert check["differences"] == 0, check["sample"]


def test_without_its_triggers_stock_is_written_on(db, products, together, connect):
    """Last of this module: it takes the triggers of the shared database away."""
    assert together(db, [(f"{WORK}:untrack_and_deliver", [products[0]])]) == [1]
    assert query(connect, db, "SELECT COUNT(*) FROM pg_trigger WHERE tgname ~ '^inventory_flow'") == [(0,)]
    assert query(connect, db, "SELECT COUNT(*) FROM pg_proc WHERE proname ~ '^inventory_flow'") == [(0,)]
