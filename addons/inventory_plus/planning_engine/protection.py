"""Demand until an order arrives, as a distribution: its quantiles, its chance to stay below a level, its shortage.

The variance is that of the *cumulative* error of forecasting, measured on a limited number of independent intervals.
For normal-like demand Student's distribution takes that into account; for the skewed ones the variance is widened by
the square of Student's over the normal factor at the target, which is the same allowance.

Mean and variance do not say how skewed a sum of days is: over a month it is nearly symmetric where a gamma with the
same two is not yet. Where the third cumulant is known, too, the gamma is shifted to have all three (Pearson type III).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from . import distributions
from .distributions import BY_CLASS, GAMMA, MIN_DEGREES, NEGATIVE_BINOMIAL, STUDENT

#: Near a half both factors are nearly zero; the widening is taken this far beside it.
NEAR_HALF = 0.01
#: Least skewness of a shifted gamma; below, it is as good as symmetric.
LEAST_SKEW = 0.05


def choose(pattern, whole_units):
    """Name of the distribution of each item, by demand class: shape (n,).

    The negative binomial counts: an item that is sold by weight or length gets the gamma in its place.
    """
    pattern = np.asarray(pattern)
    if not pattern.size:
        return np.empty(0, "<U20")
    kinds, place = np.unique(pattern, return_inverse=True)
    used = np.array([BY_CLASS[str(name)] for name in kinds], dtype="<U20")[place]
    used[(used == NEGATIVE_BINOMIAL) & ~np.asarray(whole_units, bool)] = GAMMA
    return used


def widening(service, degrees):
    """``(t / z)^2`` at a service level for this many degrees of freedom, 1 for very many; shapes broadcast."""
    service = np.asarray(service, float)
    beside = np.where(service < 0.5, 0.5 - NEAR_HALF, 0.5 + NEAR_HALF)
    service = np.where(np.abs(service - 0.5) < NEAR_HALF, beside, service)
    return (distributions.student_factor(service, degrees) / distributions.normal_factor(service)) ** 2


@dataclass
class Demand:
    """Demand of n items over an interval.

    :param name: shape (n,), a distribution of :mod:`distributions`
    :param mean: shape (n,), units; ``variance``: of the measured error; ``degrees``: of freedom it was measured with
    :param service: shape (n,) or a number, level at which the variance of skewed distributions is widened
    :param sure: shape (n,) or a number, variance that comes on top and that few errors do not make less certain: of the
        lead time, and of what is missing when the order is placed
    :param third: shape (n,), third cumulant (third central moment), units cubed; nan where unknown. It counts where it
        is below that of the gamma or negative binomial of this mean and variance
    """

    name: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    degrees: np.ndarray
    service: np.ndarray | float = 0.95
    sure: np.ndarray | float = 0.0
    third: np.ndarray | float = np.nan

    def __post_init__(self):
        self.mean = np.maximum(np.asarray(self.mean, float), 0.0)
        self.variance = np.maximum(np.asarray(self.variance, float), 0.0)
        self.degrees = np.maximum(np.broadcast_to(np.asarray(self.degrees, float), self.mean.shape), MIN_DEGREES)
        wider = widening(np.broadcast_to(self.service, self.mean.shape), self.degrees)
        self._wide = self.variance * wider + self.sure
        # Student's factor widens what it is multiplied with.
        self._scale = np.sqrt(self._wide / wider)
        varies = (self.mean > 0) & (self._wide > 1e-12 * np.maximum(self.mean, 1) ** 2)
        # Where the variance does not exceed the mean there is no negative binomial; the gamma takes its place.
        counts = (self.name == NEGATIVE_BINOMIAL) & (self._wide > self.mean * (1 + 1e-9)) & varies
        shifted = self._shifted(counts, varies)
        counts &= ~shifted
        self._rows = {
            STUDENT: (self.name == STUDENT) & (self._wide > 0),
            NEGATIVE_BINOMIAL: counts,
            GAMMA: ((self.name == GAMMA) | (self.name == NEGATIVE_BINOMIAL)) & varies & ~counts,
        }

    def _shifted(self, counts, varies):
        """Where a third cumulant shifts the gamma; how far is kept for all: shape (n,), units to the left."""
        third = np.broadcast_to(np.asarray(self.third, float), self.mean.shape)
        mean, wide = np.where(varies, self.mean, 1.0), np.where(varies, self._wide, 1.0)
        own = np.where(counts, wide * (2 * wide / mean - 1), 2 * wide**2 / mean)
        third = np.fmax(third, LEAST_SKEW * wide**1.5)
        shifted = varies & np.isin(self.name, (GAMMA, NEGATIVE_BINOMIAL)) & (third < own) & ~np.isnan(self.third)
        # A gamma's third cumulant is twice the squared variance over the mean.
        self._shift = np.where(shifted, 2 * wide**2 / np.where(shifted, third, 1.0) - mean, 0.0)
        return shifted

    def take(self, rows):
        """The demand of some of the items: rows as an array of positions or of truth values."""
        service, sure, third = (
            np.broadcast_to(np.asarray(x, float), self.mean.shape)[rows] for x in (self.service, self.sure, self.third)
        )
        return Demand(self.name[rows], self.mean[rows], self.variance[rows], self.degrees[rows], service, sure, third)

    @property
    def spread(self):
        """Standard deviation with all allowances, shape (n,), units."""
        return np.sqrt(self._wide)

    @property
    def skewness(self):
        """Skewness where the third cumulant counts, shape (n,), nan elsewhere."""
        shape = np.divide(self.spread, self.mean + self._shift, out=np.zeros(self.mean.shape), where=self._shift > 0)
        return np.where(self._shift > 0, 2 * shape, np.nan)

    def level(self, service):
        """Units that cover the demand with this probability, never negative; shape (n,)."""
        service = np.broadcast_to(np.asarray(service, float), self.mean.shape)
        result = np.where(self.name == NEGATIVE_BINOMIAL, np.ceil(self.mean - 1e-9), self.mean)
        rows = self._rows[STUDENT]
        factor = distributions.student_factor(service[rows], self.degrees[rows])
        result[rows] = self.mean[rows] + factor * self._scale[rows]
        rows = self._rows[GAMMA]
        shift = self._shift[rows]
        result[rows] = distributions.gamma_quantile(self.mean[rows] + shift, self._wide[rows], service[rows]) - shift
        rounded = rows & (self.name == NEGATIVE_BINOMIAL)
        result[rounded] = np.ceil(result[rounded] - 1e-9)
        rows = self._rows[NEGATIVE_BINOMIAL]
        result[rows] = stats.nbinom.ppf(service[rows], *self._counting(rows))
        return np.maximum(result, 0.0)

    def chance(self, level):
        """Probability that the demand does not exceed ``level``; shape (n,)."""
        level = np.broadcast_to(np.asarray(level, float), self.mean.shape)
        result = (level >= self.mean - 1e-9).astype(float)
        rows = self._rows[STUDENT]
        result[rows] = special.stdtr(self.degrees[rows], self._scaled(level, rows))
        rows = self._rows[GAMMA]
        result[rows] = special.gammainc(*self._gamma(level, rows))
        rows = self._rows[NEGATIVE_BINOMIAL]
        number, share = self._counting(rows)
        whole = np.floor(level[rows] + 1e-9)
        result[rows] = np.where(whole < 0, 0.0, special.betainc(number, np.maximum(whole, 0) + 1, share))
        return result

    def shortage(self, level):
        """Expected units that the demand exceeds ``level`` by: ``E[(D - level)+]``; shape (n,), any sign of level."""
        level = np.broadcast_to(np.asarray(level, float), self.mean.shape)
        result = np.maximum(self.mean - level, 0.0)
        rows = self._rows[STUDENT]
        degrees, factor = self.degrees[rows], self._scaled(level, rows)
        density = _student_density(factor, degrees)
        # First moment of Student's tail; it exists for more than one degree of freedom.
        tail = density * (degrees + factor**2) / (degrees - 1) - factor * special.stdtr(degrees, -factor)
        result[rows] = self._scale[rows] * np.maximum(tail, 0.0)
        rows = self._rows[GAMMA] & (level + self._shift > 0)
        shape, scaled = self._gamma(level, rows)
        mean, here = self.mean[rows] + self._shift[rows], level[rows] + self._shift[rows]
        result[rows] = mean * special.gammaincc(shape + 1, scaled) - here * special.gammaincc(shape, scaled)
        rows = self._rows[NEGATIVE_BINOMIAL] & (level > 0)
        result[rows] = self._counted_shortage(level[rows], rows)
        return np.maximum(result, 0.0)

    def _scaled(self, level, rows):
        return (level[rows] - self.mean[rows]) / self._scale[rows]

    def _gamma(self, level, rows):
        mean, variance = self.mean[rows] + self._shift[rows], self._wide[rows]
        return mean**2 / variance, np.maximum(level[rows] + self._shift[rows], 0.0) * mean / variance

    def _counting(self, rows):
        mean, variance = self.mean[rows], self._wide[rows]
        return mean**2 / (variance - mean), mean / variance

    def _counted_shortage(self, level, rows):
        """``E[(D - s)+]`` of the negative binomial at any s, straight between whole numbers.

        At whole s: ``m P(D' >= s) - s P(D > s)``, D' the negative binomial of one success more.
        """
        number, share = self._counting(rows)
        mean = self.mean[rows]

        def whole(s):
            beyond = 1 - special.betainc(number, s + 1, share)
            weighted = np.where(s < 1, 1.0, 1 - special.betainc(number + 1, np.maximum(s, 1), share))
            return mean * weighted - s * beyond

        below = np.floor(level)
        here = whole(below)
        return here + (level - below) * (whole(below + 1) - here)


def _student_density(factor, degrees):
    logarithm = special.gammaln((degrees + 1) / 2) - special.gammaln(degrees / 2) - np.log(degrees * np.pi) / 2
    return np.exp(logarithm - (degrees + 1) / 2 * np.log1p(factor**2 / degrees))
