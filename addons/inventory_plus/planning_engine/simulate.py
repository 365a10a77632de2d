"""What a policy would have done: a day-by-day simulation of many items at once.

A day: what is due arrives; the day's demand takes what there is; in the evening of every ``review``-th day the position
(on hand + on order - waiting) is looked at, and an order is placed where it is at or below the reorder point. An order
placed in the evening with a lead time of L days can be sold from on the (L + 1)-th morning, so that the demand of L
days passes before it helps.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Result:
    """Figures of n simulated items, each of shape (n,).

    :param fill_rate: share of units served on the day they were asked for; 1 without demand
    :param cycle_service: share of replenishment cycles without a unit short; 1 without a whole cycle
    :param cycles: replenishment cycles counted; ``orders``: orders placed
    :param stock: mean units on hand in the evening; 0 without a counted day
    :param short: units not served on their day; ``asked``: units asked for
    :param stockouts: times that somebody came in vain, the first of each cycle
    :param days: days counted
    """

    fill_rate: np.ndarray
    cycle_service: np.ndarray
    cycles: np.ndarray
    orders: np.ndarray
    stock: np.ndarray
    short: np.ndarray
    asked: np.ndarray
    stockouts: np.ndarray
    days: np.ndarray


def lot(position, point, up_to, minimum=0.0, multiple=0.0):
    """Units ordered where the position is at or below the point: up to the level, at least the minimum, whole packs."""
    wanted = np.where(position <= point + 1e-9, np.maximum(up_to - position, 0.0), 0.0)
    wanted = np.where(wanted > 0, np.maximum(wanted, minimum), 0.0)
    packs = np.divide(wanted, multiple, out=np.zeros_like(wanted), where=np.asarray(multiple) > 0)
    return np.where(np.asarray(multiple) > 0, np.ceil(np.round(packs, 6)) * multiple, wanted)


def simulate(
    demand, point, up_to, lead_times, review=1, lost_sales=False, minimum=0.0, multiple=0.0, start=None, warm_up=0
):
    """Simulate a policy on given demand.

    :param demand: shape (n, T), units per day, never negative
    :param point: shape (n,) or (n, T) when the policy is planned anew on the way, units; ``up_to``: the same
    :param lead_times: shape (n, k), whole days of the first, second, ... order of each item, taken round and round;
        orders may overtake each other
    :param review: whole days between two looks, at least 1; shape (n,) or a number
    :param lost_sales: shape (n,) or one for all, True where customers do not wait
    :param minimum: units of the smallest order, shape (n,) or a number; ``multiple``: of a pack, 0 for none
    :param start: shape (n,), units on hand before the first day; default is the order-up-to level
    :param warm_up: days at the beginning that are simulated and not counted, shape (n,) or a number
    :return: :class:`Result`
    :raise ValueError: for a negative lead time or a review period below one day
    """
    demand = np.asarray(demand, float)
    count, days = demand.shape
    point = np.broadcast_to(_by_day(point), (count, days))
    up_to = np.broadcast_to(_by_day(up_to), (count, days))
    lead_times, review = np.asarray(lead_times, int), np.asarray(review, int)
    if (lead_times < 0).any() or (review < 1).any():
        raise ValueError("Nothing can be simulated with a negative lead time or a review period below one day.")
    rows = np.arange(count)
    due = np.zeros((count, int(lead_times.max(initial=0)) + 2))
    hand = np.array(up_to[:, 0] if start is None else np.broadcast_to(np.asarray(start, float), (count,)))
    waiting, ordered = np.zeros(count), np.zeros(count)
    served, asked, stock, short = (np.zeros(count) for _ in range(4))
    cycles, failed, orders, stockouts = (np.zeros(count) for _ in range(4))
    failing = np.zeros(count, bool)
    number = np.zeros(count, int)
    warm_up = np.broadcast_to(np.asarray(warm_up, int), (count,))
    number_counted = np.maximum(days - warm_up, 0)
    for day in range(days):
        slot = day % due.shape[1]
        arrived = due[:, slot].copy()
        due[:, slot] = 0
        ordered -= arrived
        counted = day >= warm_up
        ends = counted & (arrived > 0)
        cycles += ends
        failed += ends & failing
        failing &= arrived <= 0
        hand += arrived
        # Who waits is served first.
        late = np.minimum(waiting, hand)
        waiting, hand = waiting - late, hand - late
        today = demand[:, day]
        sold = np.minimum(today, hand)
        hand -= sold
        missed = today - sold
        waiting += np.where(lost_sales, 0.0, missed)
        in_vain = missed > 1e-9
        stockouts += counted & in_vain & ~failing
        failing |= in_vain
        served += counted * sold
        asked += counted * today
        stock += counted * hand
        short += counted * missed
        looks = day % review == review - 1
        if looks.any():
            quantity = lot(hand + ordered - waiting, point[:, day], up_to[:, day], minimum, multiple) * looks
            placed = quantity > 0
            lead = lead_times[rows, number % lead_times.shape[1]]
            due[rows, (day + 1 + lead) % due.shape[1]] += quantity
            ordered += quantity
            number += placed
            orders += placed & counted
    return Result(
        np.divide(served, asked, out=np.ones(count), where=asked > 0),
        1 - np.divide(failed, cycles, out=np.zeros(count), where=cycles > 0),
        cycles,
        orders,
        stock / np.maximum(number_counted, 1),
        short,
        asked,
        stockouts,
        number_counted,
    )


def least_point(
    demand, quantity, lead_times, target, high, review=1, steps=24, whole_units=False, figure="cycle_service", **options
):
    """The smallest reorder point that reaches a target on given demand: what knowing the truth is worth.

    :param quantity: shape (n,), up-to level less reorder point
    :param figure: what the target is of: ``cycle_service`` or ``fill_rate`` of :class:`Result`
    :param target: shape (n,) or a number; ``high``: shape (n,), a point that reaches it
    :return: ``(point, Result)``
    """
    low, high = np.zeros(np.shape(demand)[0]), np.array(high, float)
    for _step in range(steps):
        middle = (low + high) / 2
        if whole_units:
            middle = np.floor(middle)
        found = simulate(demand, middle, middle + quantity, lead_times, review, **options)
        reached = getattr(found, figure) >= target
        high = np.where(reached, middle, high)
        low = np.where(reached, low, middle + (1 if whole_units else 0))
        if (high - low <= (0.5 if whole_units else 1e-6)).all():
            break
    return high, simulate(demand, high, high + quantity, lead_times, review, **options)


def _by_day(value):
    value = np.asarray(value, float)
    return value[:, None] if value.ndim == 1 else value
