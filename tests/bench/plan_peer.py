"""The nightly plan beside the scheduled action of the OCA safety stock addon, on the same 10,000 products.

The peer is fetched from the package index into the work folder of this run and installed into this benchmark's own
database only; it is no part of the product. Where no index can be reached the row says so and compares nothing. The
peer works from done moves, ours from the daily facts that such moves leave: both get the same quantities a day.
"""

import subprocess
import sys
import time

from tests.bench import item_snapshot
from tests.support.settings import Settings

BENCH = "plan_peer"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

BUDGET = 10.0
PEER = "stock_orderpoint_safety_stock"
PACKAGES = ("odoo-addon-stock-orderpoint-safety-stock==19.0.1.1.0.2", "pyerf==1.0.1")

#: Deliveries of the last year, one to nine weeks apart.
MOVES = """
INSERT INTO stock_move (product_id, location_id, location_dest_id, company_id, product_uom, product_uom_qty,
                        product_qty, quantity, state, date, procure_method, origin, picked)
     SELECT item.product_id, warehouse.lot_stock_id, %(customer)s, item.company_id, %(unit)s, quantity, quantity,
            quantity, 'done', (current_date - day)::timestamp + interval '12 hours', 'make_to_stock', 'bench', TRUE
       FROM inventory_item item
       JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
      CROSS JOIN generate_series(1, 364) day
      CROSS JOIN LATERAL (SELECT 1 + (hashint4(item.product_id * 1009 + day) & 2147483647) %% 20 AS quantity) size
      WHERE (day + item.product_id) %% (7 * (1 + item.product_id %% 9)) = 0
"""
FACTS = """
INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue, lines)
     SELECT move.product_id, item.warehouse_id, move.company_id, move.date::date, 'moves', move.product_qty,
            move.product_qty * 10, 1
       FROM stock_move move JOIN inventory_item item ON item.product_id = move.product_id
      WHERE move.origin = 'bench' AND move.state = 'done'
"""
RULES = """
INSERT INTO stock_warehouse_orderpoint (name, product_id, location_id, warehouse_id, company_id, trigger, active,
                                        product_min_qty, product_max_qty, safety_stock_method, cycle_service_level_id,
                                        cycle_days, safety_stock_update_date)
     SELECT 'bench ' || item.id, item.product_id, warehouse.lot_stock_id, warehouse.id, item.company_id, 'manual', TRUE,
            0, 0, 'csl', %(level)s, 14, now() - interval '2 days'
       FROM inventory_item item JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
"""


def run(bench):
    """Plan all items, then have the peer recompute all its rules."""
    count = 500 if bench.quick else 10_000
    with bench.env() as env:
        item_snapshot._fill(env, count)
        _history(env)
        env["inventory.item"]._plan()
        env.cr.commit()
        ours = _measured(env, lambda: env["inventory.item"]._plan()["items"])
    problem = _fetch()
    peer = {"not_compared": problem} if problem else _peer(bench)
    bench.row(
        figures={"items": ours[0], "seconds": round(ours[1], 2), "queries": ours[2]},
        floor={f"peer_{name}": value for name, value in peer.items()},
        ratio=round(ours[1] / peer["seconds"], 3) if peer.get("seconds") else None,
        budget=f"<= {BUDGET:g} s for 10,000 items, beside the peer's scheduled action",
        ok=ours[1] <= BUDGET and ours[0] == count,
    )


def _history(env):
    values = {
        "customer": env.ref("stock.stock_location_customers").id,
        "unit": env.ref("uom.product_uom_unit").id,
    }
    # What triggers would note is written as facts right away.
    env.cr.execute("ALTER TABLE stock_move DISABLE TRIGGER USER")
    env.cr.execute(MOVES, values)
    env.cr.execute("ALTER TABLE stock_move ENABLE TRIGGER USER")
    env.cr.execute(FACTS)
    env.cr.execute("ANALYZE stock_move")
    env.cr.execute("ANALYZE inventory_daily_flow")
    env.cr.commit()


def _fetch():
    """Fetch the peer and make it importable; a sentence where that failed."""
    folder = Settings.from_environment().work_dir / "peer"
    if not (folder / "odoo" / "addons" / PEER).is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return "the peer could not be fetched: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    import odoo.addons

    sys.path.append(str(folder))
    odoo.addons.__path__.append(str(folder / "odoo" / "addons"))
    return None


def _peer(bench):
    """Install the peer, give each item a rule of its kind and run its scheduled action to the end."""
    with bench.env() as env:
        env["ir.module.module"].update_list()
        env["ir.module.module"].search([("name", "=", PEER)]).button_immediate_install()
    bench.reload()
    with bench.env() as env:
        env.cr.execute("DELETE FROM stock_warehouse_orderpoint")
        env.cr.execute(RULES, {"level": env["stock.cycle.service.level"].search([], limit=1).id})
        rules = env.cr.rowcount
        env.cr.execute("ANALYZE stock_warehouse_orderpoint")
        env.cr.commit()
        env.invalidate_all()
        _done, seconds, queries = _measured(env, lambda: _recompute(env))
        written = env["stock.warehouse.orderpoint"].search_count([("product_max_qty", ">", 0)])
    return {"rules": rules, "computed": written, "seconds": round(seconds, 2), "queries": queries}


def _recompute(env):
    """The peer's scheduled action, called until nothing is left, as the scheduler does."""
    rules = env["stock.warehouse.orderpoint"]
    left = [("safety_stock_method", "!=", "manual"), ("safety_stock_update_date", "<", "today")]
    while rules.search_count(left):
        rules._cron_recompute_safety_stock()
        env.cr.commit()


def _measured(env, work):
    before = env.cr.sql_log_count
    started = time.perf_counter()
    found = work()
    env.flush_all()
    env.cr.commit()
    return found, time.perf_counter() - started, env.cr.sql_log_count - before
