"""The methods that are chosen among: each says after every week what it expects of the next ones together."""

import numpy as np

from .. import season
from . import intermittent, smoothing, winters
from . import theta as theta_method

#: Weeks of a year.
CYCLE = 52
#: Windows of the plain mean, in weeks; those of :data:`cumulative.WINDOWS`.
MEAN_WEEKS = (4, 13, 26, 52)
#: The simple one that all others are measured against.
MEAN = "mean"
#: The others, by the name that an item carries.
NAIVE, SEASONAL_NAIVE, SIMPLE, DAMPED = "naive", "seasonal_naive", "simple", "damped"
WINTERS_ADDITIVE, WINTERS_MULTIPLICATIVE = "winters_additive", "winters_multiplicative"
THETA, MEDIAN, CROSTON, SBA, TSB = "theta", "median", "croston", "sba", "tsb"
METHODS = (
    MEAN,
    NAIVE,
    SEASONAL_NAIVE,
    SIMPLE,
    DAMPED,
    WINTERS_ADDITIVE,
    WINTERS_MULTIPLICATIVE,
    THETA,
    MEDIAN,
    CROSTON,
    SBA,
    TSB,
)
#: Methods that bring their own season; the others work on weeks from which the season of the year is taken out.
SEASONAL = (SEASONAL_NAIVE, WINTERS_ADDITIVE, WINTERS_MULTIPLICATIVE)
#: Methods for weeks with and without demand; tried where at least this share of the weeks is without.
INTERMITTENT = (CROSTON, SBA, TSB)
EMPTY_SHARE = 0.25


#: Numbers that a method's parameters take at most (the median's: those of its three parts).
WEIGHTS = 5


class Weeks:
    """Weekly demand of n items and what the methods need to know of it.

    :param series: shape (n, T), units per week, the last column the last seven days
    :param first: shape (n,), column of the first whole week
    :param index: shape (n, T + h), season of the year of each week past and to come, mean 1
    :param horizon: shape (n,), whole weeks that are forecast together, none above h
    """

    def __init__(self, series, first, index, horizon):
        self.series, self.first = np.asarray(series, float), np.asarray(first, int)
        self.horizon = np.broadcast_to(np.asarray(horizon, int), self.first.shape)
        self.length = self.series.shape[1]
        self.plain = self.series / np.maximum(index[:, : self.length], season.INDEX_FLOOR)
        self.ahead = _windows(index, self.horizon)[:, 1 : self.length + 1] / self.horizon[:, None]
        self._sums = {}

    def outcome(self):
        """What the next weeks after each week asked for: shape (n, T); of the last ones it is not known yet."""
        return _windows(self.series, self.horizon)[:, 1:]

    def take(self, rows):
        """The same of some items."""
        part = object.__new__(Weeks)
        part.series, part.first, part.horizon = self.series[rows], self.first[rows], self.horizon[rows]
        part.length, part.plain, part.ahead = self.length, self.plain[rows], self.ahead[rows]
        part._sums = {}
        return part

    def sums(self, method, fit_to):
        """What a method says after every week of the next weeks together: shape (n, T), nan where nothing.

        :param fit_to: shape (n,), the weeks before it choose the method's parameters; the same at every call
        """
        if method not in self._sums:
            self._sums[method] = self.follow(method, self.fit(method, fit_to))
        return self._sums[method]

    def fit(self, method, fit_to):
        """Parameters of a method: shape (n, WEIGHTS), nan where it has none."""
        given = _METHODS[method][0](self, fit_to) if _METHODS[method][0] else []
        weights = np.full((len(self.first), WEIGHTS), np.nan)
        for place, values in enumerate(given):
            weights[:, place] = values
        return weights

    def follow(self, method, weights):
        """Sums as of :meth:`sums`, with given parameters."""
        return _METHODS[method][1](self, *np.asarray(weights, float).T)

    def of_path(self, path):
        """Sums that a path without season gives, its season put back."""
        most = int(self.horizon.max(initial=1))
        counted = np.arange(1, most + 1)[None, :] <= self.horizon[:, None]
        steps = np.where(counted, path.steps(most), 0.0).sum(axis=1)[:, None]
        return np.maximum((path.level * self.horizon[:, None] + path.trend * steps) * self.ahead, 0.0)

    def training(self, fit_to):
        """The weeks that parameters are chosen on, later ones unknown."""
        fit_to = np.asarray(fit_to, int)
        end = int(fit_to.max(initial=0))
        column = np.arange(end)[None, :]
        return np.where(column < fit_to[:, None], self.plain[:, :end], np.nan)


def _windows(values, width):
    """Sum of ``width`` columns from each column on; beyond the last column there is nothing: shape (n, T + 1)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    end = np.minimum(np.arange(total.shape[1])[None, :] + width[:, None], total.shape[1] - 1)
    return np.take_along_axis(total, end, axis=1) - total


def mean_sums(weeks, width):
    """Sums by the mean of the last ``width`` weeks."""
    return weeks.of_path(smoothing.moving_average(weeks.plain, weeks.first, width))


def _naive(weeks, *_weights):
    return mean_sums(weeks, 1)


def _seasonal_naive(weeks, *_weights):
    """The same weeks of the year before."""
    sums = _windows(weeks.series, weeks.horizon)
    result = np.full(weeks.series.shape, np.nan)
    if weeks.length >= CYCLE:
        last = np.arange(CYCLE - 1, weeks.length)
        result[:, last] = sums[:, last + 1 - CYCLE]
    begun = np.arange(weeks.length)[None, :] >= weeks.first[:, None] + CYCLE - 1
    return np.where(begun & (weeks.horizon <= CYCLE)[:, None], result, np.nan)


def _fit_simple(weeks, fit_to):
    return [smoothing.simple(weeks.training(fit_to), weeks.first).names["alpha"]]


def _simple(weeks, alpha, *_weights):
    return weeks.of_path(smoothing.follow(weeks.plain, weeks.first, alpha))


def _fit_damped(weeks, fit_to):
    names = smoothing.trended(weeks.training(fit_to), weeks.first).names
    return [names["alpha"], names["beta"], names["phi"]]


def _damped(weeks, alpha, beta, phi, *_weights):
    return weeks.of_path(smoothing.follow(weeks.plain, weeks.first, alpha, beta, phi))


def _fit_theta(weeks, fit_to):
    return [theta_method.theta(weeks.training(fit_to), weeks.first).names["alpha"]]


def _theta(weeks, alpha, *_weights):
    return weeks.of_path(theta_method.follow(weeks.plain, weeks.first, alpha))


def _fit_median(weeks, fit_to):
    return [*_fit_simple(weeks, fit_to), *_fit_damped(weeks, fit_to), *_fit_theta(weeks, fit_to)]


def _median(weeks, simple, alpha, beta, phi, theta):
    return np.median([_simple(weeks, simple), _damped(weeks, alpha, beta, phi), _theta(weeks, theta)], axis=0)


def _fit_winters(multiplicative):
    def fit(weeks, fit_to):
        return winters.fit(weeks.series, weeks.first, CYCLE, fit_to, multiplicative)

    return fit


def _winters(multiplicative):
    def run(weeks, alpha, gamma, *_weights):
        return winters.follow(weeks.series, weeks.first, CYCLE, alpha, gamma, weeks.horizon, multiplicative)[0]

    return run


def _fit_intermittent(method):
    def fit(weeks, fit_to):
        training = weeks.training(fit_to)
        # Items are chosen for one horizon at a time; of several the middle one serves all.
        horizon = min(int(np.median(weeks.horizon)), max(training.shape[1] - 1, 1))
        names = intermittent.best_of_grid(method, training, weeks.first, horizon).names
        return [names["size_weight"], names["other_weight"]]

    return fit


def _intermittent(method, **options):
    def run(weeks, size_weight, other_weight, *_weights):
        return weeks.of_path(method(weeks.plain, weeks.first, size_weight, other_weight, **options))

    return run


#: How a method finds its parameters, and what it says with them.
_METHODS = {
    NAIVE: (None, _naive),
    SEASONAL_NAIVE: (None, _seasonal_naive),
    SIMPLE: (_fit_simple, _simple),
    DAMPED: (_fit_damped, _damped),
    WINTERS_ADDITIVE: (_fit_winters(False), _winters(False)),
    WINTERS_MULTIPLICATIVE: (_fit_winters(True), _winters(True)),
    THETA: (_fit_theta, _theta),
    MEDIAN: (_fit_median, _median),
    CROSTON: (
        _fit_intermittent(intermittent.croston),
        _intermittent(intermittent.croston, variant=intermittent.CROSTON),
    ),
    SBA: (_fit_intermittent(intermittent.croston), _intermittent(intermittent.croston)),
    TSB: (_fit_intermittent(intermittent.tsb), _intermittent(intermittent.tsb)),
}
