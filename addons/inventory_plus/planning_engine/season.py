"""Season: indices by month, quarter or weekday, the test whether there is one, and the uplift of single days.

A series is a row, right-aligned: its last column is the last period before planning, its first known period is
``first``. Periods that are unknown (no stock, so no demand could be seen) are nan inside it. Season s of a column j is
``(j - T) % m``, so the next period is season 0 and indices need no calendar.
"""

import numpy as np

#: One-sided 5 % of the normal distribution: a season is used when its autocorrelation exceeds this many deviations
#: (the test of the M4 competition's benchmarks; Assimakopoulos & Nikolopoulos 2000).
SEASON_FACTOR = 1.645
#: Whole cycles of history that the test asks for.
SEASON_CYCLES = 3
#: Smallest multiplicative index: an index of zero would divide by it.
INDEX_FLOOR = 0.01


def ratio_to_average(history):
    """Indices by the ratio of a season's mean to the mean of all (Heizer & Render, chapter 4).

    :param history: shape (..., m, cycles), units by season and cycle
    :return: shape (..., m), mean 1
    """
    history = np.asarray(history, float)
    overall = history.mean(axis=(-2, -1))[..., None]
    return np.divide(history.mean(axis=-1), overall, out=np.ones(history.shape[:-1]), where=overall > 0)


def known(series, first):
    """Columns of a series that count: from its first period on, and not nan. Shape (n, T) of bool."""
    series = np.asarray(series, float)
    return (np.arange(series.shape[1])[None, :] >= np.asarray(first, int)[:, None]) & ~np.isnan(series)


def significant(series, first, periods, factor=SEASON_FACTOR, cycles=SEASON_CYCLES):
    """Whether a season of ``periods`` periods shows: its autocorrelation exceeds what lower lags explain.

    ``|r_m| > factor sqrt((1 + 2 sum r_k^2) / n)``, k < m (Bartlett), on at least ``cycles`` whole cycles.

    :param series: shape (n, T); ``first``: shape (n,)
    :return: shape (n,) of bool
    """
    there = known(series, first)
    number = there.sum(axis=1)
    mean = np.where(there, series, 0).sum(axis=1) / np.maximum(number, 1)
    centred = np.where(there, np.asarray(series, float) - mean[:, None], 0.0)
    power = np.einsum("ij,ij->i", centred, centred)
    long_enough = (number >= cycles * periods) & (power > 0) & (centred.shape[1] > periods)
    lagged = np.zeros((centred.shape[0], periods))
    for lag in range(1, min(periods, centred.shape[1] - 1) + 1):
        lagged[:, lag - 1] = np.einsum("ij,ij->i", centred[:, lag:], centred[:, :-lag])
    lagged = np.divide(lagged, power[:, None], out=np.zeros_like(lagged), where=power[:, None] > 0)
    limit = factor * np.sqrt((1 + 2 * (lagged[:, :-1] ** 2).sum(axis=1)) / np.maximum(number, 1))
    return long_enough & (np.abs(lagged[:, -1]) > limit)


def centred_average(series, periods):
    """Mean over a whole cycle around each period (half weights at the ends of an even one); nan near both ends."""
    series = np.asarray(series, float)
    weights = np.ones(periods) if periods % 2 else np.r_[0.5, np.ones(periods - 1), 0.5]
    weights = weights / weights.sum()
    half = weights.size // 2
    result = np.full(series.shape, np.nan)
    inner = series.shape[1] - 2 * half
    if inner <= 0:
        return result
    there = ~np.isnan(series)
    filled = np.where(there, series, 0.0)
    total = np.zeros((series.shape[0], inner))
    weight = np.zeros_like(total)
    for offset, share in enumerate(weights):
        total += share * filled[:, offset : offset + inner]
        weight += share * there[:, offset : offset + inner]
    # Up to a quarter of a cycle may be unknown; more says nothing about its mean.
    result[:, half : half + inner] = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight >= 0.75)
    return result


def indices(series, first, periods, multiplicative=True):
    """Seasonal indices by the ratio (or difference) to the centred average, mean 1 (or 0).

    :param series: shape (n, T); ``first``: shape (n,)
    :return: shape (n, periods), index of season s at column s; rows without a whole cycle have no season
    """
    neutral = 1.0 if multiplicative else 0.0
    cycles, count = _ratios(series, first, periods, multiplicative)
    there = ~np.isnan(cycles)
    index = np.where(there, cycles, 0).sum(axis=1) / np.maximum(count, 1)
    complete = (count > 0).all(axis=1)
    index[~complete] = neutral
    if multiplicative:
        mean = index.mean(axis=1, keepdims=True)
        index = np.divide(index, mean, out=np.ones_like(index), where=mean > 0)
        return np.maximum(index, INDEX_FLOOR)
    return index - index.mean(axis=1, keepdims=True)


def _ratios(series, first, periods, multiplicative):
    """Ratio (difference) of each period to its centred average: shape (n, cycles, periods), nan where unknown, and how
    many of each season there are: shape (n, periods)."""
    series = np.where(known(series, first), series, np.nan)
    average = centred_average(series, periods)
    if multiplicative:
        apart = np.divide(series, average, out=np.full(series.shape, np.nan), where=average > 0)
    else:
        apart = series - average
    padded = np.concatenate([np.full((series.shape[0], -series.shape[1] % periods), np.nan), apart], axis=1)
    cycles = padded.reshape(series.shape[0], padded.shape[1] // periods, periods)
    return cycles, (~np.isnan(cycles)).sum(axis=1)


def weight(series, first, periods, multiplicative=True):
    """How far an item's indices are to be believed: 1 for a season without noise, 0 where none shows.

    James & Stein (1961) for seasonal indices (Miller & Williams 2003): one less the ratio of the variance that noise
    alone gives to the mean of a season's ratios, to the variance between the seasons. A season that is weaker than
    its noise gets 0, which is the test: nothing is applied that does not show.

    :return: shape (n,), 0 <= weight <= 1
    """
    ratios, count = _ratios(series, first, periods, multiplicative)
    there = ~np.isnan(ratios)
    mean = np.where(there, ratios, 0).sum(axis=1) / np.maximum(count, 1)
    residual = np.where(there, ratios - mean[:, None, :], 0.0)
    freedom = np.maximum(count - 1, 0).sum(axis=1)
    noise = np.einsum("ijk,ijk->i", residual, residual) / np.maximum(freedom, 1)
    noise_of_means = noise * (1 / np.maximum(count, 1)).mean(axis=1)
    between = mean.var(axis=1, ddof=1)
    share = np.divide(noise_of_means, between, out=np.ones_like(between), where=between > 1e-12)
    # Each season must have been seen, and one of them twice: else noise cannot be told from season.
    measurable = (count > 0).all(axis=1) & (freedom > 0)
    return np.where(measurable, np.clip(1 - share, 0, 1), 0.0)


def of_columns(index, length):
    """Index of each of ``length`` past columns: shape (n, periods) -> (n, length)."""
    periods = index.shape[1]
    return index[:, (np.arange(length) - length) % periods]


def of_future(index, horizon):
    """Index of each of the next ``horizon`` periods: shape (n, periods) -> (n, horizon)."""
    return index[:, np.arange(horizon) % index.shape[1]]


def pooled(series, first, periods):
    """One index for a group of series whose own histories are too noisy: that of their mean.

    A season's index is the mean of its logarithmic ratios to the centred average, smoothed over three neighbours, so
    that one odd week is no season.

    :param series: shape (n, T), nan where unknown; ``periods``: of a cycle
    :return: shape (periods,), mean 1; all ones for less than a cycle and a third of history
    """
    there = known(series, first)
    count = there.sum(axis=0)
    total = np.divide(
        np.where(there, series, 0.0).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0
    )
    if total.size < periods + periods // 3:
        return np.ones(periods)
    ratios, _count = _ratios(total[None, :], [0], periods, True)
    ratios = np.where(ratios > 0, ratios, np.nan)[0]
    there = ~np.isnan(ratios)
    logs = np.log(np.where(there, ratios, 1.0)).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    smooth = np.exp((np.roll(logs, 1) + logs + np.roll(logs, -1)) / 3)
    return smooth / smooth.mean()


#: Bins of a year that a daily history is looked at in; not calendar months, but counted back from the planning date.
YEAR_BINS = 12
YEAR_DAYS = 365
#: Years of history that a season of the year asks for.
YEAR_CYCLES = 2
#: A season of the year that is believed less is left out. The weight is 1 - 1/F, F the ratio of the variance between
#: the bins to that of noise; with two years (11 and 12 degrees of freedom) F = 2.7 is reached by chance by one item in
#: twenty.
YEAR_LEAST_WEIGHT = 0.63


def of_year(demand, first_day, horizon, least_weight=YEAR_LEAST_WEIGHT):
    """Index of each day, past and future, by the season of the year.

    The history is cut into twelfths of a year, counted back from the planning date, so that no calendar is needed and
    the last bin is whole. Each bin is set against the straight line through all of them (with two years there is no
    centred average for most), the indices are drawn to 1 as far as noise explains them, and days in between follow the
    straight line from middle to middle.

    :param demand: shape (n, T), units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day; items younger than two years get no season
    :param horizon: days of future wanted
    :param least_weight: a season that is believed less than this is left out
    :return: ``(index, weight)``: shape (n, T + horizon), mean 1 over a year; shape (n,)
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    days = np.arange(length + horizon) - length
    years = length // YEAR_DAYS
    if not count or years < YEAR_CYCLES:
        return np.ones((count, length + horizon)), np.zeros(count)
    bins = _year_bins(demand, years)
    old_enough = np.asarray(first_day, int) <= length - years * YEAR_DAYS
    index, believed = _index_against_line(bins.reshape(count, years, YEAR_BINS))
    believed = np.where(old_enough & (believed >= least_weight), believed, 0.0)
    index = np.maximum(1 + believed[:, None] * (index - 1), INDEX_FLOOR)
    # Middle of bin s of the year lies (s + 1/2) twelfths after a whole number of years before the planning date.
    place = (days + 0.5) / YEAR_DAYS * YEAR_BINS - 0.5
    left = np.floor(place).astype(int)
    share = place - left
    return index[:, left % YEAR_BINS] * (1 - share) + index[:, (left + 1) % YEAR_BINS] * share, believed


def _year_bins(demand, years):
    """Units per day in each twelfth of the last ``years`` years: shape (n, years * 12)."""
    length = demand.shape[1]
    edges = length - np.round(np.arange(years * YEAR_BINS, -1, -1) * YEAR_DAYS / YEAR_BINS).astype(int)
    total = np.concatenate([np.zeros((demand.shape[0], 1)), np.cumsum(demand, axis=1)], axis=1)
    # Returns on days of their own may outweigh a twelfth's sales: below nothing there is no share of a year.
    return np.maximum(np.diff(total[:, edges], axis=1) / np.diff(edges), 0.0)


def _index_against_line(cycles):
    """Seasonal index by the ratio to the straight line through all bins, and how far to believe it.

    :param cycles: shape (n, years, bins), units per day
    :return: ``(index, weight)``, shape (n, bins) and (n,)
    """
    count, years, bins = cycles.shape
    place = np.arange(years * bins) - (years * bins - 1) / 2
    flat = cycles.reshape(count, years * bins)
    mean = flat.mean(axis=1)
    # The season itself pulls the line of a few years; whole years differ by trend alone.
    yearly = cycles.mean(axis=2)
    slope = (yearly * (np.arange(years) - (years - 1) / 2)).sum(axis=1) / (
        bins * ((np.arange(years) - (years - 1) / 2) ** 2).sum()
    )
    line = np.maximum(mean[:, None] + slope[:, None] * place, 0.1 * mean[:, None])
    ratio = np.divide(flat, line, out=np.ones_like(flat), where=line > 0).reshape(count, years, bins)
    index = ratio.mean(axis=1)
    index /= np.maximum(index.mean(axis=1, keepdims=True), 1e-12)
    residual = ratio - ratio.mean(axis=1, keepdims=True)
    noise = (residual**2).sum(axis=(1, 2)) / ((years - 1) * bins) / years
    between = index.var(axis=1, ddof=1)
    share = np.divide(noise, between, out=np.ones(count), where=between > 1e-12)
    return index, np.where(mean > 0, np.clip(1 - share, 0, 1), 0.0)


def effective_days(days, event_days, uplift):
    """Days that a period counts for when ``event_days`` of its ``days`` sell ``uplift`` times as much.

    An uplift belongs to days, never to weeks or months: a week with three holidays at 1.8 counts for 9.4 days.
    """
    return np.asarray(days, float) + np.asarray(event_days, float) * (np.asarray(uplift, float) - 1)


def uplift_from_history(event_units, event_days, normal_units, normal_days):
    """How many times as much was sold on a day of an event as on a normal one; 1 where normal days sold nothing."""
    normal = np.asarray(normal_units, float) / normal_days
    event = np.asarray(event_units, float) / event_days
    return np.divide(event, normal, out=np.ones_like(normal), where=normal > 0)
