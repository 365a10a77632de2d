"""A loss keeps its items locked until its transaction has ended; the transaction itself goes on working with them."""

import pytest

from tests.support.processes import RegistryProcess

from .test_last_unit import WORK


@pytest.mark.parametrize(
    ("left", "again", "assigned", "line"),
    [
        # 12 there, 10 promised. 7 are left: the promise loses 3, and nothing is free.
        (7, None, 0, [7, 3]),
        # All are found again: what the promise has lost is free now, and whoever comes first gets it.
        (7, 12, 5, [7, 3]),
        # A second loss takes what is left over from the first.
        (7, 4, 0, [4, 6]),
    ],
)
def test_goods_are_lost_and_asked_for_in_one_transaction(settings, clone, left, again, assigned, line):
    db = clone("inventory_plus")
    things = RegistryProcess(settings, db, WORK + "prepare", (1, 12)).ready().go().result()
    process = RegistryProcess(settings, db, WORK + "lose_and_assign", (things, 10, left, again)).ready().go()
    answer = process.result(180)
    seconds = answer.pop("seconds")
    assert answer == {"state": "firm", "tries": 1, "assigned": assigned, "line": line, "oversold": 0, "ledger": 0}
    assert seconds < 5


@pytest.mark.parametrize(
    ("ordered", "promised", "left", "order", "client"),
    [
        # Nobody else was promised any: the order loses, and is told.
        (12, 0, 9, [0, 9, 3], []),
        # The soft promise loses first, then the order.
        (8, 4, 6, [0, 6, 2], [[0, 4]]),
        # 3 of the order's were lost, but the client's were nearer: he does without.
        (8, 4, 8, [0, 8, 0], [[0, 4]]),
    ],
)
def test_reserved_goods_are_lost(settings, clone, ordered, promised, left, order, client):
    db = clone("inventory_plus")
    things = RegistryProcess(settings, db, WORK + "prepare", (1, 12)).ready().go().result()
    args = (things, ordered, promised, left)
    answer = RegistryProcess(settings, db, WORK + "lose_reserved", args).ready().go().result(180)
    told = bool(order[2])
    assert answer == {"order": order, "client": client, "told": told, "oversold": 0, "ledger": 0}
