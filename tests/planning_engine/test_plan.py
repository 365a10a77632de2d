"""All steps together: the service that the plan promises is the service that it gives."""

import numpy as np
import pytest
from planning_engine import classes, plan

HISTORY, DAYS, ITEMS, LEAD = 730, 2000, 20, 7


def demand(kind, rng):
    shape = (ITEMS, HISTORY + DAYS)
    if kind == "smooth":
        return np.maximum(np.round(rng.normal(20, 5, shape)), 0)
    if kind == "erratic":
        return rng.negative_binomial(1, 1 / 21, shape).astype(float)
    if kind == "intermittent":
        return (rng.random(shape) < 0.25) * np.maximum(np.round(rng.normal(4, 1, shape)), 1)
    return (rng.random(shape) < 0.12) * (1 + rng.geometric(1 / 12, shape))


def planned(history, service):
    weekly = history[:, -364:].reshape(len(history), 52, 7).sum(axis=2)
    count = len(history)
    return plan.parameters(
        history, np.zeros(count, int), classes.syntetos_boylan(weekly), np.ones(count, bool), np.zeros(count, bool),
        np.full(count, float(LEAD)), np.zeros(count), service, 1, 14,
    )  # fmt: skip


def simulate(found, future):
    """Share of cycles without stock-out; orders leave in the evening, are usable LEAD days after the next morning."""
    point, up_to = found["reorder_point"], found["order_up_to"]
    stock, arrivals = up_to.copy(), np.zeros((len(up_to), future.shape[1] + LEAD + 2))
    on_order = np.zeros(len(up_to))
    cycles = failures = 0
    for day in range(future.shape[1]):
        arriving = arrivals[:, day]
        cycles += (arriving > 0).sum()
        failures += ((arriving > 0) & (stock < 0)).sum()
        stock = stock + arriving - future[:, day]
        on_order -= arriving
        order = np.where(stock + on_order <= point, up_to - stock - on_order, 0)
        arrivals[:, day + LEAD + 1] += order
        on_order += order
    return 1 - failures / cycles


@pytest.mark.parametrize("kind", ["smooth", "erratic", "intermittent", "lumpy"])
@pytest.mark.parametrize("service", [0.90, 0.95, 0.99])
def test_service_reached(kind, service):
    rng = np.random.default_rng([ord(letter) for letter in kind])
    days = demand(kind, rng)
    reached = simulate(planned(days[:, :HISTORY], service), days[:, HISTORY:])
    assert reached >= service - 0.03
    assert reached <= service + 0.05


def test_nothing_planned_for_idle_and_never_sold():
    days = np.zeros((2, HISTORY))
    days[0, :300] = 5
    found = plan.parameters(
        days, [0, HISTORY], ["", ""], [True, True], [True, False], [7.0, 7.0], [0.0, 0.0], 0.95, 1, 14
    )
    assert found["method"].tolist() == [plan.METHOD_IDLE, plan.METHOD_NONE]
    for name in ("demand_daily", "safety_stock", "reorder_point", "order_up_to", "order_quantity"):
        assert found[name].tolist() == [0, 0], name


def test_reorder_point_is_never_below_expected_demand():
    found = planned(np.full((1, HISTORY), 3.0), 0.5)
    assert found["reorder_point"][0] == pytest.approx(24)


def test_empty():
    found = plan.parameters(np.zeros((0, HISTORY)), [], [], [], [], [], [], 0.95, 1, 14)
    assert all(len(values) == 0 for values in found.values())


def test_reads_no_odoo():
    import sys

    assert "odoo" not in {name.split(".")[0] for name in sys.modules if name.startswith("planning_engine")}
    assert plan.__name__ == "planning_engine.plan"
