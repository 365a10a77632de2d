"""The time of a soft promise passes while somebody holds it: it counts until it is closed, whoever decides."""

import json
import threading
import time

import pytest

from tests.support.processes import RegistryProcess

from .test_last_unit import MAKE, WAITING, WORK, channel_id, promised

CHANGE = "SELECT id, state FROM inventory_transition(%s::integer[], 'confirm', NULL, 1, NULL, NULL) ORDER BY id"


@pytest.fixture
def house(settings, clone, connect):
    """``(database, promise)``: two items with 12 in stock; ``promise(connection, ...)`` promises some."""
    db = clone("inventory_plus")
    things = RegistryProcess(settings, db, WORK + "prepare", (2, 12)).ready().go().result()
    channel = channel_id(connect(db).cursor())

    def promise(connection, *keys, quantity=12, item=0, firm=False, ttl=2):
        line = {"product": things["products"][item], "quantity": quantity, "warehouses": [things["warehouse"]]}
        head = {"channel": channel, "company": 1, "priority": 10, "partial": False, "split": False}
        requests = [{**head, "key": key, "hash": key, "firm": firm, "ttl": ttl, "lines": [line]} for key in keys]
        with connection.cursor() as cr:
            cr.execute(MAKE, [json.dumps(requests), True])
            return [(answer["id"], answer["state"]) for answer in cr.fetchone()[0]]

    return db, promise


def wait_until_over(connect, db, number):
    deadline = time.monotonic() + 30
    with connect(db).cursor() as cr:
        while time.monotonic() < deadline:
            cr.execute(
                "SELECT expires_at <= clock_timestamp() AT TIME ZONE 'UTC' FROM inventory_reservation WHERE id = %s",
                [number],
            )
            if cr.fetchone()[0]:
                return
            time.sleep(0.05)
    raise AssertionError("the promise does not lapse")


def wait_until_somebody_waits(connect, db):
    deadline = time.monotonic() + 30
    with connect(db).cursor() as cr:
        while time.monotonic() < deadline:
            cr.execute(WAITING)
            if cr.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_confirmed_in_time_and_not_committed_yet(house, connect):
    db, promise = house
    slow, other = connect(db, autocommit=False), connect(db)
    ((number, _state),) = promise(other, "slow")
    with slow.cursor() as cr:
        cr.execute(CHANGE, [[number]])
        assert cr.fetchall() == [(number, "firm")]
        wait_until_over(connect, db, number)
        assert promise(other, "thief", firm=True)[0][1] == "rejected"
        slow.commit()
    assert promised(connect, db) == 12


def test_time_passes_while_another_promise_is_waited_for(house, connect):
    """Both are confirmed in one call; a document works on the second."""
    db, promise = house
    document, other = connect(db, autocommit=False), connect(db)
    ((first, _state),) = promise(other, "first")
    ((second, _state),) = promise(other, "second", item=1, ttl=600)
    document.cursor().execute("SELECT FROM inventory_reservation WHERE id = %s FOR UPDATE", [second])
    answers = []

    def confirm():
        with connect(db).cursor() as cr:
            cr.execute(CHANGE, [[first, second]])
            answers.extend(cr.fetchall())

    thread = threading.Thread(target=confirm)
    thread.start()
    wait_until_somebody_waits(connect, db)
    wait_until_over(connect, db, first)
    assert promise(other, "thief", firm=True)[0][1] == "rejected", "somebody holds it"
    document.rollback()
    thread.join(60)
    assert answers == [(first, "expired"), (second, "firm")]
    assert promise(other, "next", firm=True)[0][1] == "firm"
    assert promised(connect, db) == 24


def test_all_that_have_lapsed_are_closed_by_whoever_needs_them(house, connect):
    db, promise = house
    other = connect(db)
    made = promise(other, *(f"lapse{number}" for number in range(150)), quantity=0.08)
    assert {state for _number, state in made} == {"soft"}
    wait_until_over(connect, db, made[-1][0])
    assert promise(other, "all", firm=True)[0][1] == "firm"
    assert promised(connect, db) == 12
