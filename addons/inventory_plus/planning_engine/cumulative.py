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
#: A shorter window replaces a longer one only when its mean square error is below this share of the longer's: what was
#: demand of a year ago is still evidence, and the smallest of several noisy errors is luck in part.
MOST_SHARE = 0.9
#: Deviations of noise that the autocorrelation of neighbouring days must exceed to count, and the most that it counts.
BUSY_LIMIT, MOST_BUSY = 2.0, 0.95
#: An order that lasts for no more looks at the stock than this, of demand whose variance from look to look is below
#: this share of its squared mean, is walked through; by this many orders at least.
FEW_LOOKS, STEADY_LOOKS, LEAST_ORDERS = 12, 0.35, 20
#: Weight of the variance of independent days beside that of sums, in degrees of freedom.
INDEPENDENT_DEGREES = 20.0
#: Days that :func:`ordinary` looks back on, and how many times a mean day with demand an ordinary one may be.
ORDINARY_DAYS, ORDINARY_TIMES = 365, 3.0
#: Days of a bin of :func:`season.of_year`, whose error comes on top of that of the level.
SEASON_BIN_DAYS = 365 / 12


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
    :return: dict of arrays of shape (n,): ``rate`` (units per day), ``sigma`` (units; drawn to that of independent days
        as far as nothing speaks against them), ``degrees`` (effective number of independent errors: origins / interval,
        and what independent days add), ``window`` (days of the chosen mean, 0 where the history is too
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
    for width, usable in sorted(zip(widths, feasible, strict=True), key=lambda pair: -pair[0]):
        mean = np.zeros_like(total)
        mean[:, width:] = (total[:, width:] - total[:, :-width]) / (weight[:, width:] - weight[:, :-width])
        error = np.where(origin, outcome - ahead * mean, 0.0)
        square = np.einsum("ij,ij->i", error, error) / origins
        better = usable & (square < MOST_SHARE * best)
        best[better] = square[better]
        window[better] = width
    # The longest that could be tried won: the year behind it, too short to be tried itself, is better still.
    whole = (window > 0) & (window == longest)
    window[whole] = np.minimum(np.maximum(days[whole], longest[whole]), widths[-1] if widths else 0)
    best *= _season_noise(index, length, interval)
    degrees = origins / np.maximum(interval, 1)
    best, degrees = _drawn_to_independence(best, degrees, demand, days, interval, window, index)

    # Too short a history: the plain mean, and independent days widened by the error of that mean.
    counted = np.maximum(days, min_days)
    plain = total[:, -1] / counted
    squares = np.einsum("ij,ij->i", demand, demand)
    variance = np.maximum(squares - counted * plain**2, 0) / np.maximum(counted - 1, 1)
    short = window == 0
    best[short] = (variance * interval * (1 + interval / counted))[short]
    degrees = np.where(short, counted / np.maximum(interval, 1), degrees)

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


def _drawn_to_independence(square, degrees, demand, days, interval, window, index):
    """Variance of the sum, drawn to that of independent days as far as the history does not speak against them.

    The variance of single days is known from hundreds of them, that of sums from a few intervals. Where the two differ
    by no more than chance explains, both are evidence: the logarithms are weighed by their degrees of freedom, those of
    independent days falling off with the square of the difference in its deviations.

    :return: ``(variance, degrees)``, each of shape (n,)
    """
    mean = demand.sum(axis=1) / np.maximum(days, 1)
    daily = (np.einsum("ij,ij->i", demand, demand) - days * mean**2) / np.maximum(days - 1, 1)
    plain = daily * interval * (1 + interval / np.maximum(window, 1))
    usable = (window > 0) & (plain > 0) & (square > 0) & (interval > 0)
    if index is not None:
        usable &= np.ptp(index[:, : demand.shape[1]], axis=1) <= 1e-9
    apart = np.log(np.where(usable, square, 1.0) / np.where(usable, plain, 1.0))
    own = np.maximum(degrees, 1.0)
    prior = np.where(usable, np.exp(-(apart**2) * own / 4) * INDEPENDENT_DEGREES, 0.0)
    drawn = square * np.exp(-apart * prior / (own + prior))
    return np.where(usable, drawn, square), degrees + prior


def _season_noise(index, length, interval):
    """By how much the error of an item's own season exceeds what its own history shows of it: factor of the variance.

    An index that is fitted to y years lies closer to them than to the next: with the part a = 1/y of a bin's noise in
    it, errors are (1 - a) of the noise in the past and (1 + a) of it in the days to come.
    """
    if index is None:
        return 1.0
    fitted = np.ptp(index[:, :length], axis=1) > 1e-9
    part = np.minimum(interval / SEASON_BIN_DAYS, 1.0) / max(length // 365, 2)
    return np.where(fitted, (1 + part) / (1 - part), 1.0)


def daily_deviation(demand, first_day):
    """Sample standard deviation of the daily demand since the item's first day; shape (n,)."""
    demand = np.asarray(demand, float)
    days = demand.shape[1] - np.asarray(first_day, int)
    mean = demand.sum(axis=1) / np.maximum(days, 1)
    squares = np.einsum("ij,ij->i", demand, demand)
    return np.sqrt(np.maximum(squares - days * mean**2, 0) / np.maximum(days - 1, 1))


def daily_third(demand, first_day):
    """Third central moment of the daily demand since the item's first day; shape (n,)."""
    demand = np.asarray(demand, float)
    counted = np.arange(demand.shape[1])[None, :] >= np.asarray(first_day, int)[:, None]
    days = np.maximum(counted.sum(axis=1), 1)
    centred = np.where(counted, demand - (demand.sum(axis=1) / days)[:, None], 0.0)
    return np.einsum("ij,ij,ij->i", centred, centred, centred) / days


def undershoot(demand, first_day, review, quantity=np.inf):
    """Mean and variance of how far below the reorder point the stock is when it is found there.

    The stock position is anywhere in the last order quantity Q above the reorder point with equal chance; a review
    period's demand X takes it below with probability min(X, Q) / Q, and then by a part of X that is uniform over what
    it exceeds. So with weights w = min(X, Q): ``E[U] = sum w (X - w / 2) / sum w`` and
    ``E[U^2] = sum w (X^2 - X w + w^2 / 3) / sum w``. For Q above every X this is renewal theory's
    ``E[X^2] / (2 E[X])`` (Silver, Pyke & Peterson, section 7; Tijms & Groenevelt 1984); where single customers order
    more than Q, each of them counts as one order, not as many.

    Steady demand and few looks between two orders leave the position not anywhere but on steps of a period's demand:
    there (see :data:`FEW_LOOKS`) the item's own history is walked through, order by order.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,), column of the first day of history
    :param review: whole days between two looks at the stock (at least 1), shape (n,) or one number for all items
    :param quantity: shape (n,) or a number, units of an order; infinite for many times a customer's
    :return: ``(mean, variance)``, each of shape (n,), units and units squared
    """
    total = running_total(demand)
    first_day = np.asarray(first_day, int)
    review = np.maximum(np.broadcast_to(np.asarray(review, int), first_day.shape), 1)
    quantity = np.broadcast_to(np.asarray(quantity, float), first_day.shape)
    mean, variance = np.zeros(len(total)), np.zeros(len(total))
    # Policies know a handful of review periods, whatever the number of items.
    for days in np.unique(review):
        rows = review == days
        mean[rows], variance[rows] = _undershoot(total[rows], first_day[rows], days, quantity[rows])
        few = np.flatnonzero(rows & np.isfinite(quantity) & (days > 1))
        if few.size:
            walked, found = _walk(total[few], first_day[few], days, quantity[few])
            mean[few] = np.where(found, walked[0], mean[few])
            variance[few] = np.where(found, walked[1], variance[few])
    return mean, variance


def _undershoot(total, first_day, review, quantity):
    sums = total[:, review:] - total[:, :-review] if total.shape[1] > review else total[:, -1:]
    counted = np.arange(sums.shape[1])[None, :] >= first_day[:, None]
    sums = np.where(counted, np.maximum(sums, 0.0), 0.0)
    within = np.minimum(sums, np.maximum(quantity, 0.0)[:, None])
    weight = within.sum(axis=1)
    some = weight > 0
    first = np.einsum("ij,ij->i", within, sums - within / 2)
    second = np.einsum("ij,ij->i", within, sums * (sums - within) + within * within / 3)
    mean = np.divide(first, weight, out=np.zeros_like(weight), where=some)
    variance = np.divide(second, weight, out=np.zeros_like(weight), where=some) - mean**2
    return mean, np.maximum(variance, 0.0)


def ordinary(demand, first_day, days):
    """Demand of which no day counts for more than an order, nor than three times a mean day with demand.

    For targets that weigh units: stock that waits for one customer who asks for more than a whole order lies there from
    one such day to the next, and a moment of the demand that he dominates says little of all others.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,)
    :param days: shape (n,) or a number, days of demand that an order lasts
    :return: shape (n, T)
    """
    demand = np.asarray(demand, float)
    recent = np.maximum(demand[:, -ORDINARY_DAYS:], 0.0)
    total, sold = recent.sum(axis=1), (recent > 0).sum(axis=1)
    counted = np.minimum(np.maximum(demand.shape[1] - np.asarray(first_day, int), MIN_DAYS), ORDINARY_DAYS)
    limit = np.maximum(total / counted * days, ORDINARY_TIMES * total / np.maximum(sold, 1))
    return np.where(limit[:, None] > 0, np.minimum(demand, limit[:, None]), demand)


def _walk(total, first_day, review, quantity):
    """Undershoot of orders of ``quantity`` along the history, started on each day of a review period.

    :return: ``((mean, variance), found)``: where there are few looks an order, steady demand and enough orders
    """
    steps = (total.shape[1] - 1) // review
    ends = total.shape[1] - 1 - review * np.arange(steps, -1, -1)
    offsets = np.arange(min(review, max(ends[0], 0) + 1))
    sums = np.diff(total[:, ends[:, None] - offsets[None, :]], axis=1)
    counted = ends[:-1, None] - offsets[None, :] >= first_day[:, None, None]
    number = np.maximum(counted.sum(axis=(1, 2)), 1)
    mean = np.where(counted, sums, 0.0).sum(axis=(1, 2)) / number
    spread = np.where(counted, (sums - mean[:, None, None]) ** 2, 0.0).sum(axis=(1, 2)) / number
    rows = np.flatnonzero((mean * FEW_LOOKS >= quantity) & (spread < STEADY_LOOKS * mean**2) & (quantity > 0))
    moments = np.zeros((3, len(total)))
    left = quantity[rows, None] * (offsets + 0.5)[None, :] / offsets.size
    started = np.zeros(left.shape, bool)
    for step in range(steps):
        seen = counted[rows, step]
        left = left - np.where(seen, np.maximum(sums[rows, step], 0.0), 0.0)
        ordered = left <= 0
        # The first order of each walk depends on where it was started.
        for power in range(3):
            moments[power, rows] += np.where(ordered & started, (-left) ** power, 0.0).sum(axis=1)
        started |= ordered
        left = np.where(ordered, quantity[rows, None], left)
    orders = np.maximum(moments[0], 1)
    first = moments[1] / orders
    return (first, np.maximum(moments[2] / orders - first**2, 0.0)), moments[0] >= LEAST_ORDERS


def busy_days(demand, first_day, interval, index=None):
    """Units that are asked for beyond the mean in the days after an order, because orders are placed on busy days.

    The stock crosses the reorder point on a day with a chance proportional to that day's demand. Where demand is
    autocorrelated the days after a busy one are busy too: ``s^2 / m (r + r^2 + ... + r^P)``, with r the
    autocorrelation of neighbouring days, left out where chance explains it.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,)
    :param interval: shape (n,), whole days after the order
    :param index: shape (n, T or more), seasonal index of each day; None for none
    :return: shape (n,), units, zero or more
    """
    demand = np.asarray(demand, float)
    length = demand.shape[1]
    counted = np.arange(length)[None, :] >= np.asarray(first_day, int)[:, None]
    days = np.maximum(counted.sum(axis=1), 1)
    level = demand if index is None else demand / np.maximum(index[:, :length], 1e-3)
    mean = np.where(counted, level, 0.0).sum(axis=1) / days
    centred = np.where(counted, level - mean[:, None], 0.0)
    power = np.einsum("ij,ij->i", centred, centred)
    lagged = np.einsum("ij,ij->i", centred[:, 1:], centred[:, :-1])
    share = np.divide(lagged, power, out=np.zeros_like(power), where=power > 0)
    share = np.where(share > BUSY_LIMIT / np.sqrt(days), np.minimum(share, MOST_BUSY), 0.0)
    follow = share * (1 - share ** np.maximum(interval, 0)) / (1 - share)
    return np.divide(power / days * follow, mean, out=np.zeros_like(power), where=mean > 0)
