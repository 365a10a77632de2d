"""Demand per day and its error over the protection interval, from a daily history.

The error that matters is that of the *sum* of demand between ordering and the next arrival, not the daily one times
the square root of the days: sums keep autocorrelation, weekly patterns, trends and the error of the estimate itself
(reference figures: sqrt(P) times the one-step deviation reaches 78 % where 95 % is asked, the cumulative one 95 %).

Forecast: the mean of the last w days, w one of :data:`WINDOWS`, for each item the one with the smallest error. Error:
at every past day t from which the mean could have been taken and the outcome is known,
``e(t) = sum(demand, t .. t+P) - P * mean(demand, t-w .. t)``; its root mean square is the sigma of the plan.
"""

import numpy as np

#: Days of history that a mean may be taken over. Multiples of 7, so that weekly patterns cancel.
WINDOWS = (28, 91, 182, 364)
#: Days of history that the planning looks at.
HISTORY_DAYS = 730
#: A window is tried when it holds demand and at least this many days remain to measure its errors on.
MIN_ORIGINS = 56
#: Fewer days than this since the first demand: the mean is taken over this many, so that a first order is not a rate.
MIN_DAYS = 28


def running_total(demand):
    """Cumulative sums with a leading zero: shape (n, T) -> (n, T + 1)."""
    demand = np.asarray(demand, float)
    total = np.empty((demand.shape[0], demand.shape[1] + 1))
    total[:, 0] = 0.0
    np.cumsum(demand, axis=1, out=total[:, 1:])
    return total


def window_sums(total, days):
    """Sum of the demand of the ``days`` days from each day on.

    :param total: shape (n, T + 1) from :func:`running_total`
    :param days: shape (n,), whole days per item
    :return: ``(sums, complete)``, both of shape (n, T + 1): the sum from day t on, and whether history covers it
    """
    length = total.shape[1]
    days = np.asarray(days, int)
    end = np.arange(length)[None, :] + days[:, None]
    complete = end < length
    sums = np.take_along_axis(total, np.minimum(end, length - 1), axis=1) - total
    return sums, complete


def estimate(demand, first_day, interval, index=None, windows=WINDOWS, min_origins=MIN_ORIGINS, min_days=MIN_DAYS):
    """Demand per day and the root mean square error of its sum over an interval.

    :param demand: shape (n, T), units per day, the last column the day before planning; days before an item's first
        are zero
    :param first_day: shape (n,), column of the item's first day of history (T for an item without history)
    :param interval: shape (n,), whole days over which the sum is forecast (0 gives an error of 0)
    :param index: shape (n, T + largest interval or more), seasonal index of each day past and to come; None for none.
        A rate is then units per day of index 1
    :param windows: candidate lengths of the mean
    :return: dict of arrays of shape (n,): ``rate`` (units per day), ``sigma`` (units), ``degrees`` (effective number
        of independent errors: origins / interval), ``window`` (days of the chosen mean, 0 where the history is too
        short for any), ``days`` (length of the history)
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    first_day = np.asarray(first_day, int)
    interval = np.asarray(interval, int)
    days = length - first_day
    total = running_total(demand)
    outcome, complete = window_sums(total, interval)
    # Days weigh as much as their index says: a rate is what was sold per unit of weight.
    weight = running_total(np.ones_like(demand) if index is None else index[:, :length])
    ahead = interval[:, None] * np.ones_like(total) if index is None else _index_ahead(index, length, interval)

    # The longest feasible window fixes the origins, so that all candidates of an item are judged on the same days.
    widths = [width for width in sorted(windows) if width < length]
    feasible = np.array([days - width - interval >= np.maximum(min_origins, interval) for width in widths], bool)
    feasible = feasible.reshape(len(widths), count)
    for number, width in enumerate(widths):
        # A mean that says "nothing" of an item that is not idle is no forecast of it.
        feasible[number] &= total[:, -1] - total[:, -1 - width] > 0
    longest = np.zeros(count, int)
    for width, usable in zip(widths, feasible, strict=True):
        longest[usable] = width
    origin = np.arange(length + 1)[None, :] >= (first_day + longest)[:, None]
    origin &= complete
    origins = np.maximum(origin.sum(axis=1), 1)

    best = np.full(count, np.inf)
    window = np.zeros(count, int)
    for width, usable in zip(widths, feasible, strict=True):
        mean = np.zeros_like(total)
        mean[:, width:] = (total[:, width:] - total[:, :-width]) / (weight[:, width:] - weight[:, :-width])
        error = np.where(origin, outcome - ahead * mean, 0.0)
        square = np.einsum("ij,ij->i", error, error) / origins
        better = usable & (square < best)
        best[better] = square[better]
        window[better] = width

    # Too short a history: the plain mean, and independent days widened by the error of that mean.
    counted = np.maximum(days, min_days)
    plain = total[:, -1] / counted
    squares = np.einsum("ij,ij->i", demand, demand)
    variance = np.maximum(squares - counted * plain**2, 0) / np.maximum(counted - 1, 1)
    short = window == 0
    best[short] = (variance * interval * (1 + interval / counted))[short]
    degrees = np.where(short, counted / np.maximum(interval, 1), origins / np.maximum(interval, 1))

    start = np.where(short, 0, length - window)
    sold = total[:, -1] - np.take_along_axis(total, start[:, None], axis=1)[:, 0]
    weighed = weight[:, -1] - np.take_along_axis(weight, start[:, None], axis=1)[:, 0]
    recent = np.divide(sold, weighed, out=np.zeros_like(sold), where=weighed > 0)
    return {
        "rate": np.maximum(np.where(short, plain, recent), 0.0),
        "sigma": np.sqrt(best),
        "degrees": degrees,
        "window": window,
        "days": days,
    }


def _index_ahead(index, length, interval):
    """Sum of the index over the interval from each day on: shape (n, T + 1)."""
    total = running_total(index)
    end = np.arange(length + 1)[None, :] + interval[:, None]
    last = total.shape[1] - 1
    # Days beyond the index count as mean ones.
    beyond = np.maximum(end - last, 0)
    return np.take_along_axis(total, np.minimum(end, last), axis=1) + beyond - total[:, : length + 1]


def daily_deviation(demand, first_day):
    """Sample standard deviation of the daily demand since the item's first day; shape (n,)."""
    demand = np.asarray(demand, float)
    days = demand.shape[1] - np.asarray(first_day, int)
    mean = demand.sum(axis=1) / np.maximum(days, 1)
    squares = np.einsum("ij,ij->i", demand, demand)
    return np.sqrt(np.maximum(squares - days * mean**2, 0) / np.maximum(days - 1, 1))


def undershoot(demand, first_day, review):
    """Mean and variance of how far below the reorder point the stock is when it is found there.

    Renewal theory (Silver, Pyke & Peterson, section 7; Tijms & Groenevelt 1984): with X the demand of a review
    period, ``E[U] = E[X^2] / (2 E[X])`` and ``Var[U] = E[X^3] / (3 E[X]) - E[U]^2``. For steady demand E[U] is half
    a period's demand, for rare large orders nearly half of such an order.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,), column of the first day of history
    :param review: whole days between two looks at the stock (at least 1), shape (n,) or one number for all items
    :return: ``(mean, variance)``, each of shape (n,), units and units squared
    """
    total = running_total(demand)
    first_day = np.asarray(first_day, int)
    review = np.maximum(np.broadcast_to(np.asarray(review, int), first_day.shape), 1)
    mean, variance = np.zeros(len(total)), np.zeros(len(total))
    # Policies know a handful of review periods, whatever the number of items.
    for days in np.unique(review):
        rows = review == days
        mean[rows], variance[rows] = _undershoot(total[rows], first_day[rows], days)
    return mean, variance


def _undershoot(total, first_day, review):
    sums = total[:, review:] - total[:, :-review] if total.shape[1] > review else total[:, -1:]
    counted = np.arange(sums.shape[1])[None, :] >= first_day[:, None]
    sums = np.where(counted & (sums > 0), sums, 0.0)
    number = np.maximum(counted.sum(axis=1), 1)
    first = sums.sum(axis=1) / number
    square = sums * sums
    second = square.sum(axis=1) / number
    third = np.einsum("ij,ij->i", square, sums) / number
    some = first > 0
    mean = np.divide(second, 2 * first, out=np.zeros_like(first), where=some)
    variance = np.divide(third, 3 * first, out=np.zeros_like(first), where=some) - mean**2
    return mean, np.maximum(variance, 0.0)
