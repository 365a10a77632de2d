"""Service that a plan reaches and the stock that it takes, simulated on demand that it has not seen.

Thirty items of each demand pattern are planned anew every week from their last two years and simulated for 6,000
days, with a fixed and a variable lead time, at four targets of cycle service. Floor: the smallest reorder point that
reaches the same target on the very days that are simulated, which nobody can know beforehand. Beside it, planned from
the same histories: the formula of the OCA safety stock addon, King's, and the highest month times 1.2.

Takes five to ten minutes on two cores.

A season of the year is drawn from two whole years of history at least; the best fixed reorder point cannot follow a
season, so that stock below it is possible there. Levels are those of the day of the plan: kept for four weeks while a
season climbs they lag behind it (lead time 30 days, seed 4712: 83 % where 90 % is asked; planned every week 93 %, every
night, as the product plans, 95 %).
"""

import numpy as np
from odoo.addons.inventory_plus.planning_engine import classes, cumulative, plan, safety_stock, season, simulate

BENCH = "planning_quality"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

ITEMS, DAYS, HISTORY = 30, 6000, cumulative.HISTORY_DAYS
LEAD, CYCLE, PLANNED_EVERY = 14, 30, 7
TARGETS = (0.90, 0.95, 0.98, 0.99)
#: What a reached service may fall short of its target, and the most stock that it may take beside the floor's.
SHORTFALL, MOST_STOCK = 0.015, 1.15
#: Not used for tuning.
SEED = 20_260


def patterns(generator, items, days):
    """Daily demand of each pattern: dict of name to shape (items, days), whole units."""
    shape = (items, days)
    drift = np.zeros(shape)
    for day in range(1, days):
        drift[:, day] = 0.7 * drift[:, day - 1] + generator.normal(0, 4, items)
    year = 1 + 0.4 * np.sin(2 * np.pi * np.arange(days) / 365)
    return {
        "smooth": np.maximum(np.round(generator.normal(20, 5, shape)), 0),
        "erratic": np.round(generator.gamma(1.0, 20, shape)),
        "intermittent": (generator.random(shape) < 0.25) * np.maximum(np.round(generator.normal(8, 2, shape)), 1),
        "lumpy": (generator.random(shape) < 0.15) * np.ceil(generator.gamma(0.8, 20, shape)),
        "seasonal": np.maximum(np.round(20 * year + generator.normal(0, 5, shape)), 0),
        "autocorrelated": np.maximum(np.round(20 + drift), 0),
    }


def ours(history, lead_mean, lead_deviation, targets, kind="cycle", review=1):
    """Reorder point and up-to level of the product's plan at each target: list of pairs."""
    count = len(history)
    first = np.zeros(count, int)
    weeks = history[:, -classes.SBC_PERIODS * 7 :].reshape(count, classes.SBC_PERIODS, 7).sum(axis=2)
    index, _weight = season.of_year(history, first, int(np.ceil(lead_mean.max())) + review + 30)
    estimate = cumulative.estimate(history, first, plan.whole_days(lead_mean), index)
    found = [
        plan.parameters(
            history,
            first,
            classes.syntetos_boylan(weeks),
            np.ones(count, bool),
            np.zeros(count, bool),
            lead_mean,
            lead_deviation,
            None,
            review,
            CYCLE,
            index=index,
            target=kind,
            target_value=target,
            estimate=estimate,
        )
        for target in targets
    ]
    return [(each["reorder_point"], each["order_up_to"]) for each in found]


def others(history, lead_mean, lead_deviation, target):
    """Reorder point and up-to level of each other rule, from the last year: dict of name to a pair."""
    year = history[:, -365:]
    mean, deviation = year.mean(axis=1), year.std(axis=1, ddof=1)
    lot = mean * CYCLE
    use = year[:, -360:].reshape(len(year), 12, 30).sum(axis=2)
    points = {
        "oca": mean * lead_mean + safety_stock.cycle_service(target, mean, deviation, lead_mean),
        "king": mean * lead_mean + safety_stock.cycle_service(target, mean, deviation, lead_mean, lead_deviation),
        "maximum": mean * lead_mean + safety_stock.maximum_use(use),
    }
    return {name: (point, point + lot) for name, point in points.items()}


def run(bench):
    """One row a pattern, lead time and target; the budget is kept where service and stock both are."""
    items, days, every = (6, 700, 28) if bench.quick else (ITEMS, DAYS, PLANNED_EVERY)
    for row in table(SEED, items, days, every):
        bench.row(**row)


def table(seed, items, days, every, targets=TARGETS, names=None, lead=LEAD):
    """The rows of the bench.

    :param seed: of all chance in it; ``items``: of each pattern; ``days`` simulated; ``every``: days between plannings
    :param names: patterns, None for all
    """
    generator = np.random.default_rng(seed)
    demand = patterns(generator, items, HISTORY + days)
    demand = {name: demand[name] for name in names or demand}
    labels = [name for name in demand for _item in range(items)]
    demand = np.concatenate(list(demand.values()))
    fixed = np.full((len(demand), 1), lead)
    variable = np.maximum(np.round(generator.gamma(9, lead / 9, (len(demand), 500))), 1).astype(int)
    for label, lead_times in (("fixed", fixed), ("variable", variable)):
        # All targets are simulated side by side: as many items, as few steps through the days.
        rules = _plan_on_the_way(demand, lead_times, targets, days, every)
        future, leads = np.tile(demand[:, HISTORY:], (len(targets), 1)), np.tile(lead_times, (len(targets), 1))
        results = {rule: simulate.simulate(future, *levels, leads) for rule, levels in rules.items()}
        point, level = rules["ours"]
        highest = 2 * point.max(axis=1) + 10 * cumulative.daily_deviation(future, np.zeros(len(future)))
        wanted = np.repeat(targets, len(demand))
        _best, floor = simulate.least_point(
            future, (level - point).mean(axis=1), leads, wanted, highest, steps=14, whole_units=True
        )
        for number, target in enumerate(targets):
            here = slice(number * len(demand), (number + 1) * len(demand))
            yield from _rows(labels, label, target, results, floor, here)


def _plan_on_the_way(demand, lead_times, targets, days, every):
    """Levels of every rule on every simulated day: dict of name to ``(point, up to)``, shape (targets * n, days)."""
    lead_mean = lead_times.mean(axis=1).astype(float)
    lead_deviation = lead_times.std(axis=1)
    rules = {}
    for day in range(0, days, every):
        history = demand[:, day : day + HISTORY]
        levels = {"ours": ours(history, lead_mean, lead_deviation, targets)}
        for target in targets:
            for rule, pair in others(history, lead_mean, lead_deviation, target).items():
                levels.setdefault(rule, []).append(pair)
        for rule, pairs in levels.items():
            shape = (len(targets) * len(demand), days)
            kept = rules.setdefault(rule, (np.empty(shape, np.float32), np.empty(shape, np.float32)))
            for array, values in zip(kept, zip(*pairs, strict=True), strict=True):
                array[:, day : day + every] = np.concatenate(values)[:, None]
    return rules


def _rows(names, label, target, results, floor, here):
    names = np.array(names)
    for pattern in dict.fromkeys(names):
        rows = np.arange(here.start, here.stop)[names == pattern]
        figures = {"pattern": str(pattern), "lead_time": label, "target": target}
        for rule, found in results.items():
            figures[f"{rule}_cycle_service"] = round(float(found.cycle_service[rows].mean()), 4)
            figures[f"{rule}_fill_rate"] = round(float(found.fill_rate[rows].mean()), 4)
            figures[f"{rule}_stock"] = round(float(found.stock[rows].mean()), 1)
        least = float(floor.stock[rows].mean())
        ratio = figures["ours_stock"] / least
        yield {
            "figures": figures,
            "floor": {"least_stock": round(least, 1)},
            "ratio": round(ratio, 3),
            "budget": f"service >= target - {SHORTFALL}, stock <= {MOST_STOCK:g}x the least",
            "ok": figures["ours_cycle_service"] >= target - SHORTFALL and ratio <= MOST_STOCK,
        }
