"""Dates and cover along days that differ: against a walk day by day, and against the closed forms of equal days."""

import numpy as np
import pytest
from planning_engine import path, plan, projection, snapshot, status
from planning_engine.demand import event


def walk(stock, level, daily, events):
    """First day below the level, one day after the other."""
    for day in range(projection.HORIZON + 1):
        arrived = sum(supply for due, supply, _demand in events if due <= day)
        asked = sum(demand for due, _supply, demand in events if due <= day)
        if stock + arrived - max(daily[: day + 1].sum(), asked) < level - projection.ROUNDING:
            return day
    return projection.NEVER


def test_dates_are_those_of_a_walk_day_by_day():
    generator = np.random.default_rng(11)
    count = 60
    day = np.arange(path.DAYS)
    shape = 1 + 0.9 * np.sin(2 * np.pi * (day[None, :] + generator.integers(0, 365, (count, 1))) / 365)
    daily = shape * generator.gamma(2, 2, (count, 1))
    item = np.sort(generator.integers(0, count, 90))
    when, supply = generator.integers(-3, 300, 90).astype(float), generator.integers(0, 300, 90).astype(float)
    demand = generator.integers(0, 200, 90) * 1.0
    ground, safety = generator.integers(-5, 900, count) * 1.0, generator.integers(0, 60, count) * 1.0
    interval = generator.integers(1, 60, count) + 0.5
    age = generator.integers(0, 2, count) * 9
    found = path.Paths(np.arange(count), daily, age).figures(ground, safety, interval, item, when, supply, demand)
    for row in range(count):
        own = np.r_[daily[row, age[row] :], np.full(age[row], daily[row, -1])]
        events = [(when[place], supply[place], demand[place]) for place in np.flatnonzero(item == row)]
        assert found["stockout"][row] == walk(ground[row], 0.0, own, events)
        assert found["breach"][row] == walk(ground[row], safety[row], own, events)
        whole = int(interval[row])
        assert found["forecast"][row] == pytest.approx(own[:whole].sum() + own[whole] / 2)
        fine = np.cumsum(np.repeat(own / 100, 100))
        if 0 < ground[row] < fine[-1]:
            assert found["cover_days"][row] == pytest.approx(np.argmax(fine > ground[row]) / 100, abs=0.02)


def test_equal_days_say_what_the_rate_says():
    """The same item with a path and without: every figure of the snapshot is the same."""
    generator = np.random.default_rng(3)
    count = 200
    rate = generator.choice([0.0, 0.5, 2.0, 7.0], count)
    stock = dict.fromkeys(("on_hand", "usable"), generator.integers(0, 1500, count) * 1.0) | {"held": np.zeros(count)}
    parameters = {
        "demand_daily": rate,
        "lead_time_mean": generator.integers(0, 90, count) + 0.25,
        "review": np.ones(count),
        "safety_stock": generator.integers(0, 50, count) * 1.0,
        "order_quantity": np.full(count, 20.0),
        "order_up_to": np.full(count, 50.0),
    }
    number = 150
    events = {
        "item": generator.integers(0, count, number),
        "day": generator.integers(-2, 100, number) * 1.0,
        "supply": generator.integers(0, 90, number) * 1.0,
        "demand": generator.integers(0, 90, number) * 1.0,
    }
    rest = (np.zeros(count), np.ones(count), np.zeros(count, bool), np.zeros(count), np.zeros(count))
    plain = snapshot.figures(stock, parameters, events, *rest)
    rows = np.arange(0, count, 2)
    paths = path.Paths(rows, np.repeat(rate[rows, None], path.DAYS, axis=1), np.zeros(rows.size, int))
    seasonal = snapshot.figures(stock, parameters, events, *rest, paths)
    for name, values in plain.items():
        if values.dtype.kind == "f":
            assert seasonal[name] == pytest.approx(values), name
        else:
            assert seasonal[name].tolist() == values.tolist(), name


def test_only_items_whose_days_differ_have_a_path():
    index = np.ones((4, path.DAYS))
    index[1:3, 50:] = 1.5
    # The rate of the last one has an event in it: without the event its days are like its level.
    rows, daily = path.expected([2.0, 2.0, 0.0, 2.0], np.array([2.0, 2.0, 0.0, 2.4]), index)
    assert rows.tolist() == [1, 3]
    assert daily[0, 49:51].tolist() == [2.0, 3.0]
    assert (daily[1] == 2).all()


def test_events_multiply_the_days_and_each_other():
    paths = path.Paths(np.array([2]), np.r_[np.full(9, 7.0), np.full(path.DAYS - 9, 3.0)][None, :], np.array([9]))
    events = [event.Event(np.array([0, 2]), -3, 4, 2.0), event.Event(np.array([2]), 4, 500, 0.5)]
    found = paths.with_events(events, np.array([1.0, 1.0, 9.0]))
    assert found.rows.tolist() == [0, 2]
    assert found.seen()[:, 3:6].tolist() == [[2.0, 2.0, 1.0], [6.0, 3.0, 1.5]]
    assert paths.with_events([], np.ones(3)) is paths


def test_a_plan_and_its_path_agree_on_the_interval():
    generator = np.random.default_rng(2)
    demand = generator.poisson(6, (4, 730)).astype(float)
    index = 1 + 0.5 * np.sin(np.arange(730 + path.DAYS) / 58)[None, :] * np.ones((4, 1))
    lead, review = np.array([3.0, 10.0, 30.0, 50.0]), 7
    found = plan.parameters(
        demand, np.zeros(4, int), np.full(4, "smooth"), np.ones(4, bool), np.zeros(4, bool), lead, np.zeros(4), 0.95,
        review, 14.0, index=index,
    )  # fmt: skip
    rows, daily = path.expected(found["demand_level"], found["demand_daily"], index[:, 730:])
    total = path.running(daily)
    assert path.until(total, (lead + review)[rows]) == pytest.approx(found["demand_daily"] * (lead + review))


def test_stock_that_outlasts_the_path_is_measured_by_the_mean_of_a_year():
    total = path.running(np.full((2, path.DAYS), 2.0))
    assert path.days_of_cover([2.0 * 500, 2.0 * 5000], total).tolist() == [500.0, status.COVER_LIMIT]
    assert path.days_of_cover([0.0, -3.0], total).tolist() == [0.0, 0.0]


def test_without_open_orders():
    nothing = np.empty(0)
    paths = path.Paths(np.array([1]), np.full((1, path.DAYS), 2.0), np.zeros(1, int))
    found = paths.figures(np.array([0.0, 11.0]), np.ones(2), np.full(2, 3.0), nothing.astype(int), *[nothing] * 3)
    assert (found["stockout"][0], found["breach"][0], found["forecast"][0], found["cover_days"][0]) == (5, 5, 6.0, 5.5)
