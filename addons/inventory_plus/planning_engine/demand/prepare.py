"""All preparation steps in a row."""

from dataclasses import dataclass, field

import numpy as np

from . import calendar, cancelled, censored, chain, event, life, like, outlier


@dataclass
class Links:
    """What planners said about items; rows of the matrix, any of them empty.

    :param like_row, like_model, like_factor: new items, their models, expected demand over the model's
    :param predecessor, successor: who follows whom; ``takes_over``: days from the planning date to the first day of
        the successor, nan or not above 0 for now
    :param days_left: shape (n,), days from the planning date to the end of life, nan for none. For an item with a
        successor it is ``takes_over`` that counts
    """

    like_row: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    like_model: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    like_factor: np.ndarray = field(default_factory=lambda: np.empty(0))
    predecessor: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    successor: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    takes_over: np.ndarray = field(default_factory=lambda: np.empty(0))
    days_left: np.ndarray | None = None


@dataclass
class Prepared:
    """A history fit for a forecast, and what was done to it; all of n items.

    :param demand: shape (n, T), units per day, finite
    :param first_day: column of the first day of history, T for none
    :param future: shape (n, h), what each coming day is multiplied by, None where nothing is
    :param lasting: the same without events: what changes hands between items, and what ends
    :param multiplied: shape (n, T + h), by what events multiply each day, past and coming; None without events
    :param closed: shape (n, 7), closed weekdays, Monday first
    :param unknown_days: days without stock, filled with what may be expected
    :param netted: units that came back later and were taken off the day of their sale
    :param outlier_days: giant days capped; ``outlier_from``: the largest of them, ``outlier_to``: what it was capped to
    :param event_days: past days of events, their uplift divided out
    :param like_weight: share of its own level in a new item's history, nan where it uses no model
    :param predecessors: items whose history it inherits
    :param ended: its life is over, or a successor has taken over: nothing is planned
    :param days_left: days to the end of its life, nan for none
    """

    demand: np.ndarray
    first_day: np.ndarray
    future: np.ndarray | None
    lasting: np.ndarray | None
    multiplied: np.ndarray | None
    closed: np.ndarray
    unknown_days: np.ndarray
    netted: np.ndarray
    outlier_days: np.ndarray
    outlier_from: np.ndarray
    outlier_to: np.ndarray
    event_days: np.ndarray
    like_weight: np.ndarray
    predecessors: np.ndarray
    ended: np.ndarray
    days_left: np.ndarray


def prepare(demand, first_day, warehouse, next_weekday, unknown=None, events=(), links=None, horizon=0, closed=None):
    """Make the daily history of all items fit for a forecast.

    :param demand: shape (n, T), net units per day, last column the day before planning; nan is unknown
    :param first_day: shape (n,), column of the first demand, T for none
    :param warehouse: shape (n,), the warehouse of each item
    :param next_weekday: weekday of the planning date, 0 is Monday
    :param unknown: shape (n, T), True on days without stock; None for none
    :param events: list of :class:`event.Event`
    :param links: :class:`Links`
    :param horizon: days to come that a plan looks at
    :param closed: shape (n, 7), closed weekdays if given, Monday first; None finds them
    :return: :class:`Prepared`
    """
    demand = np.asarray(demand, float)
    first_day = np.asarray(first_day, int)
    count, length = demand.shape
    links = links or Links()
    demand, missing = _finite(demand)
    unknown = missing if unknown is None else (unknown if missing is None else unknown | missing)
    demand, netted = cancelled.net(demand)
    if closed is None:
        closed = calendar.closed_weekdays(demand, warehouse, next_weekday)

    multiplied = event.factors(events, count, length, horizon)
    event_days = np.zeros(count, int)
    if multiplied is not None:
        past = multiplied[:, :length]
        inside = np.arange(length)[None, :] >= first_day[:, None]
        event_days = ((past != 1) & inside).sum(axis=1)
        demand, nothing = event.without(demand, past)
        unknown = nothing if unknown is None else unknown | nothing

    demand, outlier_days, largest, limit = outlier.cap(demand, None if unknown is None else ~unknown)
    unknown_days = np.zeros(count, int)
    if unknown is not None:
        shut = calendar.closed_days(closed, length, next_weekday) if closed.any() else None
        demand, unknown_days = censored.fill(demand, unknown, first_day, shut)

    demand, first_day, shares, predecessors = chain.inherit(
        demand, first_day, links.predecessor, links.successor, links.takes_over, horizon
    )
    demand, first_day, like_weight = like.borrow(demand, first_day, links.like_row, links.like_model, links.like_factor)
    days_left = np.full(count, np.nan) if links.days_left is None else np.asarray(links.days_left, float)
    replaced = np.zeros(count, bool)
    replaced[np.asarray(links.predecessor, int)] = True
    ended = days_left <= 0
    ended[np.asarray(links.predecessor, int)] |= ~(np.asarray(links.takes_over, float) > 0)

    lasting = shares
    fades = ~np.isnan(days_left) & ~replaced
    if fades.any():
        fading = life.fading(np.where(fades, days_left, np.nan), horizon)
        lasting = fading if lasting is None else lasting * fading
    future = lasting
    if multiplied is not None:
        future = multiplied[:, length:] if lasting is None else multiplied[:, length:] * lasting
    return Prepared(
        demand,
        first_day,
        future,
        lasting,
        multiplied,
        closed,
        unknown_days,
        netted,
        outlier_days,
        largest,
        limit,
        event_days,
        like_weight,
        predecessors,
        ended,
        np.where(replaced, np.nan, days_left),
    )


def _finite(demand):
    """Demand without nan, and where it was; None where nowhere."""
    if np.isfinite(demand.sum()):
        return demand, None
    missing = ~np.isfinite(demand)
    return np.where(missing, 0.0, demand), missing
