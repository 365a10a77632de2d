"""The back-test: an item's own days by hand, no look ahead, and what a planner compares policies by."""

import numpy as np
import pytest
from planning_engine import backtest, simulate

DAYS = 730


def test_fixed_levels_by_hand():
    """10 a day, ordered daily up to 50 at 40 and below, 3 days: 40 left in the evening, 10 ordered, 30 in the way."""
    found = backtest.run(np.full((1, DAYS), 10.0), [0], [[3]], ([40.0], [50.0]), cost=2.0)
    assert found["days"][0] == 365
    assert found["stock"][0] == pytest.approx(10)
    assert found["value"][0] == pytest.approx(20)
    assert (found["fill_rate"][0], found["cycle_service"][0], found["stockouts_a_year"][0]) == (1, 1, 0)
    assert found["orders_a_year"][0] == pytest.approx(365)
    assert found["demand"][0] == 3650


def test_too_little_by_hand():
    """Ten units less: every evening nothing is left and nobody waits. Twenty less: ten wait every day."""
    nearly = backtest.run(np.full((1, DAYS), 10.0), [0], [[3]], ([30.0], [40.0]))
    assert (nearly["fill_rate"][0], nearly["stock"][0]) == (1, 0)
    less = backtest.run(np.full((1, DAYS), 10.0), [0], [[3]], ([20.0], [30.0]))
    assert (less["fill_rate"][0], less["cycle_service"][0]) == (0, 0)
    assert less["short_a_year"][0] == pytest.approx(3650)
    lost = backtest.run(np.full((1, DAYS), 10.0), [0], [[3]], ([20.0], [30.0]), lost_sales=True)
    # Who does not wait leaves room for the next: three of four days are served.
    assert lost["fill_rate"][0] == pytest.approx(0.75, abs=0.01)


def test_a_planner_sees_only_the_days_before():
    """A policy that stocks tomorrow's demand must not be possible: what it is shown ends the day before."""
    demand = np.arange(2 * DAYS, dtype=float).reshape(2, DAYS)
    shown = []

    def policy(history, first_day):
        shown.append(history.shape[1])
        assert (history == demand[:, : history.shape[1]]).all()
        assert (first_day <= history.shape[1]).all()
        return np.full(2, 1.0), np.full(2, 2.0)

    backtest.run(demand, [0, 500], [[2], [4]], policy, days=100, every=10)
    first = DAYS - 100 - 38
    assert shown == list(range(first, DAYS, 10))


def test_the_future_changes_nothing():
    """Days of the simulation that were not reached yet have no say in the levels planned before them."""
    demand = np.random.default_rng(1).poisson(4, (3, DAYS)).astype(float)
    other = demand.copy()
    other[:, -100:] = 500
    planner = backtest.planner(np.full(3, 7.0), 0.0, 14)
    levels = [backtest._levels(d, np.zeros(3, int), planner, DAYS - 365, 28)[0] for d in (demand, other)]
    # The planning on day 336 of the window is the first that sees them.
    assert (levels[0][:, :280] == levels[1][:, :280]).all()
    assert (levels[1][:, -20:] > levels[0][:, -20:]).all()


def test_the_products_plan_keeps_its_promise_on_its_own_history():
    demand = np.random.default_rng(2).negative_binomial(2, 0.1, (30, 1100)).astype(float)
    lead = backtest.lead_times(np.full(30, 10.0), np.full(30, 2.0))
    found = {
        target: backtest.run(
            demand,
            np.zeros(30, int),
            lead,
            backtest.planner(np.full(30, 10.0), 2.0, 21, target="fill", target_value=target),
            cost=3.0,
        )
        for target in (0.95, 0.99)
    }
    low, high = (backtest.total(figures) for figures in found.values())
    assert low["fill_rate"] == pytest.approx(0.95, abs=0.02)
    assert high["fill_rate"] == pytest.approx(0.99, abs=0.012)
    assert high["value"] > low["value"] and high["stockouts_a_year"] < low["stockouts_a_year"]
    assert low["value"] == pytest.approx(3 * low["stock"])
    assert low["items"] == 30


def test_new_items_count_from_when_they_could_be_known():
    demand = np.zeros((3, DAYS))
    demand[0, 700:] = 5
    demand[1, 728] = 5
    found = backtest.run(
        demand, [700, 728, DAYS], [[1], [1], [1]], backtest.planner(np.ones(3), 0.0, 7), days=365, every=1
    )
    assert found["days"].tolist() == [1, 0, 0]
    assert np.isnan(found["fill_rate"][1:]).all() and not found["demand"][1:].any()
    assert backtest.total(found)["items"] == 1


def test_review_periods_side_by_side():
    """Items with their own review period are simulated as when each is alone."""
    demand = np.random.default_rng(5).poisson(3, (2, DAYS)).astype(float)
    levels = (np.array([20.0, 45.0]), np.array([60.0, 90.0]))
    lead = np.array([[5], [5]])
    together = simulate.simulate(demand, *levels, lead, review=[1, 7])
    for row, review in enumerate((1, 7)):
        alone = simulate.simulate(
            demand[row : row + 1], levels[0][row : row + 1], levels[1][row : row + 1], lead[:1], review
        )
        for name in ("fill_rate", "orders", "stock", "stockouts"):
            assert getattr(together, name)[row] == getattr(alone, name)[0]


def test_lead_times_have_their_mean_and_deviation():
    days = backtest.lead_times([14.0, 14.0, 0.0], [4.0, 0.0, 0.0])
    assert days.shape == (3, backtest.SAMPLE)
    assert days[0].mean() == pytest.approx(14, abs=0.3)
    assert days[0].std() == pytest.approx(4, abs=0.5)
    assert (days[1] == 14).all() and (days[2] == 0).all()


def test_bad_times_get_a_sentence():
    with pytest.raises(ValueError, match="negative lead time"):
        backtest.run(np.ones((1, 100)), [0], [[-1]], ([1.0], [2.0]))
    with pytest.raises(ValueError, match="review period below one day"):
        backtest.run(np.ones((1, 100)), [0], [[1]], ([1.0], [2.0]), review=0)


def test_no_items_and_only_returns():
    empty = backtest.run(np.empty((0, DAYS)), [], np.empty((0, 1)), (np.empty(0), np.empty(0)))
    assert backtest.total(empty)["items"] == 0
    found = backtest.run(np.full((1, DAYS), -1.0), [0], [[3]], ([0.0], [0.0]))
    assert (found["fill_rate"][0], found["demand"][0], found["stockouts_a_year"][0]) == (1, 0, 0)
