"""What an item is expected to be asked for in the weeks to come, and what its stock then is, week by week."""

import numpy as np

from . import cumulative

WEEK = 7
#: Normal deviate of the band: eight weeks in ten lie within it.
BAND = 1.2816


def weekly_forecast(demand, first_day, daily, index=None):
    """Expected demand of each week to come and its band.

    The days are the plan's, so that the picture, the plan and the dates tell the same. The band is the error that sums
    of a week have had on the item's own history; it is as much wider in a high season as more is asked for.

    :param demand: shape (n, T), units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day of history
    :param daily: shape (n, weeks * 7), expected units of each day to come
    :param index: shape (n, T or more), season of each day past; None for none
    :return: ``(mean, low, high)``, each of shape (n, weeks), units per week, never negative
    """
    daily = np.asarray(daily, float)
    count, days = daily.shape
    found = cumulative.estimate(demand, first_day, np.full(count, WEEK), index)
    mean = daily.reshape(count, days // WEEK, WEEK).sum(axis=2)
    usual = mean.mean(axis=1, keepdims=True)
    factor = np.divide(mean, usual, out=np.ones_like(mean), where=usual > 0)
    spread = BAND * found["sigma"][:, None] * factor
    return mean, np.maximum(mean - spread, 0.0), mean + spread


def projected_stock(stock, daily, day, supply, demand):
    """Stock at the end of each day to come when nothing more is ordered.

    Open orders are part of the forecast until they exceed it, as in :mod:`projection`.

    :param stock: units today
    :param daily: shape (h,), expected demand of each day
    :param day: shape (m,), day of each open order from today, overdue below zero
    :param supply: shape (m,), units that arrive; ``demand``: units that leave
    :return: shape (h,), units; below zero is what would be missing
    """
    daily = np.asarray(daily, float)
    horizon = daily.size
    day = np.maximum(np.asarray(day, float), 0).astype(int)
    inside = day < horizon
    arrives = np.cumsum(np.bincount(day[inside], np.asarray(supply, float)[inside], horizon))
    leaves = np.cumsum(np.bincount(day[inside], np.asarray(demand, float)[inside], horizon))
    return stock + arrives - np.maximum(np.cumsum(daily), leaves)
