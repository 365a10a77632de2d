"""Which method forecasts an item: by its error over the protection interval, from one week of the past to the next.

Daily demand is summed to weeks, at most :data:`HISTORY_WEEKS` of them: more make the choice slower and, by what was
measured on long series, no better. The first 60 % of an item's weeks choose each method's parameters; from every later
week each says what the next weeks of the protection interval will ask for together, and is measured by what they did.

The simple mean stays unless another method beats it by more than chance explains: its root mean square error is at
least 5 % smaller, and the mean difference of squared errors, over its standard error, exceeds Student's factor at 5 %
shared among the methods that were tried (Diebold & Mariano 1995, Bonferroni). Errors of intervals of h weeks that
overlap depend on each other: those k weeks apart share 1 - k / h of their days, their squares the square of it, so that
2 h / 3 + 1 / (3 h) origins say as much as one. Of a thousand items of plain noise hardly one leaves the mean.

Few real items leave it, and rightly: of 1,468 articles of a wholesaler (lead time 14 days) 5 did, and over the quarter
after the choice their error was 14 % smaller in the median (20 % in the weeks of the choice); with a level of 20 % it
were 14 and 8 %, with 50 % 42 and 3 %. Of 599 articles of groceries by the week none did.
"""

import numpy as np
from scipy import special

from . import candidates
from .candidates import EMPTY_SHARE, INTERMITTENT, MEAN, MEAN_WEEKS, METHODS, SEASONAL, WEIGHTS, Weeks

#: Weeks of history that a choice looks at: the two years that the planning reads.
HISTORY_WEEKS = 104
#: Share of an item's weeks, and least number of them, that parameters are chosen on.
TRAINING_SHARE, LEAST_TRAINING = 0.6, 26
#: Weeks of history beyond the first year that a method with its own season needs.
SEASON_WEEKS = 26
#: A method replaces the mean only when its error is at most so much of the mean's.
MOST_RATIO = 0.95
#: Chance of leaving the mean although nothing is better, all methods of an item together.
LEVEL = 0.05
#: Independent intervals needed to tell methods apart; below, the mean stays.
LEAST_INTERVALS = 4
#: Items that are worked on at once.
CHUNK = 500


def weekly(demand, first_day, index, weeks=HISTORY_WEEKS):
    """Weekly sums, the first whole week of each item, and the weekly season.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,)
    :param index: shape (n, T + h), season of each day past and to come; None for none
    :return: ``(series, first, index)``: shapes (n, W), (n,), (n, W + whole weeks of h)
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    number = min(length // 7, weeks)
    series = demand[:, length - 7 * number :].reshape(count, number, 7).sum(axis=2)
    first = np.clip(-((length - np.asarray(first_day, int)) // 7) + number, 0, number)
    if index is None:
        return series, first, None
    ahead = (index.shape[1] - length) // 7
    used = index[:, length - 7 * number : length + 7 * ahead]
    return series, first, used.reshape(count, number + ahead, 7).mean(axis=2)


def choose(demand, first_day, interval, index=None, methods=METHODS):
    """Choose a method for every item.

    :param demand: shape (n, T), units per day, made fit for a forecast; ``first_day``: shape (n,)
    :param interval: shape (n,), days of the protection interval (lead time and review)
    :param index: shape (n, T + h), season of each day; None for none
    :param methods: names that are tried, see :data:`candidates.METHODS`
    :return: dict of arrays of shape (n,): ``method`` (name), ``ratio`` (its error over the mean's, 1 for the mean),
        ``error``, ``mean_error`` (root mean square over the interval in whole weeks, units), ``intervals`` (independent
        ones that they were measured on), nan where there is too little to measure; and ``weights``, shape
        (n, WEIGHTS): the method's parameters, chosen on all weeks
    """
    demand = np.asarray(demand, float)
    result = _nothing(len(demand))
    for rows, weeks in _chunks(demand, first_day, interval, index):
        found = _choose(weeks, methods)
        for name, values in found.items():
            result[name][rows] = values
    return result


def refit(demand, first_day, interval, method, weights, index=None):
    """What each item's own method expects now, with the parameters of its choice; nothing is chosen anew.

    :param method: shape (n,), names; items of the mean are left out
    :param weights: shape (n, WEIGHTS), of :func:`choose`; a method that needs some and has none fits them here
    :return: shape (n,), units per day of season 1 expected over the interval, nan where the mean counts
    """
    demand, method = np.asarray(demand, float), np.asarray(method)
    level = np.full(len(demand), np.nan)
    given = np.flatnonzero(np.isin(method, [name for name in METHODS if name != MEAN]))
    if not given.size:
        return level
    part = None if index is None else index[given]
    series, first, seasons = weekly(demand[given], np.asarray(first_day)[given], part)
    horizon = _horizon(np.asarray(interval)[given], series.shape[1])
    weeks = Weeks(np.maximum(series, 0.0), first, _year(seasons, series.shape[1], horizon), horizon)
    for name in np.unique(method[given]):
        rows = np.flatnonzero((method[given] == name) & _measurable(weeks, name))
        if not rows.size:
            continue
        some = weeks.take(rows)
        own = np.array(np.asarray(weights, float)[given[rows]])
        missing = np.isnan(own).all(axis=1)
        if missing.any():
            few = some.take(missing)
            own[missing] = few.fit(name, np.full(int(missing.sum()), few.length))
        total = some.follow(name, own)[:, -1]
        level[given[rows]] = total / np.maximum(some.ahead[:, -1], 1e-9) / some.horizon / 7
    return level


def compare(demand, first_day, interval, method, index=None):
    """How a method that somebody asked for did beside the mean, on the same origins as :func:`choose`.

    :param method: shape (n,), names; items of the mean are left out
    :return: dict as of :func:`choose`, for these methods
    """
    method = np.asarray(method)
    result = _nothing(len(method))
    for name in np.unique(method):
        rows = np.flatnonzero(method == name)
        if name not in METHODS or name == MEAN:
            continue
        part = None if index is None else index[rows]
        for some, weeks in _chunks(
            np.asarray(demand)[rows], *(np.asarray(x)[rows] for x in (first_day, interval)), part
        ):
            usable = _measurable(weeks, name)
            for key, values in _compared(weeks.take(usable), name).items():
                result[key][rows[some][usable]] = values
    return result


def _nothing(count):
    """The result of items that are not looked at."""
    return {
        "method": np.full(count, MEAN, dtype="<U24"),
        "ratio": np.ones(count),
        "error": np.full(count, np.nan),
        "mean_error": np.full(count, np.nan),
        "intervals": np.full(count, np.nan),
        "weights": np.full((count, WEIGHTS), np.nan),
    }


def _horizon(interval, length):
    """Whole weeks of each interval, none above what the history is long."""
    return np.clip(np.ceil(np.asarray(interval, float) / 7), 1, max(length - 1, 1)).astype(int)


def _year(seasons, length, horizon):
    """Season of all weeks that are looked at: shape (n, length + longest horizon)."""
    year = np.ones((len(horizon), length + int(horizon.max(initial=1))))
    if seasons is not None:
        given = seasons[:, : year.shape[1]]
        year[:, : given.shape[1]] = given
    return year


def _chunks(demand, first_day, interval, index):
    """Items of one horizon, some at a time: pairs of rows and :class:`candidates.Weeks`."""
    series, first, seasons = weekly(demand, first_day, index)
    length = series.shape[1]
    horizon = _horizon(interval, length)
    # An interval that leaves too few to measure on, or history, needs no look.
    judged = length - first >= LEAST_TRAINING + LEAST_INTERVALS * _shared(horizon) + horizon
    judged &= (series > 0).sum(axis=1) >= 2
    for weeks in np.unique(horizon[judged]):
        rows = np.flatnonzero(judged & (horizon == weeks))
        for start in range(0, rows.size, CHUNK):
            part = rows[start : start + CHUNK]
            year = _year(None if seasons is None else seasons[part], length, horizon[part])
            yield part, Weeks(np.maximum(series[part], 0.0), first[part], year, horizon[part])


def _cut(weeks):
    """First week that methods are measured from, per item: shape (n,)."""
    number = weeks.length - weeks.first
    cut = weeks.first + np.maximum(LEAST_TRAINING, np.ceil(TRAINING_SHARE * number)).astype(int)
    seasonal = number >= candidates.CYCLE + SEASON_WEEKS
    return np.where(seasonal, np.maximum(cut, weeks.first + candidates.CYCLE + 1), cut)


def _errors(weeks, sums, cut):
    """Errors at every origin from the cut on whose outcome is known, else nan: shape (n, T)."""
    column = np.arange(weeks.length)[None, :]
    origins = (column >= cut[:, None] - 1) & (column < weeks.length - weeks.horizon[:, None])
    return np.where(origins, weeks.outcome() - sums, np.nan)


def _mean_errors(weeks, cut):
    """Errors of the best window of the mean, item by item."""
    best = np.full(len(weeks.first), np.inf)
    kept = np.full(weeks.series.shape, np.nan)
    for width in MEAN_WEEKS:
        errors = _errors(weeks, candidates.mean_sums(weeks, width), cut)
        square = _square(errors)
        better = (square < best) & (cut - weeks.first >= width)
        best[better], kept[better] = square[better], errors[better]
    return kept, best


def _square(errors):
    """Mean square of each row, inf without any."""
    there = ~np.isnan(errors)
    number = there.sum(axis=1)
    total = np.where(there, errors, 0.0) ** 2
    return np.divide(total.sum(axis=1), number, out=np.full(len(errors), np.inf), where=number > 0)


def _measurable(weeks, name):
    """Items on which a method can be used at all."""
    number = weeks.length - weeks.first
    if name in SEASONAL:
        return number >= candidates.CYCLE + SEASON_WEEKS
    return number >= LEAST_TRAINING


def _tried(weeks, name):
    """Items on which a method is tried."""
    tried = _measurable(weeks, name)
    if name in INTERMITTENT:
        column = np.arange(weeks.length)[None, :] >= weeks.first[:, None]
        empty = ((weeks.series <= 0) & column).sum(axis=1)
        tried &= empty >= EMPTY_SHARE * column.sum(axis=1)
    return tried


def _choose(weeks, methods):
    """The choice for items of one horizon; see :func:`choose`."""
    cut = _cut(weeks)
    base, base_square = _mean_errors(weeks, cut)
    origins = (~np.isnan(base)).sum(axis=1)
    intervals = origins / _shared(weeks.horizon)
    others = [name for name in methods if name != MEAN]
    tried = {name: _tried(weeks, name) & (intervals >= LEAST_INTERVALS) for name in others}
    number = np.sum(list(tried.values()), axis=0) if tried else np.zeros(len(cut))
    limit = special.stdtrit(np.maximum(intervals - 1, 1), 1 - LEVEL / np.maximum(number, 1))
    method = np.full(len(cut), MEAN, dtype="<U24")
    square = base_square.copy()
    for name in others:
        rows = np.flatnonzero(tried[name])
        if not rows.size:
            continue
        part = weeks if rows.size == len(cut) else weeks.take(rows)
        errors = _errors(part, part.sums(name, cut[rows]), cut[rows])
        own = _square(errors)
        better = (own < square[rows]) & (own <= MOST_RATIO**2 * base_square[rows])
        better &= _statistic(base[rows] ** 2 - errors**2, part.horizon) > limit[rows]
        # A method that is silent at some origin is not compared on the others.
        better &= (~np.isnan(errors)).sum(axis=1) == origins[rows]
        method[rows[better]], square[rows[better]] = name, own[better]
    result = _measured(method, square, base_square, intervals)
    for name in others:
        rows = np.flatnonzero(method == name)
        if rows.size:
            result["weights"][rows] = weeks.take(rows).fit(name, np.full(rows.size, weeks.length))
    return result


def _compared(weeks, name):
    """The error of one method beside the mean's; see :func:`compare`."""
    cut = _cut(weeks)
    base, base_square = _mean_errors(weeks, cut)
    square = _square(_errors(weeks, weeks.sums(name, cut), cut))
    intervals = (~np.isnan(base)).sum(axis=1) / _shared(weeks.horizon)
    result = _measured(np.full(len(cut), name, dtype="<U24"), square, base_square, intervals)
    result["weights"] = weeks.fit(name, np.full(len(cut), weeks.length))
    return result


def _measured(method, square, base_square, intervals):
    """Errors of items as :func:`choose` gives them."""
    result = _nothing(len(method))
    measured = np.isfinite(square) & np.isfinite(base_square) & (intervals > 0)
    result["method"] = method
    known = measured & (base_square > 0)
    result["ratio"] = np.sqrt(np.divide(square, base_square, out=np.ones(len(method)), where=known))
    result["error"][measured] = np.sqrt(square[measured])
    result["mean_error"][measured] = np.sqrt(base_square[measured])
    result["intervals"] = np.where(measured, intervals, np.nan)
    return result


def _shared(horizon):
    """Overlapping intervals that say as much as one: ``1 + 2 sum (1 - k / h)^2``, k < h."""
    return 2 * horizon / 3 + 1 / (3 * horizon)


def _statistic(gain, horizon):
    """Mean gain over its standard error; 0 where nothing varies."""
    there = ~np.isnan(gain)
    number = np.maximum(there.sum(axis=1), 1)
    mean = np.where(there, gain, 0.0).sum(axis=1) / number
    spread = np.where(there, (gain - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(number - 1, 1)
    error = np.sqrt(spread * _shared(horizon) / number)
    return np.divide(mean, error, out=np.zeros_like(mean), where=error > 0)
