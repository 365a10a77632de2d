"""The colour of an item.

==========  ==========================================================================================
red         short: open demand exceeds the stock, or the stock runs out before an order placed today could arrive
yellow      soon short: below the reorder point, or the best order date is within the next review period
green       healthy
blue        excess: more than :data:`EXCESS_DAYS` of demand above the order-up-to level
grey        slow: no demand for :data:`classes.SLOW_MONTHS` months
(none)      never asked for and nothing in stock
==========  ==========================================================================================
"""

import numpy as np

NONE, RED, YELLOW, GREEN, BLUE, GREY = "", "red", "yellow", "green", "blue", "grey"
#: Days of demand above the order-up-to level from which stock counts as excess.
EXCESS_DAYS = 90
#: Order of urgency in lists.
SEQUENCE = {RED: 1, YELLOW: 2, GREEN: 4, BLUE: 5, GREY: 6, NONE: 9}
#: Days of cover that stand for "practically for ever".
COVER_LIMIT = 999.0


def colour(position, rate, order_up_to, need, stockout_day, order_day, lead_time, review, slow, blank):
    """Status of each item; where several hold, the one named last wins: blue, yellow, red, grey, none.

    A slow item is grey even where its stock is gone (nobody asks for it), but red when an open order waits for it.

    :param position: usable stock and all supply on its way, less open demand
    :param rate: demand per day
    :param order_up_to: units
    :param need: need to buy
    :param stockout_day: day of the projected stock-out, counted from the planning date
    :param order_day: day by which to order, counted from the planning date
    :param lead_time: days; review: days between two looks
    :param slow: True where the last demand is older than the slow limit (their rate is zero)
    :param blank: True where there is neither stock nor any demand, past or open, nor supply
    :return: shape (n,) of names
    """
    short = stockout_day < np.maximum(np.ceil(lead_time), 1)
    excess = (rate > 0) & (position > order_up_to + EXCESS_DAYS * rate + 1e-9)
    soon = (need > 1e-9) | (order_day <= review)
    result = np.full(np.shape(rate), GREEN, dtype="<U6")
    result[excess] = BLUE
    result[soon] = YELLOW
    result[short] = RED
    result[slow & ~short] = GREY
    result[blank] = NONE
    return result


def sequence(names):
    """Number by which items are sorted by urgency."""
    table, inverse = np.unique(names, return_inverse=True)
    return np.array([SEQUENCE[str(name)] for name in table], int)[inverse] if table.size else np.empty(0, int)


def days_of_cover(stock, rate):
    """Days that the stock lasts at the forecast rate; :data:`COVER_LIMIT` at most, 0 without stock."""
    stock = np.maximum(np.asarray(stock, float), 0)
    days = np.divide(stock, rate, out=np.full(stock.shape, COVER_LIMIT), where=np.asarray(rate, float) > 0)
    return np.where(stock > 0, np.minimum(days, COVER_LIMIT), 0.0)
