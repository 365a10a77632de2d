"""Planned events: days on which more (or less) is asked for than usual, and by how much."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Event:
    """An event of some items.

    :param rows: indices or mask of the items
    :param start: first day, counted from the planning date (negative: past); ``end``: last day, inclusive
    :param factor: demand of such a day over that of a usual one, 1.5 for half as much again; 0 for closed
    """

    rows: np.ndarray
    start: int
    end: int
    factor: float


def factors(events, count, length, horizon):
    """What each past and coming day is multiplied by; events on the same day multiply each other.

    :param events: list of :class:`Event`
    :param length: past days; ``horizon``: days to come
    :return: shape (count, length + horizon), or None where no event touches them
    """
    result = None
    for event in events:
        first, last = max(event.start, -length), min(event.end, horizon - 1)
        if first > last or not np.any(np.asarray(event.rows) if np.asarray(event.rows).dtype == bool else True):
            continue
        if result is None:
            result = np.ones((count, length + horizon))
        result[event.rows, length + first : length + last + 1] *= max(float(event.factor), 0.0)
    return result


def without(demand, past):
    """Demand as it would have been without the events: ``demand / factor``.

    :param past: shape (n, T), factor of each past day
    :return: ``(demand, unknown)``: on days with a factor of 0 nothing could be asked for, they say nothing
    """
    nothing = past <= 0
    return np.where(nothing, 0.0, demand / np.where(nothing, 1.0, past)), nothing
