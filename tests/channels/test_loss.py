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
