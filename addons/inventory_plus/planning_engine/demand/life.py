"""The end of an item's life: demand falls to nothing at a date, and no stock is planned beyond it."""

import numpy as np

#: Days before its last one over which an item's demand falls to nothing, on a straight line.
DECAY_DAYS = 91
#: Method of an item that is not planned any more.
METHOD_ENDED = "ended"


def fading(days_left, horizon, decay=DECAY_DAYS):
    """Share of today's demand that is expected on each coming day.

    1 until ``decay`` days before the end, then on a straight line to 0 at the end; an item with fewer days left falls
    from today on.

    :param days_left: shape (n,), days from the planning date to the end of life, nan for none
    :return: shape (n, horizon)
    """
    left = np.asarray(days_left, float)[:, None]
    ahead = np.arange(horizon)[None, :] + 0.5
    share = np.clip((left - ahead) / np.clip(left, 1.0, decay), 0.0, 1.0)
    return np.where(np.isnan(left), 1.0, share)


def remaining_days(days_left, decay=DECAY_DAYS):
    """Days of today's demand that are still to come: the area under :func:`fading`; infinite without an end.

    :return: shape (n,)
    """
    left = np.maximum(np.asarray(days_left, float), 0.0)
    return np.where(np.isnan(left), np.inf, left - np.minimum(left, decay) / 2)


def limit(plan, level, days_left, whole_units):
    """Keep parameters within what is still going to be sold: the stock is used up when the item ends.

    :param plan: dict with ``safety_stock``, ``reorder_point``, ``order_up_to``, ``order_quantity``, each of shape (n,)
    :param level: shape (n,), demand per day today; ``days_left``: shape (n,), nan for none
    :param whole_units: shape (n,), True where only whole units are moved
    :return: dict of the four, limited
    """
    level = np.asarray(level, float)
    # Nothing a day is nothing at all, also where there is no end; an unknown level limits to nothing as well.
    sold = np.abs(level) > 0
    most = np.where(sold, np.where(sold, level, 1.0) * remaining_days(days_left), 0.0)
    most = np.where(whole_units, np.ceil(np.round(most, 6)), most)
    up_to = np.minimum(plan["order_up_to"], most)
    point = np.minimum(plan["reorder_point"], up_to)
    return {
        "order_up_to": up_to,
        "reorder_point": point,
        "safety_stock": np.minimum(plan["safety_stock"], point),
        "order_quantity": np.minimum(plan["order_quantity"], np.maximum(up_to - point, 0.0)),
    }
