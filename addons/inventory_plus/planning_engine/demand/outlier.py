"""Single giant orders: capped at the largest ordinary day, so that one project does not plan the stock of two years.

A day is an outlier when all of this holds; seasons, trends and the large orders that a lumpy item lives on fail at one
of it and stay:

1. it is larger than the median day with demand by more than 3.5 robust deviations of the logarithm of such days (the
   modified z-score of Iglewicz & Hoaglin 1993, "How to detect and handle outliers"; the deviation is 1.4826 times the
   median absolute one, Hampel 1974), and by more than five times;
2. it is at least four times the largest day that is not above that limit: there is a gap, not a tail;
3. it is rare: at most one in a hundred days with demand (one, where there are fewer) is above the limit;
4. it stands alone: no other such day within a week, nor around the same day a year before or after: what comes back
   or lasts is a season, an event or a new level.
"""

import numpy as np

#: Modified z-score above which Iglewicz & Hoaglin (1993) label an outlier.
SCORE = 3.5
#: Median absolute deviation to standard deviation of a normal distribution.
MAD_TO_SIGMA = 1.4826
#: A day below so many times the median one is never an outlier: prices and packs alone make such differences.
LEAST_TIMES = 5.0
#: An outlier is at least so many times the largest ordinary day.
GAP = 4.0
#: Share of the days with demand that may be outliers; more of them are ordinary.
MOST_SHARE = 0.01
#: Fewer days with demand say too little about what is ordinary.
LEAST_DAYS = 12
#: Days around an outlier, and around the same day of the year before and after, that hold no other.
ALONE_DAYS = 7
YEAR_DAYS = 364


def cap(demand, known=None):
    """Cap single giant days.

    :param demand: shape (n, T), units per day
    :param known: shape (n, T), True where a day counts; None for all
    :return: ``(demand, capped, largest, limit)``: shape (n, T); how many days of each item were capped, the largest of
        them before, and what it was capped to, each of shape (n,), zeros for none
    """
    demand = np.asarray(demand, float)
    count = demand.shape[0]
    capped, largest, limit = np.zeros(count, int), np.zeros(count), np.zeros(count)
    rows = _candidates(demand)
    if not rows.size:
        return demand, capped, largest, limit
    part = demand[rows]
    above, ordinary = _above(part, True if known is None else known[rows])
    if above.any():
        demand = demand.copy()
        capped[rows] = above.sum(axis=1)
        largest[rows] = np.where(above, part, 0.0).max(axis=1)
        limit[rows] = np.where(above.any(axis=1), ordinary, 0.0)
        demand[rows] = np.where(above, ordinary[:, None], part)
    return demand, capped, largest, limit


def _candidates(demand):
    """Rows that may hold an outlier, found without looking closer: few days above a quarter of the largest one."""
    if not demand.size:
        return np.empty(0, int)
    number = np.count_nonzero(demand > 0, axis=1)
    allowed = np.maximum((number * MOST_SHARE).astype(int), 1)
    large = np.count_nonzero(demand > demand.max(axis=1, keepdims=True) / GAP, axis=1)
    return np.flatnonzero((number >= LEAST_DAYS) & (large <= allowed))


def _above(demand, known):
    """Outliers of some items and the largest ordinary day of each: shapes (k, T) and (k,)."""
    sold = known & (demand > 0)
    size = np.log(np.where(sold, demand, np.nan), where=sold, out=np.full(demand.shape, np.nan))
    few = sold.sum(axis=1) < LEAST_DAYS
    size[few] = 0.0
    middle = np.nanmedian(size, axis=1)
    spread = MAD_TO_SIGMA * np.nanmedian(np.abs(size - middle[:, None]), axis=1)
    limit = np.exp(middle + np.maximum(SCORE * spread, np.log(LEAST_TIMES)))
    high = sold & (demand > limit[:, None]) & ~few[:, None]
    ordinary = np.where(sold & ~high, demand, 0.0).max(axis=1, initial=0.0)
    rare = high.sum(axis=1) <= np.maximum(sold.sum(axis=1) * MOST_SHARE, 1)
    near = _within(high, ALONE_DAYS)
    alone = near == 1
    for shift in (YEAR_DAYS, -YEAR_DAYS):
        alone &= _shifted(near, shift) == 0
    return high & alone & rare[:, None] & (demand >= GAP * ordinary[:, None]), ordinary


def _within(mask, days):
    """Number of marked days within ``days`` days of each."""
    total = np.cumsum(np.pad(mask, ((0, 0), (days + 1, days))).astype(np.int32), axis=1)
    return total[:, 2 * days + 1 :] - total[:, : -2 * days - 1]


def _shifted(values, days):
    """Values of the day ``days`` before, 0 outside."""
    result = np.zeros_like(values)
    if abs(days) >= values.shape[1]:
        return result
    if days > 0:
        result[:, days:] = values[:, :-days]
    else:
        result[:, :days] = values[:, -days:]
    return result
