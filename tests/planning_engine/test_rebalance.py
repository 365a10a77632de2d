"""Who gives to whom between warehouses."""

import numpy as np
from planning_engine import rebalance


def moves(product, need, spare, urgency=None, top_up=0.0, multiple=1.0, cost=1.0, worth=0.0):
    count = len(product)
    give, take, quantity = rebalance.transfers(
        np.array(product),
        np.array(need, float),
        np.broadcast_to(top_up, count),
        np.array(spare, float),
        np.arange(count) if urgency is None else np.array(urgency),
        np.broadcast_to(multiple, count),
        np.broadcast_to(cost, count),
        worth,
    )
    return list(zip(give.tolist(), take.tolist(), quantity.tolist(), strict=True))


def test_excess_keeps_open_demand_safety_and_reorder_point():
    found = rebalance.excess(
        ground=np.array([100.0, 100, 100, 100, 20]),
        free=np.array([100.0, 100, 30, 100, 20]),
        open_demand=np.array([0.0, 25, 0, 0, 30]),
        reorder_point=np.array([20.0, 20, 20, 90, 20]),
        order_up_to=np.array([40.0, 40, 40, 40, 40]),
    )
    # Above the level; less open demand; no more than is free; a level pinned below the reorder point; nothing.
    assert found.tolist() == [60, 35, 30, 10, 0]


def test_one_gives_to_one():
    assert moves([7, 7], [10, 0], [0, 25]) == [(1, 0, 10)]


def test_goods_stay_within_their_product():
    assert moves([1, 2], [10, 0], [0, 25]) == []


def test_the_most_urgent_is_served_first():
    assert moves([1, 1, 1], [10, 10, 0], [0, 0, 12], urgency=[5, 2, 0]) == [(2, 0, 2), (2, 1, 10)]


def test_every_need_comes_before_any_filling_up():
    found = moves([1, 1, 1], [10, 10, 0], [0, 0, 26], urgency=[1, 2, 0], top_up=np.array([50, 50, 0]))
    assert found == [(2, 0, 16), (2, 1, 10)]


def test_few_large_gifts_rather_than_many_small_ones():
    assert moves([1] * 4, [30, 0, 0, 0], [0, 5, 40, 20]) == [(2, 0, 30)]
    assert moves([1] * 4, [50, 0, 0, 0], [0, 5, 40, 20]) == [(2, 0, 40), (3, 0, 10)]


def test_whole_packs_only():
    assert moves([1, 1], [10, 0], [0, 35], multiple=12.0) == [(1, 0, 12)]
    assert moves([1, 1], [30, 0], [0, 35], multiple=12.0) == [(1, 0, 24)], "two packs are all that he can give"
    assert moves([1, 1], [10, 0], [0, 11], multiple=12.0) == []
    # Goods without a pack are cut to the hundredth.
    assert moves([1, 1], [0.35, 0], [0, 0.305], multiple=0.0) == [(1, 0, 0.3)]


def test_single_screws_stay_where_they_are():
    assert moves([1, 1], [10, 0], [0, 25], cost=0.1, worth=5.0) == []
    assert moves([1, 1], [10, 0], [0, 25], cost=0.5, worth=5.0) == [(1, 0, 10)]
    assert moves([1, 1], [10, 0], [0, 25], cost=0.0, worth=5.0) == [(1, 0, 10)], "an unknown cost holds nothing back"
    # The rest of a large need that only a poor giver could serve is bought, not carried.
    assert moves([1] * 3, [50, 0, 0], [0, 48, 20], worth=5.0) == [(1, 0, 48)]

    # Who wants too little to be worth a way takes nothing away from who wants enough.
    assert moves([1] * 3, [3, 10, 0], [0, 0, 10], worth=5.0) == [(2, 1, 10)]


def test_nobody_gives_what_he_needs_himself():
    assert moves([1, 1], [10, 5], [0, 25]) == []


def test_nothing_at_all():
    assert moves([], [], []) == []
    assert moves([1, 1], [0, 0], [9, 9]) == []
    assert moves([1, 1], [5, 5], [0, 0]) == []


def test_the_order_of_rows_decides_nothing():
    rng = np.random.default_rng(3)
    product = rng.integers(0, 40, 300)
    need = np.where(rng.random(300) < 0.4, rng.integers(1, 50, 300), 0)
    spare = np.where(need == 0, rng.integers(0, 60, 300), 0)
    # Distinct, so that ties do not fall back on the row.
    urgency = rng.permutation(300)
    spare = spare + np.where(spare > 0, rng.permutation(300) * 1000, 0)
    here = {(give, take): quantity for give, take, quantity in moves(product, need, spare, urgency)}
    order = rng.permutation(300)
    there = moves(product[order], need[order], spare[order], urgency[order])
    assert {(order[give], order[take]): quantity for give, take, quantity in there} == here


def test_many_products_keep_the_balance():
    """Nobody gives more than he has or gets more than he wants, and nothing is left where both sides want more."""
    rng = np.random.default_rng(1)
    count = 20000
    product = rng.integers(0, 4000, count)
    need = np.where(rng.random(count) < 0.3, rng.integers(1, 80, count), 0)
    top_up = rng.integers(0, 30, count) * (need > 0)
    spare = np.where(need == 0, rng.integers(0, 90, count), 0)
    give, take, quantity = rebalance.transfers(
        product, need, top_up, spare, rng.integers(0, 30, count), np.ones(count), np.ones(count)
    )
    assert (quantity > 0).all()
    assert (product[give] == product[take]).all()
    given = np.bincount(give, quantity, count)
    taken = np.bincount(take, quantity, count)
    assert (given <= spare).all()
    assert (taken <= need + top_up).all()
    offered = np.bincount(product, spare)
    wanted = np.bincount(product, need + top_up)
    assert (np.bincount(product[give], quantity, offered.size) == np.minimum(offered, wanted)).all()
    # Whoever needs goods without getting all of them sees nobody filled up beyond his need.
    poor = np.bincount(product, taken < need) > 0
    assert (taken[poor[product]] <= need[poor[product]]).all()
