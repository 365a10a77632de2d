"""What a policy would have done with an item's own history: the same days, the same lead times, no look ahead.

On each day a planner knows the days before it and nothing else. The stock is simulated from some weeks before the days
that count, so that it has come to rest by then.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import classes, cumulative, distributions, plan, season, season_group, simulate

#: Days that count, unless told otherwise: the last year.
DAYS = 365
#: Days between two plannings on the way.
EVERY = 28
#: A new item counts from this many days after its first demand, and its longest lead time: before, nobody could know.
SETTLING = 28
#: Without demand for this many days an item is idle: the planner keeps nothing of it.
IDLE_DAYS = 183
#: Target share of cycles where :func:`planner` is told none.
SERVICE = 0.95
#: Lead times that an item's mean and deviation are turned into.
SAMPLE = 24


def lead_times(mean, deviation, number=SAMPLE):
    """Whole days of ``number`` orders, where no receipts of the item's own are at hand.

    The middles of ``number`` equal shares of a gamma distribution with this mean and deviation, in an order that is
    always the same and mixes short and long ones; so two policies meet the same lead times.

    :param mean: shape (n,), days, zero or more; ``deviation``: the same
    :return: shape (n, number), whole days
    """
    mean, deviation = np.broadcast_arrays(np.asarray(mean, float), np.asarray(deviation, float))
    share = (np.arange(number) + 0.5) / number
    mixed = share[np.random.default_rng(number).permutation(number)]
    days = distributions.gamma_quantile(mean[:, None], (deviation**2)[:, None], mixed[None, :])
    return np.maximum(np.floor(days + 0.5), 0).astype(int)


@dataclass
class Known:
    """What a plan of today knows about its items, for a planner that shall plan past days like it; n items.

    :param pattern: shape (n,), demand class; ``whole_units``: shape (n,), True where only whole units are moved
    :param idle_days: days without demand after which nothing is kept
    :param season: function ``season(days)`` that returns the :class:`season_group.Group`, or None, that the first
        ``days`` days of history show; itself None measures it on the items
    :param events: shape (n, T + h), what planned events multiply each day by; None for none
    :param forecast: function ``forecast(history, first_day, index, estimate)`` that returns the estimate by each item's
        own method; None keeps the mean's
    """

    pattern: np.ndarray
    whole_units: np.ndarray
    idle_days: int
    season: Callable | None = None
    events: np.ndarray | None = None
    forecast: Callable | None = None


def planner(lead_time, lead_deviation, cycle_days, review=1, seasonal=True, known=None, **options):
    """The product's own plan as a policy for :func:`run`: classes, season and idle items from the history shown.

    :param lead_time: shape (n,), days; ``lead_deviation``, ``cycle_days``, ``review``: shape (n,) or a number
    :param seasonal: False leaves the season of the year out
    :param known: :class:`Known`, what a plan knows beside the history; None finds it in the history alone
    :param options: of :func:`plan.parameters`: ``target``, ``target_value``, ``minimum``, ``multiple``,
        ``order_cost``, ``holding_cost``, ``least_safety``, ``most_safety``
    :return: function ``policy(history, first_day)`` that returns reorder point and up-to level
    """
    lead_time = np.asarray(lead_time, float)
    ahead = int(np.ceil(lead_time.max(initial=0) + np.max(review, initial=1))) + 1
    ahead = min(ahead, 3 * season.YEAR_DAYS)

    def policy(history, first_day):
        shown = history.shape[1]
        cut = max(shown - cumulative.HISTORY_DAYS, 0)
        history, first_day = history[:, cut:], np.maximum(np.asarray(first_day, int) - cut, 0)
        past, index, estimate = None, None, None
        if seasonal:
            group = "own" if known is None or known.season is None else known.season(shown)
            past, _weight, _slope = season_group.of_items(history, first_day, ahead, group)
            index = past
        if known is not None:
            estimate = cumulative.estimate(history, first_day, plan.whole_days(lead_time), past)
            if known.forecast is not None:
                estimate = known.forecast(history, first_day, past, estimate)
            if known.events is not None and index is not None:
                coming = known.events[:, shown : shown + ahead]
                index = past.copy()
                index[:, history.shape[1] : history.shape[1] + coming.shape[1]] *= coming
        idle_days = IDLE_DAYS if known is None else known.idle_days
        found = plan.parameters(
            history,
            first_day,
            _pattern(history) if known is None else known.pattern,
            (history == np.rint(history)).all(axis=1) if known is None else known.whole_units,
            history[:, -idle_days:].sum(axis=1) <= 0,
            lead_time,
            lead_deviation,
            SERVICE,
            review,
            cycle_days,
            index=index,
            estimate=estimate,
            **options,
        )
        return found["reorder_point"], found["order_up_to"]

    return policy


def _pattern(history):
    """Demand class of the last year's weeks; unclassified where there is no year."""
    days = classes.SBC_PERIODS * classes.SBC_PERIOD_DAYS
    if history.shape[1] < days:
        return np.full(len(history), "")
    weeks = history[:, -days:].reshape(len(history), classes.SBC_PERIODS, classes.SBC_PERIOD_DAYS)
    return classes.syntetos_boylan(weeks.sum(axis=2))


def run(
    demand,
    first_day,
    lead_times,
    policy,
    days=DAYS,
    every=EVERY,
    review=1,
    lost_sales=False,
    minimum=0.0,
    multiple=0.0,
    cost=0.0,
):
    """Simulate a policy on the last ``days`` days of each item's history.

    :param demand: shape (n, T), units per day, last column yesterday; returns on days of their own count as none
    :param first_day: shape (n,), column of the first day of history, T for none
    :param lead_times: shape (n, k), whole days of the first, second, ... order (see :func:`lead_times`)
    :param policy: ``(reorder point, order-up-to level)``, each of shape (n,), that stay as they are; or a function
        ``policy(history, first_day)`` of the demand before a day, shape (n, t), that returns them, asked every
        ``every`` days
    :param review: whole days between two looks at the stock, shape (n,) or a number
    :param lost_sales: shape (n,) or one for all, True where customers do not wait
    :param minimum: vendor's minimum, shape (n,) or a number; ``multiple``: vendor's pack; 0 for none
    :param cost: money per unit, shape (n,) or a number, for the value of the stock
    :return: dict of arrays of shape (n,), nan where nothing could be counted: ``days`` counted, ``demand`` (units of
        these days), ``fill_rate`` (share of units served on their day), ``cycle_service`` (share of cycles without a
        stock-out), ``cycles``, ``stock`` (mean units in the evening), ``value`` (of them, money), ``orders_a_year``,
        ``stockouts_a_year`` (cycles in which somebody came in vain), ``short_a_year`` (units)
    :raise ValueError: for negative lead times or a review period below one day
    """
    demand = np.maximum(np.asarray(demand, float), 0.0)
    length = demand.shape[1]
    first_day, lead_times = np.asarray(first_day, int), np.asarray(lead_times, int)
    days = min(days, length)
    longest = int(lead_times.max(initial=0))
    # Long enough for the first orders to arrive and be sold, as far as there is history to plan on.
    warm_up = min(2 * longest + 2 * int(np.max(review, initial=1)) + SETTLING, length - days)
    begin = length - days - warm_up
    point, up_to = _levels(demand, first_day, policy, begin, every)
    known = first_day + lead_times.max(axis=1, initial=0) + SETTLING - begin
    # A new item that is all of it new has no day before: it starts with nothing, like everything unknown.
    found = simulate.simulate(
        demand[:, begin:],
        point,
        up_to,
        lead_times,
        review,
        lost_sales,
        minimum,
        multiple,
        warm_up=np.maximum(warm_up, known),
    )
    counted = found.days > 0
    a_year = DAYS / np.where(counted, found.days, np.nan)
    return {
        "days": found.days,
        "demand": np.where(counted, found.asked, 0.0),
        "fill_rate": np.where(counted, found.fill_rate, np.nan),
        "cycle_service": np.where(counted, found.cycle_service, np.nan),
        "cycles": found.cycles,
        "stock": np.where(counted, found.stock, np.nan),
        "value": np.where(counted, found.stock * np.asarray(cost, float), np.nan),
        "orders_a_year": found.orders * a_year,
        "stockouts_a_year": found.stockouts * a_year,
        "short_a_year": found.short * a_year,
    }


def total(figures):
    """The figures of all items together, as a planner compares two policies by.

    :param figures: of :func:`run`
    :return: dict of numbers: ``items`` counted, ``fill_rate`` (units served of units asked for), ``cycle_service`` (of
        all cycles), ``stock``, ``value``, ``orders_a_year``, ``stockouts_a_year``, ``short_a_year`` (sums),
        ``cover_days`` (mean stock of all items over their demand per day)
    """
    counted = figures["days"] > 0
    if not counted.any():
        return dict.fromkeys(
            ("fill_rate", "cycle_service", "stock", "value", "orders_a_year", "stockouts_a_year", "short_a_year"), 0.0
        ) | {"items": 0, "cover_days": 0.0}
    part = {name: values[counted] for name, values in figures.items()}
    per_day = (part["demand"] / part["days"]).sum()
    cycles = part["cycles"].sum()
    asked = part["demand"].sum()
    return {
        "items": int(counted.sum()),
        "fill_rate": float((part["fill_rate"] * part["demand"]).sum() / asked) if asked > 0 else 1.0,
        "cycle_service": float((part["cycle_service"] * part["cycles"]).sum() / cycles) if cycles > 0 else 1.0,
        "cover_days": float(part["stock"].sum() / per_day) if per_day > 0 else 0.0,
        **{
            name: float(part[name].sum())
            for name in ("stock", "value", "orders_a_year", "stockouts_a_year", "short_a_year")
        },
    }


def _levels(demand, first_day, policy, begin, every):
    """Reorder point and up-to level of each simulated day: shape (n,) each for fixed ones, else (n, days)."""
    if not callable(policy):
        return policy
    count, length = demand.shape
    point, up_to = np.empty((count, length - begin)), np.empty((count, length - begin))
    for day in range(begin, length, max(int(every), 1)):
        here = slice(day - begin, day - begin + max(int(every), 1))
        # Who plans on a day has seen the days before it. On the very first day there are none.
        levels = policy(demand[:, :day], np.minimum(first_day, day)) if day else (np.zeros(count), np.zeros(count))
        for kept, values in zip((point, up_to), levels, strict=True):
            kept[:, here] = np.asarray(values, float)[:, None]
    return point, up_to
