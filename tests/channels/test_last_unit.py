"""Two who want the last goods at the same moment: exactly one gets them, whoever they are and whatever happens."""

import json
import threading
import time

import pytest

from tests.support.processes import RegistryProcess

WORK = "tests.channels.work:"
MAKE = "SELECT inventory_promise(%s::jsonb, 1, %s)"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def house(settings, clone):
    """``(database, things)``: one item with 12 in stock, channels shop and market."""
    db = clone("inventory_plus")
    things = RegistryProcess(settings, db, WORK + "prepare", (1, 12)).ready().go().result()
    return db, things


def request(things, key, quantity, channel):
    """A request in the form of the database's function."""
    line = {"product": things["products"][0], "quantity": quantity, "warehouses": [things["warehouse"]]}
    return json.dumps(
        [
            {
                "channel": channel,
                "company": 1,
                "priority": 10,
                "key": key,
                "hash": key,
                "partial": False,
                "split": False,
                "firm": False,
                "ttl": 600,
                "lines": [line],
            }
        ]
    )


def channel_id(cr):
    cr.execute("SELECT id FROM inventory_channel WHERE code = 'shop'")
    return cr.fetchone()[0]


def beside(connect, db, things, lock):
    """One promises 12 of 12 and has not committed when another asks for 12; returns both states."""
    first, watch = connect(db, autocommit=False), connect(db)
    channel = channel_id(watch.cursor())
    # The item has been promised before; otherwise making its row alone would have the second wait.
    item = [things["products"][0], things["warehouse"]]
    watch.cursor().execute("INSERT INTO inventory_item_lock (product_id, warehouse_id) VALUES (%s, %s)", item)
    states = []

    def second():
        with connect(db).cursor() as cr:
            cr.execute(MAKE, [request(things, "second", 12, channel), lock])
            states.append(cr.fetchone()[0][0]["state"])

    with first.cursor() as cr:
        cr.execute(MAKE, [request(things, "first", 12, channel), lock])
        state = cr.fetchone()[0][0]["state"]
    thread = threading.Thread(target=second)
    thread.start()
    deadline = time.monotonic() + 60
    with watch.cursor() as cr:
        while thread.is_alive():
            cr.execute(WAITING)
            if cr.fetchone()[0]:
                break
            assert time.monotonic() < deadline, "nobody waits and nobody ends"
            time.sleep(0.01)
    first.commit()
    thread.join(60)
    return [state, *states]


def promised(connect, db):
    with connect(db).cursor() as cr:
        cr.execute("SELECT COALESCE(SUM(qty), 0) FROM inventory_ledger WHERE kind = 'promise'")
        return cr.fetchone()[0]


def test_the_second_waits_for_the_first_and_gets_nothing(house, connect):
    db, things = house
    assert beside(connect, db, things, True) == ["soft", "rejected"]
    assert promised(connect, db) == 12


def test_without_the_item_lock_both_get_all(house, connect):
    """What the lock is good for: this is what the test above would see without it."""
    db, things = house
    assert beside(connect, db, things, False) == ["soft", "soft"]
    assert promised(connect, db) == 24


def test_the_same_key_at_the_same_moment_has_one_effect(house, connect):
    db, things = house
    first = connect(db, autocommit=False)
    channel = channel_id(first.cursor())
    text = request(things, "same", 5, channel)
    with first.cursor() as cr:
        cr.execute(MAKE, [text, True])
        answer = cr.fetchone()[0]
    answers = []

    def again():
        with connect(db).cursor() as cr:
            cr.execute(MAKE, [text, True])
            answers.append(cr.fetchone()[0])

    thread = threading.Thread(target=again)
    thread.start()
    first.commit()
    thread.join(60)
    assert answers == [answer]
    assert promised(connect, db) == 5


def test_a_client_that_is_killed_before_its_commit_leaves_nothing(house, connect):
    db, things = house
    first = connect(db, autocommit=False)
    with first.cursor() as cr:
        cr.execute(MAKE, [request(things, "killed", 12, channel_id(cr)), True])
    first.close()
    assert promised(connect, db) == 0
    with connect(db).cursor() as cr:
        cr.execute(MAKE, [request(things, "killed", 12, channel_id(cr)), True])
        assert cr.fetchone()[0][0]["state"] == "soft", "its key is not used up"


def test_orders_and_shops_for_the_last_goods(house, settings, connect):
    """8 orders of 3 and 4 shops of 3 on 12, all at once: 12 are promised, no more and no less."""
    db, things = house
    race = RegistryProcess(settings, db, WORK + "race_for_last", (things, 8, 4, 3))
    answers = race.ready().go().result(180)
    assert sum(answers) == 12, answers
    with connect(db).cursor() as cr:
        cr.execute(
            "SELECT (SELECT COALESCE(SUM(qty), 0) FROM inventory_ledger WHERE kind = 'promise'),"
            " (SELECT SUM(reserved_quantity) FROM stock_quant WHERE product_id = %s)",
            things["products"],
        )
        assert sum(cr.fetchone()) == 12


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_an_order_that_is_killed(house, settings, connect, moment):
    """kill -9 while an order is being confirmed leaves no promise; after its commit the promise stands."""
    db, things = house
    process = RegistryProcess(settings, db, WORK + "confirm_and_wait", (things, 12, moment == "after the commit"))
    process.ready().go()
    order = process.say()["order"]
    process.kill()
    other = RegistryProcess(settings, db, WORK + "confirm", (things, 12)).ready().go().result()
    assert other["promised"] == (0 if moment == "after the commit" else 12)
    with connect(db).cursor() as cr:
        cr.execute("SELECT state FROM sale_order WHERE id = %s", [order])
        found = cr.fetchone()
        assert found == (("sale",) if moment == "after the commit" else ("draft",))
    assert promised(connect, db) == 12


def test_an_order_that_is_tried_again_takes_its_promise_once(house, settings, connect):
    """A genuine serialization failure in the middle: the second try promises, the first left nothing."""
    db, things = house
    answer = RegistryProcess(settings, db, WORK + "confirm_after_a_lost_race", (things, 12)).ready().go().result()
    assert answer == {"tries": 2, "promised": 12}
    assert promised(connect, db) == 12


def test_one_order_has_one_promise(house, settings):
    """Promised by the scheduled action while a user makes the order smaller: one promise, of the smaller quantity."""
    db, things = house
    assert RegistryProcess(settings, db, WORK + "promise_twice", (things,)).ready().go().result() == [["firm", 3.0]]
