"""Quantiles of the demand over a protection interval, by mean and variance."""

import numpy as np
from scipy import special, stats

#: Distribution used for each demand pattern. Normal-like for smooth demand; skewed for all others, because a normal
#: never reaches 99 % on intermittent demand. Poisson is never used: its variance cannot exceed its mean.
STUDENT = "student"
GAMMA = "gamma"
NEGATIVE_BINOMIAL = "negative_binomial"
BY_CLASS = {
    "smooth": STUDENT,
    "erratic": GAMMA,
    "intermittent": NEGATIVE_BINOMIAL,
    "lumpy": NEGATIVE_BINOMIAL,
    "few": NEGATIVE_BINOMIAL,
    "": GAMMA,
}
#: The fewest degrees of freedom that a Student factor is computed with (t at 95 % and 2 degrees is 2.92).
MIN_DEGREES = 2.0


def normal_factor(service):
    """z with P(Z <= z) = service; shapes follow ``service``."""
    return special.ndtri(np.asarray(service, float))


def student_factor(service, degrees):
    """t with P(T <= t) = service for ``degrees`` degrees of freedom (at least :data:`MIN_DEGREES`)."""
    return special.stdtrit(np.maximum(np.asarray(degrees, float), MIN_DEGREES), np.asarray(service, float))


def gamma_quantile(mean, variance, service):
    """Quantile of the gamma distribution with this mean and variance; the mean itself where either is zero."""
    mean, variance, service = np.broadcast_arrays(*(np.asarray(x, float) for x in (mean, variance, service)))
    result = np.array(mean, float)
    usable = (mean > 0) & (variance > 1e-12 * np.maximum(mean, 1) ** 2)
    shape = mean[usable] ** 2 / variance[usable]
    result[usable] = special.gammaincinv(shape, service[usable]) * variance[usable] / mean[usable]
    return result


def negative_binomial_quantile(mean, variance, service):
    """Smallest whole S with P(D <= S) >= service for a negative binomial of this mean and variance.

    ``r = mean^2 / (variance - mean)``, ``p = mean / variance``. Where the variance does not exceed the mean the
    distribution does not exist; the gamma's quantile, rounded up, takes its place.
    """
    mean, variance, service = np.broadcast_arrays(*(np.asarray(x, float) for x in (mean, variance, service)))
    result = np.array(np.ceil(gamma_quantile(mean, variance, service) - 1e-9))
    usable = (mean > 0) & (variance > mean * (1 + 1e-9))
    m, v = mean[usable], variance[usable]
    result[usable] = stats.nbinom.ppf(service[usable], m * m / (v - m), m / v)
    return result
