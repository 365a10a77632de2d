"""Promises against goods on their way, among real processes: one unit is promised once, and kept when it comes."""

from datetime import date, timedelta

import pytest

from tests.support.processes import RegistryProcess

WORK = "tests.channels.work:"


@pytest.fixture
def house(settings, clone):
    """``(run, things)``: one item, its 12 in stock promised to somebody."""
    db = clone("inventory_plus")

    def run(name, *args, wait=120):
        return RegistryProcess(settings, db, WORK + name, args).ready().go().result(wait)

    things = run("prepare", 1, 12)
    assert run("promise_dated", "all", 12, None)["state"] == "firm"
    return run, things, db


def test_the_last_unit_that_comes_is_promised_once(house):
    run, things, _db = house
    _picking, day = run("expect", things["products"][0], 1, 5)
    states = run("race_dated", things, day, 8)
    assert sorted(states) == ["firm"] + ["rejected"] * 7
    assert run("verify_dated") == []


def test_nobody_snatches_goods_that_come_for_a_promise(house):
    run, things, _db = house
    picking, day = run("expect", things["products"][0], 10, 5)
    assert run("promise_dated", "mine", 10, day)["state"] == "firm"
    answers = run("receive_among_others", things, picking, 6)
    assert [kind for kind, _got in answers] == ["receive", "assign", "assign", "assign", "shop", "shop"], answers
    assert sum(got for kind, got in answers if kind != "receive") == 0, answers
    assert run("open_dated", "mine") == [10, 0, False], "right after the commit of the receipt"
    assert run("verify_dated") == []


def test_what_is_being_received_is_promised_to_nobody(settings, house):
    run, things, db = house
    picking, day = run("expect", things["products"][0], 10, 5)
    process = RegistryProcess(settings, db, WORK + "hold_receipt", (picking,))
    process.ready().go()
    assert process.say() == {"done": picking}
    assert run("promise_dated", "early", 1, day)["state"] == "rejected"
    process.kill()
    assert run("promise_dated", "later", 10, day)["state"] == "firm", "killed, it is expected again"


def test_a_late_receipt_moves_the_date_at_once(house):
    run, things, _db = house
    picking, day = run("expect", things["products"][0], 10, 5)
    assert run("promise_dated", "mine", 10, day)["state"] == "firm"
    run("put_off", picking, 3)
    assert run("open_dated", "mine") == [0, 10, str(date.fromisoformat(day) + timedelta(days=3))]
    assert run("verify_dated") == []
