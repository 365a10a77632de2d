"""The season of the year of a group of items, for those whose own history is too short or too noisy to show one.

Two years are needed to tell an item's season from its noise; a hundred items together show theirs in sixteen months.
The group's index is the ratio of its sales to their mean over the whole year around each day, in bins of a week
counted back from the planning date. A year of 52 weeks has the same weekdays in every bin: of 365 days one would have
three Saturdays, and goods that are sold or booked on one day of the week a season that is none. Each item follows the
group as far as its own history says so: the slope of its own ratios on the group's, drawn to one by how noisy they are.
"""

from dataclasses import dataclass

import numpy as np

from .season import INDEX_FLOOR, of_year

#: Bins of a year: a week each, so that a holiday is not spread over a month.
BINS, BIN_DAYS = 52, 7
YEAR_DAYS = BINS * BIN_DAYS
#: Days of history that a group's season asks for: a year around a third of a year's days.
LEAST_DAYS = 480
#: Items that a group must have at least, and the parts that it is divided into to measure its noise.
LEAST_ITEMS, PARTS = 20, 5
#: Days after the group's first that an item's first demand still counts as "from the beginning".
FOUNDING_DAYS = 28
#: A group's season that is believed less than this is left out.
LEAST_WEIGHT = 0.63
#: Before its own history says anything, an item follows its group by one, give or take this.
SLOPE_DEVIATION = 0.5
#: An item follows its group by no less and no more than this.
SLOPE_LIMITS = (0.0, 2.0)


@dataclass
class Group:
    """The season of a group, as its founders show it; days count back from the planning date.

    :param index: shape (BINS,), index of each bin of the year; ``known``: shape (BINS,), where it was seen
    :param begin: days of history that it was measured on; ``latest``: items of at least so many days follow it as far
        as their own history says
    """

    index: np.ndarray
    known: np.ndarray
    begin: int
    latest: int


def of_items(demand, first_day, horizon, group="own"):
    """Index of each day, past and future, of every item: by its own season, or else by that of its group.

    :param demand: shape (n, T), units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day of history
    :param horizon: days of future wanted
    :param group: :class:`Group` measured on all items of a company, None where they show no season; "own" measures it
        on the items given
    :return: ``(index, weight, slope)``: shape (n, T + horizon), mean about 1 over a year; shape (n,), how far the own
        season is believed (0: none); shape (n,), how strongly the item follows the group (0: not)
    """
    index, weight = of_year(demand, first_day, horizon)
    group = measure(demand, first_day) if group == "own" else group
    if group is None:
        return index, weight, np.zeros(len(index))
    slope = np.where(weight > 0, 0.0, follow(group, demand, first_day))
    follows = slope > 0
    days = np.arange(index.shape[1]) - np.shape(demand)[1]
    whole = np.maximum(_of_days(group.index, days), INDEX_FLOOR)
    index[follows] = np.maximum(1 + slope[follows, None] * (whole[None, :] - 1), INDEX_FLOOR)
    return index, weight, slope


def measure(demand, first_day):
    """The season that items show together.

    :param demand: shape (n, T), units per day; ``first_day``: shape (n,)
    :return: :class:`Group`, or None where they are too few, too young or show no season
    """
    demand = np.asarray(demand, float)
    length = demand.shape[1]
    begin = int(np.min(first_day, initial=length))
    if length - begin < LEAST_DAYS:
        return None
    # Items that were there from the beginning: those that come later would look like a season.
    first_day = np.asarray(first_day, int)
    sold = demand.sum(axis=1) > 0
    latest = begin + FOUNDING_DAYS
    old = np.flatnonzero((first_day <= latest) & sold)
    if old.size < LEAST_ITEMS:
        old = np.flatnonzero((first_day <= length - LEAST_DAYS) & sold)
        if old.size < LEAST_ITEMS:
            return None
        begin = latest = int(first_day[old].max())
    part = np.maximum(demand[old, begin:], 0.0)
    size = part.mean(axis=1)
    # Between units, where large items decide all, and shares, where noise counts as much as sales.
    scaled = part / np.sqrt(np.maximum(size, 1e-12))[:, None]
    groups = np.stack([scaled[number::PARTS].sum(axis=0) for number in range(PARTS)])
    ratio, there = _ratios(np.concatenate([scaled.sum(axis=0)[None, :], groups]))
    if there.sum() < 3:
        return None
    noise = (ratio[1:, there] - ratio[0, there]).var(axis=0, ddof=1).mean() / PARTS
    between = ratio[0, there].var(ddof=1)
    weight = max(1 - noise / between, 0.0) if between > 1e-12 else 0.0
    if weight < LEAST_WEIGHT:
        return None
    fine = np.where(there, 1 + weight * (np.maximum(ratio[0], INDEX_FLOOR) - 1), 1.0)
    smooth = np.exp((np.roll(np.log(fine), 1) + 2 * np.log(fine) + np.roll(np.log(fine), -1)) / 4)
    return Group(smooth, there, length - begin, length - latest)


def follow(group, demand, first_day):
    """How strongly items follow a group: by one where they are too young to tell.

    :param group: :class:`Group`; ``demand``: shape (n, T), units per day; ``first_day``: shape (n,)
    :return: shape (n,)
    """
    demand = np.asarray(demand, float)
    length = demand.shape[1]
    slope = np.ones(len(demand))
    old = np.flatnonzero((np.asarray(first_day, int) <= length - group.latest) & (demand.sum(axis=1) > 0))
    slope[old] = _slopes(np.maximum(demand[old, length - group.begin :], 0.0), group.index, group.known)
    return slope


def _ratios(series):
    """Ratio of each bin to the mean of the year around its days: shape (k, T) -> (k, BINS); and which are known."""
    length = series.shape[1]
    half = YEAR_DAYS // 2
    # Whole weeks: a day more or less of a bin might be the one that sells.
    whole = max(length - YEAR_DAYS, 0) // BIN_DAYS * BIN_DAYS
    middle = np.arange(length - half - whole, length - half)
    bins = (middle - length) % YEAR_DAYS // BIN_DAYS
    number = np.bincount(bins, minlength=BINS)
    total = np.concatenate([np.zeros((len(series), 1)), np.cumsum(series, axis=1)], axis=1)
    year = (total[:, middle + half] - total[:, middle - half]) / YEAR_DAYS
    sold, mean = np.zeros((len(series), BINS)), np.zeros((len(series), BINS))
    for place in np.flatnonzero(number):
        inside = bins == place
        sold[:, place] = series[:, middle[inside]].sum(axis=1)
        mean[:, place] = year[:, inside].sum(axis=1)
    ratio = np.divide(sold, mean, out=np.ones_like(sold), where=mean > 0)
    return ratio, number > 0


def _slopes(part, index, there):
    """How strongly items follow the index: least squares, drawn to one by the noise of their own ratios."""
    ratio, _there = _ratios(part)
    apart = index[there] - 1
    power = (apart**2).sum()
    if power <= 1e-9:
        return np.ones(len(part))
    slope = (ratio[:, there] - 1) @ apart / power
    residual = ratio[:, there] - 1 - slope[:, None] * apart[None, :]
    variance = (residual**2).sum(axis=1) / max(there.sum() - 1, 1) / power
    own = 1 / np.maximum(variance, 1e-9)
    prior = 1 / SLOPE_DEVIATION**2
    return np.clip((slope * own + prior) / (own + prior), *SLOPE_LIMITS)


def _of_days(index, days):
    """Index of each day, on straight lines from middle to middle of the bins."""
    place = (days + 0.5) / BIN_DAYS - 0.5
    left = np.floor(place).astype(int)
    share = place - left
    return index[left % BINS] * (1 - share) + index[(left + 1) % BINS] * share
