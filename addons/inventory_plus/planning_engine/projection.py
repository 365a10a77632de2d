"""When the stock falls below a level: from stock, steady demand, open demand and supply by day.

Days are whole numbers from the planning date (0 = today). By the end of day h the demand is
``max(rate * (h + 1), open demand due by day h)`` (open orders are part of the forecast, not on top of it, until they
exceed it); the stock is what there is plus what arrives by day h, less that demand.
"""

import numpy as np

#: Days that a projection looks ahead.
HORIZON = 365
#: Day of a projection that never falls below.
NEVER = HORIZON + 1
#: Units by which a stock may be missed without being below. A rate is stored with six digits: over the horizon its
#: rounding adds up to 366 x 0.0000005 units, and stock for exactly 150 days of two thirds a day must last 150 days.
#: Quantities and rates lie on a grid of millionths; the odd half keeps the limit off it, so that two ways to compute
#: never fall on different sides by the last bit of a float.
ROUNDING = 2.005e-4


def first_day_below(level, stock, rate, item, day, supply, demand, horizon=HORIZON):
    """First day at whose end the projected stock is below ``level``.

    Between two events the projected stock falls in a straight line, so only the events are looked at: no matrix of
    items and days, and 100,000 items without open orders cost one division each.

    :param level: shape (n,), units
    :param stock: shape (n,), units today
    :param rate: shape (n,), demand per day
    :param item: shape (m,), row of the item of each event
    :param day: shape (m,), day of the event; earlier than today counts as today
    :param supply: shape (m,), units that arrive
    :param demand: shape (m,), units of open demand due
    :return: shape (n,), whole days, :data:`NEVER` (horizon + 1) if not within the horizon
    """
    stock, rate, level = (np.asarray(x, float) for x in (stock, rate, level))
    count = stock.shape[0]
    item = np.asarray(item, int)
    day = np.clip(np.asarray(day, float), 0, None)
    inside = day <= horizon
    # One artificial event per item at day 0 opens its first segment.
    item = np.r_[np.arange(count), item[inside]]
    day = np.r_[np.zeros(count), np.floor(day[inside])]
    supply = np.r_[np.zeros(count), np.asarray(supply, float)[inside]]
    demand = np.r_[np.zeros(count), np.asarray(demand, float)[inside]]
    order = np.lexsort((day, item))
    item, day, supply, demand = item[order], day[order], supply[order], demand[order]
    # Per item and day one segment, with everything of that day in it.
    opens = np.r_[True, (item[1:] != item[:-1]) | (day[1:] != day[:-1])] if item.size else np.empty(0, bool)
    start = np.flatnonzero(opens)
    if not start.size:
        return np.full(count, horizon + 1)
    owner, begin = item[start], day[start]
    supplied = _running_per_item(np.add.reduceat(supply, start), owner)
    demanded = _running_per_item(np.add.reduceat(demand, start), owner)
    end = np.full(start.size, horizon + 1.0)
    same = owner[1:] == owner[:-1]
    end[:-1][same] = begin[1:][same]

    # What may be taken until the level is reached; more than that is below it.
    room = stock[owner] + supplied - level[owner]
    speed = rate[owner]
    # Smallest whole h with rate * (h + 1) > room.
    whole = np.floor(np.divide(room + ROUNDING, speed, out=np.full(start.size, float(2 * horizon)), where=speed > 0))
    crossing = np.maximum(np.where(speed > 0, whole, 2.0 * horizon), begin)
    crossing = np.where(room < -ROUNDING, begin, crossing)
    crossing = np.where(demanded > room + ROUNDING, begin, crossing)
    found = crossing < end
    result = np.full(count, horizon + 1.0)
    np.minimum.at(result, owner[found], crossing[found])
    return result.astype(int)


def _running_per_item(values, owner):
    """Cumulative sums that start anew with each owner (owners in runs)."""
    running = np.cumsum(values)
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    before = running[first] - values[first]
    return running - np.repeat(before, np.diff(np.r_[first, owner.size]))
