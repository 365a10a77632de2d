"""Targets in a planner's words: each kind by hand, what it promises in simulation, and what cannot be asked for."""

import numpy as np
import pytest
from planning_engine import classes, plan, protection, simulate, targets
from scipy import stats

HISTORY = 730


def demand(names, mean=20.0, variance=100.0, degrees=1e9):
    names = np.array(names, dtype="<U20")
    return protection.Demand(names, np.full(names.size, mean), np.full(names.size, variance), degrees)


def planned(history, **options):
    count = len(history)
    weekly = history[:, -364:].reshape(count, 52, 7).sum(axis=2)
    given = {
        "first_day": np.zeros(count, int),
        "pattern": classes.syntetos_boylan(weekly),
        "whole_units": np.ones(count, bool),
        "idle": np.zeros(count, bool),
        "lead_time": np.full(count, 7.0),
        "lead_deviation": np.zeros(count),
        "service": 0.95,
        "review": 1,
        "cycle_days": 14,
    }
    return plan.parameters(history, **given | options)


@pytest.fixture(scope="module")
def steady():
    return np.random.default_rng(3).poisson(6, (4, HISTORY)).astype(float)


# ------------------------------------------------------------------------------------------------- distributions


@pytest.mark.parametrize("level", [-5.0, 0.0, 7.0, 20.0, 37.5, 90.0])
def test_shortage_and_chance_against_scipy(level):
    found = demand(["student", "gamma", "negative_binomial"])
    gamma, counted = stats.gamma(4, scale=5), stats.nbinom(5, 0.2)
    chance = [stats.norm(20, 10).cdf(level), gamma.cdf(level), counted.cdf(np.floor(level))]
    assert found.chance(level) == pytest.approx(chance, abs=1e-6)
    whole = np.arange(2000)
    short = [
        stats.norm(20, 10).expect(lambda x: max(x - level, 0), epsabs=1e-10, lb=level, ub=120),
        gamma.expect(lambda x: max(x - level, 0), lb=max(level, 0), ub=400),
        (counted.pmf(whole) * np.maximum(whole - level, 0)).sum(),
    ]
    assert found.shortage(level) == pytest.approx(short, abs=1e-4)


def test_student_shortage_by_integration():
    found = demand(["student"], degrees=5.0)
    t = np.linspace(1.3, 4000, 4_000_001)
    tail = np.trapezoid((t - 1.3) * stats.t.pdf(t, 5), t)
    assert found.shortage(33.0)[0] == pytest.approx(10 * tail, rel=1e-4)


@pytest.mark.parametrize("level", [-60.0, -5.0, 7.0, 20.0, 37.5, 90.0])
def test_three_moments_against_scipy(level):
    """Mean 20, variance 100, third cumulant 400: Pearson's type III of skewness 0.4."""
    found = protection.Demand(np.array(["gamma"]), [20.0], [100.0], [1e9], third=np.array([400.0]))
    law = stats.pearson3(0.4, loc=20, scale=10)
    assert found.skewness[0] == pytest.approx(0.4)
    assert found.chance(level)[0] == pytest.approx(law.cdf(level), abs=1e-6)
    assert found.shortage(level)[0] == pytest.approx(law.expect(lambda x: max(x - level, 0), lb=level), abs=1e-4)
    assert found.level(0.99)[0] == pytest.approx(law.ppf(0.99))
    assert found.take([0]).level(0.9)[0] == pytest.approx(law.ppf(0.9))


def test_a_third_moment_above_the_distribution_s_own_changes_nothing():
    """A few sales are no proof of a heavier tail; nor is an unknown one of a lighter."""
    names = np.array(["gamma", "negative_binomial", "student"], dtype="<U20")
    plain = demand(names)
    for third in (1e6, np.nan):
        found = protection.Demand(names, plain.mean, plain.variance, plain.degrees, third=third)
        assert found.level(0.98).tolist() == plain.level(0.98).tolist()
        assert np.isnan(found.skewness).all()
    lighter = protection.Demand(names, plain.mean, plain.variance, plain.degrees, third=-50.0)
    assert (lighter.level(0.99)[:2] < plain.level(0.99)[:2]).all()
    assert lighter.level(0.99)[2] == plain.level(0.99)[2]


@pytest.mark.parametrize("kind", ["intermittent", "lumpy"])
def test_a_month_of_days_is_no_more_skewed_than_it_is(kind):
    """99 % of the demand of 30 days and of what was missing before: by mean and variance alone it is a tenth more."""
    rng = np.random.default_rng([30, len(kind)])
    shape = (300, HISTORY)
    if kind == "intermittent":
        days = (rng.random(shape) < 0.25) * np.maximum(np.round(rng.normal(8, 2, shape)), 1)
    else:
        days = (rng.random(shape) < 0.15) * np.ceil(rng.gamma(0.8, 20, shape))
    found = planned(days, lead_time=np.full(300, 30.0), service=0.99, cycle_days=30)
    sums = np.convolve(days.ravel(), np.ones(30), "valid")
    sizes = days[days > 0]
    # The customer who takes the stock below the reorder point is a large one with a chance by his size.
    missing = rng.random(sums.size) * rng.choice(sizes, sums.size, p=sizes / sizes.sum())
    needed = np.quantile(sums + missing, 0.99)
    assert 0.97 * needed <= found["reorder_point"].mean() <= 1.04 * needed
    assert (found["skewness"] > 0).mean() > 0.8


def test_level_and_chance_are_inverse():
    found = demand(["student", "gamma", "negative_binomial"])
    level = found.level(0.9)
    assert found.chance(level)[:2] == pytest.approx([0.9, 0.9])
    assert found.chance(level)[2] >= 0.9 > found.chance(level - 1)[2]


def test_no_variance_and_no_demand():
    found = demand(["student", "gamma", "negative_binomial"], variance=0.0)
    assert found.shortage(15).tolist() == [5, 5, 5]
    assert found.chance(20).tolist() == [1, 1, 1]
    nothing = demand(["student", "gamma", "negative_binomial"], mean=0.0, variance=0.0)
    assert nothing.level(0.99).tolist() == [0, 0, 0]
    assert nothing.shortage(0).tolist() == [0, 0, 0]


# ------------------------------------------------------------------------------------------------ kinds of target


def test_days_fixed_and_largest_use_by_hand():
    """4 a day, one month of 200: 7 + 1 days are 32, the safety stock comes on top."""
    history = np.full((3, HISTORY), 4.0)
    history[:, -45] = 84.0
    found = planned(history, target=["days", "fixed", "maximum"], target_value=[5.0, 11.0, 1.2])
    rate = found["demand_daily"]
    safety = [5 * rate[0], 11, 1.2 * 200]
    assert found["reorder_point"] == pytest.approx(np.ceil(rate * 8 + safety), abs=1e-6)
    assert found["target"].tolist() == ["days", "fixed", "maximum"]
    assert (found["expected_cycle"] > 0.8).all()


def test_critical_ratio_by_hand():
    """Keeping a unit costs 36.5 a year, 1 in a cycle of ten days: a missing unit of 19 wants 95 % of the cycles."""
    assert targets.critical_ratio(19, 36.5, 10) == pytest.approx(0.95)
    assert targets.critical_ratio([0, 5, 0], [1, 0, 0], 10).tolist() == [0.01, 0.999, 0.01]


def test_cost_is_the_cycle_target_of_its_ratio(steady):
    found = planned(steady, target="cost", target_value=40.0, holding_cost=20.0)
    again = planned(steady, target="cycle", target_value=found["critical_ratio"])
    assert found["reorder_point"].tolist() == again["reorder_point"].tolist()
    dearer = planned(steady, target="cost", target_value=400.0, holding_cost=20.0)
    assert (dearer["reorder_point"] > found["reorder_point"]).all()


def test_kinds_side_by_side_are_those_alone(steady):
    """A batch of several policies gives each item what it gets when planned alone."""
    kinds = ["cycle", "fill", "cost", "fixed"]
    values, review, cycle = np.array([0.98, 0.97, 30.0, 9.0]), np.array([1, 7, 3, 1]), np.array([14, 30, 7, 20])
    together = planned(steady, target=kinds, target_value=values, review=review, cycle_days=cycle, holding_cost=3.0)
    for row, kind in enumerate(kinds):
        alone = planned(
            steady[row : row + 1],
            target=kind,
            target_value=values[row],
            review=review[row],
            cycle_days=cycle[row],
            holding_cost=3.0,
        )
        for name in ("reorder_point", "order_up_to", "expected_cycle", "expected_fill"):
            assert together[name][row] == pytest.approx(alone[name][0]), (kind, name)


def test_bounds(steady):
    free = planned(steady)
    tight = planned(steady, most_safety=3.0)
    wide = planned(steady, least_safety=[100.0, np.nan, 100.0, 0.0])
    assert (tight["safety_stock"] <= 3 + 1).all() and (tight["reorder_point"] < free["reorder_point"]).all()
    assert (wide["safety_stock"][[0, 2]] >= 100).all()
    assert wide["reorder_point"][1] == free["reorder_point"][1]
    assert (tight["expected_cycle"] < free["expected_cycle"]).all()


def test_a_fill_target_may_lie_below_the_expected_demand(steady):
    """80 % of the units from orders of 60 days: a fifth of an order may wait. A least safety stock of 0 forbids it."""
    found = planned(steady, target="fill", target_value=0.8, cycle_days=60)
    assert (found["safety_stock"] < 0).all()
    bounded = planned(steady, target="fill", target_value=0.8, cycle_days=60, least_safety=0.0)
    assert (bounded["safety_stock"] >= 0).all()


@pytest.mark.parametrize("kind", ["smooth", "erratic", "intermittent"])
@pytest.mark.parametrize(
    ("share", "review", "cycle"), [(0.9, 1, 14), (0.98, 1, 14), (0.95, 7, 30), (0.95, 7, 14), (0.95, 1, 2)]
)
def test_fill_reached_and_foretold(kind, share, review, cycle):
    generator = np.random.default_rng([7, len(kind)])
    shape = (20, HISTORY + 1500)
    days = {
        "smooth": lambda: np.maximum(np.round(generator.normal(20, 5, shape)), 0),
        "erratic": lambda: generator.negative_binomial(1, 1 / 21, shape).astype(float),
        "intermittent": lambda: (generator.random(shape) < 0.25) * generator.integers(3, 6, shape),
    }[kind]()
    found = planned(days[:, :HISTORY], target="fill", target_value=share, review=review, cycle_days=cycle)
    lead = np.full((20, 1), 7)
    reached = simulate.simulate(days[:, HISTORY:], found["reorder_point"], found["order_up_to"], lead, review)
    assert reached.fill_rate.mean() >= share - 0.015
    assert found["expected_fill"].mean() == pytest.approx(reached.fill_rate.mean(), abs=0.02)
    # ... and with no more than it takes.
    assert reached.fill_rate.mean() <= share + 0.03


# ------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("share", [0.0, 1.0, 1.2, -0.1, np.nan])
@pytest.mark.parametrize("kind", ["cycle", "fill"])
def test_a_share_that_nobody_can_reach_gets_a_sentence(steady, kind, share):
    with pytest.raises(ValueError, match=r"Item 2 of 4 cannot be planned\. A target"):
        planned(steady, target=kind, target_value=[0.9, share, 0.9, 0.9])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"lead_time": [-1.0, 1, 1, 1]}, "A lead time must"),
        ({"lead_time": np.nan}, "A lead time must"),
        ({"lead_deviation": -2.0}, "The deviation of a lead time"),
        ({"review": 0}, "The review period"),
        ({"cycle_days": 0}, "An order must last"),
        ({"target": "fill rate"}, "The kind of target is unknown"),
        ({"target": "days", "target_value": -1.0}, "cannot be negative"),
        ({"target": "fixed", "target_value": np.nan}, "must be a number"),
        ({"least_safety": 5.0, "most_safety": 4.0}, "least safety stock is above the most"),
    ],
)
def test_bad_input_gets_a_sentence(steady, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        planned(steady, **options)


def test_faults_of_a_batch_name_their_rows():
    found = targets.faults(["cycle", "fill", "days"], [0.9, 1.2, 3.0], [7.0, 7.0, -2.0])
    assert found.tolist() == ["", "share", "lead_time"]
    assert all(targets.FAULTS[code] for code in found if code)


# ---------------------------------------------------------------------------------------------------- odd histories


def test_one_sale_ever():
    """8 units a hundred days ago: a rate of 8 in a hundred days, and stock for one such order, no more than two."""
    history = np.zeros((1, HISTORY))
    history[0, -100] = 8
    found = planned(history, first_day=[HISTORY - 100], pattern=["few"])
    assert found["method"][0] == plan.METHOD_SHORT
    assert found["demand_daily"][0] == pytest.approx(0.08)
    assert 1 <= found["reorder_point"][0] <= 16


def test_only_returns_are_no_demand():
    history = np.zeros((1, HISTORY))
    history[0, -50:] = -3
    found = planned(history, first_day=[HISTORY - 50], pattern=[""])
    assert (found["reorder_point"][0], found["order_up_to"][0], found["method"][0]) == (0, 0, plan.METHOD_NONE)


def test_a_giant_order_that_was_cancelled():
    """Netted on its day it was never there; cancelled on a later day it leaves nothing to plan for either."""
    history = np.zeros((2, HISTORY))
    history[1, -200], history[1, -199] = 80_995, -80_995
    found = planned(history, first_day=[HISTORY - 200] * 2, pattern=["", "few"])
    assert found["reorder_point"].tolist() == [0, 0]
    assert found["method"].tolist() == [plan.METHOD_NONE, plan.METHOD_NONE]


def test_units_that_a_person_wants_kept_are_kept_without_demand():
    found = planned(np.zeros((2, HISTORY)), target=["fixed", "maximum"], target_value=[3.0, 1.2], idle=[True, True])
    assert found["reorder_point"].tolist() == [3, 0]
    assert found["order_up_to"].tolist() == [3, 0]
