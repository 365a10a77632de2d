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


def test_undershoot_of_customers_larger_than_an_order():
    """One of 100 and ten of 10 in twenty days, orders of 20: the giant starts one order of six, not half of them.

    Weights 20 and ten times 10; after the giant 90 are missing on average, after the others 5.
    """
    demand = np.zeros((1, 20))
    demand[0, :10], demand[0, 15] = 10.0, 100.0
    mean, variance = cumulative.undershoot(demand, [0], 1, 20.0)
    assert mean[0] == pytest.approx((20 * 90 + 100 * 5) / 120)
    # Uniform on (80, 100) and on (0, 10).
    second = (20 * (90**2 + 20**2 / 12) + 100 * (100 / 3)) / 120
    assert variance[0] == pytest.approx(second - mean[0] ** 2)
    assert cumulative.undershoot(demand, [0], 1)[0][0] == pytest.approx((100 * 50 + 100 * 5) / 200)


def test_busy_days_follow_busy_days():
    """AR(1) of 0.7 and deviation 5.6 around 20: 31.4 / 20 (0.7 + 0.49 + ...) more after an order; noise: nothing."""
    generator = np.random.default_rng(3)
    noise = generator.normal(0, 4, (50, 830))
    for day in range(1, 830):
        noise[:, day] += 0.7 * noise[:, day - 1]
    found = cumulative.busy_days(20 + noise[:, 100:], np.zeros(50, int), np.full(50, 14))
    assert found.mean() == pytest.approx(31.4 / 20 * 0.7 / 0.3, rel=0.1)
    plain = cumulative.busy_days(generator.normal(20, 4, (50, 730)), np.zeros(50, int), np.full(50, 14))
    assert (plain > 0).mean() < 0.1


def test_ordinary_days():
    """One a day and 500 once: three times a mean day with demand; a rare seller keeps its sizes."""
    demand = np.ones((2, 730))
    demand[0, -50] = 500
    demand[1] = 0
    demand[1, ::60] = 40
    found = cumulative.ordinary(demand, [0, 0], 14)
    assert found[0, -50] == pytest.approx(max(3, 14) * (364 + 500) / 365)
    assert (found[1] == demand[1]).all()


def test_the_year_behind_the_longest_window_counts():
    """A year and a day of history: half a year can be tried, the mean is taken over the whole year."""
    demand = np.random.default_rng(8).poisson(5, (20, 366)).astype(float)
    assert np.median(cumulative.estimate(demand, np.zeros(20, int), np.full(20, 14))["window"]) == 364


def test_undershoot_on_steps():
    """10 a day, looked at weekly, orders of 200: the third look finds 210 gone, always 10 below."""
    demand = np.full((1, 730), 10.0)
    mean, variance = cumulative.undershoot(demand, [0], 7, 200.0)
    assert mean[0] == pytest.approx(10, abs=0.5)
    assert variance[0] < 5
    # Where orders last for many looks the position is anywhere in a week's demand.
    assert cumulative.undershoot(demand, [0], 7, 7000.0)[0][0] == pytest.approx(35)


def test_independent_days_lend_their_certainty():
    """Of noise the variance of thirty-day sums is known far better than from twelve of them; of AR(1) it is not."""
    generator = np.random.default_rng(12)
    noise = generator.gamma(1, 10, (200, 730))
    found = cumulative.estimate(noise, np.zeros(200, int), np.full(200, 30))
    assert np.median(found["degrees"]) > 25
    assert found["sigma"].mean() == pytest.approx(10 * np.sqrt(30 * (1 + 30 / 364)), rel=0.06)
    assert found["sigma"].std() / found["sigma"].mean() < 0.15
    drift = generator.normal(0, 4, (200, 830))
    for day in range(1, 830):
        drift[:, day] += 0.9 * drift[:, day - 1]
    held = cumulative.estimate(60 + drift[:, 100:], np.zeros(200, int), np.full(200, 30))
    assert np.median(held["degrees"]) < 15
