"""Pinned values and what follows from them."""

import numpy as np
import pytest
from planning_engine import pins

FOUND = {
    "safety_stock": np.array([20.0]),
    "reorder_point": np.array([80.0]),
    "order_quantity": np.array([50.0]),
    "order_up_to": np.array([130.0]),
}
NAMES = ("safety_stock", "reorder_point", "order_up_to", "order_quantity")


@pytest.mark.parametrize(
    ("safety", "point", "level", "expected"),
    [
        (None, None, None, (20, 80, 130, 50)),
        (30, None, None, (30, 90, 140, 50)),
        (30.4, None, None, (30.4, 91, 141, 50)),
        (None, 70, None, (10, 70, 120, 50)),
        (None, 50, None, (-10, 50, 100, 50)),
        (None, None, 100, (20, 80, 100, 20)),
        (None, None, 60, (20, 60, 60, 0)),
        (5, 70, None, (5, 70, 120, 50)),
        (5, 70, 75, (5, 70, 75, 5)),
        (0, 0, 0, (0, 0, 0, 0)),
    ],
)
def test_keep(safety, point, level, expected):
    values = [np.array([np.nan if value is None else value]) for value in (safety, point, level)]
    kept = pins.keep(FOUND, *values, np.array([True]))
    assert tuple(kept[name][0] for name in NAMES) == pytest.approx(expected)


def test_fractions_stay_where_units_are_divided():
    kept = pins.keep(FOUND, np.array([30.4]), np.array([np.nan]), np.array([np.nan]), np.array([False]))
    assert kept["reorder_point"][0] == pytest.approx(90.4)
