"""Orders where customers do not wait: what a unit too many costs against a sale lost, in the period of arrival.

What is ordered now arrives k periods later and serves that period first. Until then stock that is there and arriving
sells off; demand that meets an empty shelf is lost and owes nothing, so stock never goes below zero on the way. What
is expected to be left when the order arrives is taken off the level that the arrival period needs:
``order = max(0, Q_p(demand of the arrival period) - E[left])``, p the newsvendor's critical ratio.

Expected, not certain, leftovers: with ``max(0, stock - mean demand)`` instead, slow items are ordered too much of, and
the critical ratio has to be bent to make up for it.

A plan has levels, not orders (:func:`reorder_point`). They count the demand of the days until an order arrives as if
all of it were served; what the shelf of today and the open orders let expect to be lost of it (:func:`expected_lost`)
is taken off when the order is sized (:mod:`.snapshot`). Together they are the order above, with the spread of what is
left in it.
"""

import numpy as np
from scipy import special

from . import distributions, protection
from .season import known

#: Weight of a period against the next one in mean and variance: half a year of weeks carries three quarters of it.
DECAY = 0.95
#: Sum of squared weights over squared sum: fewer periods' worth of history than this has no spread to measure.
LEAST_PERIODS = 1.5
#: Cycles before an order's arrival that the spread of what is left then is followed through; it settles in fewer.
MOST_CYCLES = 12
#: Rounds in which level and spread of what is left find each other.
ROUNDS = 6
#: Open orders of an item, by day of arrival, that :func:`expected_lost` tells apart; later ones count with the last.
MOST_ARRIVALS = 24


def decayed_moments(series, first, index=None, decay=DECAY):
    """Mean and variance per period of index 1, recent periods weighing more.

    :param series: shape (n, T), units per period, nan where unknown (no stock)
    :param first: shape (n,); ``index``: shape (T,) or (n, T), seasonal index of each period, None for none
    :return: ``(mean, variance)``, each of shape (n,); zero without any known period
    """
    there = known(series, first)
    weight = there * decay ** np.arange(there.shape[1])[::-1]
    values = np.where(there, series, 0.0) / (1.0 if index is None else index)
    total = weight.sum(axis=1)
    some = total > 0
    mean = np.divide((weight * values).sum(axis=1), total, out=np.zeros_like(total), where=some)
    squares = (weight * (values - mean[:, None]) ** 2).sum(axis=1)
    periods = np.divide(total**2, (weight**2).sum(axis=1), out=np.ones_like(total), where=some)
    freedom = total * (1 - 1 / np.maximum(periods, LEAST_PERIODS))
    return mean, np.divide(squares, freedom, out=np.zeros_like(total), where=some)


def expected_left(stock, mean, variance):
    """``E[(S - D)+]`` for gamma demand: ``S F_k(S) - m F_(k+1)(S)``; the plain difference where nothing varies.

    :param stock: shape (n,); ``mean``, ``variance``: of the demand, shape (n,)
    """
    stock = np.maximum(np.asarray(stock, float), 0.0)
    mean, variance = np.broadcast_arrays(np.asarray(mean, float), np.asarray(variance, float))
    left = np.maximum(stock - mean, 0.0)
    varied = (mean > 0) & (variance > 1e-12 * np.maximum(mean, 1) ** 2)
    m, v, s = mean[varied], variance[varied], stock[varied]
    shape = m * m / v
    below, weighted = special.gammainc(shape, s * m / v), special.gammainc(shape + 1, s * m / v)
    left[varied] = np.maximum(s * below - m * weighted, 0.0)
    return left


def order(stock, arriving, mean, variance, ratio):
    """Units to order now.

    :param stock: shape (n,), on hand before the next period
    :param arriving: shape (n, k), units that arrive before each of the periods up to the order's arrival
    :param mean, variance: shape (n, k + 1), of the demand of those periods and of the arrival period
    :param ratio: critical ratio p / (h + p), see :func:`newsvendor.critical_ratio`
    :return: shape (n,), not rounded
    """
    mean, variance = np.asarray(mean, float), np.asarray(variance, float)
    left = np.asarray(stock, float)
    for period in range(np.asarray(arriving).shape[1]):
        left = expected_left(left + arriving[:, period], mean[:, period], variance[:, period])
    level = distributions.gamma_quantile(mean[:, -1], variance[:, -1], ratio)
    return np.maximum(level - left, 0.0)


def weighed_level(demand, first_day, index=None):
    """Units per day of index 1, each week weighing :data:`DECAY` times the next: shape (n,).

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,); ``index``: shape (n, T or more) or None
    """
    demand = np.asarray(demand, float)
    length = demand.shape[1]
    weeks = length // 7
    cut = length - 7 * weeks
    series = demand[:, cut:].reshape(len(demand), weeks, 7).sum(axis=2)
    weights = None if index is None else index[:, cut:length].reshape(len(demand), weeks, 7).mean(axis=2)
    # The week of the first demand counts whole: a first order is not a rate.
    return decayed_moments(series, np.maximum(np.asarray(first_day, int) - cut, 0) // 7, weights)[0] / 7


def left_moments(stock, mean, variance):
    """Mean and variance of ``(S - D)+`` for gamma demand; those of the plain difference where nothing varies."""
    stock = np.maximum(np.asarray(stock, float), 0.0)
    stock, mean, variance = np.broadcast_arrays(stock, np.asarray(mean, float), np.asarray(variance, float))
    left, spread = expected_left(stock, mean, variance), np.zeros(stock.shape)
    varied = (mean > 0) & (variance > 1e-12 * np.maximum(mean, 1) ** 2)
    m, v, s = mean[varied], variance[varied], stock[varied]
    shape, scaled = m * m / v, s * m / v
    squares = (
        s * s * special.gammainc(shape, scaled)
        - 2 * s * m * special.gammainc(shape + 1, scaled)
        + (m * m + v) * special.gammainc(shape + 2, scaled)
    )
    spread[varied] = np.maximum(squares - left[varied] ** 2, 0.0)
    return left, spread


def reorder_point(demand, exposed, cycle, variance, sure=0.0):
    """Reorder point for a critical ratio where customers do not wait.

    The position must cover the demand until the next order has arrived. Where orders arrive on the way, every cycle of
    T days begins with the same level A and what was lost in one is not owed in the next; so the days before the last
    cycle count with their mean, and of their spread only what reaches its beginning: ``A = Q_p(D_T + spread of what was
    left)``. The spread of ``left = (A - D_T)+`` and A find each other in a few rounds. An order that lasts longer than
    all these days meets an empty way: its level is the quantile of all their demand, as if customers waited.

    :param demand: :class:`protection.Demand` until the next order's arrival, with what is missing when it is placed;
        its ``service`` is the critical ratio
    :param exposed: shape (n,), days that this is the demand of
    :param cycle: shape (n,), days between two orders; ``variance``: of the measured error over them
    :param sure: shape (n,) or a number, variance of the lead time, which moves the last cycle's end
    :return: shape (n,), units
    """
    point = demand.level(demand.service)
    several = (exposed > cycle) & (cycle > 0) & (demand.mean > 0)
    rows = np.flatnonzero(several)
    if not rows.size:
        return point
    whole = demand.take(rows)
    # Levels of whole units and means of the days before do not add up to whole ones: rounded once, at the end.
    whole.name = np.where(whole.name == distributions.NEGATIVE_BINOMIAL, distributions.GAMMA, whole.name)
    share = cycle[rows] / exposed[rows]
    mean, variance = whole.mean * share, np.asarray(variance, float)[rows]
    sure = np.broadcast_to(np.asarray(sure, float), cycle.shape)[rows]
    # Cycles before the last one, the first of them a part.
    before = np.minimum(1 / share - 1, MOST_CYCLES)
    spread = np.zeros(rows.size)
    for _round in range(ROUNDS):
        # What spreads the shelf at its beginning is the demand of days before, as skewed as a sum of so many days.
        earlier = mean * np.divide(spread, variance, out=np.zeros(rows.size), where=variance > 0)
        last = protection.Demand(whole.name, mean + earlier, variance, whole.degrees, whole.service, sure + spread)
        level = np.maximum(last.level(whole.service) - earlier, 0.0)
        spread = _spread_left(level, mean, variance, before)
    point[rows] = level + whole.mean - mean
    return point


def _spread_left(level, mean, variance, cycles):
    """Variance of what is left after ``cycles`` cycles that begin with a level: shape (n,)."""
    spread = np.zeros(level.shape)
    for number in range(int(np.ceil(cycles.max(initial=0)))):
        # The part of a cycle comes first, when what is on the shelf is known.
        part = np.clip(cycles - np.floor(cycles), 0, 1) if number == 0 else np.ones(level.shape)
        part = np.where(part > 0, part, 1.0)
        going = number < np.ceil(cycles)
        here = np.maximum(level - mean * (1 - part), 0.0)
        spread = np.where(going, left_moments(here, mean * part, variance * part + spread)[1], spread)
    return spread


def expected_lost(stock, rate, variance, lead_time, item, day, supply):
    """Units that will be asked for in vain before an order placed now can arrive.

    :param stock: shape (n,), units that can be sold today; ``rate``: units per day; ``variance``: of a day's demand
    :param lead_time: shape (n,), days
    :param item: shape (m,), row of each open order; ``day``: shape (m,), day of arrival, overdue at or below zero;
        ``supply``: shape (m,), units
    :return: shape (n,), zero or more
    """
    count = np.shape(stock)[0]
    item, day, supply = np.asarray(item, int), np.maximum(np.asarray(day, float), 0.0), np.asarray(supply, float)
    lead_time = np.asarray(lead_time, float)
    coming = (supply > 0) & (day < lead_time[item])
    item, day, supply = item[coming], day[coming], supply[coming]
    order = np.lexsort((day, item))
    item, day, supply = item[order], day[order], supply[order]
    number = np.arange(item.size) - np.searchsorted(item, item)
    left, spread, now = np.maximum(np.asarray(stock, float), 0.0), np.zeros(count), np.zeros(count)
    for step in range(min(int(number.max(initial=-1)) + 1, MOST_ARRIVALS)):
        here = number >= step if step == MOST_ARRIVALS - 1 else number == step
        rows = np.unique(item[here])
        until = day[here][np.searchsorted(item[here], rows)]
        passed = until - now[rows]
        left[rows], spread[rows] = left_moments(left[rows], rate[rows] * passed, variance[rows] * passed + spread[rows])
        left += np.bincount(item[here], supply[here], count)
        now[rows] = until
    passed = np.maximum(lead_time - now, 0.0)
    left = expected_left(left, rate * passed, variance * passed + spread)
    arrived = np.bincount(item, supply, count)
    sold = np.maximum(np.asarray(stock, float), 0.0) + arrived - left
    return np.maximum(rate * lead_time - sold, 0.0)
