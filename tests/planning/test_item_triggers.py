"""The triggers of items on a database in which somebody writes stock for long."""

import subprocess
import time

import pytest

WORK = "tests.planning.work"
TRIGGERS = "SELECT COUNT(*) FROM pg_trigger WHERE tgname ~ '^inventory_item_note'"


@pytest.fixture
def query(connect):
    def run(db, statement):
        with connect(db).cursor() as cr:
            cr.execute(statement)
            return cr.fetchall() if cr.description else None

    return run


def update(settings, db):
    """Update the module as an administrator does; seconds that it took."""
    command = settings.odoo_command(
        "-d", db, "-u", "inventory_plus", "--stop-after-init", "--max-cron-threads=0", "--no-http"
    )
    started = time.monotonic()
    done = subprocess.run(command, env=settings.environment(), capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return time.monotonic() - started


@pytest.mark.slow
def test_an_update_waits_for_no_writer_of_stock(clone, settings, connect, together, query):
    db = clone("inventory_plus")
    ((all_triggers,),) = query(db, TRIGGERS)
    assert all_triggers == 17
    query(db, "DELETE FROM inventory_item_dirty")
    writer = connect(db, autocommit=False)
    # Not purchase_order_line: Odoo itself makes an index of that table again at each update.
    tables = "stock_move, stock_quant, stock_lot, purchase_order, stock_location, queue_job, inventory_ledger"
    with writer.cursor() as cr:
        cr.execute(f"LOCK TABLE {tables} IN ROW EXCLUSIVE MODE")
        cr.execute("SELECT FROM inventory_item_dirty, inventory_daily_flow LIMIT 1")
        update(settings, db)
        assert query(db, TRIGGERS) == [(all_triggers,)]
    writer.rollback()

    # A trigger is missing (as on the day of the installation): the update gives way and says that it has to wait.
    query(db, "DROP TRIGGER inventory_item_note_quant_update ON stock_quant")
    query(db, "DELETE FROM inventory_item_dirty")
    with writer.cursor() as cr:
        cr.execute("LOCK TABLE stock_quant IN ROW EXCLUSIVE MODE")
        update(settings, db)
        started = time.monotonic()
        together(db, [(f"{WORK}:cron_refresh", [])])
        assert time.monotonic() - started < 60
        assert query(db, TRIGGERS) == [(all_triggers - 1,)]
    writer.rollback()

    together(db, [(f"{WORK}:cron_refresh", [])])
    assert query(db, TRIGGERS) == [(all_triggers,)]


def test_what_changed_unseen_is_noted(clone, connect, together, query):
    db = clone("inventory_plus")
    query(db, "DELETE FROM inventory_item_dirty")
    body = "pg_get_functiondef('inventory_item_note_lot'::regproc)"
    ((before,),) = query(db, f"SELECT {body}")
    query(
        db,
        "CREATE OR REPLACE FUNCTION inventory_item_note_lot() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'",
    )
    query(
        db,
        "CREATE TABLE seen AS SELECT 0 AS n; CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN UPDATE seen SET n = n + 1; RETURN NEW; END'; CREATE TRIGGER keep AFTER INSERT ON inventory_item_dirty "
        "FOR EACH ROW WHEN (NEW.product_id IS NULL) EXECUTE FUNCTION keep()",
    )
    together(db, [(f"{WORK}:cron_refresh", [])])
    assert query(db, f"SELECT {body}") == [(before,)], "the old body is replaced"
    assert query(db, "SELECT n FROM seen") == [(1,)], "everything is noted once"
    together(db, [(f"{WORK}:cron_refresh", [])])
    assert query(db, "SELECT n FROM seen") == [(1,)], "nothing was missing any more"
