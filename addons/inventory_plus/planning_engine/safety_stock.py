"""Safety stock for a cycle service target, with lead-time variance and review period.

Notation: d demand per day, s its deviation, L lead time, sL its deviation, R review period, P = L + R the protection
interval, all in days; p the target share of cycles without stock-out.
"""

import numpy as np

from . import distributions, protection

#: Highest multiple of one month's use, a rule of thumb kept for comparison: it holds the service at 4 to 6 times the
#: stock.
MAXIMUM_USE_FACTOR = 1.2


def interval_deviation(rate, deviation, lead_time, lead_deviation=0.0, review=0.0):
    """Deviation of demand over P for independent days: ``sqrt(P s^2 + d^2 sL^2)`` (King 2011; Chopra & Meindl 11)."""
    interval = np.asarray(lead_time, float) + review
    return np.sqrt(interval * np.asarray(deviation, float) ** 2 + (np.asarray(rate, float) * lead_deviation) ** 2)


def cycle_service(service, rate, deviation, lead_time, lead_deviation=0.0, review=0.0):
    """Textbook safety stock ``z sigma_P``, normal and independent days.

    :return: units; the reorder point is ``d P`` more
    """
    sigma = interval_deviation(rate, deviation, lead_time, lead_deviation, review)
    return distributions.normal_factor(service) * sigma


def maximum_use(use_per_month, factor=MAXIMUM_USE_FACTOR):
    """Rule of thumb: the largest month times a factor. ``use_per_month``: shape (n, months)."""
    return np.asarray(use_per_month, float).max(axis=1) * factor


def protection_level(service, pattern, mean, variance, degrees, whole_units):
    """Stock that covers the demand of the protection interval in a share ``service`` of the cycles.

    See :class:`protection.Demand`: the variance is that of the cumulative error.

    :param service: shape (n,) or a number, 0 < service < 1
    :param pattern: shape (n,), demand class (see :data:`distributions.BY_CLASS`)
    :param mean: shape (n,), expected demand over the interval
    :param variance: shape (n,), of that demand, lead-time variance included
    :param degrees: shape (n,), effective number of errors that the variance was measured on
    :param whole_units: shape (n,), True where the item is counted in whole units
    :return: ``(level, distribution)``: units, and the name of the distribution used
    """
    used = protection.choose(pattern, whole_units)
    return protection.Demand(used, mean, variance, degrees, service).level(service), used


def deviation_from_mad(deviation):
    """Standard deviation from the mean absolute deviation of normal errors: ``sqrt(pi / 2) MAD`` (Brown 1959)."""
    return np.sqrt(np.pi / 2) * np.asarray(deviation, float)
