"""The nightly plan of 10,000 items with two years of history each: classes, safety stock, explanation, snapshot."""

import time

from tests.bench import item_snapshot

BENCH = "plan"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

BUDGET = 10.0
DAYS = 730

#: Every demand class: the product's number decides how many days of a hundred see demand, and how much it varies.
HISTORY = """
INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue, lines)
     SELECT item.product_id, item.warehouse_id, item.company_id, current_date - day, 'moves', quantity, quantity * 10, 1
       FROM inventory_item item
      CROSS JOIN generate_series(1, %(days)s) day
      CROSS JOIN LATERAL (
            SELECT hashint4(item.product_id * 1009 + day) & 2147483647 AS luck) dice
      CROSS JOIN LATERAL (
            SELECT 1 + luck / 100 %% CASE WHEN item.product_id %% 2 = 0 THEN 5 ELSE 60 END AS quantity) size
      WHERE luck %% 100 < (ARRAY[90, 60, 30, 10, 4])[1 + item.product_id %% 5]
"""


def run(bench):
    """Plan twice (the first run creates nothing either); the better time counts. Queries are counted a batch."""
    count = 1_000 if bench.quick else 10_000
    with bench.env() as env:
        item_snapshot._fill(env, count)
        env.cr.execute(HISTORY, {"days": DAYS})
        facts = env.cr.rowcount
        env.cr.execute("ANALYZE inventory_daily_flow")
        env.cr.commit()
        times, queries = [], []
        for _round in range(2):
            before = env.cr.sql_log_count
            started = time.perf_counter()
            done = env["inventory.item"]._plan()
            env.cr.commit()
            times.append(time.perf_counter() - started)
            queries.append(env.cr.sql_log_count - before)
        env.cr.execute("SELECT count(*) FROM inventory_item WHERE explanation_data IS NOT NULL AND reorder_point > 0")
        explained = env.cr.fetchone()[0]
        floor = _floor(env)
    bench.row(
        figures={
            "items": done["items"],
            "explained": explained,
            "facts": facts,
            "seconds": round(min(times), 2),
            "queries": queries[-1],
        },
        floor={"reading_the_history_seconds": round(floor, 2)},
        ratio=None,
        budget=f"<= {BUDGET:g} s for 10,000 items",
        ok=min(times) <= BUDGET and done["items"] == count,
    )


def _floor(env):
    """Seconds that PostgreSQL alone needs to sum the same history a day and item."""
    started = time.perf_counter()
    env.cr.execute(
        """SELECT count(*) FROM (SELECT product_id, warehouse_id, date, SUM(sold) FROM inventory_daily_flow
            WHERE date >= current_date - 730 GROUP BY product_id, warehouse_id, date) summed"""
    )
    return time.perf_counter() - started
