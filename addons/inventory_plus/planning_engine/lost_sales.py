"""Orders where customers do not wait: what a unit too many costs against a sale lost, in the period of arrival.

What is ordered now arrives k periods later and serves that period first. Until then stock that is there and arriving
sells off; demand that meets an empty shelf is lost and owes nothing, so stock never goes below zero on the way. What
is expected to be left when the order arrives is taken off the level that the arrival period needs:
``order = max(0, Q_p(demand of the arrival period) - E[left])``, p the newsvendor's critical ratio.

Expected, not certain, leftovers: with ``max(0, stock - mean demand)`` instead, slow items are ordered too much of, and
the critical ratio has to be bent to make up for it.

Offered to callers of the engine. Items are planned by :mod:`.plan`, which takes it that customers wait; no policy plans
by this module.
"""

import numpy as np
from scipy import special

from . import distributions
from .season import known

#: Weight of a period against the next one in mean and variance: half a year of weeks carries three quarters of it.
DECAY = 0.95
#: Sum of squared weights over squared sum: fewer periods' worth of history than this has no spread to measure.
LEAST_PERIODS = 1.5


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
