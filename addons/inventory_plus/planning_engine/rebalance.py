"""Who gives to whom when one warehouse has too little and another one of the same company too much.

Quantities are counted in whole packs of a product, so that every figure is a whole number and nothing is lost to
rounding. For each product the wants of the takers, most urgent first, and the excess of the givers, largest first, are
laid end to end; where a stretch of wants meets a stretch of excess, that much moves. All products at once, no loop.
"""

import numpy as np

#: Pack of products that may be split as one likes: quantities are kept to this many units.
SMALLEST = 0.01


def excess(ground, free, open_demand, reorder_point, order_up_to):
    """Units that may leave: above the order-up-to level once open demand is served, and free to be taken.

    The level contains the safety stock. Where it was pinned below the reorder point, that one holds: the giver never
    falls below it.

    :param ground: usable less held; ``free``: usable less reserved and promised; all of shape (n,)
    """
    level = np.maximum(order_up_to, reorder_point)
    return np.maximum(0.0, np.minimum(np.asarray(ground, float) - open_demand - level, free))


def transfers(product, need, top_up, spare, urgency, multiple, cost, least_worth=0.0):
    """Moves of goods between the items of each product.

    First every need is served in order of urgency, then, with what is left, stocks are filled up to their levels.
    What moves is worth at least ``least_worth``; where the cost is unknown (0), nothing is held back for its worth.
    Nobody gives what he needs himself. The same input gives the same answer, whatever the order of the rows' ids.

    :param product: shape (n,), whole number; items with the same one share goods (one product of one company)
    :param need: shape (n,), units that an item lacks; ``top_up``: what would fill it up beyond that
    :param spare: shape (n,), units that may leave, see :func:`excess`
    :param urgency: shape (n,), the smallest is served first; ties by row
    :param multiple: shape (n,), units of a pack, 0 for none; the largest of a product's items counts
    :param cost: shape (n,), money per unit; ``least_worth``: money
    :return: ``(giver, taker, quantity)``: rows and units, sorted by giver and taker
    """
    product = np.asarray(product)
    if not product.size:
        return np.empty(0, int), np.empty(0, int), np.empty(0)
    _names, code = np.unique(product, return_inverse=True)
    pack = np.full(code.max() + 1, 0.0)
    np.maximum.at(pack, code, np.asarray(multiple, float))
    pack = np.where(pack > 0, pack, SMALLEST)[code]
    cost = np.asarray(cost, float)
    wanted = np.maximum(need, 0) + np.maximum(top_up, 0)
    takes = np.asarray(need, float) > 0
    gives = ~takes & _worth_while(np.asarray(spare, float), cost, least_worth)
    takes &= _worth_while(wanted, cost, least_worth)

    giver = np.flatnonzero(gives)
    supply = np.floor(np.round(np.asarray(spare, float)[giver] / pack[giver], 6)).astype(np.int64)
    giver = giver[np.lexsort((giver, -supply, code[giver]))]
    supply = np.floor(np.round(np.asarray(spare, float)[giver] / pack[giver], 6)).astype(np.int64)

    taker = np.flatnonzero(takes)
    first = np.ceil(np.round(np.asarray(need, float)[taker] / pack[taker], 6)).astype(np.int64)
    whole = np.ceil(np.round(wanted[taker] / pack[taker], 6)).astype(np.int64)
    tier = np.r_[np.zeros(taker.size, int), np.ones(taker.size, int)]
    claim = np.r_[first, whole - first]
    taker = np.r_[taker, taker]
    order = np.lexsort((taker, np.asarray(urgency, float)[taker], tier, code[taker]))
    taker, claim = taker[order], claim[order]

    left, right, packs = _meet(code[giver], supply, code[taker], claim)
    giver, taker = giver[left], taker[right]
    pairs, inverse = np.unique(np.stack([giver, taker], axis=1), axis=0, return_inverse=True)
    packs = np.bincount(inverse.reshape(-1), packs, len(pairs))
    giver, taker = pairs[:, 0], pairs[:, 1]
    quantity = packs * pack[giver]
    keep = _worth_while(quantity, cost[taker], least_worth)
    return giver[keep], taker[keep], quantity[keep]


def _worth_while(quantity, cost, least_worth):
    return (quantity > 0) & ((cost <= 0) | (quantity * cost >= least_worth - 1e-9))


def _meet(supply_code, supply, claim_code, claim):
    """Overlaps of stretches laid end to end per code; both sides sorted by code.

    :return: ``(supply index, claim index, units)``
    """
    codes = np.union1d(supply_code, claim_code)
    if not (supply.size and claim.size):
        return np.empty(0, int), np.empty(0, int), np.empty(0, np.int64)
    # Each code gets a stretch of the line as long as the larger of its two sides, so that codes never meet.
    given = np.bincount(np.searchsorted(codes, supply_code), supply, codes.size).astype(np.int64)
    asked = np.bincount(np.searchsorted(codes, claim_code), claim, codes.size).astype(np.int64)
    length = np.maximum(given, asked)
    start = np.cumsum(length) - length

    def stretches(code, amount, total):
        row = np.searchsorted(codes, code)
        end = np.cumsum(amount) - (np.cumsum(total) - total)[row] + start[row]
        return end - amount, end

    supply_from, supply_to = stretches(supply_code, supply, given)
    claim_from, claim_to = stretches(claim_code, claim, asked)
    cuts = np.unique(np.r_[supply_from, supply_to, claim_from, claim_to])
    begin, end = cuts[:-1], cuts[1:]
    left = np.minimum(np.searchsorted(supply_to, begin, side="right"), supply.size - 1)
    right = np.minimum(np.searchsorted(claim_to, begin, side="right"), claim.size - 1)
    both = (
        (supply_from[left] <= begin)
        & (begin < supply_to[left])
        & (claim_from[right] <= begin)
        & (begin < claim_to[right])
    )
    return left[both], right[both], (end - begin)[both]
