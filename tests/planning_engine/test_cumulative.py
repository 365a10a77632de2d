"""Demand per day and the error of its sum."""

import numpy as np
import pytest
from planning_engine import cumulative


def test_window_sums():
    total = cumulative.running_total([[1, 2, 3, 4]])
    sums, complete = cumulative.window_sums(total, [2])
    assert sums[0][complete[0]].tolist() == [3, 5, 7]


def test_constant_demand_has_no_error():
    found = cumulative.estimate(np.full((1, 730), 4.0), [0], [10])
    assert found["rate"][0] == pytest.approx(4)
    assert found["sigma"][0] == pytest.approx(0, abs=1e-9)


def test_a_trend_is_followed_by_a_short_window():
    demand = np.where(np.arange(730) < 500, 2.0, 20.0)[None, :]
    found = cumulative.estimate(demand, [0], [7])
    assert found["window"][0] == 28
    assert found["rate"][0] == pytest.approx(20)


def test_independent_noise():
    """sigma of the sum is about sqrt(P) s sqrt(1 + P / w); the long window wins."""
    rng = np.random.default_rng(1)
    found = cumulative.estimate(rng.normal(50, 5, (200, 730)), np.zeros(200, int), np.full(200, 9))
    assert np.median(found["window"]) == 364
    assert found["sigma"].mean() == pytest.approx(15 * np.sqrt(1 + 9 / 364), rel=0.05)


def test_autocorrelation_is_seen():
    """AR(1) of 0.8: the sum over 10 days varies far more than sqrt(10) single days."""
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 1, (100, 830))
    for day in range(1, 830):
        noise[:, day] += 0.8 * noise[:, day - 1]
    demand = 100 + noise[:, 100:]
    found = cumulative.estimate(demand, np.zeros(100, int), np.full(100, 10))
    assert found["sigma"].mean() > 1.8 * np.sqrt(10) * demand.std()


def test_short_history_uses_the_plain_mean():
    demand = np.zeros((1, 730))
    demand[0, -40:] = 3
    found = cumulative.estimate(demand, [690], [5])
    assert (found["window"][0], found["days"][0]) == (0, 40)
    assert found["rate"][0] == pytest.approx(3)


def test_a_first_order_is_no_rate():
    """28 units yesterday, the first ever, are one a day over four weeks, not 28 a day."""
    demand = np.zeros((1, 730))
    demand[0, -1] = 28
    assert cumulative.estimate(demand, [729], [5])["rate"][0] == pytest.approx(1)


def test_no_history():
    found = cumulative.estimate(np.zeros((2, 730)), [730, 0], [5, 5])
    assert found["rate"].tolist() == [0, 0]
    assert np.isfinite(found["sigma"]).all()


def test_a_recent_silence_is_not_the_end():
    """One unit every 30 days, none in the last 28: the window without demand is not chosen."""
    demand = np.zeros((1, 730))
    demand[0, 5:700:30] = 1
    assert cumulative.estimate(demand, [0], [5])["rate"][0] > 0


def test_more_returns_than_sales_is_no_negative_demand():
    demand = np.full((1, 730), -1.0)
    assert cumulative.estimate(demand, [0], [5])["rate"][0] == 0


def test_undershoot_by_hand():
    """Always 4: half of it. One of 10 every second day: 100/2 over twice 5 is 5."""
    mean, variance = cumulative.undershoot(np.full((1, 100), 4.0), [0], 1)
    assert mean[0] == pytest.approx(2)
    # uniform on (0, 4): variance 16 / 12
    assert variance[0] == pytest.approx(16 / 12)
    mean, _variance = cumulative.undershoot(np.tile([0.0, 10.0], 50)[None, :], [0], 1)
    assert mean[0] == pytest.approx(5)


def test_undershoot_with_a_longer_review():
    mean, _variance = cumulative.undershoot(np.full((1, 100), 4.0), [0], 5)
    assert mean[0] == pytest.approx(10)
