"""What a reorder point gives: cycle service, expected shortage per cycle and fill rate (normal demand)."""

import numpy as np
from scipy import special


def standard_loss(k):
    """Standard normal loss ``G(k) = phi(k) - k (1 - Phi(k))`` (Cachon & Terwiesch's L(z))."""
    k = np.asarray(k, float)
    return np.exp(-k * k / 2) / np.sqrt(2 * np.pi) - k * special.ndtr(-k)


def inverse_standard_loss(value, steps=60):
    """k with G(k) = value, by bisection; G falls from +infinity to 0. Shapes follow ``value``."""
    value = np.asarray(value, float)
    low = np.full(value.shape, -40.0)
    high = np.full(value.shape, 10.0)
    for _step in range(steps):
        middle = (low + high) / 2
        above = standard_loss(middle) > value
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def cycle_service(reorder_point, mean, sigma):
    """Share of cycles without stock-out: P(demand over the interval <= reorder point)."""
    gap = np.asarray(reorder_point, float) - mean
    sigma = np.asarray(sigma, float)
    return np.where(sigma > 0, special.ndtr(gap / np.where(sigma > 0, sigma, 1)), (gap >= 0).astype(float))


def expected_shortage(reorder_point, mean, sigma):
    """Units short per cycle: ``sigma G((reorder point - mean) / sigma)``."""
    gap = np.asarray(reorder_point, float) - mean
    sigma = np.asarray(sigma, float)
    return np.where(sigma > 0, sigma * standard_loss(gap / np.where(sigma > 0, sigma, 1)), np.maximum(-gap, 0))


def fill_rate(reorder_point, mean, sigma, quantity):
    """Share of units served from stock: ``1 - shortage per cycle / order quantity`` (Chopra & Meindl, chapter 11)."""
    return 1 - expected_shortage(reorder_point, mean, sigma) / np.asarray(quantity, float)


def safety_stock_for_fill_rate(target, sigma, quantity):
    """Safety stock that serves ``target`` of the units: G(k) = Q (1 - target) / sigma (Silver, Pyke & Thomas, P2)."""
    sigma = np.asarray(sigma, float)
    return inverse_standard_loss(np.asarray(quantity, float) * (1 - np.asarray(target, float)) / sigma) * sigma
