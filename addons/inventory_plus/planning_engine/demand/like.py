"""A new item begins with the history of one that is like it, until it has enough of its own."""

import numpy as np

#: Days of its own after which an item needs no model: half a year, the shortest history that the error of a quarter's
#: mean can be measured on.
ENOUGH_DAYS = 182
#: Days counted at least when the two are compared: a first order is no rate.
LEAST_DAYS = 28


def borrow(demand, first_day, row, model, factor, enough=ENOUGH_DAYS):
    """Give new items the history of their models.

    The level is a blend: the model's times the factor, and the item's own, weighed by the share that it has of
    ``enough`` days. The days themselves are the model's, brought to that level; a mean of both would vary less than
    either and ask for too little safety stock.

    :param demand: shape (n, T); ``first_day``: shape (n,)
    :param row, model: shape (m,), rows of the new items and of their models
    :param factor: shape (m,), expected demand over the model's
    :return: ``(demand, first_day, weight)``: shape (n, T); shape (n,); shape (n,), the share of its own level, nan for
        items that use no model
    """
    count, length = demand.shape
    weight = np.full(count, np.nan)
    row, model, factor = np.asarray(row, int), np.asarray(model, int), np.asarray(factor, float)
    own_days = length - first_day[row]
    use = (own_days < enough) & (first_day[model] < length) & (first_day[model] < first_day[row]) & (row != model)
    use &= factor > 0
    row, model, factor, own_days = row[use], model[use], factor[use], own_days[use]
    if not row.size:
        return demand, first_day, weight
    share = own_days / enough
    inside = np.arange(length)[None, :] >= first_day[row][:, None]
    counted = np.maximum(own_days, LEAST_DAYS)
    own = np.where(inside, demand[row], 0.0).sum(axis=1) / counted
    model_days = length - first_day[model]
    whole = demand[model].sum(axis=1) / np.maximum(model_days, LEAST_DAYS)
    during = np.where(inside, demand[model], 0.0).sum(axis=1) / np.maximum(own_days, 1)
    # A few days of the model say as little as a few days of the item.
    during = np.where(own_days >= LEAST_DAYS, during, whole)
    during = np.where(during > 0, during, whole) * factor
    ratio = np.divide(own, during, out=np.ones(row.size), where=during > 0)
    level = share * ratio + 1 - share
    demand, first_day = demand.copy(), np.array(first_day, int)
    borrowed = demand[model] * (factor * level)[:, None]
    starts = first_day[model]
    demand[row], first_day[row] = borrowed, starts
    weight[row] = share
    return demand, first_day, weight
