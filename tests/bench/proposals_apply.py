"""Applying 10,000 changed proposals, beside writing the same min and max to Odoo's rules record by record."""

import time

from tests.bench import item_snapshot

BENCH = "proposals_apply"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

#: Records that Odoo's own write is timed on; its time is proportional to their number.
FLOOR_RECORDS = 500
BUDGET = 0.25

HISTORY = """
INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue, lines)
     SELECT item.product_id, item.warehouse_id, item.company_id, current_date - day, 'moves',
            (3 + item.product_id %% 17) * %(factor)s, 10, 1
       FROM inventory_item item CROSS JOIN generate_series(1, 60) day
"""


def run(bench):
    """Plan, let demand double, plan again: every change waits. Apply all, roll all back; then Odoo's way."""
    count = 1_000 if bench.quick else 10_000
    with bench.env() as env:
        item_snapshot._fill(env, count)
        _plan(env, 1)
        _plan(env, 2)
        approver = env["res.users"].create(
            {
                "name": "Bench approver",
                "login": "bench_approver",
                "group_ids": [(6, 0, env.ref("inventory_plus.group_approver").ids)],
            }
        )
        env.cr.commit()
        waiting = env["inventory.proposal"].with_user(approver).search([("state", "=", "waiting")])
        before = env.cr.sql_log_count
        applied = _timed(env, waiting.action_apply)
        queries = env.cr.sql_log_count - before
        rolled = _timed(env, waiting.action_roll_back)
        rules = env["stock.warehouse.orderpoint"].search([("inventory_item_id", "!=", False)])
        # Let go by the planning first, so that Odoo computes what to order as it always does.
        rules[:FLOOR_RECORDS].write({"inventory_item_id": False})
        env.cr.commit()
        floor = _timed(env, lambda: _record_by_record(rules[:FLOOR_RECORDS])) / min(FLOOR_RECORDS, count) * count
    bench.row(
        figures={
            "proposals": len(waiting),
            "apply_seconds": round(applied, 2),
            "apply_queries": queries,
            "roll_back_seconds": round(rolled, 2),
            "rules": len(rules),
        },
        floor={"core_write_seconds": round(floor, 2), "core_records_timed": min(FLOOR_RECORDS, count)},
        ratio=round(applied / floor, 3),
        budget=f"<= {BUDGET:g} of Odoo's own write of min and max, record by record",
        ok=applied <= BUDGET * floor and len(waiting) == count == len(rules),
    )


def _plan(env, factor):
    env.cr.execute("DELETE FROM inventory_daily_flow")
    env.cr.execute(HISTORY, {"factor": factor})
    env.cr.execute("ANALYZE inventory_daily_flow")
    env["inventory.item"]._plan()
    env.cr.commit()


def _timed(env, work):
    started = time.perf_counter()
    work()
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - started


def _record_by_record(rules):
    """What the peer does, and Odoo's screen: a write a rule, with what Odoo computes for each."""
    for rule in rules:  # a query a record, on purpose: this is the floor
        rule.write({"product_min_qty": rule.product_min_qty + 5, "product_max_qty": rule.product_max_qty + 9})
        rule.flush_recordset()
