"""Daily demand of every class: what customers want, whether there is stock or not."""

from datetime import timedelta

import numpy as np

# Class and its share of the range. The first four are the Syntetos-Boylan classes, the others what else happens.
CLASSES = (
    ("smooth", 0.20),
    ("erratic", 0.15),
    ("intermittent", 0.18),
    ("lumpy", 0.15),
    ("seasonal", 0.08),
    ("trending", 0.08),
    ("new", 0.05),
    ("dying", 0.05),
    ("slow", 0.06),
)


def build_demand(seed, catalogue, days, last_day):
    """Demand of each product, warehouse and day.

    :param catalogue: :class:`Catalogue`
    :param int days: length of the history
    :param datetime.date last_day: its last day, which places week-ends and the season
    :return: array of shape (products, warehouses, days), units of the product (halves for kg and m)
    """
    rng = np.random.default_rng([seed, 2])
    first = last_day - timedelta(days=days - 1)
    dates = [first + timedelta(days=day) for day in range(days)]
    open_days = np.array([is_open(day) for day in dates])
    season = np.array([_season(day) for day in dates])
    shares = np.array([share for _code, _name, _zh, share, _range in catalogue.warehouses])
    result = np.zeros((len(catalogue.products), len(shares), days))
    for product in catalogue.products:
        total = _series(rng, product.demand_class, days, season) * open_days
        weights = shares * np.array(product.ranges)
        result[product.index] = _split(rng, total.astype(int), weights / weights.sum())
        if product.unit != "unit":
            result[product.index] = np.round(result[product.index]) / 2
    return result


def is_open(day):
    """The company is closed on Sundays, at Christmas and New Year."""
    return day.weekday() != 6 and (day.month, day.day) not in ((12, 25), (12, 26), (1, 1))


def _season(day):
    """Factor of the seasonal products: a peak before Christmas, a trough in the summer, mean about 1."""
    position = day.timetuple().tm_yday / 365.25
    return float(1 + 0.75 * np.cos(2 * np.pi * (position - 0.90)))


def _series(rng, demand_class, days, season):
    """Whole units wanted a day over all warehouses."""
    make = {
        "smooth": lambda: _buyers(rng, days, 0.30, rng.uniform(6, 22), 0.35),
        "erratic": lambda: _buyers(rng, days, 0.26, rng.uniform(3, 9), 1.15),
        "intermittent": lambda: _buyers(rng, days, 0.055, rng.uniform(2, 7), 0.30),
        "lumpy": lambda: _buyers(rng, days, 0.045, rng.uniform(3, 10), 1.15),
        "seasonal": lambda: _buyers(rng, days, 0.28, rng.uniform(5, 14) * season, 0.40),
        "trending": lambda: _buyers(rng, days, 0.27, rng.uniform(4, 9) * np.linspace(0.5, 2.2, days), 0.40),
        "new": lambda: _new(rng, days),
        "dying": lambda: _dying(rng, days),
        "slow": lambda: _slow(rng, days),
    }
    return make[demand_class]()


def _buyers(rng, days, chance, mean, spread):
    """Days with orders at ``chance``, sizes log-normal around ``mean`` (number or array a day)."""
    sizes = np.broadcast_to(mean, days) * rng.lognormal(-spread * spread / 2, spread, days)
    return np.where(rng.random(days) < chance, np.maximum(1, np.round(sizes)), 0)


def _new(rng, days):
    """Launched two to five months ago."""
    series = _buyers(rng, days, 0.35, rng.uniform(4, 10), 0.5)
    series[: max(0, days - int(rng.integers(60, 150)))] = 0
    return series


def _dying(rng, days):
    """Fades and stops six to nine months ago."""
    series = _buyers(rng, days, 0.30, rng.uniform(4, 10) * np.linspace(1.5, 0.05, days), 0.5)
    series[max(0, days - int(rng.integers(180, 270))) :] = 0
    return series


def _slow(rng, days):
    """A handful of sales a year."""
    series = np.zeros(days)
    moments = rng.choice(days, size=min(days, int(rng.integers(2, 9))), replace=False)
    series[moments] = rng.integers(1, 4, len(moments))
    return series


def _split(rng, total, weights):
    """Whole units of a day given to warehouses; an order mostly goes to one of them whole."""
    result = np.zeros((len(weights), len(total)))
    buying = np.flatnonzero(total)
    chosen = rng.choice(len(weights), size=len(buying), p=weights)
    shared = rng.random(len(buying)) < 0.25
    result[chosen[~shared], buying[~shared]] = total[buying[~shared]]
    if shared.any():
        parts = rng.multinomial(total[buying[shared]], weights)
        result[:, buying[shared]] = parts.T
    return result
