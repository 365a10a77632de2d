"""Orders where customers do not wait: by hand, by drawing demand, and on the data of a planning competition."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from planning_engine import (
    classes,
    cumulative,
    distributions,
    lost_sales,
    newsvendor,
    plan,
    protection,
    season,
    season_group,
    snapshot,
)
from planning_engine.demand import prepare

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def test_left_over_equals_drawn_demand():
    drawn = np.random.default_rng(3).gamma(2.0, 5.0, 400_000)
    for stock in (0, 4, 10, 40):
        left = lost_sales.expected_left([stock], [10.0], [50.0])[0]
        assert left == pytest.approx(np.maximum(stock - drawn, 0).mean(), abs=0.05)


def test_left_over_without_spread_or_demand():
    assert lost_sales.expected_left([5, 5, 5], [3, 8, 0], [0, 0, 0]).tolist() == [2, 0, 5]
    assert lost_sales.expected_left([-2], [0], [0]).tolist() == [0]


def test_certain_demand_is_ordered_exactly():
    """5 a week, 12 there and 2 coming next week: 9, then 4 are left; the third week needs 5, so 1."""
    mean = np.full((1, 3), 5.0)
    assert lost_sales.order([12.0], np.array([[2.0, 0.0]]), mean, np.zeros((1, 3)), 0.8)[0] == pytest.approx(1)


def test_lost_demand_is_not_owed():
    """An empty shelf for two weeks: the third week's demand is ordered, not that of three."""
    order = lost_sales.order([0.0], np.zeros((1, 2)), np.full((1, 3), 5.0), np.zeros((1, 3)), 0.8)
    assert order[0] == pytest.approx(5)


def test_moments_of_what_is_left_equal_drawn_demand():
    drawn = np.random.default_rng(4).gamma(2.0, 5.0, 400_000)
    for stock in (4, 10, 40):
        mean, variance = lost_sales.left_moments([stock], [10.0], [50.0])
        left = np.maximum(stock - drawn, 0)
        assert (mean[0], variance[0]) == pytest.approx((left.mean(), left.var()), abs=0.2)
    assert [values.tolist() for values in lost_sales.left_moments([5, 2], [3, 8], [0, 0])] == [[2, 0], [0, 0]]


def test_expected_lost_equals_drawn_days():
    """Stock 20, 15 more after five days and 10 after eight, 4 a day for twelve days."""
    rng = np.random.default_rng(6)
    demand = rng.gamma(4 / 3, 3, (100_000, 12))
    left, lost = np.full(len(demand), 20.0), np.zeros(len(demand))
    for day in range(12):
        left += {5: 15.0, 8: 10.0}.get(day, 0.0)
        sold = np.minimum(left, demand[:, day])
        left, lost = left - sold, lost + demand[:, day] - sold
    found = lost_sales.expected_lost(
        [20.0], np.array([4.0]), np.array([12.0]), [12.0], [0, 0], [8.0, 5.0], [10.0, 15.0]
    )
    assert found[0] == pytest.approx(lost.mean(), rel=0.03)


def test_nothing_is_lost_with_enough_or_without_days():
    none = np.array([1.0]), np.array([1.0])
    assert lost_sales.expected_lost([100.0], *none, [10.0], [], [], [])[0] == pytest.approx(0, abs=1e-6)
    assert lost_sales.expected_lost([0.0], *none, [0.0], [], [], []).tolist() == [0]
    # What arrives with the order, or after it, serves nobody before.
    assert lost_sales.expected_lost([0.0], *none, [10.0], [0, 0], [10.0, 30.0], [50.0, 50.0]).tolist() == [10]
    assert lost_sales.expected_lost([0.0], *none, [10.0], [0], [-3.0], [500.0])[0] == pytest.approx(0, abs=1e-6)


def test_more_arrivals_than_are_told_apart():
    count = 3 * lost_sales.MOST_ARRIVALS
    found = lost_sales.expected_lost(
        [0.0], np.array([1.0]), np.array([1e-9]), [2.0 * count], [0] * count, np.arange(count) * 2.0, [2.0] * count
    )
    assert found[0] == pytest.approx(0, abs=2)


def _demand(name, mean, variance, ratio, sure=0.0):
    return protection.Demand(np.array([name]), [mean], [variance], [1e9], np.array([ratio]), sure)


@pytest.mark.parametrize(("ratio", "variation"), [(0.833, 1.0), (0.9, 0.6), (0.95, 1.0), (0.98, 0.3)])
def test_level_costs_next_to_the_least(ratio, variation):
    """Weekly looks, two weeks underway: the level and what it orders, beside the best level and the myopic order."""
    mean, variance = 30.0, (30.0 * variation) ** 2
    point = lost_sales.reorder_point(
        _demand("gamma", 3 * mean, 3 * variance, ratio), np.array([21.0]), np.array([7.0]), np.array([variance])
    )[0]
    rng = np.random.default_rng(8)
    demand = rng.gamma(mean**2 / variance, variance / mean, (400, 400))
    levels = point * np.array([0.75, 0.85, 0.93, 1.0, 1.07, 1.15, 1.25, 1.4])
    costs = [_cost_of(level, demand, mean, variance, ratio) for level in levels]
    assert costs[3] <= 1.03 * min(costs)
    waiting = _demand("gamma", 3 * mean, 3 * variance, ratio).level(np.array([ratio]))[0]
    assert point < waiting


def _cost_of(level, demand, mean, variance, ratio):
    count, weeks = demand.shape
    stock, due, cost = np.full(count, mean), [np.full(count, mean), np.full(count, mean)], 0.0
    rows = np.arange(count)
    for week in range(weeks):
        lost = lost_sales.expected_lost(
            stock, np.full(count, mean / 7), np.full(count, variance / 7), np.full(count, 14.0),
            np.r_[rows, rows], np.r_[np.zeros(count), np.full(count, 7.0)], np.r_[due[0], due[1]],
        )  # fmt: skip
        due.append(np.maximum(level - stock - due[0] - due[1] - lost, 0.0))
        stock = stock + due.pop(0)
        sold = np.minimum(stock, demand[:, week])
        stock = stock - sold
        if week >= 20:
            cost += (1 - ratio) * stock.mean() + ratio * (demand[:, week] - sold).mean()
    return cost


def test_an_order_that_outlasts_the_way_is_planned_as_ever():
    demand = _demand("gamma", 50.0, 900.0, 0.9)
    point = lost_sales.reorder_point(demand, np.array([20.0]), np.array([30.0]), np.array([1000.0]))
    assert point.tolist() == demand.level(np.array([0.9])).tolist()


def test_recent_periods_weigh_more_and_unknown_ones_nothing():
    mean, variance = lost_sales.decayed_moments(
        [[4.0] * 30, [np.nan] * 15 + [4.0] * 15, [0.0] * 15 + [8.0] * 15], [0] * 3
    )
    assert mean[:2] == pytest.approx([4, 4]) and variance[:2] == pytest.approx([0, 0])
    assert mean[2] > 5
    assert lost_sales.decayed_moments([[np.nan] * 9], [0])[0].tolist() == [0]


def test_weights_of_one_give_the_sample_moments():
    series = np.random.default_rng(2).poisson(6, (4, 50)).astype(float)
    mean, variance = lost_sales.decayed_moments(series, np.zeros(4, int), decay=1.0)
    assert mean == pytest.approx(series.mean(axis=1))
    assert variance == pytest.approx(series.var(axis=1, ddof=1))


def test_pooled_index_of_a_shared_season():
    pattern = np.repeat([0.5, 1.0, 1.5, 1.0], 13)
    series = np.random.default_rng(5).poisson(2 * pattern[np.arange(52 * 3) % 52], (300, 156)).astype(float)
    found = season.pooled(series, np.zeros(300, int), 52)
    assert np.corrcoef(found, pattern)[0, 1] > 0.97
    assert (season.pooled(series[:, :60], np.zeros(300, int), 52) == 1).all()


# --- VN2: orders at the end of a week can be sold from in the third week after; 0.2 a unit left, 1 a sale lost.
# The product is what the nightly plan and the snapshot make of it, by a policy of cost whose customers do not wait.

WEEKS, ORDERS, COUNTED = 8, 6, 2
HOLDING, LOST = 0.2, 1.0
#: Weeks at whose end a competition of eight weeks begins, all within the 157 that are at hand.
STARTS = range(92, 150, 3)


def _table(name):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand")
    with gzip.open(path, "rt") as stream:
        return np.array([line[2:] for line in list(csv.reader(stream))[1:]], float)


def play(policy, sales, start):
    """Cost of the last six of eight weeks, all items; the shelf begins with a week's mean, as does each arrival."""
    mean = np.round(np.nan_to_num(np.nanmean(sales[:, start - 13 : start], axis=1)))
    stock, due, cost = mean.copy(), [mean.copy(), mean.copy()], 0.0
    for week in range(WEEKS):
        known = sales[:, : start + week]
        placed = np.maximum(np.round(policy(known, stock, due)), 0) if week < ORDERS else np.zeros_like(stock)
        due.append(placed)
        stock = stock + due.pop(0)
        wanted = np.nan_to_num(sales[:, start + week])
        sold = np.minimum(stock, wanted)
        stock = stock - sold
        if week >= COUNTED:
            cost += HOLDING * stock.sum() + LOST * (wanted - sold).sum()
    return cost


def _moments(known, decay):
    first = np.zeros(len(known), int)
    index = season.pooled(known, first, 52)
    weeks = np.arange(known.shape[1] + 8) - known.shape[1]
    by_week = index[weeks % 52]
    mean, variance = lost_sales.decayed_moments(known, first, by_week[: known.shape[1]], decay)
    return mean, variance, by_week[known.shape[1] :]


def product(known, stock, due):
    mean, variance, ahead = _moments(known, lost_sales.DECAY)
    ahead = ahead[:3][None, :]
    ratio = newsvendor.critical_ratio(HOLDING, LOST)
    return lost_sales.order(stock, np.stack(due, axis=1), mean[:, None] * ahead, variance[:, None] * ahead**2, ratio)


def as_planned(known, weekday=6):
    """What an item's nightly plan says of weekly sales, all of a week booked on one of its days: the steps of
    ``_prepare_batch`` and ``_batch_parameters``, with a policy of cost whose customers do not wait."""
    known = known[:, -104:]
    count, weeks = known.shape
    demand = np.zeros((count, cumulative.HISTORY_DAYS))
    unknown = np.zeros(demand.shape, bool)
    days = np.zeros((count, weeks, 7))
    days[:, :, weekday] = np.nan_to_num(known)
    demand[:, -7 * weeks :] = days.reshape(count, -1)
    unknown[:, -7 * weeks :] = np.repeat(np.isnan(known), 7, axis=1)
    first = np.where((demand > 0).any(axis=1), (demand > 0).argmax(axis=1), demand.shape[1])
    year = demand[:, -364:].reshape(count, 52, 7).sum(axis=2)
    found = prepare.prepare(demand, first, np.zeros(count, int), 0, unknown=unknown)
    index, _weight, _slope = season_group.of_items(found.demand, found.first_day, 60)
    lead = np.full(count, 14.0)
    return plan.parameters(
        found.demand, found.first_day, classes.syntetos_boylan(year), np.ones(count, bool), year.sum(axis=1) <= 0, lead,
        np.zeros(count), None, 7, 7, 0.0, 1.0, 0.0, np.full(count, HOLDING * 365 / 7), index,
        target="cost", target_value=LOST, lost=True,
    )  # fmt: skip


def ordered(planned, stock, due):
    """What the snapshot suggests to order of the stock at hand and the orders on their way."""
    count = stock.size
    zero = np.zeros(count)
    names = ("demand_daily", "safety_stock", "order_quantity", "order_up_to", "lost_std")
    parameters = {name: planned[name] for name in names}
    parameters |= {"lead_time_mean": np.full(count, 14.0), "review": np.full(count, 7.0)}
    events = {
        "item": np.tile(np.arange(count), len(due)),
        "day": np.repeat(7.0 * np.arange(len(due)), count),
        "supply": np.concatenate(due),
        "demand": np.zeros(count * len(due)),
    }
    shelf = {"on_hand": stock, "usable": stock, "held": zero}
    found = snapshot.figures(shelf, parameters, events, zero, zero, np.zeros(count, bool), zero, np.ones(count))
    return found["suggested_order"]


def nightly():
    """The nightly plan as a policy; each week is planned once, whatever the number of competitions it belongs to."""
    plans = {}

    def policy(known, stock, due):
        week = known.shape[1]
        if week not in plans:
            plans[week] = as_planned(known)
        return ordered(plans[week], stock, due)

    return policy


def _recent(known, weeks):
    """Seasonal mean of the last weeks, and the deviation of the last half year."""
    index = season.pooled(known, np.zeros(len(known), int), 52)
    place = np.arange(known.shape[1] + 8) - known.shape[1]
    plain = known / index[place[: known.shape[1]] % 52]
    mean = np.nan_to_num(np.nanmean(plain[:, -weeks:], axis=1))
    deviation = np.nan_to_num(np.nanstd(plain[:, -26:] - mean[:, None], axis=1))
    return mean, deviation, index[place[known.shape[1] :] % 52]


def four_weeks(known, stock, due):
    return _recent(known, 13)[0] * 4 - stock - due[0] - due[1]


def projected(weeks, ratio, gamma=False):
    def policy(known, stock, due):
        mean, deviation, ahead = _recent(known, weeks)
        left = np.maximum(stock + due[0] - mean * ahead[0], 0)
        left = np.maximum(left + due[1] - mean * ahead[1], 0)
        mean, deviation = mean * ahead[2], deviation * ahead[2]
        normal = mean + distributions.normal_factor(ratio) * deviation
        return (distributions.gamma_quantile(mean, deviation**2, ratio) if gamma else normal) - left

    return policy


def up_to(gamma):
    """Order up to the quantile of three weeks' demand, spread by the error of past sums."""

    def policy(known, stock, due):
        mean, _deviation, ahead = _recent(known, 13)
        filled = np.nan_to_num(known[:, -104:])
        found = cumulative.estimate(
            filled, np.zeros(len(filled), int), np.full(len(filled), 3), windows=(13,), min_origins=13
        )
        mean = mean * ahead[:3].sum()
        normal = mean + distributions.normal_factor(LOST / (LOST + HOLDING)) * found["sigma"]
        skewed = distributions.gamma_quantile(mean, found["sigma"] ** 2, LOST / (LOST + HOLDING))
        return (skewed if gamma else normal) - stock - due[0] - due[1]

    return policy


def highest_month(known, stock, due):
    months = np.nan_to_num(known[:, -52:]).reshape(len(known), 13, 4).sum(axis=2)
    return months.max(axis=1) * 1.2 + _recent(known, 13)[0] * 3 - stock - due[0] - due[1]


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
def test_product_beats_every_other_policy_on_vn2():
    sales = np.where(_table("vn2_in_stock_599x157.csv.gz") > 0, _table("vn2_sales_599x157.csv.gz"), np.nan)
    policies = {
        "four weeks of cover": four_weeks,
        "up to, normal": up_to(gamma=False),
        "up to, gamma": up_to(gamma=True),
        "projected normal .833": projected(13, LOST / (LOST + HOLDING)),
        "projected gamma .833": projected(13, LOST / (LOST + HOLDING), gamma=True),
        "projected normal .65, 26 weeks": projected(26, 0.65),
        "highest month x 1.2": highest_month,
    }
    planned = nightly()
    ours = np.array([play(planned, sales, start) for start in STARTS])
    each_order = np.array([play(product, sales, start) for start in STARTS])
    for name, policy in policies.items():
        other = np.array([play(policy, sales, start) for start in STARTS])
        assert ours.mean() < 0.98 * other.mean(), f"{name}: {other.mean():.0f}, ours {ours.mean():.0f}"
        assert each_order.mean() < 0.98 * other.mean(), f"{name}: {other.mean():.0f}, ours {each_order.mean():.0f}"
