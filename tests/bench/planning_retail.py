"""Real retail sales: units served at the days of cover of the OCA safety stock formula, both simulated in this run.

Which products, which rules and what is measured: :mod:`tests.support.retail`. Needs the file of daily sales in the
shared data folder; without it the row says so and nothing is compared. Takes about two minutes.
"""

import time

from odoo.addons.inventory_plus import planning_engine

from tests.support import retail

BENCH = "planning_retail"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

#: Points of fill above the peer's at equal cover.
LEAD = 0.025


def run(bench):
    """One row: fill and cover of both rules, and how much more is served."""
    budget = f"fill >= peer's + {100 * LEAD:g} points at equal days of cover"
    if not retail.FILE.is_file():
        bench.row(
            figures={"skipped": f"{retail.FILE.name} is not at hand"}, floor={}, ratio=None, budget=budget, ok=True
        )
        return
    started = time.perf_counter()
    found = retail.Comparison(planning_engine, retail.products(), 28 if bench.quick else 14).at_equal_cover()
    gain = found["ours_fill"] - found["peer_fill"]
    bench.row(
        figures={
            "products": found["products"],
            "days": found["days"],
            "ours_fill": round(found["ours_fill"], 4),
            "ours_cover_days": round(found["ours_cover"], 1),
            "gain_points": round(100 * gain, 2),
            "missing_unit_costs_days_of_keeping": round(found["level"], 1),
            "seconds": round(time.perf_counter() - started, 1),
        },
        floor={"oca_fill": round(found["peer_fill"], 4), "oca_cover_days": round(found["peer_cover"], 1)},
        ratio=round(found["ours_cover"] / found["peer_cover"], 3),
        budget=budget,
        ok=gain >= LEAD and found["ours_cover"] <= 1.01 * found["peer_cover"],
    )
