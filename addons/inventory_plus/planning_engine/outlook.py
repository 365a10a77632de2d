"""What an item is expected to be asked for in the weeks to come, and what its stock then is, week by week."""

import numpy as np

from . import cumulative

WEEK = 7
#: Normal deviate of the band: eight weeks in ten lie within it.
BAND = 1.2816


def weekly_forecast(demand, first_day, rate, interval, weeks, index=None):
    """Expected demand of each week to come and its band.

    The level is the plan's, so that the picture and the plan tell the same; the season and planned events shape the
    weeks around it. The band is the error that sums of a week have had on the item's own history.

    :param demand: shape (n, T), units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day of history
    :param rate: shape (n,), planned units per day over the next ``interval`` days
    :param interval: shape (n,), whole days that the rate stands for, at least 1
    :param weeks: number of weeks ahead
    :param index: shape (n, T + weeks * 7 or more), index of each day, past and to come; None for none
    :return: ``(mean, low, high)``, each of shape (n, weeks), units per week, never negative
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    found = cumulative.estimate(demand, first_day, np.full(count, WEEK), index)
    factor = np.ones((count, weeks))
    if index is not None:
        ahead = np.maximum(index[:, length:], 0.0)
        days = np.clip(interval, 1, ahead.shape[1])
        near = np.cumsum(ahead, axis=1)[np.arange(count), days - 1] / days
        week = ahead[:, : weeks * WEEK].reshape(count, weeks, WEEK).mean(axis=2)
        factor = np.divide(week, near[:, None], out=factor, where=near[:, None] > 0)
    mean = np.asarray(rate, float)[:, None] * WEEK * factor
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
