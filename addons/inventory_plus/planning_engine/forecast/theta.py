"""Theta: half the trend of the whole history on top of smoothing (Assimakopoulos & Nikolopoulos 2000).

The forecast is the mean of two lines: the straight line through the history (theta 0), and simple smoothing of the
series with doubled curvature (theta 2). Smoothing is linear, so that of ``2 y - a - b i`` is twice that of y less that
of the line: one pass over time serves every origin.
"""

import numpy as np

from ..season import known
from .path import Path
from .smoothing import LEVEL_GRID


def theta(series, first, grid=LEVEL_GRID):
    """Forecast paths of the classical Theta method.

    :param series: shape (n, T), without season; ``first``: shape (n,)
    :return: :class:`~.path.Path`, its trend half the slope of the straight line
    """
    there = known(series, first)
    position = np.arange(there.shape[1])[None, :] - np.asarray(first, float)[:, None]
    _intercept, slope = _lines(np.where(there, series, 0.0), there, position)
    weights = np.asarray(grid, float)[None, :]
    alpha = weights[0, _errors(series, there, position, slope[:, -1], weights).argmin(axis=1)]
    return follow(series, first, alpha)


def follow(series, first, alpha):
    """The path of given weights, shape (n,)."""
    there = known(series, first)
    position = np.arange(there.shape[1])[None, :] - np.asarray(first, float)[:, None]
    intercept, slope = _lines(np.where(there, series, 0.0), there, position)
    level, centre = _paths(series, there, position, alpha)
    curved = 2 * level - intercept - slope * centre
    straight = intercept + slope * position
    return Path((curved + straight) / 2, slope / 2, np.ones(alpha.size), {"alpha": alpha})


def _lines(series, there, position):
    """Least-squares line through the known periods up to each column: intercept and slope, shape (n, T)."""
    weight = there.astype(float)
    place = np.where(there, position, 0.0)
    number = np.cumsum(weight, axis=1)
    sum_x, sum_y = np.cumsum(place, axis=1), np.cumsum(series, axis=1)
    sum_xx, sum_xy = np.cumsum(place * place, axis=1), np.cumsum(place * series, axis=1)
    spread = number * sum_xx - sum_x**2
    slope = np.divide(number * sum_xy - sum_x * sum_y, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    intercept = np.divide(sum_y - slope * sum_x, number, out=np.zeros_like(number), where=number > 0)
    return intercept, slope


def _errors(series, there, position, slope, weights):
    """Sum of squared one-step errors of smoothing the curved line: shape (n, g)."""
    values = np.where(there, series, 0.0)
    shape = (there.shape[0], weights.shape[1])
    level, centre, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    begun = np.zeros(there.shape[0], bool)
    for now in range(there.shape[1]):
        seen = (there[:, now] & begun)[:, None]
        miss = np.where(seen, values[:, now, None] - level, 0.0)
        shift = np.where(seen, position[:, now, None] - centre, 0.0)
        squares += (2 * miss - slope[:, None] * shift) ** 2
        level += weights * miss
        centre += weights * shift
        starts = there[:, now] & ~begun
        level[starts] = values[starts, now, None]
        centre[starts] = position[starts, now, None]
        begun |= there[:, now]
    return squares


def _paths(series, there, position, alpha):
    """Smoothed series and smoothed positions after each period, shape (n, T)."""
    values = np.where(there, series, 0.0)
    level, centre = np.full(there.shape, np.nan), np.full(there.shape, np.nan)
    now_level, now_centre = np.zeros(alpha.size), np.zeros(alpha.size)
    begun = np.zeros(alpha.size, bool)
    for now in range(there.shape[1]):
        seen = there[:, now]
        weight = np.where(seen & begun, alpha, np.where(seen, 1.0, 0.0))
        now_level += weight * (values[:, now] - now_level)
        now_centre += weight * (position[:, now] - now_centre)
        begun |= seen
        level[begun, now], centre[begun, now] = now_level[begun], now_centre[begun]
    return level, centre
