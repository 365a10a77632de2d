"""Successors: the demand of an item that is replaced goes on in the one that replaces it."""

import numpy as np

#: Days that say how much of a successor's joint demand is still the predecessor's before he takes over.
RECENT_DAYS = 91
#: Chains longer than this are circular.
LONGEST = 50


def order(count, predecessor, successor):
    """Edges in an order in which every item's predecessors come first.

    :param predecessor, successor: shape (m,), rows of the items
    :return: list of index arrays into the edges, one a generation; edges of a circle, or to the item itself, are left
        out
    """
    predecessor, successor = np.asarray(predecessor, int), np.asarray(successor, int)
    waiting = np.ones(predecessor.size, bool)
    generations = []
    for _generation in range(LONGEST):
        unsettled = np.bincount(successor[waiting], minlength=count) > 0
        ready = np.flatnonzero(waiting & ~unsettled[predecessor])
        if not ready.size:
            break
        generations.append(ready)
        waiting[ready] = False
    return generations


def inherit(demand, first_day, predecessor, successor, takes_over, horizon):
    """Add the predecessors' history to their successors, and say who sells which coming day.

    Until a predecessor's last day its demand stays its own: of the joint demand the successor expects the rest. From
    then on the successor has all of it and the predecessor none.

    :param demand: shape (n, T); ``first_day``: shape (n,)
    :param predecessor, successor: shape (m,), rows; an item may have several predecessors and, once, one successor
    :param takes_over: shape (m,), days from the planning date to the first day of the successor; 0 or less: now
    :param horizon: days to come
    :return: ``(demand, first_day, future, predecessors)``: shape (n, T); shape (n,); shape (n, horizon), share of the
        item's demand that is asked of it on each coming day, None where nothing changes; shape (n,), how many items'
        histories it inherits
    """
    count, length = demand.shape
    number = np.zeros(count, int)
    edges = order(count, predecessor, successor)
    if not edges:
        return demand, first_day, None, number
    demand, first_day = demand.copy(), np.array(first_day, int)
    predecessor, successor = np.asarray(predecessor, int), np.asarray(successor, int)
    for ready in edges:
        source, target = predecessor[ready], successor[ready]
        np.add.at(demand, target, demand[source])
        np.minimum.at(first_day, target, first_day[source])
        np.add.at(number, target, number[source] + 1)
    ready = np.concatenate(edges)
    source, target = predecessor[ready], successor[ready]
    days = np.maximum(np.nan_to_num(np.asarray(takes_over, float)[ready]), 0.0)
    recent = np.maximum(demand[:, max(length - RECENT_DAYS, 0) :].sum(axis=1), 0.0)
    share = np.divide(recent[source], recent[target], out=np.zeros(ready.size), where=recent[target] > 0)
    before = np.arange(horizon)[None, :] < days[:, None]
    future = np.ones((count, horizon))
    np.add.at(future, target, -np.minimum(share, 1.0)[:, None] * before)
    future = np.maximum(future, 0.0)
    own = np.ones((count, horizon))
    own[source] = before
    return demand, first_day, future * own, number
