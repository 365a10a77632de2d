"""The parameters of all items: demand, safety stock, reorder point, order quantity."""

import numpy as np

from . import cumulative, lost_sales, lot_size, protection, reorder, targets

#: Method names that an explanation is written for.
METHOD_CUMULATIVE = "cumulative"  # error of sums measured on the item's own history
METHOD_SHORT = "short"  # history too short for that: daily deviation, independent days
METHOD_IDLE = "idle"  # no demand for the slow limit: nothing is kept
METHOD_NONE = "none"  # no demand ever

#: Smooth demand whose daily deviation exceeds this share of the daily mean is not treated as normal.
STEADY_DAILY_VARIATION = 0.5

#: ... and so is one whose lead time brings more than this share of the variance that the forecast's error does.
LATE_SHARE = 0.5

#: Days a year, for the economic order quantity.
YEAR = 365.0


def parameters(
    demand,
    first_day,
    pattern,
    whole_units,
    idle,
    lead_time,
    lead_deviation,
    service,
    review,
    cycle_days,
    minimum=0.0,
    multiple=0.0,
    order_cost=0.0,
    holding_cost=0.0,
    index=None,
    target=targets.CYCLE,
    target_value=None,
    least_safety=np.nan,
    most_safety=np.nan,
    least_days=np.nan,
    most_days=np.nan,
    estimate=None,
    lost=False,
):
    """Plan all items.

    What must be there when an order is placed covers the demand of the lead time and what is missing from the reorder
    point at that moment (undershoot), so that the target is reached (:mod:`targets`). With a target of cycles, days,
    units or largest use the reorder point is never below the expected demand of lead time and review; a share of
    units and a cost may be reached below it, and no stock is planned that the target does not ask for.

    One sale ever, only returns, nothing at all: see ``method``. A demand below zero (more returns than sales) is none.

    :param demand: shape (n, T), net units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day of history, T for none
    :param pattern: shape (n,), demand class, "" for unclassified
    :param whole_units: shape (n,), True where only whole units were ever moved
    :param idle: shape (n,), True where the last demand is older than the slow limit; planned with no demand
    :param lead_time: shape (n,), days; ``lead_deviation``: its standard deviation
    :param service: shape (n,) or a number, target share of cycles without stock-out where ``target_value`` is None
    :param review: shape (n,) or a number, whole days between two looks, at least 1
    :param cycle_days: shape (n,) or a number, days of demand that an order should last
    :param minimum: shape (n,), vendor's minimum; ``multiple``: vendor's pack
    :param order_cost: money per order; 0 sizes orders by days alone
    :param holding_cost: shape (n,), money per unit and year; 0 sizes orders by days
    :param index: shape (n, T + h), seasonal index of each day past and to come (:func:`season.of_year`), h not below
        the longest lead time and review; None for none
    :param target: shape (n,) or one of :data:`targets.KINDS`; ``target_value``: shape (n,) or a number, in its unit
    :param least_safety: shape (n,) or a number, units of safety stock at least, nan for no bound; ``most_safety``:
        at most; ``least_days``, ``most_days``: the same in days of demand. Bounds hold for items with demand; where
        those in units and in days contradict, the upper one does
    :param estimate: dict as of :func:`cumulative.estimate` over the lead time in whole days, where a forecast was
        chosen otherwise; None computes it. Its key ``chosen``, if there, says whose level is another method's than the
        mean
    :param lost: shape (n,) or a number, True where customers do not wait; of items with a target of cost. Their mean
        weighs recent weeks more, and their reorder point is :func:`lost_sales.reorder_point`; where an order would last
        no longer than to the next look, that is the order-up-to level as well and the order quantity is 0
    :return: dict of arrays of shape (n,); ``demand_daily`` is the mean of the days of lead time and review, which is
        ``demand_level`` (units per day of index one) times ``season_factor``: a projection beyond them takes the level
        times the index of its own days; ``undershoot`` is what is missing when an order is placed, and what busy days
        ask for beyond the mean after it; ``expected_cycle`` and ``expected_fill``: what the reorder point should give
        (share of cycles, of units; nan without demand); ``skewness``: of the gamma where it is shifted, else nan;
        ``lost``: where customers do not wait, ``lost_std``: there the deviation of a day's demand that
        :func:`lost_sales.expected_lost` takes, else 0
    :raise ValueError: a sentence about the first item whose target or times nobody can plan with
    """
    demand = np.asarray(demand, float)
    count, length = demand.shape
    idle, whole_units = np.asarray(idle, bool), np.asarray(whole_units, bool)
    kind = np.broadcast_to(np.asarray(target, dtype="<U12"), (count,))
    value, lead_time, lead_deviation, review, cycle_days, least_safety, most_safety = (
        np.broadcast_to(np.asarray(x, float), (count,))
        for x in (
            service if target_value is None else target_value,
            lead_time,
            lead_deviation,
            review,
            cycle_days,
            least_safety,
            most_safety,
        )
    )
    targets.check(kind, value, lead_time, lead_deviation, review, cycle_days, least_safety, most_safety)
    review = np.floor(review)

    lead_days = whole_days(lead_time)
    found = cumulative.estimate(demand, first_day, lead_days, index) if estimate is None else estimate
    deviation = cumulative.daily_deviation(demand, first_day)
    lost = np.broadcast_to(np.asarray(lost, bool), (count,)) & (kind == targets.COST)
    level = np.where(idle, 0.0, _weighed(lost, found, demand, first_day, index))
    season_factor = _season_ahead(index, length, lead_days + review.astype(int))
    rate = level * season_factor
    lead_variance = (rate * lead_deviation) ** 2

    quantity, economic = _order_quantity(
        rate, level, cycle_days, minimum, multiple, whole_units, order_cost, holding_cost
    )
    shown, sigma = _ordinary(kind == targets.COST, demand, first_day, cycle_days, lead_days, index, found["sigma"])
    below, below_variance = cumulative.undershoot(shown, first_day, review, quantity)
    busy = np.where(rate > 0, cumulative.busy_days(demand, first_day, lead_days, index), 0.0)
    # Weeks may be smooth where days are not: a short interval then needs a skewed distribution all the same.
    jumpy = deviation > STEADY_DAILY_VARIATION * np.maximum(found["rate"], 1e-12)
    # So does a lead time that varies more than the demand: late deliveries are later than early ones are early.
    jumpy |= lead_variance > LATE_SHARE * found["sigma"] ** 2
    pattern = np.where((np.asarray(pattern) == "smooth") & jumpy, "erratic", pattern)
    distribution = protection.choose(pattern, whole_units)
    lasts = np.divide(quantity + below, rate, out=np.zeros(count), where=rate > 0)
    share = np.where(kind == targets.CYCLE, value, 0.95)
    share = np.where(kind == targets.COST, targets.critical_ratio(value, holding_cost, lasts), share)
    third = _third(shown, first_day, deviation, sigma, lead_time, lead_days, lead_deviation, rate)
    interval = protection.Demand(
        distribution,
        rate * lead_time + busy + below,
        sigma**2,
        found["degrees"],
        share,
        lead_variance + below_variance,
        third + 2 * np.divide(below_variance**2, below, out=np.zeros(count), where=below > 0),
    )
    lead = protection.Demand(
        distribution, rate * lead_time + busy, sigma**2, found["degrees"], share, lead_variance, third
    )

    expected = rate * (lead_time + review)
    point = _reorder_point(kind, value, share, demand, rate, expected, interval, lead, quantity)
    cycle_sigma = np.zeros(count)
    if lost.any():
        rows = np.flatnonzero(lost & (rate > 0))
        point[rows], cycle_sigma[rows], often = _lost_points(
            rows,
            interval,
            lead,
            shown,
            first_day,
            index,
            value,
            holding_cost,
            lead_time,
            review,
            rate,
            quantity,
            lasts,
            whole_units,
        )
        quantity = np.array(quantity, float)
        quantity[rows[often]] = 0.0
    least_safety = np.nan_to_num(np.fmax(least_safety, rate * least_days), nan=-np.inf)
    most_safety = np.nan_to_num(np.fmin(most_safety, rate * most_days), nan=np.inf)
    point = np.clip(point, np.maximum(expected + least_safety, 0.0), expected + most_safety)
    # A chance of whole units is that of half a unit more on a continuous scale; what a service needs is rounded up.
    point = np.where(whole_units, np.ceil(np.round(point - 0.5 * lost, 6)), point)
    planned = rate > 0
    # Units that somebody wants kept are kept, whether anybody asks for them or not.
    kept = ~planned & (kind == targets.FIXED)
    point = np.where(planned, point, np.where(kept, value, 0.0))

    method = np.full(rate.shape, METHOD_CUMULATIVE, dtype="<U12")
    method[found["window"] == 0] = METHOD_SHORT
    method[rate <= 0] = METHOD_NONE
    method[idle] = METHOD_IDLE
    return {
        "demand_daily": rate,
        "demand_level": level,
        "demand_std": deviation,
        "safety_stock": np.where(planned | kept, point - expected, 0.0),
        "reorder_point": point,
        "order_quantity": np.where(planned, quantity, 0.0),
        "order_up_to": np.where(planned, point + quantity, point),
        "forecast_30": level * _season_ahead(index, length, np.full(level.shape, 30)) * 30,
        "season_factor": season_factor,
        "method": method,
        "distribution": np.where(planned, distribution, ""),
        "window": found["window"],
        "days": found["days"],
        "degrees": found["degrees"],
        "interval_sigma": sigma,
        "lead_sigma": np.sqrt(lead_variance),
        "lost": lost & planned,
        "lost_std": np.where(planned, cycle_sigma, 0.0),
        "undershoot": below + busy,
        "undershoot_sigma": np.sqrt(below_variance),
        "skewness": np.where(planned & np.isin(kind, targets.BY_DISTRIBUTION) & ~lost, interval.skewness, np.nan),
        "economic": economic,
        "target": np.array(kind),
        "target_value": np.array(value),
        "critical_ratio": np.where(kind == targets.COST, share, np.nan),
        "expected_cycle": np.where(planned, interval.chance(point), np.nan),
        "expected_fill": np.where(planned, targets.fill_rate(point, interval, lead, quantity), np.nan),
    }


def whole_days(lead_time):
    """Lead times in whole days, as the error of the forecast is measured over: shape (n,)."""
    return np.floor(np.asarray(lead_time, float) + 0.5).astype(int)


def _weighed(lost, found, demand, first_day, index):
    """Units per day of index 1: where customers do not wait, and no other method says more, recent weeks weigh more."""
    level = found["rate"]
    rows = np.flatnonzero(lost & (found["window"] > 0) & ~np.asarray(found.get("chosen", False)))
    if not rows.size:
        return level
    level = np.array(level)
    part = None if index is None else index[rows]
    level[rows] = lost_sales.weighed_level(demand[rows], np.asarray(first_day)[rows], part)
    return level


def _third(demand, first_day, deviation, sigma, lead_time, lead_days, lead_deviation, rate):
    """Third cumulant of the demand over the lead time: shape (n,), nan where its days are too few.

    That of a sum of independent days is theirs together; days that depend on each other make the variance larger by a
    factor, and the third cumulant by its square. A lead time that varies by s about L adds that of a gamma, and what
    both have in common: ``3 m (variance of a day) s^2``.
    """
    independent = deviation**2 * lead_days
    factor = np.divide(sigma**2, independent, out=np.ones(sigma.shape), where=independent > 0)
    third = cumulative.daily_third(demand, first_day) * lead_days * np.maximum(factor, 1.0) ** 2
    days = np.maximum(lead_time, 1.0)
    spread = lead_deviation**2
    third += 3 * rate * sigma**2 / days * spread + 2 * rate**3 * spread**2 / days
    return np.where(lead_days > 0, third, np.nan)


def _lost_points(
    rows,
    interval,
    lead,
    demand,
    first_day,
    index,
    value,
    holding_cost,
    lead_time,
    review,
    rate,
    quantity,
    lasts,
    whole_units,
):
    """Reorder points where customers do not wait, the deviation of a day's demand within a cycle, and who orders
    at every look.

    An order that lasts no longer than to the next look is placed at every look, up to one level: it covers the days
    until what is ordered at the next look arrives.

    :param rows: positions of the items in the other arrays, all of them with demand; ``interval``, ``lead``:
        :class:`protection.Demand`; ``lasts``: days between two orders, the others as of :func:`parameters`
    :return: three arrays of the length of ``rows``
    """
    lead_time, review, rate, quantity = lead_time[rows], review[rows], rate[rows], quantity[rows]
    # Whole units may have rounded the order up by one.
    often = quantity <= rate * review + whole_units[rows]
    cycle = np.where(often, review, lasts[rows])
    exposed = np.where(often, lead_time + review, interval.mean[rows] / rate)
    holding = np.broadcast_to(np.asarray(holding_cost, float), lasts.shape)[rows]
    days = np.maximum(whole_days(cycle), 1)
    part = None if index is None else index[rows]
    sigma = cumulative.estimate(demand[rows], np.asarray(first_day)[rows], days, part)["sigma"]
    sure = np.broadcast_to(np.asarray(lead.sure, float), lasts.shape)[rows]
    every = np.where(often, lead.mean[rows] + rate * review, interval.mean[rows])
    # All days together, for orders that nothing arrives before: the error over the lead time, and over a cycle's days.
    variance = np.where(often, interval.variance[rows] + sigma**2, interval.variance[rows])
    whole = protection.Demand(
        interval.name[rows],
        every,
        variance,
        interval.degrees[rows],
        targets.critical_ratio(value[rows], holding, cycle),
        np.where(often, sure, np.broadcast_to(np.asarray(interval.sure, float), lasts.shape)[rows]),
    )
    point = lost_sales.reorder_point(whole, exposed, cycle, sigma**2 * cycle / days, sure)
    return point, sigma / np.sqrt(days), often


def _ordinary(by_cost, demand, first_day, cycle_days, lead_days, index, sigma):
    """What the undershoot and the error of a cost target are measured on: single giant customers count as one order.

    :param by_cost: shape (n,), True for items with a target of cost
    :return: ``(demand, sigma)``: shapes (n, T) and (n,), those of the other items as given
    """
    rows = np.flatnonzero(by_cost)
    if not rows.size:
        return demand, sigma
    first_day = np.asarray(first_day, int)[rows]
    part = cumulative.ordinary(demand[rows], first_day, cycle_days[rows])
    index = None if index is None else index[rows]
    demand, sigma = demand.copy(), sigma.copy()
    demand[rows] = part
    sigma[rows] = cumulative.estimate(part, first_day, lead_days[rows], index)["sigma"]
    return demand, sigma


def _reorder_point(kind, value, share, demand, rate, expected, interval, lead, quantity):
    """Reorder point of each item by its kind of target, before bounds and rounding: shape (n,)."""
    by_service = (kind == targets.CYCLE) | (kind == targets.COST)
    point = np.where(by_service, interval.level(share), expected)
    point = np.where(kind == targets.CYCLE, np.maximum(point, expected), point)
    rows = np.flatnonzero(kind == targets.FILL)
    if rows.size:
        point[rows] = targets.point_for_fill(value[rows], interval.take(rows), lead.take(rows), quantity[rows])
    point += np.where(kind == targets.DAYS, rate * value, 0.0) + np.where(kind == targets.FIXED, value, 0.0)
    by_use = kind == targets.MAXIMUM
    return point + np.where(by_use, targets.largest_use(demand) * value, 0.0) if by_use.any() else point


def _order_quantity(rate, level, cycle_days, minimum, multiple, whole_units, order_cost, holding_cost):
    """Units per order, by days of demand or by cost, in packs; and where by cost. Each of shape (n,)."""
    batch = reorder.days_of_supply(rate, cycle_days)
    by_cost = np.zeros_like(rate)
    if order_cost > 0:
        cost = np.broadcast_to(np.asarray(holding_cost, float), rate.shape)
        priced = cost > 0
        by_cost[priced] = lot_size.economic_order_quantity(order_cost, level[priced] * YEAR, cost[priced])
    economic = by_cost > 0
    quantity = np.where(economic, by_cost, batch)
    pack = np.where((np.asarray(multiple) <= 0) & whole_units, 1.0, multiple)
    return reorder.round_up(quantity, minimum, pack), economic


def _season_ahead(index, length, days):
    """Mean index of the next ``days`` days: shape (n,); 1 without a season."""
    if index is None:
        return np.ones(len(days))
    total = cumulative.running_total(index)
    days = np.minimum(np.maximum(days, 1), index.shape[1] - length)
    return (total[np.arange(len(days)), length + days] - total[:, length]) / days
