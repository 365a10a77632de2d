"""Working days: weekdays on which a warehouse is closed, where a day without demand says nothing about an item, and
how long a vendor takes who counts in working days and closes for weeks."""

import numpy as np

#: A weekday with less than this share of the demand days of a mean weekday is closed: an order in a hundred that is
#: booked on the wrong day does not open it.
CLOSED_SHARE = 0.01
#: Fewer days with demand than this (all items of a warehouse together) tell nothing: seven weekdays with about fifty
#: each, so that by chance none stays empty. Every day is then open.
LEAST_DEMAND_DAYS = 350


def weekdays(length, next_weekday):
    """Weekday (0 is Monday) of each of ``length`` past columns, ``next_weekday`` that of the planning date."""
    return (np.arange(length) - length + int(next_weekday)) % 7


def closed_weekdays(demand, groups, next_weekday, share=CLOSED_SHARE, least=LEAST_DEMAND_DAYS):
    """Weekdays without demand for practically all items of a warehouse.

    :param demand: shape (n, T); ``groups``: shape (n,), the warehouse of each item
    :param next_weekday: weekday of the planning date, 0 is Monday
    :return: shape (n, 7) of bool, column 0 is Monday
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    _names, group = np.unique(np.asarray(groups), return_inverse=True)
    group = group.reshape(-1)
    if not count or not length:
        return np.zeros((count, 7), bool)
    sold = np.zeros((group.max(initial=-1) + 1, 7))
    weekday = weekdays(length, next_weekday)
    for number in range(7):
        days = np.count_nonzero(demand[:, weekday == number] > 0, axis=1)
        sold[:, number] = np.bincount(group, days, sold.shape[0])
    return closed_by_days(sold, share, least)[group]


def closed_by_days(sold, share=CLOSED_SHARE, least=LEAST_DEMAND_DAYS):
    """Weekdays on which practically no item of a warehouse was asked for.

    :param sold: shape (w, 7), days with demand of all items of a warehouse together, by weekday
    :return: shape (w, 7) of bool
    """
    total = np.asarray(sold, float).sum(axis=1)
    return (sold < share * total[:, None] / 7) & (total >= least)[:, None]


def closed_days(closed, length, next_weekday):
    """Closed weekdays as a mask of days: shape (n, 7) -> (n, T)."""
    return np.asarray(closed, bool)[:, weekdays(length, next_weekday)]


def calendar_days(working_days, open_weekdays, closed=(), next_weekday=0):
    """Days of the calendar that pass until so many working days have passed.

    Weekends count by their mean, so that a lead time is not another one on Fridays; closures of days that are usually
    open count as they come.

    :param working_days: shape (n,), zero or more
    :param open_weekdays: shape (7,) of bool, Monday first; none open is taken for all
    :param closed: shape (h,) of bool, closures of the coming days; ``next_weekday``: weekday of the first of them
    :return: shape (n,), days
    """
    working_days = np.asarray(working_days, float)
    usual = np.asarray(open_weekdays, bool) if np.any(open_weekdays) else np.ones(7, bool)
    closed = np.asarray(closed, bool)
    pace = usual.mean()
    weekday = (np.arange(closed.size) + int(next_weekday)) % 7
    passed = np.cumsum(pace - (closed & usual[weekday]))
    passed = np.maximum.accumulate(np.r_[0.0, np.maximum(passed, 0.0)])
    # The first day by which they have passed, and the part of it.
    day = np.searchsorted(passed, working_days - 1e-9, side="left")
    inside = np.minimum(day, closed.size)
    before = passed[np.maximum(inside - 1, 0)]
    step = passed[inside] - before
    part = np.divide(working_days - before, step, out=np.ones_like(working_days), where=step > 0)
    within = np.maximum(inside - 1, 0) + part
    beyond = closed.size + (working_days - passed[-1]) / pace
    return np.where(working_days <= 0, 0.0, np.where(day <= closed.size, within, beyond))
