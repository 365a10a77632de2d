"""Real retail sales: more units served than by OCA's formula with the same stock, or this goes red."""

import numpy as np
import planning_engine
import pytest

from tests.support import retail


@pytest.fixture(scope="module")
def comparison():
    if not retail.FILE.is_file():
        pytest.skip(f"retail comparison: {retail.FILE.name} is not at hand")
    return retail.Comparison(planning_engine, retail.products(), every=28)


def test_selection_knows_nothing_of_the_days_simulated(comparison):
    """A year of sales before; products that stopped selling are in, so nobody was chosen for having survived."""
    demand = comparison.demand
    assert len(demand) > 1500
    assert ((demand > 0).argmax(axis=1) < retail.SEEN_DAYS).all()
    assert (demand[:, -retail.IDLE :].sum(axis=1) == 0).any()


def test_more_units_served_at_equal_cover(comparison):
    found = comparison.at_equal_cover((200.0, 400.0))
    assert found["ours_cover"] <= 1.01 * found["peer_cover"]
    assert found["ours_fill"] >= found["peer_fill"] + 0.025


def test_nothing_is_known_of_the_days_to_come(comparison):
    """Other sales from the second planning on leave the first one as it was."""
    other = comparison.demand[:100].copy()
    other[:, retail.BEGIN :] *= 10
    first = [
        retail.Comparison(planning_engine, demand, 28)._look(retail.BEGIN)["estimate"]["rate"]
        for demand in (comparison.demand[:100], other)
    ]
    assert np.array_equal(*first)
