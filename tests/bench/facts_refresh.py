"""Daily facts after 1,000 new moves: the refresh, against re-aggregating the same days by plain SQL."""

import time

from tests.support import busy_stock

BENCH = "facts_refresh"
CAPABILITY = "facts"
MODULES = ("inventory_plus",)

SALES = 500_000
NEW_MOVES = 1000
BUDGET_SECONDS = 5.0


def run(bench):
    """Time one refresh after 1,000 deliveries of today on 1,000 products, beside two years of moves."""
    from odoo.tools import SQL

    with bench.env() as env:
        busy_stock.prepare(env)
        env.cr.commit()
    moves = busy_stock.fill(bench.connect(), SALES // 25 if bench.quick else SALES)
    with bench.env() as env:
        flow = env["inventory.daily.flow"]
        flow._rebuild()
        env.cr.commit()
        _add_moves(env)
        env.cr.commit()
        keys = SQL("SELECT DISTINCT product_id, day FROM inventory_daily_flow_dirty")
        env.cr.execute(SQL("CREATE TABLE bench_key AS %s", keys))
        env.cr.commit()
        started = time.perf_counter()
        days = flow._in_own_transaction("_refresh")
        seconds = time.perf_counter() - started
        env.cr.commit()
        floor_seconds = _floor(env)
        env.cr.execute("SELECT COALESCE(SUM(sold), 0) FROM inventory_daily_flow WHERE date >= '2026-11-15'")
        sold = int(env.cr.fetchone()[0])
    ratio = seconds / floor_seconds
    bench.row(
        figures={
            "moves": moves,
            "new_moves": NEW_MOVES,
            "product_days": days,
            "seconds": round(seconds, 3),
            "units_found": sold,
        },
        floor={"plain_reaggregation_seconds": round(floor_seconds, 3)},
        ratio=round(ratio, 2),
        budget=f"<= {BUDGET_SECONDS} s, every new unit found",
        ok=seconds <= BUDGET_SECONDS and sold == NEW_MOVES * 2,
    )


def _add_moves(env):
    """Deliveries of one day, written with the triggers on."""
    env.cr.execute(
        """
        INSERT INTO stock_move (company_id, product_id, product_uom, location_id, location_dest_id, picking_type_id,
                                state, procure_method, date, product_qty, product_uom_qty, quantity, picked, reference,
                                priority)
        SELECT company_id, product_id, product_uom, location_id, location_dest_id, picking_type_id, 'done',
               'make_to_stock', timestamp '2026-11-20 12:00', 2, 2, 2, TRUE, 'new', '0'
          FROM (SELECT DISTINCT ON (product_id) * FROM stock_move WHERE origin = 'ship' ORDER BY product_id, id) model
         LIMIT %s
        """,
        [NEW_MOVES],
    )
    env.cr.execute(
        """
        INSERT INTO stock_move_line (move_id, company_id, product_id, product_uom_id, location_id, location_dest_id,
                                     state, quantity, quantity_product_uom, picked, date)
        SELECT id, company_id, product_id, product_uom, location_id, location_dest_id, 'done', 2, 2, TRUE, date
          FROM stock_move WHERE reference = 'new'
        """
    )


def _floor(env):
    """Seconds to aggregate the sales of the same product days straight from the lines, and to write them."""
    env.cr.execute("CREATE TABLE bench_floor (product_id integer, location_id integer, date date, quantity numeric)")
    env.cr.commit()
    started = time.perf_counter()
    env.cr.execute(
        """
        INSERT INTO bench_floor
        SELECT move.product_id, line.location_id, key.day, SUM(line.quantity_product_uom)
          FROM bench_key key
          JOIN stock_move move ON move.product_id = key.product_id AND move.state = 'done'
                              AND move.date >= key.day AND move.date < key.day + 1
          JOIN stock_move_line line ON line.move_id = move.id
         GROUP BY 1, 2, 3
        """
    )
    env.cr.commit()
    return time.perf_counter() - started
