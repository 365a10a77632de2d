"""What a planner may ask for, in his words: the kinds of target, their limits, and the reorder point that each needs.

``cycle``    share of the replenishment cycles without a stock-out, above 0 and below 1
``fill``     share of the units served from stock on the day they are asked for, above 0 and below 1
``cost``     money that a missing unit costs; weighed against keeping one more unit for a cycle
``days``     days of demand kept as safety stock
``fixed``    units kept as safety stock
``maximum``  the largest use of a month times this factor, kept as safety stock
"""

import numpy as np

CYCLE = "cycle"
FILL = "fill"
COST = "cost"
DAYS = "days"
FIXED = "fixed"
MAXIMUM = "maximum"
KINDS = (CYCLE, FILL, COST, DAYS, FIXED, MAXIMUM)
#: Kinds whose value is a share.
SHARES = (CYCLE, FILL)
#: Kinds that choose the reorder point themselves; the others add a safety stock to the expected demand.
BY_DISTRIBUTION = (CYCLE, FILL, COST)

#: A critical ratio is drawn into these limits: where keeping costs nothing no stock is large enough, and where a
#: missing unit costs nothing there is no least one.
COST_LIMITS = (0.01, 0.999)
#: Days a year, for holding costs.
YEAR = 365.0
#: A "month" of the rule of the largest use, and how many of them it looks back on.
MONTH_DAYS, MONTHS = 30, 12

#: Halvings of the range that a reorder point is looked for in: a millionth of it is left.
FILL_STEPS = 20

#: What is wrong with an item's target or times: code and sentence.
FAULTS = {
    "kind": "The kind of target is unknown; it must be one of " + ", ".join(KINDS) + ".",
    "share": "A target share must lie above 0 % and below 100 %: 0 % needs no stock, and no stock is enough for 100 %.",
    "negative": "A target cannot be negative.",
    "number": "A target must be a number.",
    "lead_time": "A lead time must be a number of days, zero or more.",
    "lead_deviation": "The deviation of a lead time must be a number of days, zero or more.",
    "review": "The review period must be one day or more.",
    "cycle_days": "An order must last for more than no days.",
    "bounds": "The least safety stock is above the most.",
}


def faults(
    target, value, lead_time=0.0, lead_deviation=0.0, review=1, cycle_days=1.0, least_safety=np.nan, most_safety=np.nan
):
    """Which items cannot be planned with what is asked of them.

    For callers that go on with the other items: drop (and list) the rows that have a fault, then plan the rest.

    :param target: shape (n,), kind of target; ``value``: shape (n,), see the top of this file
    :param lead_time: shape (n,), days; ``lead_deviation``: the same; ``review``, ``cycle_days``: days
    :param least_safety: shape (n,), units, nan for none; ``most_safety``: the same
    :return: shape (n,), a key of :data:`FAULTS`, "" for none (the first that applies)
    """
    kinds, value, lead_time, lead_deviation, review, cycle_days, least, most = np.broadcast_arrays(
        np.asarray(target, dtype="<U12"),
        *(np.asarray(x, float) for x in (value, lead_time, lead_deviation, review, cycle_days)),
        *(np.asarray(x, float) for x in (least_safety, most_safety)),
    )
    share = np.isin(kinds, SHARES)
    found = np.full(kinds.shape, "", dtype="<U14")
    # Written last to first, so that the first fault of an item is the one that stays.
    for code, wrong in (
        ("bounds", least > most),
        ("cycle_days", ~(cycle_days > 0)),
        ("review", ~(review >= 1)),
        ("lead_deviation", ~((lead_deviation >= 0) & np.isfinite(lead_deviation))),
        ("lead_time", ~((lead_time >= 0) & np.isfinite(lead_time))),
        ("share", share & ~((value > 0) & (value < 1))),
        ("negative", ~share & (value < 0)),
        ("number", ~np.isfinite(value)),
        ("kind", ~np.isin(kinds, KINDS)),
    ):
        found[wrong] = code
    return found


def check(*args, **options):
    """Raise ValueError with a sentence about the first item that has a fault; arguments as for :func:`faults`."""
    found = faults(*args, **options)
    wrong = np.flatnonzero(found != "")
    if wrong.size:
        raise ValueError(f"Item {wrong[0] + 1} of {found.size} cannot be planned. {FAULTS[found.flat[wrong[0]]]}")


def critical_ratio(missing_cost, holding_cost, cycle_days):
    """Share of cycles without a stock-out that costs least: ``p / (p + h T)``.

    One more unit in the reorder point costs its keeping for a cycle, h T, and saves p in each cycle that runs short
    (Silver, Pyke & Thomas, rule B2, for lost sales).

    :param missing_cost: shape (n,), money per missing unit; ``holding_cost``: money per unit and year
    :param cycle_days: shape (n,), days between two orders of the item
    :return: shape (n,), within :data:`COST_LIMITS`; where both costs are zero, the lower limit
    """
    missing, holding, cycle_days = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (missing_cost, holding_cost, cycle_days))
    )
    both = missing + holding * cycle_days / YEAR
    ratio = np.divide(missing, both, out=np.zeros(missing.shape), where=both > 0)
    return np.clip(ratio, *COST_LIMITS)


def largest_use(demand):
    """Units of the largest of the last :data:`MONTHS` periods of :data:`MONTH_DAYS` days: shape (n, T) -> (n,)."""
    demand = np.asarray(demand, float)
    months = min(MONTHS, demand.shape[1] // MONTH_DAYS)
    if not months:
        return np.maximum(demand.sum(axis=1), 0.0)
    recent = demand[:, demand.shape[1] - months * MONTH_DAYS :]
    return np.maximum(recent.reshape(len(demand), months, MONTH_DAYS).sum(axis=2).max(axis=1), 0.0)


def point_for_fill(target, interval, lead, quantity, steps=FILL_STEPS):
    """Reorder point that serves a share of the units from stock.

    In a cycle of a policy (s, S) the units short are those missing when the order arrives, less those that were still
    missing right after the last arrival: ``E[(D + U - s)+] - E[(D - S)+]``, with D the demand of the lead time, U the
    undershoot and ``S = s + Q``; the demand of a cycle is ``Q + E[U]`` (Tijms & Groenevelt 1984; Silver, Pyke & Thomas,
    7.9). Inverted by bisection: both terms fall as s rises.

    :param target: shape (n,), share of units
    :param interval: :class:`protection.Demand` until the order arrives, undershoot included; ``lead``: without it
    :param quantity: shape (n,), Q
    :return: shape (n,), units; it may lie below the mean of ``interval`` where the target lets units wait
    """
    target = np.asarray(target, float)
    spread = interval.spread
    low = np.minimum(interval.mean - quantity, 0.0)
    high = interval.mean + 10 * spread + interval.mean
    for _step in range(steps):
        middle = (low + high) / 2
        enough = fill_rate(middle, interval, lead, quantity) >= target
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.maximum(high, 0.0)


def fill_rate(point, interval, lead, quantity):
    """Share of units served from stock that a reorder point and quantity give; arguments as :func:`point_for_fill`.

    1 where nothing is asked for.
    """
    point = np.asarray(point, float)
    short = interval.shortage(point) - lead.shortage(point + quantity)
    cycle = quantity + np.maximum(interval.mean - lead.mean, 0.0)
    lost = np.divide(short, cycle, out=np.zeros(np.broadcast_shapes(short.shape, cycle.shape)), where=cycle > 0)
    return np.clip(1 - lost, 0.0, 1.0)
