"""Classes of items: ABC by value, XYZ by variation, Syntetos-Boylan by pattern.

Sources differ in every detail, so each convention is a constant of its own with a test. What is measured:

* ABC: the net value (revenue after returns) in a window of :data:`CLASS_MONTHS` whole calendar months.
* XYZ: gross units (sold and consumed; returns do not make an order pattern steadier) per calendar month.
* Syntetos-Boylan: gross units per 7-day period, :data:`SBC_PERIODS` periods from the first day of the window.

An item whose net value in the window is not positive gets no class (empty string).
"""

import numpy as np

#: Whole calendar months before the planning date that the classes look at.
CLASS_MONTHS = 12

#: An item is A while the cumulative share of value *before* it is below the first cut, B below the second, else C.
#: So the item that crosses the boundary belongs to the better class (Heizer & Render's "cumulative" reading;
#: the other reading counts the item's own share in: :data:`ABC_INCLUSIVE`).
ABC_CUTS = (0.80, 0.95)
ABC_BEFORE = "before"
ABC_INCLUSIVE = "inclusive"
ABC_RULE = ABC_BEFORE

#: X: coefficient of variation <= first cut; Y: <= second; else Z. Sample deviation (divisor n - 1), zero months count.
XYZ_CUTS = (0.5, 1.0)
XYZ_DDOF = 1

#: Syntetos, Boylan & Croston (2005), JORS 56: smooth when ADI < 1.32 and CV2 < 0.49. A value on the cut is above it.
SBC_ADI_CUT = 1.32
SBC_CV2_CUT = 0.49
#: Deviation of the sizes of the periods with demand: sample deviation (divisor n - 1).
SBC_DDOF = 1
#: 52 periods of 7 days from the window's first day; the 365th (366th) day is left out.
SBC_PERIODS = 52
SBC_PERIOD_DAYS = 7
#: Fewer periods with demand than this have no spread to measure: class "few".
SBC_MIN_PERIODS = 2
#: Average demand interval: periods / periods with demand, or mean distance between them counted from the first period.
ADI_PERIODS_OVER_COUNT = "periods_over_count"
ADI_MEAN_INTERVAL = "mean_interval"
ADI_DEFINITION = ADI_PERIODS_OVER_COUNT

#: An item is slow when its last demand is older than this many calendar months on the last whole day before the
#: planning date.
SLOW_MONTHS = 6


def abc(values, groups=None, cuts=ABC_CUTS, rule=ABC_RULE):
    """ABC class by share of value.

    :param values: shape (n,), value per item; items at or below zero are not classified
    :param groups: shape (n,), items are ranked within their group (the warehouse); None ranks all together
    :param cuts: two ascending shares
    :param rule: :data:`ABC_BEFORE` or :data:`ABC_INCLUSIVE`
    :return: shape (n,) of "A", "B", "C" or ""
    """
    values = np.asarray(values, float)
    groups = np.zeros(values.shape, int) if groups is None else np.asarray(groups)
    result = np.full(values.shape, "", dtype="<U1")
    counted = np.flatnonzero(values > 0)
    if not counted.size:
        return result
    order = counted[np.lexsort((-values[counted], groups[counted]))]
    ranked, group = values[order], groups[order]
    first = np.r_[True, group[1:] != group[:-1]]
    start = np.flatnonzero(first)
    number = np.cumsum(first) - 1
    total = np.add.reduceat(ranked, start)[number]
    running = np.cumsum(ranked)
    inclusive = running - (running[start] - ranked[start])[number]
    share = (inclusive - ranked if rule == ABC_BEFORE else inclusive) / total
    # np.cumsum rounds: a share that is a cut but for the last bits is the cut
    share = np.round(share, 12)
    if rule == ABC_BEFORE:
        result[order] = np.where(share < cuts[0], "A", np.where(share < cuts[1], "B", "C"))
    else:
        result[order] = np.where(share <= cuts[0], "A", np.where(share <= cuts[1], "B", "C"))
    return result


def coefficient_of_variation(demand, ddof=XYZ_DDOF):
    """Standard deviation over mean of each row; infinite where the mean is not positive.

    :param demand: shape (n, periods), units per period, zeros included
    :return: shape (n,)
    """
    demand = np.asarray(demand, float)
    mean = demand.mean(axis=1)
    deviation = demand.std(axis=1, ddof=ddof)
    return np.divide(deviation, mean, out=np.full(mean.shape, np.inf), where=mean > 0)


def xyz(monthly, cuts=XYZ_CUTS, ddof=XYZ_DDOF):
    """XYZ class by the coefficient of variation of monthly units.

    :param monthly: shape (n, months)
    :return: shape (n,) of "X", "Y", "Z"
    """
    variation = coefficient_of_variation(monthly, ddof)
    return np.where(variation <= cuts[0], "X", np.where(variation <= cuts[1], "Y", "Z"))


def average_demand_interval(periods, definition=ADI_DEFINITION):
    """Periods between demands (ADI); infinite for a row without demand.

    :param periods: shape (n, T), units per period
    :param definition: T / count of periods with demand, or the mean interval counted from the first period on
    """
    positive = np.asarray(periods, float) > 0
    count = positive.sum(axis=1)
    length = positive.shape[1]
    if definition == ADI_MEAN_INTERVAL:
        last = length - np.argmax(positive[:, ::-1], axis=1)
        return np.divide(last, count, out=np.full(count.shape, np.inf), where=count > 0)
    return np.divide(length, count, out=np.full(count.shape, np.inf), where=count > 0)


def squared_variation_of_sizes(periods, ddof=SBC_DDOF):
    """CV2: squared coefficient of variation of the sizes of the periods with demand; nan for too few of them."""
    periods = np.asarray(periods, float)
    positive = periods > 0
    count = positive.sum(axis=1)
    mean = np.where(positive, periods, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(positive, (periods - mean[:, None]) ** 2, 0).sum(axis=1)
    enough = count > ddof
    variance = np.divide(squares, count - ddof, out=np.full(count.shape, np.nan), where=enough)
    return np.divide(variance, mean**2, out=np.full(count.shape, np.nan), where=enough)


def syntetos_boylan(
    periods, adi_cut=SBC_ADI_CUT, cv2_cut=SBC_CV2_CUT, definition=ADI_DEFINITION, ddof=SBC_DDOF, minimum=SBC_MIN_PERIODS
):
    """Demand pattern: "smooth", "erratic", "intermittent", "lumpy" or "few".

    :param periods: shape (n, T), units per period
    :return: shape (n,) of strings
    """
    interval = average_demand_interval(periods, definition)
    variation = squared_variation_of_sizes(periods, ddof)
    frequent = interval < adi_cut
    steady = variation < cv2_cut
    pattern = np.where(
        frequent, np.where(steady, "smooth", "erratic"), np.where(steady, "intermittent", "lumpy")
    ).astype("<U12")
    count = (np.asarray(periods, float) > 0).sum(axis=1)
    pattern[count < minimum] = "few"
    return pattern
