"""The demand that is expected of each coming day, where it is not the same every day: season and planned events.

A path is a row of units per day, its first column the planning date. Items whose days are all alike have none: their
daily rate says the same, and the closed forms of :mod:`projection` and :mod:`status` are exact for them. Both ways
count alike: by the end of day h the expected demand is the sum of the columns 0 to h.
"""

from dataclasses import dataclass

import numpy as np

from . import projection, status

#: Days that a path tells: the horizon of projections, seen from a snapshot up to a month after the plan.
DAYS = projection.HORIZON + 1 + 31
#: Days of the mean that stands for everything beyond a path.
YEAR_DAYS = 365
#: Index values closer together than this are the same every day.
FLAT = 1e-9
#: Rows that are looked at together: their matrices fit a processor's cache.
CHUNK = 1000


def expected(level, rate, index):
    """Units of each coming day of the items that have a path, before planned events.

    :param level: shape (n,), units per day of index one (``demand_level`` of :func:`plan.parameters`)
    :param rate: shape (n,), units per day that are told of the item (``demand_daily``); events may be in it
    :param index: shape (n, h), index of each coming day
    :return: ``(rows, daily)``: positions of the items whose days differ, or differ from their rate, shape (k,); shape
        (k, :data:`DAYS`). Days beyond ``index`` are like its last one
    """
    index, level = index[:, :DAYS], np.asarray(level, float)
    differs = (np.ptp(index, axis=1) > FLAT) | (np.abs(level * index[:, 0] - rate) > FLAT * level)
    rows = np.flatnonzero((level > 0) & differs)
    daily = np.maximum(index[rows], 0.0) * level[rows, None]
    return rows, np.pad(daily, ((0, 0), (0, DAYS - daily.shape[1])), mode="edge")


@dataclass
class Paths:
    """Paths of some of n items.

    :param rows: shape (k,), positions of the items, ascending; ``daily``: shape (k, T), units of each day
    :param age: shape (k,), days since the first day of each path
    """

    rows: np.ndarray
    daily: np.ndarray
    age: np.ndarray

    def seen(self, part=slice(None)):
        """Units of each day from today on, of some of the items: shape (k', T); the last day goes on."""
        daily = self.daily[part]
        days = daily.shape[1]
        age = np.clip(np.asarray(self.age, int)[part], 0, days - 1)
        if not age.any():
            return daily.astype(float)
        place = np.minimum(np.arange(days)[None, :] + age[:, None], days - 1)
        return np.take_along_axis(daily, place, axis=1).astype(float)

    def with_events(self, events, rate):
        """The same with planned events; items that only an event touches get a path of their rate.

        :param events: list of :class:`demand.event.Event` of coming days
        :param rate: shape (n,), units per day of the items without a path
        """
        count = np.shape(rate)[0]
        touched = np.zeros(count, bool)
        for event in events:
            touched[event.rows] = True
        touched[self.rows] = True
        rows = np.flatnonzero(touched)
        if not events or not rows.size:
            return self
        daily = np.repeat(np.asarray(rate, float)[rows, None], DAYS, axis=1)
        place = np.full(count, -1)
        place[rows] = np.arange(rows.size)
        daily[place[self.rows]] = self.seen()
        for event in events:
            first, last = max(event.start, 0), min(event.end, DAYS - 1)
            if first <= last:
                daily[place[event.rows], first : last + 1] *= event.factor
        return Paths(rows, daily, np.zeros(rows.size, int))

    def figures(self, ground, safety, interval, item, day, supply, demand):
        """What the paths say about their items.

        :param ground: shape (n,), units today; ``safety``: units below which is too little; ``interval``: days
        :param item: shape (m,), row of the item of each event; ``day``, ``supply``, ``demand`` as of
            :func:`projection.first_day_below`
        :return: dict of arrays of shape (k,): ``forecast`` (units expected within the interval), ``stockout`` and
            ``breach`` (first day below nothing and below the safety stock), ``cover_days``, ``asked`` (True where
            anything is expected)
        """
        found = {
            "forecast": np.zeros(self.rows.size),
            "stockout": np.zeros(self.rows.size, int),
            "breach": np.zeros(self.rows.size, int),
            "cover_days": np.zeros(self.rows.size),
            "asked": np.zeros(self.rows.size, bool),
        }
        place = np.full(np.shape(ground)[0], -1)
        place[self.rows] = np.arange(self.rows.size)
        mine = place[item] >= 0
        event = place[item][mine], np.asarray(day)[mine], np.asarray(supply)[mine], np.asarray(demand)[mine]
        order = np.argsort(event[0], kind="stable")
        event = tuple(np.asarray(values)[order] for values in event)
        for start in range(0, self.rows.size, CHUNK):
            part = slice(start, min(start + CHUNK, self.rows.size))
            rows = self.rows[part]
            total = running(self.seen(part))
            known = slice(*np.searchsorted(event[0], (part.start, part.stop)))
            stock, asked = _by_day(rows.size, event[0][known] - start, *(values[known] for values in event[1:]))
            stock += ground[rows, None]
            stock -= np.maximum(total[:, 1 : projection.HORIZON + 2], asked)
            found["forecast"][part] = until(total, interval[rows])
            found["stockout"][part] = _first_below(stock, 0.0)
            found["breach"][part] = _first_below(stock, safety[rows, None])
            found["cover_days"][part] = days_of_cover(ground[rows], total)
            found["asked"][part] = total[:, -1] > 0
        return found


def running(daily):
    """Units expected before each day: shape (k, T) -> (k, T + 1), beginning with nothing."""
    total = np.zeros((daily.shape[0], daily.shape[1] + 1))
    np.cumsum(daily, axis=1, dtype=float, out=total[:, 1:])
    return total


def until(total, days):
    """Units expected within ``days`` days, parts of a day in proportion; beyond the path at the mean of a year.

    :param total: shape (k, T + 1) of :func:`running`; ``days``: shape (k,), zero or more
    """
    days = np.maximum(np.asarray(days, float), 0.0)
    last = total.shape[1] - 1
    inside = np.minimum(days, last)
    whole = np.minimum(np.floor(inside).astype(int), last - 1)
    row = np.arange(total.shape[0])
    units = total[row, whole] + (inside - whole) * (total[row, whole + 1] - total[row, whole])
    return units + (days - inside) * _mean(total)


def days_of_cover(stock, total):
    """Days that the stock lasts along a path, parts of a day in proportion; as of :func:`status.days_of_cover`.

    :param stock: shape (k,), units; ``total``: shape (k, T + 1) of :func:`running`
    """
    stock = np.asarray(stock, float)
    last = total.shape[1] - 1
    row = np.arange(total.shape[0])
    # The first day at whose end more than the stock was asked for.
    day = np.minimum((total[:, 1:] <= stock[:, None]).sum(axis=1), last - 1)
    units = total[row, day + 1] - total[row, day]
    days = day + np.divide(stock - total[row, day], units, out=np.zeros(stock.shape), where=units > 0)
    left, mean = stock - total[:, -1], _mean(total)
    beyond = last + np.divide(left, mean, out=np.full(stock.shape, status.COVER_LIMIT), where=mean > 0)
    days = np.where(left >= 0, beyond, days)
    return np.where(stock > 0, np.minimum(days, status.COVER_LIMIT), 0.0)


def _mean(total):
    """Mean units per day of the last year of each path: shape (k,)."""
    days = min(YEAR_DAYS, total.shape[1] - 1)
    return (total[:, -1] - total[:, -1 - days]) / days


def _by_day(count, row, day, supply, demand):
    """Supply that has come and open demand that is due by the end of each day: two of shape (count, horizon + 1)."""
    days = projection.HORIZON + 1
    day = np.floor(np.clip(day, 0, None)).astype(int)
    inside = day < days
    cell = row[inside].astype(int) * days + day[inside]
    return tuple(
        np.cumsum(np.bincount(cell, units[inside], count * days).reshape(count, days), axis=1, dtype=float)
        for units in (supply, demand)
    )


def _first_below(stock, level):
    """First day whose stock is below the level: shape (k,), :data:`projection.NEVER` for none."""
    below = stock - level < -projection.ROUNDING
    return np.where(below.any(axis=1), below.argmax(axis=1), projection.NEVER)
