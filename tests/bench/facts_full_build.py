"""Daily facts from nothing: two years of moves, against one INSERT .. SELECT of the same aggregate."""

import time

from tests.support import busy_stock

BENCH = "facts_full_build"
CAPABILITY = "facts"
MODULES = ("inventory_plus",)

SALES = 500_000  # gives 1.4 million done moves
BUDGET = 2.0


def run(bench):
    """Build as the background does (parts, keys, indexes, foreign keys); the floor writes a bare logged table."""
    with bench.env() as env:
        busy_stock.prepare(env)
        env.cr.commit()
    moves = busy_stock.fill(bench.connect(), SALES // 25 if bench.quick else SALES)
    with bench.env() as env:
        floor_seconds = _floor(env)
        started = time.perf_counter()
        env["inventory.daily.flow"]._rebuild()
        env.cr.commit()
        seconds = time.perf_counter() - started
        facts, differences = _compare(env)
    ratio = seconds / floor_seconds
    bench.row(
        figures={
            "moves": moves,
            "facts": facts,
            "seconds": round(seconds, 2),
            "moves_per_second": round(moves / seconds),
            "differences": differences,
        },
        floor={"insert_select_seconds": round(floor_seconds, 2)},
        ratio=round(ratio, 2),
        budget=f"<= {BUDGET}x, rows equal",
        ok=ratio <= BUDGET and differences == 0,
    )


def _floor(env):
    """Seconds of one INSERT .. SELECT of the same aggregate into a logged table without keys."""
    from odoo.addons.inventory_plus.models.common.daily_flow_refresh import COLUMNS
    from odoo.tools import SQL

    flows = env["inventory.daily.flow"]._flows_sql(SQL("SELECT * FROM stock_move WHERE state = 'done'"), SQL("TRUE"))
    env.cr.execute("CREATE TABLE bench_floor AS SELECT * FROM inventory_daily_flow WITH NO DATA")
    env.cr.commit()
    started = time.perf_counter()
    env.cr.execute("SET LOCAL jit = off")
    env.cr.execute(SQL("INSERT INTO bench_floor (%s) SELECT flow.*, 'moves', '' FROM (%s) flow", COLUMNS, flows))
    env.cr.commit()
    return time.perf_counter() - started


def _compare(env):
    """Number of facts, and of rows that only one of both tables has."""
    from odoo.addons.inventory_plus.models.common.daily_flow_refresh import COLUMNS
    from odoo.tools import SQL

    env.cr.execute(
        SQL(
            """
            SELECT (SELECT COUNT(*) FROM inventory_daily_flow),
                   (SELECT COUNT(*) FROM (SELECT %(c)s FROM inventory_daily_flow
                                          EXCEPT SELECT %(c)s FROM bench_floor) a)
                 + (SELECT COUNT(*) FROM (SELECT %(c)s FROM bench_floor
                                          EXCEPT SELECT %(c)s FROM inventory_daily_flow) b)
            """,
            c=COLUMNS,
        )
    )
    return env.cr.fetchone()
