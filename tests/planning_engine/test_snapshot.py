"""The snapshot's colours and dates where one condition alone decides."""

import numpy as np
from planning_engine import projection, snapshot, status

NO_EVENTS = {"item": np.empty(0, int), "day": np.empty(0), "supply": np.empty(0), "demand": np.empty(0)}


def figures(usable, rate=1.0, safety=0.0, up_to=50.0, lead=5.0, age=1.0, slow=False):
    """Figures of one item without open orders."""
    one = np.ones(1)
    stock = {"on_hand": usable * one, "usable": usable * one, "held": 0 * one}
    parameters = {
        "demand_daily": rate * one,
        "lead_time_mean": lead * one,
        "review": one,
        "safety_stock": safety * one,
        "order_quantity": 20 * one,
        "order_up_to": up_to * one,
    }
    found = snapshot.figures(stock, parameters, NO_EVENTS, 0 * one, age * one, np.array([slow]), 0 * one, 0 * one)
    return {name: values[0] for name, values in found.items()}


def test_excess_begins_ninety_days_above_the_order_up_to_level():
    assert figures(50.0 + 90)["status"] == status.GREEN
    assert figures(50.0 + 91)["status"] == status.BLUE


def test_what_is_needed_is_ordered_today():
    found = figures(8.0, safety=4.0, lead=2.0)
    assert found["need_to_buy"] == 0
    assert found["order_day"] > 0
    found = figures(5.9, safety=0.0, lead=5.0)
    assert abs(found["need_to_buy"] - 0.1) < 1e-9
    assert found["order_day"] == 0


def test_nobody_asks_nothing_runs_out():
    found = figures(-3.0, rate=0.0, age=np.nan)
    assert found["stockout_day"] == projection.NEVER


def test_need_alone_makes_yellow():
    one = np.ones(1)
    colours = status.colour(
        10 * one, one, 50 * one, need=one, stockout_day=99 * one, order_day=99 * one, lead_time=5 * one,
        review=one, slow=np.array([False]), blank=np.array([False]),
    )  # fmt: skip
    assert colours[0] == status.YELLOW
