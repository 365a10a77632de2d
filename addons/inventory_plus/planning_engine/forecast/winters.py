"""Holt-Winters: level, damped trend and a season that is learnt on the way (Winters 1960; Gardner & McKenzie 1989).

The season has one index per :data:`SLOT` periods: of weekly demand thirteen a year. Two years of history give each of
52 weekly indices two values, most of them noise; four weeks together can be told from it.
"""

import numpy as np

from ..season import INDEX_FLOOR, known

#: Periods that share an index.
SLOT = 4
#: Weights that are tried; the trend's and its damping are one pair, high ones follow noise.
LEVEL_GRID = (0.1, 0.2, 0.4)
SEASON_GRID = (0.05, 0.15, 0.3)
TREND, DAMPING = 0.02, 0.95
#: Fewer one-step errors than this choose no weights; the middle ones are taken.
LEAST_ERRORS = 8


def fit(series, first, cycle, fit_to, multiplicative):
    """Weights of least squared one-step error before ``fit_to``.

    :param series: shape (n, T); ``first``, ``fit_to``: shape (n,), columns; ``cycle``: periods of a year
    :return: ``(alpha, gamma)``, each of shape (n,)
    """
    best = np.full(len(series), np.inf)
    chosen = np.tile([[LEVEL_GRID[1]], [SEASON_GRID[1]]], (1, len(series)))
    column = np.arange(series.shape[1])[None, :]
    counted = (column >= np.asarray(first)[:, None] + cycle) & (column < np.asarray(fit_to)[:, None])
    enough = counted.sum(axis=1) >= LEAST_ERRORS
    for alpha in LEVEL_GRID:
        for gamma in SEASON_GRID:
            _sums, errors = follow(series, first, cycle, alpha, gamma, 1, multiplicative)
            square = np.where(counted, errors**2, 0.0).sum(axis=1)
            better = enough & (square < best)
            best[better] = square[better]
            chosen[0, better], chosen[1, better] = alpha, gamma
    return chosen[0], chosen[1]


def follow(series, first, cycle, alpha, gamma, horizon, multiplicative):
    """Forecasts after every period.

    :param alpha, gamma: numbers or shape (n,); ``horizon``: periods that are forecast together, number or shape (n,)
    :return: ``(sums, errors)``, both of shape (n, T): the forecast of the next ``horizon`` periods' sum made after each
        period, and each period's one-step error; nan within the first cycle and for series shorter than one
    """
    there = known(series, first)
    values = np.where(there, series, 0.0)
    count, length = values.shape
    slots = -(-cycle // SLOT)
    alpha, gamma = np.broadcast_to(alpha, (count,)), np.broadcast_to(gamma, (count,))
    level, season = _opening(values, there, np.asarray(first, int), cycle, slots, multiplicative)
    trend = np.zeros(count)
    begun = np.asarray(first, int) + cycle
    sums, errors = np.full((count, length), np.nan), np.full((count, length), np.nan)
    horizon = np.broadcast_to(np.asarray(horizon, int), (count,))
    fading = np.cumsum(DAMPING ** np.arange(1, horizon.max(initial=1) + 1))
    rows = np.arange(count)
    for now in range(length):
        active = (now >= begun) & ~np.isnan(level)
        seen = active & there[:, now]
        slot = _slot(now, first, cycle, slots)
        index = season[rows, slot]
        base = level + DAMPING * trend
        expected = base * index if multiplicative else base + index
        error = np.where(seen, values[:, now] - expected, 0.0)
        errors[seen, now] = error[seen]
        apart = error / np.maximum(index, INDEX_FLOOR) if multiplicative else error
        level = np.where(active, base + alpha * apart, level)
        trend = np.where(active, DAMPING * trend + TREND * apart, trend)
        if multiplicative:
            change = gamma * np.divide(error, base, out=np.zeros(count), where=base > 0)
            season[rows, slot] = np.maximum(index + change / SLOT, INDEX_FLOOR)
        else:
            season[rows, slot] = index + gamma * error / SLOT
        total = np.zeros(count)
        for step in range(1, horizon.max(initial=1) + 1):
            ahead = season[rows, _slot(now + step, first, cycle, slots)]
            point = level + fading[step - 1] * trend
            total += np.where(step <= horizon, point * ahead if multiplicative else point + ahead, 0.0)
        # After the last period of the first cycle as well: that is the first forecast.
        ready = (now >= begun - 1) & ~np.isnan(level)
        sums[ready, now] = np.maximum(total[ready], 0.0)
    return sums, errors


def _slot(now, first, cycle, slots):
    return np.minimum((now - np.asarray(first, int)) % cycle // SLOT, slots - 1)


def _opening(values, there, first, cycle, slots, multiplicative):
    """Level and season of the first cycle: shapes (n,) and (n, slots); a nan level for series without a whole one."""
    count, length = values.shape
    rows = np.arange(count)[:, None]
    place = first[:, None] + np.arange(cycle)[None, :]
    whole = place[:, -1] < length
    place = np.minimum(place, length - 1)
    part = np.where(there[rows, place], values[rows, place], np.nan)
    number = np.minimum(np.arange(cycle) // SLOT, slots - 1)
    known_part = ~np.isnan(part)
    total = np.where(known_part, part, 0.0)
    level = np.divide(
        total.sum(axis=1), known_part.sum(axis=1), out=np.full(count, np.nan), where=known_part.any(axis=1)
    )
    season = np.ones((count, slots)) if multiplicative else np.zeros((count, slots))
    for slot in range(slots):
        days = known_part[:, number == slot].sum(axis=1)
        mean = np.divide(total[:, number == slot].sum(axis=1), days, out=np.array(level), where=days > 0)
        if multiplicative:
            season[:, slot] = np.divide(mean, level, out=np.ones(count), where=level > 0)
        else:
            season[:, slot] = mean - level
    level = np.where(whole & ((level > 0) | (not multiplicative)), level, np.nan)
    return level, np.maximum(np.nan_to_num(season), INDEX_FLOOR) if multiplicative else np.nan_to_num(season)
