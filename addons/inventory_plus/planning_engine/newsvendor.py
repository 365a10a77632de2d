"""One chance to order: stock for one period when a unit too few costs p and a unit too many costs h."""

import numpy as np
from scipy import special, stats

from .loss import standard_loss


def critical_ratio(overage, underage):
    """Share of periods that should end without shortage: ``p / (h + p)`` (p underage, h overage, money per unit)."""
    overage, underage = np.asarray(overage, float), np.asarray(underage, float)
    return underage / (overage + underage)


def normal(overage, underage, mean, sigma):
    """Best stock and its expected cost for normal demand (Snyder & Shen 4.3).

    :return: ``(stock, money)``
    """
    ratio = critical_ratio(overage, underage)
    factor = special.ndtri(ratio)
    cost = (np.asarray(overage, float) + underage) * np.asarray(sigma, float)
    return np.asarray(mean, float) + factor * sigma, cost * np.exp(-factor * factor / 2) / np.sqrt(2 * np.pi)


def normal_cost(stock, overage, underage, mean, sigma):
    """Expected money of any ``stock``: ``h E[(S - D)+] + p E[(D - S)+]`` for normal demand."""
    gap = np.asarray(stock, float) - mean
    short = sigma * standard_loss(gap / sigma)
    return np.asarray(overage, float) * (gap + short) + np.asarray(underage, float) * short


def discrete(overage, underage, values, probabilities):
    """Best stock for demand that takes some values only: the smallest value that reaches the critical ratio.

    :param values: shape (k,), ascending demand values
    :param probabilities: shape (n, k) or (k,), summing to one
    :return: ``(stock, money)``, each of shape (n,) (or numbers)
    """
    values, probabilities = np.asarray(values, float), np.asarray(probabilities, float)
    overage, underage = np.asarray(overage, float), np.asarray(underage, float)
    ratio = critical_ratio(overage, underage)
    # Sums of decimal shares end a few bits below the share that they mean.
    reached = np.cumsum(probabilities, axis=-1) >= np.asarray(ratio)[..., None] - 1e-12
    stock = values[np.where(reached.any(axis=-1), reached.argmax(axis=-1), values.size - 1)]
    gap = np.asarray(stock)[..., None] - values
    unit = np.where(gap > 0, overage[..., None] * gap, -underage[..., None] * gap)
    return stock, (probabilities * unit).sum(axis=-1)


def poisson_loss(stock, mean):
    """Expected units short, ``E[(D - S)+]``, for Poisson demand and whole stock (Cachon & Terwiesch, table)."""
    stock, mean = np.asarray(stock, float), np.asarray(mean, float)
    return (mean - stock) * stats.poisson.sf(stock, mean) + mean * stats.poisson.pmf(stock, mean)


def poisson(overage, underage, mean):
    """Best whole stock and its expected cost for Poisson demand.

    :return: ``(stock, money)``
    """
    stock = stats.poisson.ppf(critical_ratio(overage, underage), mean)
    short = poisson_loss(stock, mean)
    return stock, np.asarray(overage, float) * (stock - mean + short) + np.asarray(underage, float) * short


def pooled_sigma(sigmas, correlation):
    """Standard deviation of the sum of demands of several places (Eppen 1979).

    :param sigmas: shape (places,)
    :param correlation: of any two places, a number or shape (n,)
    """
    sigmas = np.asarray(sigmas, float)
    squares = (sigmas**2).sum()
    return np.sqrt(squares + np.asarray(correlation, float) * (sigmas.sum() ** 2 - squares))
