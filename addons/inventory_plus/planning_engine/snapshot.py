"""Dates, need and colour of all items from stock, open orders and parameters."""

import numpy as np

from . import lost_sales, projection, reorder, status

#: Quantities smaller than this are rounding.
TINY = 1e-6


def figures(stock, parameters, events, requested, last_demand_age, slow, minimum, multiple, paths=None):
    """The figures of :class:`inventory.item`'s snapshot that are not sums of stock.

    :param stock: dict of arrays (n,): ``on_hand``, ``usable``, ``held``
    :param parameters: dict of arrays (n,): ``demand_daily``, ``lead_time_mean``, ``review``, ``safety_stock``,
        ``order_quantity``, ``order_up_to``; ``lost_std``, if there: deviation of a day's demand where customers do not
        wait, 0 where they do
    :param events: dict of arrays (m,): ``item`` (row), ``day`` (from the planning date, overdue below zero),
        ``supply``, ``demand`` (units)
    :param requested: shape (n,), units on draft requests for quotation
    :param last_demand_age: shape (n,), days since the last demand, nan where there was none
    :param slow: shape (n,), True where that is beyond the slow limit
    :param minimum: shape (n,), vendor's minimum; ``multiple``: vendor's pack (0: none)
    :param paths: :class:`path.Paths` of the items whose coming days differ; all others are asked for ``demand_daily``
        every day
    :return: dict of arrays (n,); days count from the planning date, ``projection.NEVER`` for beyond the horizon
    """
    rate = np.asarray(parameters["demand_daily"], float)
    lead, review = parameters["lead_time_mean"], parameters["review"]
    safety = parameters["safety_stock"]
    count = rate.shape[0]
    ground = stock["usable"] - stock["held"]

    item, supply, demand = events["item"], events["supply"], events["demand"]
    interval = lead + review
    due = events["day"] <= interval[item]
    incoming = np.bincount(item, supply, count)
    incoming_due = np.bincount(item[due], supply[due], count)
    open_demand = np.bincount(item, demand, count)
    open_due = np.bincount(item[due], demand[due], count)

    where = (item, events["day"], supply, demand)
    zero = np.zeros(count)
    forecast = rate * interval
    stockout = projection.first_day_below(zero, ground, rate, *where)
    breach = projection.first_day_below(safety, ground, rate, *where)
    cover = status.days_of_cover(ground, rate)
    # An item that nobody asks for and that nobody plans is not bought, whatever its stock.
    asked = (rate > 0) | (open_demand > TINY)
    if paths is not None and paths.rows.size:
        found = paths.figures(ground, safety, interval, *where)
        forecast[paths.rows], cover[paths.rows] = found["forecast"], found["cover_days"]
        stockout[paths.rows], breach[paths.rows] = found["stockout"], found["breach"]
        asked[paths.rows] |= found["asked"]

    forecast = forecast - lost_until_arrival(
        parameters, ground, forecast / np.maximum(interval, 1e-9), events, multiple
    )
    need = reorder.need_to_buy(forecast, open_due, safety, stock["usable"], stock["held"], incoming_due)
    need = np.where(need > TINY, need, 0.0)
    order = reorder.suggested_order(
        need, parameters["order_quantity"], incoming - incoming_due, requested, minimum, multiple
    )

    stockout = np.where(asked, stockout, projection.NEVER)
    order_day = np.where(breach > projection.HORIZON, projection.NEVER, breach - np.ceil(interval).astype(int))
    order_day = np.where(asked, np.maximum(order_day, 0), projection.NEVER)
    order_day = np.where(need > 0, 0, order_day)

    position = ground + incoming - open_demand
    blank = (np.abs(stock["on_hand"]) <= TINY) & ~asked & (incoming <= TINY) & np.isnan(last_demand_age)
    colours = status.colour(
        position, rate, parameters["order_up_to"], need, stockout, order_day, lead, review, slow, blank
    )
    above = np.maximum(position - parameters["order_up_to"], 0.0)
    return {
        "incoming": incoming,
        "open_demand": open_demand,
        "need_to_buy": need,
        "suggested_order": order,
        "excess": np.where(colours == status.GREY, np.maximum(stock["on_hand"], 0.0), above),
        "stockout_day": stockout,
        "order_day": order_day,
        "cover_days": cover,
        "status": colours,
        "status_sequence": status.sequence(colours),
    }


def lost_until_arrival(parameters, ground, rate, events, multiple):
    """What is expected to be asked for in vain until an order placed now arrives, where customers do not wait.

    :param ground: shape (n,), units that can be sold today; ``rate``: units per day; others as of :func:`figures`
    :return: shape (n,), units, whole ones where orders are
    """
    found = np.zeros(rate.shape)
    deviation = parameters.get("lost_std", found)
    rows = np.flatnonzero((deviation > 0) & (rate > 0))
    if rows.size:
        place = np.full(rate.shape, -1)
        place[rows] = np.arange(rows.size)
        mine = place[events["item"]] >= 0
        found[rows] = lost_sales.expected_lost(
            ground[rows],
            rate[rows],
            deviation[rows] ** 2,
            np.asarray(parameters["lead_time_mean"], float)[rows],
            place[events["item"]][mine],
            events["day"][mine],
            events["supply"][mine],
        )
    # In whole units where orders are: what is left of one would be rounded up to one more each time.
    unit = np.broadcast_to(np.minimum(multiple, 1.0), rate.shape)
    whole = np.floor(np.divide(found, unit, out=np.zeros(rate.shape), where=unit > 0) + 0.5) * unit
    return np.where(unit > 0, whole, found)
