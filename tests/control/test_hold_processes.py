"""Holds beside others at the same moment: nothing is held, picked or promised twice."""

import pytest

from tests.support.processes import RegistryProcess

WORK = "tests.control.hold_work:"


def race(settings, clone, stock, kinds):
    """What each got, and how it stands afterwards."""
    db = clone("inventory_plus")
    things = RegistryProcess(settings, db, WORK + "prepare_hold", (stock,)).ready().go().result()
    got = RegistryProcess(settings, db, WORK + "race_holds", (things, kinds)).ready().go().result(180)
    state = RegistryProcess(settings, db, WORK + "state_of", (things,)).ready().go().result()
    assert state["oversold"] == state["wrong"] == 0
    assert state["on_hand"] == stock
    assert state["held"] + state["picked"] == state["reserved"] <= stock
    assert state["reserved"] + state["promised"] <= stock
    return got, state


def test_two_hold_the_last_units(settings, clone):
    got, state = race(settings, clone, 12, [["hold", 8]] * 4)
    assert sorted(got) == [0, 0, 0, 8]
    assert state["held"] == 8


def test_hold_while_pickers_assign(settings, clone):
    """Pickers get what is not held, or lose what they had: what is held is held."""
    got, state = race(settings, clone, 12, [["hold", 8], ["pick", 6], ["pick", 6]])
    assert got[0] == state["held"] == 8
    assert state["picked"] == 4


def test_hold_while_clients_reserve(settings, clone):
    got, state = race(settings, clone, 12, [["hold", 8], *[["client", 3]] * 4])
    assert got[0] == state["held"] == 8
    assert state["promised"] <= 4


@pytest.mark.parametrize("number", range(2))
def test_all_at_once(settings, clone, number):
    got, state = race(settings, clone, 20, [["hold", 5], ["hold", 5], ["pick", 6], ["client", 4], ["client", 4]])
    assert got[0] + got[1] == state["held"] == 10
