"""The weekly choice of forecast methods of 10,000 items with two years of history each, with its peak of memory.

Every twentieth item grows all the time and has a long lead time, so that some leave the mean; the nightly plan
afterwards continues their methods. Floor: the nightly plan of the same items before the choice, which reads and
prepares the same histories.
"""

import resource
import time

from tests.bench import item_snapshot, plan

BENCH = "plan_choice"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

BUDGET, MEMORY = 120.0, 500
#: Every twentieth item grows by one a day, up to 730.
GROWING = """
INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue, lines)
     SELECT item.product_id, item.warehouse_id, item.company_id, current_date - day, 'moves',
            %(days)s - day + (hashint4(item.product_id * 1009 + day) & 2147483647) %% 40, 100, 1
       FROM inventory_item item
      CROSS JOIN generate_series(1, %(days)s) day
      WHERE item.product_id %% 20 = 0
ON CONFLICT (product_id, date, warehouse_id, source, channel, COALESCE(import_id, 0))
DO UPDATE SET sold = EXCLUDED.sold
"""


def run(bench):
    """Plan, choose, plan; memory is the peak of the whole process, the interpreter and Odoo included."""
    count = 1_000 if bench.quick else 10_000
    with bench.env() as env:
        item_snapshot._fill(env, count)
        env.cr.execute(plan.HISTORY, {"days": plan.DAYS})
        env.cr.execute(GROWING, {"days": plan.DAYS})
        env["res.company"].search([]).inventory_lead_days = 28
        env.cr.execute("ANALYZE inventory_daily_flow")
        env.cr.commit()
        before = _timed(env, lambda: env["inventory.item"]._plan())[0]
        began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        counted = env.cr.sql_log_count
        seconds, done = _timed(env, lambda: env["inventory.item"]._choose_forecasts())
        queries = env.cr.sql_log_count - counted
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        after = _timed(env, lambda: env["inventory.item"]._plan())[0]
        env.cr.execute("SELECT count(*) FROM inventory_item WHERE explanation_data ->> 'forecast' <> 'mean'", [])
        used = env.cr.fetchone()[0]
    bench.row(
        figures={
            "items": done["items"],
            "left_the_mean": done["changed"],
            "planned_by_it": used,
            "seconds": round(seconds, 1),
            "queries": queries,
            "peak_mb": round(peak),
            "peak_mb_before": round(began),
            "nightly_after_seconds": round(after, 1),
        },
        floor={"nightly_before_seconds": round(before, 1)},
        ratio=round(seconds / before, 2),
        budget=f"<= {BUDGET:g} s and <= {MEMORY} MB for 10,000 items",
        ok=seconds <= BUDGET and peak <= MEMORY and done["items"] == count,
    )


def _timed(env, work):
    started = time.perf_counter()
    result = work()
    env.cr.commit()
    return time.perf_counter() - started, result
