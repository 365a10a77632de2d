"""Days without stock: what was asked for then nobody knows, so they are unknown and not without demand.

The engine works on sums of days, so an unknown day gets what may be expected of it: the item's demand per known day
around it, distributed like as many days before the gap (after it, where the history does not reach back). A gap filled
with its mean alone would look steadier than the item is, and the safety stock would come out too small.

Customers who waited were served when goods came: what was sold in the week after a gap beyond what is usual is
taken for theirs, and the gap gets that much less.
"""

import numpy as np

#: Days on either side of a gap whose demand per known day is expected inside it.
AROUND_DAYS = 91
#: Fewer known days than this are counted as so many: one order before a gap is no rate.
LEAST_KNOWN_DAYS = 28
#: Days after a gap in which those who waited are served: a week, so that its busy days are nobody's waiting.
SERVED_DAYS = 7
#: How many times the length of a gap the search for like days goes back, then forward.
SEARCH = 4


def fill(demand, unknown, first_day, closed=None):
    """Put what is expected on unknown days.

    A day with sales in spite of it keeps them where they are more.

    :param demand: shape (n, T), units per day
    :param unknown: shape (n, T), True on days without stock
    :param first_day: shape (n,); ``closed``: shape (n, T), True on closed days, which are known to have no demand
    :return: ``(demand, days)``: shape (n, T), and the number of days filled, shape (n,)
    """
    demand = np.asarray(demand, float)
    length = demand.shape[1]
    inside = np.arange(length)[None, :] >= np.asarray(first_day, int)[:, None]
    unknown = np.asarray(unknown, bool) & inside
    open_days = inside if closed is None else inside & ~closed
    wanted = unknown & open_days
    days = wanted.sum(axis=1)
    rows = np.flatnonzero(days)
    if not rows.size:
        return demand, days
    demand = demand.copy()
    part = demand[rows]
    rate = _expected(part, (open_days & ~unknown)[rows])
    demand[rows] = np.where(wanted[rows], np.maximum(part, _like(part, rate, unknown[rows], wanted[rows])), part)
    return demand, days


def _expected(demand, known):
    """Demand per known day around each day: shape (k, T)."""
    length = demand.shape[1]
    total = np.cumsum(np.where(known, demand, 0.0), axis=1)
    number = np.cumsum(known, axis=1)
    total, number = (np.pad(values, ((0, 0), (1, 0))) for values in (total, number))
    low = np.maximum(np.arange(length) - AROUND_DAYS, 0)
    high = np.minimum(np.arange(length) + AROUND_DAYS + 1, length)
    around, days = total[:, high] - total[:, low], number[:, high] - number[:, low]
    whole = total[:, -1:] / np.maximum(number[:, -1:], LEAST_KNOWN_DAYS)
    return np.maximum(np.where(days >= LEAST_KNOWN_DAYS, around / np.maximum(days, 1), whole), 0.0)


def _like(demand, rate, unknown, wanted):
    """Expected demand of unknown days, distributed like the days before the gap."""
    start = unknown & ~np.pad(unknown, ((0, 0), (1, 0)))[:, :-1]
    run = np.cumsum(start.ravel()).reshape(start.shape) - 1
    rows, columns = np.nonzero(wanted)
    gap = run[rows, columns]
    size = np.bincount(run[unknown], minlength=int(run.max()) + 1)[gap]
    shift = -(-size // 7) * 7
    given = np.full(rows.size, np.nan)
    for step in (*range(-1, -SEARCH - 1, -1), *range(1, SEARCH + 1)):
        place = columns + step * shift
        fits = np.isnan(given) & (place >= 0) & (place < demand.shape[1])
        fits[fits] = ~unknown[rows[fits], place[fits]]
        given[fits] = np.maximum(demand[rows[fits], place[fits]], 0.0)
    expected = rate[rows, columns]
    given = np.where(np.isnan(given), expected, given)
    number = int(gap.max()) + 1
    asked, offered = np.bincount(gap, expected, number), np.bincount(gap, given, number)
    asked = np.maximum(asked - _waited(demand, rate, unknown, run, number), 0.0)
    scale = np.divide(asked, offered, out=np.zeros(number), where=offered > 0)[gap]
    result = np.zeros_like(demand)
    flat = expected * np.divide(asked, np.bincount(gap, expected, number), out=np.zeros(number), where=asked > 0)[gap]
    result[rows, columns] = np.where(offered[gap] > 0, given * scale, flat)
    return result


def _waited(demand, rate, unknown, run, number):
    """Units beyond the usual that were sold right after each gap: shape (number,)."""
    ends = unknown & ~np.pad(unknown, ((0, 0), (0, 1)))[:, 1:]
    rows, columns = np.nonzero(ends)
    served = np.zeros(number)
    for step in range(1, SERVED_DAYS + 1):
        place = np.minimum(columns + step, demand.shape[1] - 1)
        counts = (columns + step < demand.shape[1]) & ~unknown[rows, place]
        excess = np.where(counts, demand[rows, place] - rate[rows, place], 0.0)
        np.add.at(served, run[rows, columns], excess)
    return np.maximum(served, 0.0)
