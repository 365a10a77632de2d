"""Values that a person keeps whatever is computed, and what the others become beside them."""

import numpy as np


def keep(found, safety_stock, reorder_point, order_up_to, whole_units):
    """Parameters with pinned values kept; the others follow from what is kept.

    A pinned safety stock moves the reorder point, a pinned reorder point the safety stock, since one is the other and
    the expected demand of the interval. A pinned up-to level changes the order quantity; a computed reorder point
    above it is lowered to it.

    :param found: dict of arrays (n,) as of :func:`plan.parameters`: ``safety_stock``, ``reorder_point``,
        ``order_quantity``, ``order_up_to``, units
    :param safety_stock: shape (n,), pinned units, nan where nothing is pinned; ``reorder_point``, ``order_up_to``:
        alike
    :param whole_units: shape (n,), True where only whole units are moved
    :return: dict of arrays (n,) with the same four names
    """
    safety, point, level = (np.asarray(x, float) for x in (safety_stock, reorder_point, order_up_to))
    expected = found["reorder_point"] - found["safety_stock"]
    moved = expected + safety
    moved = np.where(np.asarray(whole_units, bool), np.ceil(np.round(moved, 6)), moved)
    kept_point = np.where(np.isnan(safety), found["reorder_point"], moved)
    kept_point = np.where(np.isnan(point), np.fmin(kept_point, level), point)
    kept_safety = np.where(np.isnan(point), found["safety_stock"], point - expected)
    kept_safety = np.where(np.isnan(safety), kept_safety, safety)
    kept_level = np.where(np.isnan(level), kept_point + found["order_quantity"], level)
    return {
        "safety_stock": kept_safety,
        "reorder_point": kept_point,
        "order_up_to": kept_level,
        "order_quantity": np.where(np.isnan(level), found["order_quantity"], np.maximum(level - kept_point, 0.0)),
    }
