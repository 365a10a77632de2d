"""The parameters of all items: demand, safety stock, reorder point, order quantity."""

import numpy as np

from . import cumulative, lot_size, reorder, safety_stock

#: Method names that an explanation is written for.
METHOD_CUMULATIVE = "cumulative"  # error of sums measured on the item's own history
METHOD_SHORT = "short"  # history too short for that: daily deviation, independent days
METHOD_IDLE = "idle"  # no demand for the slow limit: nothing is kept
METHOD_NONE = "none"  # no demand ever

#: Smooth demand whose daily deviation exceeds this share of the daily mean is not treated as normal.
STEADY_DAILY_VARIATION = 0.5

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
):
    """Plan all items.

    The stock that must be there when an order is placed covers the demand of the lead time and what is missing from
    the reorder point at that moment (undershoot), in a share ``service`` of the cycles. The reorder point is never
    below the expected demand of lead time and review.

    :param demand: shape (n, T), net units per day, last column the day before planning
    :param first_day: shape (n,), column of the first day of history, T for none
    :param pattern: shape (n,), demand class, "" for unclassified
    :param whole_units: shape (n,), True where only whole units were ever moved
    :param idle: shape (n,), True where the last demand is older than the slow limit; planned with no demand
    :param lead_time: shape (n,), days; ``lead_deviation``: its standard deviation
    :param service: target share of cycles without stock-out, 0 < service < 1
    :param review: whole days between two looks, at least 1
    :param cycle_days: days of demand that an order should last
    :param minimum: shape (n,), vendor's minimum; ``multiple``: vendor's pack
    :param order_cost: money per order; 0 sizes orders by days alone
    :param holding_cost: shape (n,), money per unit and year; 0 sizes orders by days
    :param index: shape (n, T + h), seasonal index of each day past and to come (:func:`season.of_year`), h not below
        the longest lead time and review; None for none
    :return: dict of arrays of shape (n,)
    """
    demand = np.asarray(demand, float)
    idle = np.asarray(idle, bool)
    lead_time = np.asarray(lead_time, float)
    lead_days = np.floor(lead_time + 0.5).astype(int)
    found = cumulative.estimate(demand, first_day, lead_days, index)
    deviation = cumulative.daily_deviation(demand, first_day)
    below, below_variance = cumulative.undershoot(demand, first_day, review)

    level = np.where(idle, 0.0, found["rate"])
    season_factor = _season_ahead(index, demand.shape[1], lead_days + int(review))
    rate = level * season_factor
    mean = rate * lead_time + below
    lead_variance = (rate * lead_deviation) ** 2
    variance = found["sigma"] ** 2 + lead_variance + below_variance
    # Weeks may be smooth where days are not: a short interval then needs a skewed distribution all the same.
    jumpy = deviation > STEADY_DAILY_VARIATION * np.maximum(found["rate"], 1e-12)
    pattern = np.where((np.asarray(pattern) == "smooth") & jumpy, "erratic", pattern)
    cover, distribution = safety_stock.protection_level(service, pattern, mean, variance, found["degrees"], whole_units)
    expected = rate * (lead_time + review)
    point = np.maximum(cover, expected)
    whole_units = np.asarray(whole_units, bool)
    point = np.where(whole_units, np.ceil(np.round(point, 6)), point)
    point = np.where(rate > 0, point, 0.0)

    batch = reorder.days_of_supply(rate, cycle_days)
    by_cost = np.zeros_like(rate)
    if order_cost > 0:
        cost = np.broadcast_to(np.asarray(holding_cost, float), rate.shape)
        priced = cost > 0
        by_cost[priced] = lot_size.economic_order_quantity(order_cost, level[priced] * YEAR, cost[priced])
    economic = by_cost > 0
    quantity = np.where(economic, by_cost, batch)
    pack = np.where((np.asarray(multiple) <= 0) & whole_units, 1.0, multiple)
    quantity = reorder.round_up(quantity, minimum, pack)

    method = np.full(rate.shape, METHOD_CUMULATIVE, dtype="<U12")
    method[found["window"] == 0] = METHOD_SHORT
    method[rate <= 0] = METHOD_NONE
    method[idle] = METHOD_IDLE
    planned = rate > 0
    return {
        "demand_daily": rate,
        "demand_std": deviation,
        "safety_stock": np.where(planned, np.maximum(point - expected, 0.0), 0.0),
        "reorder_point": point,
        "order_quantity": np.where(planned, quantity, 0.0),
        "order_up_to": np.where(planned, point + quantity, 0.0),
        "forecast_30": level * _season_ahead(index, demand.shape[1], np.full(level.shape, 30)) * 30,
        "season_factor": season_factor,
        "method": method,
        "distribution": np.where(planned, distribution, ""),
        "window": found["window"],
        "days": found["days"],
        "degrees": found["degrees"],
        "interval_sigma": found["sigma"],
        "lead_sigma": np.sqrt(lead_variance),
        "undershoot": below,
        "undershoot_sigma": np.sqrt(below_variance),
        "economic": economic,
    }


def _season_ahead(index, length, days):
    """Mean index of the next ``days`` days: shape (n,); 1 without a season."""
    if index is None:
        return np.ones(len(days))
    total = cumulative.running_total(index)
    days = np.minimum(np.maximum(days, 1), index.shape[1] - length)
    return (total[np.arange(len(days)), length + days] - total[:, length]) / days
