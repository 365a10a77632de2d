"""The weeks to come: forecast with its band, stock when nothing is ordered."""

import numpy as np
from planning_engine import outlook


def test_steady_demand_goes_on_without_a_band():
    mean, low, high = outlook.weekly_forecast(np.full((1, 200), 3.0), [0], np.full((1, 28), 3.0))
    assert mean.tolist() == low.tolist() == high.tolist() == [[21.0] * 4]


def test_eight_weeks_in_ten_lie_within_the_band():
    generator = np.random.default_rng(5)
    demand = np.maximum(generator.normal(20, 6, (200, 730 + 26 * 7)), 0)
    history = demand[:, :730]
    daily = np.repeat(history.mean(axis=1)[:, None], 26 * 7, axis=1)
    _mean, low, high = outlook.weekly_forecast(history, np.zeros(200, int), daily)
    weeks = demand[:, 730:].reshape(200, 26, 7).sum(axis=2)
    inside = ((weeks >= low) & (weeks <= high)).mean()
    assert 0.76 <= inside <= 0.84


def test_the_days_shape_the_weeks_and_their_band():
    generator = np.random.default_rng(7)
    demand = np.maximum(generator.normal(20, 6, (1, 300)), 0)
    daily = np.r_[np.full(7, 20.0), np.full(7, 40.0)][None, :]
    mean, low, high = outlook.weekly_forecast(demand, [0], daily)
    assert mean.tolist() == [[140.0, 280.0]]
    assert high[0, 1] - low[0, 1] == 2 * (high[0, 0] - low[0, 0]) > 0


def test_open_orders_are_part_of_the_forecast_until_they_exceed_it():
    left = outlook.projected_stock(10, np.ones(6), [2, -3], [0, 4], [5, 0])
    # Overdue supply of 4 counts today; the order of 5 due on day 2 exceeds the three units expected by then.
    assert left.tolist() == [13, 12, 9, 9, 9, 8]


def test_orders_beyond_the_picture_do_not_matter():
    assert outlook.projected_stock(1, np.zeros(3), [3, 400], [9, 9], [0, 0]).tolist() == [1, 1, 1]
