"""Reorder point, order quantity and need to buy."""

import numpy as np


def reorder_point(rate, lead_time, review, safety_stock):
    """``d (L + R) + safety stock``: order when the stock position is at or below it."""
    return np.asarray(rate, float) * (np.asarray(lead_time, float) + review) + safety_stock


def days_of_supply(rate, days):
    """Units that cover ``days`` days of demand."""
    return np.asarray(rate, float) * days


def round_up(quantity, minimum=0.0, multiple=0.0):
    """Raise to the vendor's minimum and up to whole multiples; zero stays zero.

    A quantity within a millionth above a multiple counts as that multiple, so that 3 * 0.1 needs no fourth pack.

    :param minimum: shape (n,) or a number, 0 for none
    :param multiple: shape (n,) or a number, 0 for none
    """
    quantity, minimum, multiple = np.broadcast_arrays(*(np.asarray(x, float) for x in (quantity, minimum, multiple)))
    raised = np.where(quantity > 0, np.maximum(quantity, minimum), 0.0)
    packs = np.divide(raised, multiple, out=np.zeros_like(raised), where=multiple > 0)
    return np.where(multiple > 0, np.ceil(np.round(packs, 6)) * multiple, raised)


def need_to_buy(forecast, open_demand, safety_stock, usable, held, incoming_due):
    """Units to buy now: ``max(0, max(forecast, open demand) + safety stock - (usable - held) - incoming due)``.

    All over the protection interval (lead time and review): forecast of its days, demand that falls due in it, supply
    that arrives in it.
    """
    wanted = np.maximum(forecast, open_demand) + safety_stock
    return np.maximum(0.0, wanted - (np.asarray(usable, float) - held) - incoming_due)


def suggested_order(need, order_quantity, incoming_later, requested, minimum=0.0, multiple=0.0):
    """Units to ask the vendor for: up to the order-up-to level, less what is already on its way or asked for.

    Nothing is suggested without a need. The order lifts the stock from where it is (reorder point - need) to the
    order-up-to level (reorder point + order quantity), counting supply that arrives after the protection interval,
    but never less than the need itself; what draft requests already ask for is then taken off.
    """
    need = np.asarray(need, float)
    lifted = np.maximum(need, need + order_quantity - incoming_later) - requested
    # A request that already covers the need is not topped up: asking twice a day must not order twice.
    wanted = np.where((need > 0) & (need > np.asarray(requested, float) + 1e-9), lifted, 0.0)
    return round_up(np.maximum(wanted, 0.0), minimum, multiple)
