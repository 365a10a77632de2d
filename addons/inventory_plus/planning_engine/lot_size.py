"""How much to order: economic quantities, price breaks, and the plan of least cost for known demand.

K is the cost of an order, h the cost of keeping a unit for a period, D the demand of a period, all in one currency and
one unit of time. Every function takes all items at once.
"""

import numpy as np


def economic_order_quantity(order_cost, demand, holding_cost):
    """``sqrt(2 K D / h)`` (Harris 1913; Snyder & Shen 3.1); zero where there is no demand."""
    return np.sqrt(2 * np.asarray(order_cost, float) * np.maximum(demand, 0) / np.asarray(holding_cost, float))


def order_cost_rate(quantity, order_cost, demand, holding_cost):
    """Money per period of ordering ``quantity`` each time: ``K D / Q + h Q / 2``; the goods are not in it."""
    quantity = np.asarray(quantity, float)
    return np.asarray(order_cost, float) * demand / quantity + np.asarray(holding_cost, float) * quantity / 2


def quantity_with_backorders(order_cost, demand, holding_cost, backorder_cost):
    """Economic quantity where customers wait at a price (Snyder & Shen 3.5).

    :param backorder_cost: money per unit waited for and period
    :return: ``(quantity, share of the cycle without stock, money per period)``
    """
    h, p = np.asarray(holding_cost, float), np.asarray(backorder_cost, float)
    fixed = 2 * np.asarray(order_cost, float) * np.maximum(demand, 0)
    return np.sqrt(fixed * (h + p) / (h * p)), h / (h + p), np.sqrt(fixed * h * p / (h + p))


def quantity_with_price_breaks(order_cost, demand, holding_share, breaks, prices):
    """Order quantity of least cost, goods included, when the price of *all* units falls at certain quantities.

    For each price the economic quantity, raised to the price's break; a quantity that already earns the next price
    is judged there. Of these the cheapest (Snyder & Shen 3.3).

    :param order_cost: shape (n,) or a number
    :param demand: shape (n,) or a number, units per period
    :param holding_share: cost of keeping a unit for a period as a share of its price
    :param breaks: shape (n, b) or (b,), smallest quantity of each price, ascending
    :param prices: shape (n, b) or (b,), money per unit from that quantity on
    :return: ``(quantity, money per period)``, each of shape (n,) (or numbers)
    """
    breaks, prices = np.broadcast_arrays(np.asarray(breaks, float), np.asarray(prices, float))
    fixed, demand, share = (np.asarray(x, float)[..., None] for x in (order_cost, demand, holding_share))
    above = np.concatenate([breaks[..., 1:], np.full((*breaks.shape[:-1], 1), np.inf)], axis=-1)
    quantity = np.maximum(economic_order_quantity(fixed, demand, share * prices), breaks)
    usable = (quantity < above) & (quantity > 0)
    safe = np.where(usable, quantity, 1.0)
    cost = np.where(usable, prices * demand + order_cost_rate(safe, fixed, demand, share * prices), np.inf)
    best = cost.argmin(axis=-1)[..., None]
    return np.take_along_axis(quantity, best, -1)[..., 0], np.take_along_axis(cost, best, -1)[..., 0]


def wagner_whitin(demand, order_cost, holding_cost):
    """Orders of least cost for demand that is known for some periods ahead (Wagner & Whitin 1958).

    What is ordered arrives in its period and costs nothing to keep within it. Of equal plans the one with the later
    last order is taken.

    :param demand: shape (n, T), units per period
    :param order_cost: shape (n,) or a number; ``holding_cost``: the same, money per unit and period
    :return: ``(orders, cost)``: shape (n, T) units ordered in each period, shape (n,) money
    """
    demand = np.atleast_2d(np.asarray(demand, float))
    count, length = demand.shape
    fixed = np.broadcast_to(np.asarray(order_cost, float), (count,))
    holding = np.broadcast_to(np.asarray(holding_cost, float), (count,))
    best = np.zeros((count, length + 1))
    source = np.zeros((count, length + 1), int)
    for end in range(1, length + 1):
        # An order at `begin` covers begin..end-1; a stretch without demand needs none.
        ahead = np.arange(end)[None, :] - np.arange(end)[:, None]
        kept = demand[:, :end] @ np.where(ahead > 0, ahead, 0).T * holding[:, None]
        some = np.cumsum(demand[:, end - 1 :: -1], axis=1)[:, ::-1] > 0
        total = best[:, :end] + kept + np.where(some, fixed[:, None], 0.0)
        source[:, end] = end - 1 - total[:, ::-1].argmin(axis=1)
        best[:, end] = np.take_along_axis(total, source[:, end, None], 1)[:, 0]
    orders = np.zeros_like(demand)
    running = np.concatenate([np.zeros((count, 1)), np.cumsum(demand, axis=1)], axis=1)
    rows, end = np.arange(count), np.full(count, length)
    while (end > 0).any():
        open_ = end > 0
        begin = source[rows, end]
        orders[rows[open_], begin[open_]] = (running[rows, end] - running[rows, begin])[open_]
        end = np.where(open_, begin, 0)
    return orders, best[:, length]
