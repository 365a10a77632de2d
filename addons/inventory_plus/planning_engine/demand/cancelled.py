"""What came back within days was never asked for: it is taken off the day it was sold on.

The daily facts know the delivery that a return belongs to and net both on the day of the sale. A file of another
system often does not: there a cancelled order is a sale on one day and a return on a later one. Such a day, on which
more came back than was sold, is settled here.
"""

import numpy as np

#: Days back that a return looks for its sale: the usual right to return. An older one stays where it is booked.
RETURN_DAYS = 30


def net(demand, days=RETURN_DAYS):
    """Settle days of negative demand against the sale before them.

    The sale is the last one of the ``days`` days before that was large enough for the whole return, so that a giant
    order that is cancelled goes as a whole; where none is, the last ones together.

    :param demand: shape (n, T), nan where unknown
    :return: ``(demand, units)``: shape (n, T), and how many units each item had settled, shape (n,). What finds no sale
        stays negative
    """
    demand = np.asarray(demand, float)
    units = np.zeros(demand.shape[0])
    with np.errstate(invalid="ignore"):
        rows, columns = np.nonzero(demand < 0)
    if not rows.size:
        return demand, units
    demand = demand.copy()
    # The k-th such day of every item at once: an item's returns depend on each other, items do not.
    first = np.r_[True, rows[1:] != rows[:-1]]
    start = np.flatnonzero(first)
    rank = np.arange(rows.size) - start[np.cumsum(first) - 1]
    for number in range(rank.max() + 1):
        chosen = rank == number
        _settle(demand, units, rows[chosen], columns[chosen], days)
    return demand, units


def _settle(demand, units, rows, columns, days):
    """Settle one day of each of some items, in place."""
    back = columns[:, None] - np.arange(1, days + 1)[None, :]
    before = np.where(back >= 0, demand[rows[:, None], np.maximum(back, 0)], 0.0)
    before = np.maximum(np.nan_to_num(before), 0.0)
    owed = -demand[rows, columns]
    enough = before >= owed[:, None]
    whole = enough.any(axis=1)
    taken = np.zeros_like(before)
    taken[np.flatnonzero(whole), enough.argmax(axis=1)[whole]] = owed[whole]
    # Sold in parts: from the last day backwards until all is settled.
    earlier = np.cumsum(before, axis=1) - before
    parts = np.clip(owed[:, None] - earlier, 0.0, before)
    taken[~whole] = parts[~whole]
    np.add.at(demand, (rows[:, None], np.maximum(back, 0)), -taken)
    settled = taken.sum(axis=1)
    demand[rows, columns] += settled
    units[rows] += settled
