"""Each protection of law 1 by itself: with it the scenario holds, switched off the same scenario shows the damage.

The order of events is forced by locks and messages; nothing here depends on luck or on time.
"""

import time

import pytest


def quant_rows(house, product):
    return house.rows(
        "SELECT count(*), count(*) FILTER (WHERE quantity IS NULL) FROM stock_quant q JOIN stock_location l"
        " ON l.id = q.location_id WHERE l.usage = 'internal' AND product_id = %(product)s",
        product=product,
    )[0]


def test_quant_lock_makes_the_second_wait(house):
    product, answer = house.run("two_reserve_one_quant")
    assert answer == ["assigned", 3]
    assert quant_rows(house, product) == (1, 0)


def test_without_quant_lock_the_quant_is_doubled(house):
    house.disable("quant_lock")
    product, _answer = house.run("two_reserve_one_quant")
    assert quant_rows(house, product) == (2, 1)


def test_who_has_lost_once_gets_through_however_busy_the_quant_is(house):
    assert house.run("assign_beside_a_busy_quant") == ["assigned", 2]
    assert house.run("gates_shut") == 0


def test_without_turns_the_slow_one_gives_up(house):
    house.disable("turn")
    assert house.run("assign_beside_a_busy_quant") == ["SerializationFailure", 5]


def test_item_lock_decides_one_after_the_other(house):
    assert house.run("two_ask_for_one_item") == [12, 0]


def test_without_item_lock_the_same_goods_are_granted_twice(house):
    house.disable("item_lock")
    assert house.run("two_ask_for_one_item") == [12, 12]


@pytest.mark.parametrize(("promised", "left"), [(12, 0), (5, 7)])
def test_grant_leaves_promised_goods_alone_without_an_error(house, promised, left):
    product, (_state, quantity) = house.run("assign_against_promise", promised)
    assert quantity == left
    assert house.free([product]) == {product: 0}


def test_without_grant_only_the_net_is_left_and_the_work_fails(house):
    house.disable("grant")
    product, answer = house.run("assign_against_promise", 12)
    assert answer == "NetError"
    assert house.free([product]) == {product: 0}


def test_without_grant_and_net_promised_goods_are_reserved(house):
    house.disable("grant", "net")
    product, answer = house.run("assign_against_promise", 12)
    assert answer == ["assigned", 12]
    assert house.free([product]) == {product: -12}


@pytest.mark.parametrize("swallow", [False, True])
def test_net_refuses_a_direct_write_that_takes_promised_goods(house, swallow):
    product, error = house.run("write_quant", 10, 5, swallow)
    assert error == "NetError"
    assert house.free([product]) == {product: 2}


def test_net_lets_a_direct_write_pass_that_takes_free_goods(house):
    product, error = house.run("write_quant", 10, 11, False)
    assert error is None
    assert house.free([product]) == {product: 1}


def test_without_net_a_direct_write_oversells(house):
    house.disable("net")
    product, error = house.run("write_quant", 10, 5, False)
    assert error is None
    assert house.free([product]) == {product: -5}


def test_a_killed_owner_gives_back_at_once_and_a_living_one_is_not_robbed(house):
    owner = house.begin("hold_grant_and_wait")
    product = owner.say()["product"]
    held = "SELECT COALESCE(SUM(qty), 0) FROM inventory_ledger WHERE product_id = %(product)s"
    assert house.rows(held, product=product) == [(9,)]
    # While the owner lives, neither the scheduled action nor a request in need takes what it holds.
    house.run("tidy")
    assert house.run("promise", product, 5) == 0
    assert house.rows(held, product=product) == [(9,)]
    assert house.run("promise", product, 3) == 3
    owner.kill()
    began = time.monotonic()
    while not house.run("promise", product, 9, "promise:shop"):
        assert time.monotonic() - began < 60, "the grant of a killed process was not freed"
    assert house.free([product]) == {product: 0}
    assert not house.ledger_differs()


def test_the_scheduled_action_frees_what_a_killed_owner_held(house):
    owner = house.begin("hold_grant_and_wait")
    product = owner.say()["product"]
    owner.kill()
    house.run("wait_for_backends")
    house.run("tidy")
    assert house.rows("SELECT qty FROM inventory_ledger WHERE product_id = %(product)s", product=product) == []
    assert house.free([product]) == {product: 12}
    assert not house.ledger_differs()
