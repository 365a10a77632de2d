"""The simulation against days counted by hand, and against what theory says of it."""

import numpy as np
import pytest
from planning_engine import simulate


def one(demand, point, up_to, lead, **options):
    return simulate.simulate([demand], [point], [up_to], [[lead]], **options)


def test_by_hand():
    """4 a day from 10, order to 10 at 2 and below, lead time 1 day.

    Evening stock 6, 2 (order 8), then nothing arrives for a day: 2 of 4 are served, 2 wait (order none: 8 on order,
    position 6). Next morning 8 come, 2 go to who waits, 4 are sold: 2 left, order 8, and so on: every second day short.
    """
    found = one([4.0] * 6, 2, 10, 1)
    assert found.short[0] == 4
    assert found.fill_rate[0] == pytest.approx(20 / 24)
    assert found.orders[0] == 3
    assert found.stock[0] == pytest.approx((6 + 2 + 0 + 2 + 0 + 2) / 6)
    assert (found.cycles[0], found.cycle_service[0]) == (2, 0)


def test_who_does_not_wait_is_lost():
    """The same with lost sales: 2 are lost on day 3, 8 come on day 4 and last two days, all 4 of day 6 are lost."""
    found = one([4.0] * 6, 2, 10, 1, lost_sales=True)
    assert found.short[0] == 6
    assert found.stock[0] == pytest.approx((6 + 2 + 0 + 4 + 0 + 0) / 6)


def test_review_looks_only_on_its_days():
    """Of 1 a day, looked at every 5th evening: the order is placed on day 5, not on day 3 when the point is reached."""
    daily = one([1.0] * 20, 7, 10, 0)
    weekly = one([1.0] * 20, 7, 10, 0, review=5)
    assert daily.orders[0] == 6
    assert weekly.orders[0] == 4


def test_minimum_and_packs():
    assert simulate.lot(np.array([3.0, 3.0, 9.0]), 5, 10, minimum=8, multiple=6).tolist() == [12, 12, 0]


def test_warm_up_is_not_counted():
    found = one([4.0] * 6, 2, 10, 1, warm_up=6)
    assert found.orders[0] == 0 and found.short[0] == 0


def test_a_policy_planned_anew_on_the_way():
    points = np.r_[np.full(3, -1.0), np.full(3, 8.0)]
    found = simulate.simulate([[1.0] * 6], points[None, :], np.full((1, 6), 10.0), [[0]])
    assert found.orders[0] == 2


def test_theory_of_the_normal():
    """Cycle service of a point at mean + z sigma is Phi(z), when what the position falls below the point is counted.

    Undershoot of N(100, 20) a day: mean (20^2 + 100^2) / 200 = 52, variance (100^3 + 3 100 20^2) / 300 - 52^2 = 1029.
    """
    generator = np.random.default_rng(1)
    demand = generator.normal(100, 20, (40, 4000)).clip(0)
    point = 9 * 100 + 52 + 1.2816 * np.sqrt(9 * 20**2 + 1029)
    found = simulate.simulate(demand, np.full(40, point), np.full(40, point + 2000), np.full((40, 1), 9))
    assert found.cycle_service.mean() == pytest.approx(0.90, abs=0.015)


def test_least_point_reaches_the_target_and_one_less_does_not():
    demand = np.random.default_rng(8).poisson(3, (5, 1500)).astype(float)
    lead = np.full((5, 1), 6)
    point, found = simulate.least_point(demand, np.full(5, 30.0), lead, 0.95, np.full(5, 80.0), whole_units=True)
    assert (found.cycle_service >= 0.95).all()
    lower = simulate.simulate(demand, point - 1, point + 29, lead)
    assert (lower.cycle_service < 0.95).all()


def test_no_items():
    assert simulate.simulate(np.empty((0, 10)), [], [], np.empty((0, 1))).stock.shape == (0,)
