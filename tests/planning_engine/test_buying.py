"""Price breaks that pay, and a set that reaches the vendor's minimum order."""

import numpy as np
import pytest
from planning_engine import buying, lot_size

NAN = np.nan


def at_breaks(quantity, daily, breaks, prices, order_cost=0.0, holding=0.2):
    one = np.ones(1)
    found = buying.quantity_at_breaks(
        quantity * one, daily * one, order_cost * one, holding * one, np.array([breaks]), np.array([prices])
    )
    return found[0]


def test_a_break_that_pays_is_taken():
    # 3,650 a year. 90 at 10: 36,500 + 0.2 x 10 x 45 = 36,590; 100 at 9: 32,850 + 0.2 x 9 x 50 = 32,940.
    assert at_breaks(90, 10, [1, 100], [10, 9]) == 100


def test_a_break_that_costs_more_to_keep_is_left():
    # 365 a year. 10 at 10: 3,650 + 10 = 3,660; 360 at 9.99: 3,646.35 + 359.64 = 4,005.99.
    assert at_breaks(10, 1, [1, 360], [10, 9.99]) == 10
    # The same break at 8: 2,920 + 288 = 3,208.
    assert at_breaks(10, 1, [1, 360], [10, 8]) == 360

    # And at 9.99 where each order costs 50: 36 orders a year against one.
    assert at_breaks(10, 1, [1, 360], [10, 9.99], order_cost=50.0) == 360


def test_the_cheapest_of_several_breaks():
    assert at_breaks(90, 10, [1, 100, 2000], [10, 9, 8.99]) == 100
    assert at_breaks(90, 10, [1, 100, 2000], [10, 9, 7]) == 2000


def test_never_more_than_a_year_of_demand_nor_without_demand():
    assert at_breaks(10, 1, [1, 366], [10, 1]) == 10
    assert at_breaks(10, 0, [1, 12], [10, 1]) == 10


def test_a_higher_price_for_more_is_no_break():
    assert at_breaks(10, 5, [1, 12], [10, 11]) == 10
    assert at_breaks(10, 5, [1, NAN], [10, NAN]) == 10
    # The size of an order is the plan's, not this choice's: no more at the same price.
    assert at_breaks(10, 5, [1, 12], [10, 10], order_cost=100.0) == 10


def test_the_break_of_the_textbook(worked):
    """Snyder & Shen 3.5/3.6: from the economic quantity of the first price, the break of 800 pays."""
    given, expected, _tolerance = worked("W16")
    demand, breaks, prices = given["D"], given["breaks"], given["cost"]
    start = lot_size.economic_order_quantity(given["K"], demand, given["h_rate"] * prices[0])
    found = at_breaks(start, demand / buying.YEAR_DAYS, breaks, prices, given["K"], given["h_rate"])
    assert found == pytest.approx(expected["Q"])


def test_many_at_once_and_none():
    assert buying.quantity_at_breaks([], [], [], [], np.empty((0, 1)), np.empty((0, 1))).size == 0
    found = buying.quantity_at_breaks(
        [90, 10], [10, 1], 0.0, 0.2, np.array([[1, 100], [1, 360]]), np.array([[10, 9], [10, 9.99]])
    )
    assert found.tolist() == [100, 10]


def test_soon_due_items_join_until_the_minimum_is_reached():
    joins, reached = buying.fill_minimum([100.0], [0, 0, 0], [60.0, 50.0, 70.0])
    assert (joins.tolist(), reached.tolist()) == ([True, True, False], [True])


def test_half_a_way_helps_nobody():
    joins, reached = buying.fill_minimum([100.0, 10.0], [0, 1, 0], [40.0, 10.0, 50.0])
    assert (joins.tolist(), reached.tolist()) == ([False, True, False], [False, True])


def test_what_is_reached_needs_nobody():
    joins, reached = buying.fill_minimum([0.0, -5.0, 3.0], [0, 1], [40.0, 10.0])
    assert (joins.tolist(), reached.tolist()) == ([False, False], [True, True, False])
    joins, reached = buying.fill_minimum([3.0], [], [])
    assert (joins.size, reached.tolist()) == (0, [False])
