"""The exact cost of "order Q when the position falls to r", and the pair of least cost (normal demand, backorders)."""

import numpy as np
from scipy import special

from . import lot_size, newsvendor

#: Steps of the bisections; 2**-60 of the bracket is below any unit of measure.
STEPS = 60
#: The brackets reach this many deviations beyond the interval's demand.
REACH = 12.0


def second_loss(level, mean, sigma):
    """``integral of E[(D - y)+] dy`` from ``level`` up: ``sigma^2 / 2 ((z^2 + 1) (1 - Phi(z)) - z phi(z))``."""
    z = (np.asarray(level, float) - mean) / sigma
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return np.asarray(sigma, float) ** 2 / 2 * ((z * z + 1) * special.ndtr(-z) - z * density)


def cost_rate(point, quantity, order_cost, demand, holding_cost, shortage_cost, lead_time, sigma):
    """Money per period of the policy (Zheng 1992; Snyder & Shen 5.1).

    :param point: r, units; ``quantity``: Q, units
    :param demand: units per period; ``sigma``: its standard deviation per period; ``lead_time``: periods
    :param shortage_cost: money per unit waited for and period
    """
    mean, spread = _interval(demand, lead_time, sigma)
    return (
        np.asarray(order_cost, float) * demand + _area(point, quantity, mean, spread, holding_cost, shortage_cost)
    ) / quantity


def best(order_cost, demand, holding_cost, shortage_cost, lead_time, sigma):
    """The pair of least cost, by bisection on both: for a given Q the best r has equal cost at r and r + Q; Q is
    right when the average cost equals that cost (Federgruen & Zheng 1992).

    :return: ``(reorder point, quantity, money per period)``; shapes follow the inputs
    """
    inputs = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (order_cost, demand, holding_cost, shortage_cost, lead_time, sigma))
    )
    fixed, demand, holding, shortage, lead_time, sigma = inputs
    mean, spread = _interval(demand, lead_time, sigma)
    low = np.zeros_like(mean)
    high = 4 * lot_size.quantity_with_backorders(fixed, demand, holding, shortage)[0] + 8 * REACH * spread
    for _step in range(STEPS):
        quantity = (low + high) / 2
        point = _best_point(quantity, mean, spread, holding, shortage)
        edge = newsvendor.normal_cost(point, holding, shortage, mean, spread)
        short = quantity * edge - _area(point, quantity, mean, spread, holding, shortage) < fixed * demand
        low, high = np.where(short, quantity, low), np.where(short, high, quantity)
    point = _best_point(quantity, mean, spread, holding, shortage)
    return point, quantity, cost_rate(point, quantity, fixed, demand, holding, shortage, lead_time, sigma)


def _interval(demand, lead_time, sigma):
    return np.asarray(demand, float) * lead_time, np.asarray(sigma, float) * np.sqrt(lead_time)


def _area(point, quantity, mean, spread, holding, shortage):
    """``integral of the newsvendor cost`` from r to r + Q."""
    point, quantity = np.asarray(point, float), np.asarray(quantity, float)
    linear = np.asarray(holding, float) * (quantity * (point - mean) + quantity**2 / 2)
    tail = second_loss(point, mean, spread) - second_loss(point + quantity, mean, spread)
    return linear + (np.asarray(holding, float) + shortage) * tail


def _best_point(quantity, mean, spread, holding, shortage):
    """r with equal newsvendor cost at r and r + Q; the cost is convex, so the difference falls through zero once."""
    low, high = mean - quantity - REACH * spread, mean + REACH * spread
    for _step in range(STEPS):
        middle = (low + high) / 2
        falling = newsvendor.normal_cost(middle, holding, shortage, mean, spread) > newsvendor.normal_cost(
            middle + quantity, holding, shortage, mean, spread
        )
        low, high = np.where(falling, middle, low), np.where(falling, high, middle)
    return (low + high) / 2
