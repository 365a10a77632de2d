"""Order quantities, need to buy, projection and colours."""

import numpy as np
import pytest
from planning_engine import lot_size, projection, reorder, status

NONE = (np.empty(0, int), np.empty(0), np.empty(0), np.empty(0))


def test_economic_order_quantity(worked):
    assert lot_size.economic_order_quantity(50, 1000, 4) == pytest.approx(158.1138830)
    given, expected, tolerance = worked("W14")
    quantity = lot_size.economic_order_quantity(given["K"], given["D"], given["h"])
    assert quantity == pytest.approx(expected["Q"], abs=tolerance)


@pytest.mark.parametrize(
    ("quantity", "minimum", "multiple", "expected"),
    [
        (0, 10, 5, 0),
        (3, 10, 0, 10),
        (11, 10, 5, 15),
        (10, 10, 5, 10),
        (3 * 0.1, 0, 0.1, 0.3),
        (25, 0, 12, 36),
        (7.5, 0, 0, 7.5),
    ],
)
def test_round_up(quantity, minimum, multiple, expected):
    assert reorder.round_up(quantity, minimum, multiple) == pytest.approx(expected)


def test_need_to_buy_takes_the_larger_of_forecast_and_orders():
    assert reorder.need_to_buy([60, 60, 60], [20, 90, 0], 10, [30, 30, 200], 0, 5).tolist() == [35, 65, 0]
    # What is held is no stock.
    assert reorder.need_to_buy(60, 0, 10, 30, 12, 0) == 52


def test_suggested_order():
    """Up to the order-up-to level, less what comes later and what is asked for; never topped up once asked."""
    need = np.array([0.0, 20.0, 20.0, 20.0, 20.0, 20.0])
    later = np.array([0.0, 0.0, 50.0, 500.0, 0.0, 0.0])
    requested = np.array([0.0, 0.0, 0.0, 0.0, 20.0, 5.0])
    assert reorder.suggested_order(need, 100, later, requested).tolist() == [0, 120, 70, 20, 0, 115]
    assert reorder.suggested_order(20.0, 100, 0, 0, 200, 12) == 204


def test_projection_steady():
    """80 at 10 a day last through day 7; with nothing in stock it is today."""
    days = projection.first_day_below(np.zeros(3), np.array([80.0, 0.0, 85.0]), np.full(3, 10.0), *NONE)
    assert days.tolist() == [8, 0, 8]
    assert projection.first_day_below([20.0], [80.0], [10.0], *NONE).tolist() == [6]
    assert projection.first_day_below([0.0], [80.0], [0.0], *NONE).tolist() == [projection.NEVER]


def test_projection_with_events():
    """A receipt in time carries on, one too late does not; an order in one piece beats the forecast."""
    item = np.array([0, 1, 2, 2])
    day = np.array([5.0, 30.0, 3.0, 10.0])
    supply = np.array([100.0, 100.0, 0.0, 40.0])
    demand = np.array([0.0, 0.0, 90.0, 0.0])
    days = projection.first_day_below(np.zeros(3), np.full(3, 80.0), np.full(3, 10.0), item, day, supply, demand)
    assert days.tolist() == [18, 8, 3]


def test_projection_overdue_counts_today():
    days = projection.first_day_below(
        np.zeros(2),
        np.array([5.0, 5.0]),
        np.zeros(2),
        np.array([0, 1]),
        np.array([-4.0, -4.0]),
        np.array([0.0, 3.0]),
        np.array([8.0, 8.0]),
    )
    assert days.tolist() == [0, projection.NEVER]


def test_projection_equals_a_day_by_day_simulation():
    rng = np.random.default_rng(3)
    count, horizon = 200, 60
    level, stock = rng.integers(0, 30, count).astype(float), rng.integers(-10, 200, count).astype(float)
    rate = np.where(rng.random(count) < 0.2, 0, rng.random(count) * 6)
    item, day = rng.integers(0, count, 500), rng.integers(-3, horizon + 20, 500).astype(float)
    supply = np.where(rng.random(500) < 0.5, rng.integers(1, 40, 500), 0).astype(float)
    demand = np.where(supply == 0, rng.integers(1, 60, 500), 0).astype(float)
    fast = projection.first_day_below(level, stock, rate, item, day, supply, demand, horizon)
    slow = np.full(count, horizon + 1)
    for row in range(count):
        for today in range(horizon + 1):
            due = (item == row) & (np.maximum(day, 0) <= today)
            asked = max(rate[row] * (today + 1), demand[due].sum())
            if stock[row] + supply[due].sum() - asked < level[row] - projection.ROUNDING:
                slow[row] = today
                break
    assert (fast == slow).all()


def test_projection_bears_the_rounding_of_rates():
    """Stock for exactly n days lasts n days, though the rate is stored with six digits; a hundredth less does not."""
    last = np.arange(1, 366)
    for stock in (0.01, 1.0, 30.0, 100.0, 2500.0):
        rate = np.round(stock / last, 6)
        kept = (rate > 0) & (np.abs(rate * last - stock) < projection.ROUNDING)
        assert kept.sum() > 300 or stock < 1
        exact = projection.first_day_below(np.zeros(365), np.full(365, stock), rate, *NONE)
        whole = kept & (rate > 2 * projection.ROUNDING)
        assert (exact[whole] == last[whole]).all()
    lacking = projection.first_day_below(np.zeros(1), np.array([99.99]), np.array([0.666667]), *NONE)
    assert lacking.tolist() == [149]


def test_colours():
    names = status.colour(
        position=np.array([0.0, 70, 120, 5000, 10, 0, 0]),
        rate=np.array([10.0, 10, 10, 10, 0, 0, 0]),
        order_up_to=np.full(7, 200.0),
        need=np.array([60.0, 20, 0, 0, 0, 0, 0]),
        stockout_day=np.array([0, 7, 12, 366, 366, 0, 366]),
        order_day=np.array([0, 0, 6, 360, 366, 0, 366]),
        lead_time=np.full(7, 5.0),
        review=np.ones(7),
        slow=np.array([False, False, False, False, True, True, False]),
        blank=np.array([False] * 6 + [True]),
    )
    assert names.tolist() == ["red", "yellow", "green", "blue", "grey", "red", ""]
    assert status.sequence(names).tolist() == [1, 2, 4, 5, 6, 1, 9]


def test_cover():
    assert status.days_of_cover([50, 50, 0, 1e9], np.array([5.0, 0, 5, 1])).tolist() == [10, 999, 0, 999]
