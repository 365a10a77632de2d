"""Real retail sales, planned and simulated by two rules: this product's and the formula of the OCA safety stock addon.

Which products: those that sold in the first thirty days of the file and on at least twenty days of its first 395. So
each has at least a year of sales when the simulation begins on day 395, and nothing that happened later decides who is
in. Demand of a day is what was sold less what was cancelled or returned on that day, never below zero.

How: lead time 14 days, the stock looked at every evening, orders of 14 days of demand, customers who wait. Both rules
plan anew on the same days, from the days before and nothing else. OCA: mean and deviation of the last 365 days,
minimum ``d L + z s sqrt(L)``, maximum 14 days above. Ours: the plan with a target of cost, every unit alike, its level
chosen so that the mean stock of all products is that of OCA's at its 95 %: fill is compared at equal days of cover.

Days of cover: mean units on hand of all products together over their mean demand per day in the days simulated. Fill:
units served on the day they were asked for, of all units asked for.
"""

from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "online_retail_daily_sku_2009_2011.parquet"
BEGIN, SEEN_DAYS, SOLD_DAYS = 395, 30, 20
LEAD, CYCLE, IDLE = 14, 14, 183
#: Cost of a missing unit in days of keeping one: levels that are tried to find the one of equal cover.
LEVELS = (100.0, 200.0, 350.0, 600.0)


def products(path=FILE):
    """Daily demand of the products that the rule above selects: shape (n, T)."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    _codes, row = np.unique(np.array(table["StockCode"].to_pylist()), return_inverse=True)
    day = table["day"].to_numpy().astype("M8[D]")
    column = (day - day.min()).astype(int)
    shape = (row.max() + 1, column.max() + 1)
    sold, back = (np.zeros(shape) for _ in range(2))
    np.add.at(sold, (row, column), table["sale"].to_numpy())
    np.add.at(back, (row, column), table["ret"].to_numpy())
    demand = np.maximum(sold - back, 0.0)
    early = (demand[:, :SEEN_DAYS] > 0).any(axis=1)
    return demand[early & ((demand[:, :BEGIN] > 0).sum(axis=1) >= SOLD_DAYS)]


def peer(history, share=1.6448536):
    """Minimum and maximum of OCA's formula at 95 %, from the last 365 days."""
    year = history[:, -365:]
    mean, deviation = year.mean(axis=1), year.std(axis=1, ddof=1)
    point = np.ceil(mean * LEAD + share * deviation * np.sqrt(LEAD))
    return point, point + np.ceil(mean * CYCLE)


class Comparison:
    """Both rules on the same products and days.

    :param engine: the package ``planning_engine``
    :param demand: shape (n, T), of :func:`products`; ``every``: days between two plannings
    """

    def __init__(self, engine, demand, every=14):
        self.engine, self.demand, self.every = engine, demand, every
        self.future = demand[:, BEGIN:]
        self.days = range(BEGIN, demand.shape[1], every)
        self._given = None

    def peer(self):
        """``(fill, days of cover)`` of OCA's formula at its 95 %."""
        return self._simulate([peer(self.demand[:, :day]) for day in self.days])

    def ours(self, level):
        """``(fill, days of cover)`` of the plan; a missing unit costs what keeping one for ``level`` days costs."""
        if self._given is None:
            self._given = [self._look(day) for day in self.days]
        count = len(self.demand)
        levels = []
        for given in self._given:
            found = self.engine.plan.parameters(
                **given, whole_units=np.ones(count, bool), lead_time=np.full(count, float(LEAD)),
                lead_deviation=np.zeros(count), service=None, review=1, cycle_days=CYCLE,
                target="cost", target_value=level, holding_cost=365.0,
            )  # fmt: skip
            levels.append((found["reorder_point"], found["order_up_to"]))
        return self._simulate(levels)

    def at_equal_cover(self, levels=LEVELS):
        """Figures of both rules, ours at the cover of the peer's: dict of numbers."""
        fill, cover = self.peer()
        points = sorted((self.ours(level)[1], np.log(level)) for level in levels)
        level = float(np.exp(np.interp(cover, *zip(*points, strict=True))))
        ours, ours_cover = self.ours(level)
        return {
            "products": len(self.demand),
            "days": self.future.shape[1],
            "peer_fill": fill,
            "peer_cover": cover,
            "ours_fill": ours,
            "ours_cover": ours_cover,
            "level": level,
        }

    def _look(self, day):
        """What is known on a day: history, classes, idle products, season, error of the forecast."""
        classes, cumulative = self.engine.classes, self.engine.cumulative
        history = self.demand[:, max(day - cumulative.HISTORY_DAYS, 0) : day]
        count, length = history.shape
        first = np.where(history.any(axis=1), (history > 0).argmax(axis=1), length)
        weeks = history[:, -classes.SBC_PERIODS * 7 :].reshape(count, classes.SBC_PERIODS, 7).sum(axis=2)
        index, _weight, _slope = self.engine.season_group.of_items(history, first, LEAD + 31)
        return {
            "demand": history,
            "first_day": first,
            "pattern": classes.syntetos_boylan(weeks),
            "idle": history[:, -IDLE:].sum(axis=1) <= 0,
            "index": index,
            "estimate": cumulative.estimate(history, first, np.full(count, LEAD), index),
        }

    def _simulate(self, levels):
        point, up_to = (np.repeat(np.stack(part, axis=1), self.every, axis=1) for part in zip(*levels, strict=True))
        length = self.future.shape[1]
        lead = np.full((len(self.demand), 1), LEAD)
        found = self.engine.simulate.simulate(self.future, point[:, :length], up_to[:, :length], lead)
        asked = found.asked.sum()
        return 1 - found.short.sum() / asked, found.stock.sum() / (asked / length)
