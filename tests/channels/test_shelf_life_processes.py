"""Fresh goods that two want at the same moment: whoever was promised them gets them, and nobody is lied to (law 1)."""

import pytest

from tests.support.processes import RegistryProcess

WORK = "tests.channels.life_work:"


@pytest.fixture
def house(settings, clone):
    """Runs functions of the work module on a database with 4 short-dated and 6 fresh ones of one product."""
    db = clone("inventory_plus")

    def run(function, *args):
        return RegistryProcess(settings, db, WORK + function, args).ready().go().result(180)

    run.things = run("prepare", [[10, 4], [100, 6]])
    run.db = db
    return run


def test_a_delivery_that_was_too_late_takes_other_goods(house):
    answer = house("assign_after", house.things, 5, 5)
    assert answer == {
        "tries": 2,
        "states": ["firm"],
        "assigned": 5,
        "open": 5,
        "short": 0,
        "fresh": 1,
        "oversold": 0,
        "ledger": 0,
    }


def test_without_the_net_the_same_goods_are_promised_twice(house, connect, monkeypatch):
    monkeypatch.setenv("INVENTORY_PLUS_TEST_SWITCHES", "1")
    parameter = "INSERT INTO ir_config_parameter (key, value) VALUES ('inventory_plus.test_disable', 'net')"
    connect(house.db).cursor().execute(parameter)
    answer = house("assign_after", house.things, 5, 5)
    assert (answer["tries"], answer["fresh"], answer["oversold"]) == (1, 5, 1)


def test_once_it_is_settled_nobody_is_promised_them(house):
    # What has been looked at stays locked until its end: the client waits for it in vain, and goes.
    answer = house("assign_while_promised", house.things, 5, 5)
    assert (answer["oversold"], answer["ledger"]) == (0, 0)


def test_many_at_once(house):
    answer = house("busy", house.things, 5, 6, 1)
    assert (answer["oversold"], answer["ledger"], answer["short"]) == (0, 0, 0), answer
    assert sum(worker["assigned"] + worker["orders"] + worker["promised"] for worker in answer["done"]) > 0, answer


def test_what_grew_too_old_is_given_back_at_once(house):
    answer = house("unreserve_aged", house.things)
    assert (answer["tries"], answer["open"], answer["oversold"], answer["ledger"]) == (1, 0, 0, 0)


@pytest.mark.parametrize("field", ["expiration_date", "removal_date"])
def test_a_date_that_is_brought_forward_takes_the_goods_away(house, field):
    answer = house("bring_forward", house.things, field)
    assert (answer["state"], answer["open"], answer["short"]) == ("firm", 0, 6)
    assert (answer["oversold"], answer["ledger"]) == (0, 0)
