"""Naive, moving average, and exponential smoothing, parameters by grid on the one-step error.

Unknown periods (nan) leave the state as forecast: they neither pull a level down nor count as an error.
"""

import numpy as np

from ..season import known
from .path import Path, flat

#: Smoothing weights that are tried.
LEVEL_GRID = (0.02, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 0.98)
#: Level, trend and damping that are tried together (the trend's weight never above the level's).
TREND_LEVEL_GRID = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
TREND_GRID = (0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)
DAMPING_GRID = (0.8, 0.9, 0.95, 0.98)
#: First periods whose mean change opens a trend.
TREND_START = 4


def naive(series, first):
    """The last known period goes on."""
    return moving_average(series, first, 1)


def moving_average(series, first, periods):
    """The mean of the last ``periods`` known periods goes on (of all that there are while there are fewer)."""
    there = known(series, first)
    level = np.full(there.shape, np.nan)
    rank = np.cumsum(there, axis=1)
    # Position of the k-th known period of each row, so that a window counts known periods only.
    filled = np.where(there, series, 0.0)
    total = np.cumsum(filled, axis=1)
    compact = np.zeros((there.shape[0], there.shape[1] + 1))
    rows, columns = np.nonzero(there)
    compact[rows, rank[rows, columns]] = total[rows, columns]
    begin = np.maximum(rank - periods, 0)
    sums = total - np.take_along_axis(compact, begin, axis=1)
    return flat(np.divide(sums, rank - begin, out=level, where=rank > 0))


def seasonal_naive(series, first, periods, horizon):
    """The same season of the last cycle, unknown ones from the cycle before; shape (n, horizon)."""
    there = known(series, first)
    result = np.full((there.shape[0], periods), np.nan)
    for back in range(there.shape[1]):
        season = (-1 - back) % periods
        column = there.shape[1] - 1 - back
        empty = np.isnan(result[:, season]) & there[:, column]
        result[empty, season] = np.asarray(series, float)[empty, column]
        if not np.isnan(result).any():
            break
    return result[:, np.arange(horizon) % periods]


def simple(series, first, grid=LEVEL_GRID):
    """Simple exponential smoothing (SES), started at the first period.

    :param series: shape (n, T); ``first``: shape (n,)
    :return: :class:`Path` with ``alpha`` and ``mse`` (mean square one-step error)
    """
    there = known(series, first)
    weights = np.asarray(grid, float)[None, :]
    _path, errors = _smooth(series, there, weights, np.zeros_like(weights), np.ones_like(weights))
    best = errors.argmin(axis=1)
    alpha = weights[0, best]
    path, errors = _smooth(series, there, alpha[:, None], np.zeros((alpha.size, 1)), np.ones((alpha.size, 1)), True)
    return Path(*path, np.ones(alpha.size), {"alpha": alpha, "mse": errors[:, 0]})


def trended(series, first, damping=DAMPING_GRID, levels=TREND_LEVEL_GRID, trends=TREND_GRID):
    """Holt's smoothing with a damped trend (Gardner & McKenzie 1985); ``damping=(1,)`` is Holt's own."""
    there = known(series, first)
    grid = np.array([(a, b, p) for a in levels for b in trends if b <= a for p in damping]).T
    weights = [part[None, :] for part in grid]
    _path, errors = _smooth(series, there, *weights)
    best = errors.argmin(axis=1)
    chosen = [part[0, best][:, None] for part in weights]
    path, errors = _smooth(series, there, *chosen, True)
    alpha, beta, phi = (part[:, 0] for part in chosen)
    return Path(*path, phi, {"alpha": alpha, "beta": beta, "phi": phi, "mse": errors[:, 0]})


def follow(series, first, alpha, beta=0.0, phi=1.0):
    """The path of given weights: level, trend's weight and damping, numbers or shape (n,) each."""
    there = known(series, first)
    count = there.shape[0]
    weights = [np.broadcast_to(np.asarray(part, float), (count,))[:, None] for part in (alpha, beta, phi)]
    path, errors = _smooth(series, there, *weights, True)
    names = {"alpha": weights[0][:, 0], "beta": weights[1][:, 0], "phi": weights[2][:, 0], "mse": errors[:, 0]}
    return Path(*path, weights[2][:, 0], names)


def _smooth(series, there, alpha, beta, phi, keep=False):
    """One pass over time, all series and parameters at once.

    :param alpha, beta, phi: shape (1, g) for a grid, (n, 1) for one set a series
    :return: ``((level, trend), mean square one-step error)``: paths of shape (n, T) if ``keep``, else None; errors of
        shape (n, g)
    """
    series = np.where(there, series, 0.0)
    count, length = series.shape
    width = np.broadcast_shapes(alpha.shape, (count, 1))[1]
    level = np.full((count, width), np.nan)
    trend = np.zeros((count, width))
    squares = np.zeros((count, width))
    opening = _opening_trend(series, there) if np.any(beta) else np.zeros(count)
    begun = np.zeros(count, bool)
    path = (np.full((count, length), np.nan), np.zeros((count, length))) if keep else None
    for now in range(length):
        seen = there[:, now]
        value = series[:, now, None]
        starts = seen & ~begun
        expected = level + phi * trend
        error = np.where((seen & begun)[:, None], value - expected, 0.0)
        squares += error * error
        level = np.where(begun[:, None], expected + alpha * error, level)
        trend = np.where(begun[:, None], phi * trend + beta * error, trend)
        level[starts] = value[starts]
        trend[starts] = opening[starts, None]
        begun |= seen
        if keep:
            path[0][:, now], path[1][:, now] = level[:, 0], trend[:, 0]
    return path, squares / np.maximum(there.sum(axis=1) - 1, 1)[:, None]


def _opening_trend(series, there):
    """Mean change a period over the first :data:`TREND_START` known changes; 0 for fewer than two periods."""
    rank = np.cumsum(there, axis=1)
    count = rank[:, -1]
    last = np.minimum(count, TREND_START + 1)
    begin = there.argmax(axis=1)
    end = (there & (rank == last[:, None])).argmax(axis=1)
    rows = np.arange(series.shape[0])
    change = series[rows, end] - series[rows, begin]
    return np.where(count > 1, change / np.maximum(end - begin, 1), 0.0)
