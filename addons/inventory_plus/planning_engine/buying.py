"""What to put on an order to a vendor: price breaks that pay, and a set that reaches his minimum order."""

import numpy as np

#: A price break is not taken when it buys more than this many days of demand.
BREAK_COVER_DAYS = 365
YEAR_DAYS = 365.0


def quantity_at_breaks(quantity, demand_daily, order_cost, holding_share, breaks, prices):
    """The quantity of least yearly cost among the wanted one and the larger quantities that earn a lower price.

    Yearly cost of always ordering Q at the price p that it earns: ``p D + K D / Q + h p Q / 2`` (all-units discount,
    Snyder & Shen 3.3), with K the cost of an order, h the holding cost as a share of the price, D yearly demand. A
    break is judged only where demand uses it up within :data:`BREAK_COVER_DAYS`; without demand none is.

    :param quantity: shape (n,), units wanted
    :param demand_daily: shape (n,), units a day; ``order_cost``: money an order; ``holding_share``: share a year
    :param breaks: shape (n, b), smallest quantity of each price, ascending, nan for none
    :param prices: shape (n, b), money per unit from that quantity on, nan for none
    :return: shape (n,), units; never less than ``quantity``
    """
    quantity = np.asarray(quantity, float)
    if not quantity.size:
        return quantity
    breaks = np.concatenate([quantity[:, None], np.asarray(breaks, float)], axis=1)
    prices = np.asarray(prices, float)
    demand = (np.asarray(demand_daily, float) * YEAR_DAYS)[:, None]
    # The price that each candidate earns: the lowest of the breaks that it reaches.
    reached = breaks[:, :, None] >= breaks[:, None, 1:] - 1e-9
    earned = np.where(reached, prices[:, None, :], np.inf).min(axis=2, initial=np.inf)
    # Below the smallest break its price is paid: the vendor's minimum was dealt with before.
    earned = np.where(np.isfinite(earned), earned, prices[:, :1])
    larger = breaks > quantity[:, None] + 1e-9
    pays = larger & (breaks <= demand / YEAR_DAYS * BREAK_COVER_DAYS) & (earned < earned[:, :1] - 1e-12)
    candidate = pays.copy()
    candidate[:, 0] = True
    safe = np.where(candidate & (breaks > 0), breaks, 1.0)
    fixed, share = (np.broadcast_to(np.asarray(x, float), quantity.shape)[:, None] for x in (order_cost, holding_share))
    cost = np.where(candidate, earned * demand + fixed * demand / safe + share * earned * safe / 2, np.inf)
    best = cost.argmin(axis=1)[:, None]
    return np.take_along_axis(breaks, best, 1)[:, 0]


def fill_minimum(missing, group, amount):
    """Which of the items that are due soon join an order so that it reaches the vendor's minimum.

    In the given order (soonest first) items join their group until it is reached. A group that all of its items
    together do not lift to the minimum takes none: half a way helps nobody.

    :param missing: shape (g,), money that each group lacks
    :param group: shape (n,), group of each item, items of a group in order of preference
    :param amount: shape (n,), money of each item
    :return: ``(joins, reached)``: shape (n,) bool, shape (g,) bool
    """
    missing, group, amount = np.asarray(missing, float), np.asarray(group, int), np.asarray(amount, float)
    order = np.argsort(group, kind="stable")
    sorted_group, sorted_amount = group[order], amount[order]
    total = np.bincount(group, amount, missing.size)
    reached = (missing <= 1e-9) | (total >= missing - 1e-9)
    running = np.cumsum(sorted_amount) - sorted_amount
    first = np.searchsorted(sorted_group, np.arange(missing.size))
    before = running - running[np.minimum(first, max(running.size - 1, 0))][sorted_group] if running.size else running
    joins = np.zeros(group.size, bool)
    joins[order] = reached[sorted_group] & (before < missing[sorted_group] - 1e-9) & (sorted_amount > 0)
    return joins, reached
