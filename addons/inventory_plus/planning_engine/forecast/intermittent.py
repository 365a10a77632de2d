"""Demand that comes now and then: its size and how often it comes, smoothed apart."""

import numpy as np

from ..season import known
from .path import flat

#: Weights that are tried; high ones follow noise.
SIZE_GRID = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
#: Correction of Croston's bias by the weight of the intervals: none; 1 - b / 2 (Syntetos & Boylan 2005);
#: 1 - b / (2 - b) (Shale, Boylan & Johnston 2006).
CROSTON, SBA, SBJ = "croston", "sba", "sbj"


def croston(series, first, size_weight=0.1, interval_weight=0.1, variant=SBA):
    """Croston's method (1972) and its corrected variants, started at the first demand and its first interval.

    Where the first period has demand (a history that begins with the first sale) nobody knows how long that took: the
    first interval is the one up to the second demand, and until then the periods that have passed.

    :param series: shape (n, T), units per period; ``first``: shape (n,)
    :param size_weight, interval_weight: numbers or shape (n,)
    :return: :class:`~.path.Path` of demand per period; zero until the first demand
    """
    values, there, begin = _prepared(series, first)
    count = values.shape[0]
    size_weight, interval_weight = (
        np.broadcast_to(np.asarray(w, float), (count,)) for w in (size_weight, interval_weight)
    )
    bias = {CROSTON: 1.0, SBA: 1 - interval_weight / 2, SBJ: 1 - interval_weight / (2 - interval_weight)}[variant]
    size, interval = np.zeros(count), np.ones(count)
    waited, begun, untold = np.zeros(count), np.zeros(count, bool), np.zeros(count, bool)
    level = np.zeros(values.shape)
    for now in range(values.shape[1]):
        seen, value = there[:, now], values[:, now]
        waited += seen
        sold = seen & (value > 0)
        opens, goes_on = sold & ~begun, sold & begun
        size = np.where(opens, value, np.where(goes_on, size + size_weight * (value - size), size))
        smoothed = np.where(untold, waited, interval + interval_weight * (waited - interval))
        interval = np.where(opens, waited, np.where(goes_on, smoothed, interval))
        untold = (untold & ~sold) | (opens & (waited == 1))
        begun |= sold
        waited[sold] = 0
        level[:, now] = np.where(begun, bias * size / np.where(untold, waited + 1, interval), 0.0)
    level[np.arange(values.shape[1])[None, :] < begin[:, None]] = np.nan
    return flat(level, size=size, interval=interval)


def tsb(series, first, size_weight=0.1, chance_weight=0.1):
    """Teunter, Syntetos & Babai (2011): the chance of demand is smoothed in every period, so that it decays.

    Started at the mean size and the share of periods with demand of the first year's worth of known periods.
    """
    values, there, begin = _prepared(series, first)
    count = values.shape[0]
    size_weight, chance_weight = (np.broadcast_to(np.asarray(w, float), (count,)) for w in (size_weight, chance_weight))
    opening = there & (np.cumsum(there, axis=1) <= 12)
    sold = opening & (values > 0)
    chance = sold.sum(axis=1) / np.maximum(opening.sum(axis=1), 1)
    every = there & (values > 0)
    size = np.where(every, values, 0).sum(axis=1) / np.maximum(every.sum(axis=1), 1)
    early = np.where(sold, values, 0).sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    size = np.where(early > 0, early, size)
    level = np.zeros(values.shape)
    for now in range(values.shape[1]):
        seen, value = there[:, now], values[:, now]
        hit = seen & (value > 0)
        chance = np.where(seen, chance + chance_weight * (hit - chance), chance)
        size = np.where(hit, size + size_weight * (value - size), size)
        level[:, now] = chance * size
    level[np.arange(values.shape[1])[None, :] < begin[:, None]] = np.nan
    return flat(level, size=size, chance=chance)


def best_of_grid(method, series, first, horizon, grid=SIZE_GRID):
    """The weights of least squared error of the sum over ``horizon`` periods, item by item.

    :param method: :func:`croston` or :func:`tsb`, called with both weights
    :return: :class:`~.path.Path`
    """
    values, there, _begin = _prepared(series, first)
    best = np.full(values.shape[0], np.inf)
    chosen = np.full((2, values.shape[0]), grid[0])
    for size_weight in grid:
        for other_weight in grid:
            level = method(series, first, size_weight, other_weight).level
            error = interval_errors(level, values, there, horizon)
            square = np.nanmean(np.where(np.isnan(error), np.nan, error**2), axis=1) if error.size else best
            better = square < best
            best[better] = square[better]
            chosen[0, better], chosen[1, better] = size_weight, other_weight
    path = method(series, first, *chosen)
    path.names.update(size_weight=chosen[0], other_weight=chosen[1])
    return path


def interval_errors(level, values, there, horizon):
    """Sum of the next ``horizon`` known periods less the forecast of it, at every origin; nan where one is unknown."""
    total = np.cumsum(np.where(there, values, 0.0), axis=1)
    number = np.cumsum(there, axis=1)
    outcome = total[:, horizon:] - total[:, :-horizon]
    complete = number[:, horizon:] - number[:, :-horizon] == horizon
    return np.where(complete, outcome - horizon * level[:, :-horizon], np.nan)


def _prepared(series, first):
    there = known(series, first)
    return np.where(there, series, 0.0), there, np.asarray(first, int)
