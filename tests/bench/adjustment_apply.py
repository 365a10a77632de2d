"""An approved adjustment of 10,000 lines, applied by jobs while somebody delivers goods of the same stock."""

import statistics
import time

from tests.law1 import work

BENCH = "adjustment_apply"
CAPABILITY = "control"
MODULES = ("inventory_plus",)
GATE = True

LINES = 10_000
BUDGET = 120.0  # seconds
DELIVERIES_OF = 200  # products that are delivered meanwhile; they are on the adjustment as well


def run(bench):
    """Seconds to apply; the floor is Odoo's own application of as many counts, of a sample, without any of us."""
    count = 1_000 if bench.quick else LINES
    registry = bench.registry()
    products = work.make_products(registry, count, 1000)
    users = _users(registry)
    number = _asked(registry, products, users)
    began = time.monotonic()
    work.retried(registry, lambda env: _approve(env, number, users))
    decided = time.monotonic() - began
    others = products[:: max(1, count // DELIVERIES_OF)]
    applied, delivered = work.race(registry, either, [[number, others]] * 2)
    for answer in (applied, delivered):
        if "error" in answer:
            raise RuntimeError(answer["trace"])
    with registry.cursor() as cr:
        adjustment = work.environment(cr)["inventory.adjustment"].browse(number)
        state, failed = adjustment.state, adjustment.failed_count
    alone = _alone(registry, others)
    core = _core(registry, min(500, count // 2)) * count
    latencies = sorted(delivered["seconds"]) or [0.0]
    bench.row(
        figures={
            "seconds": round(applied["seconds"], 1),
            "decision_s": round(decided, 2),
            "lines": count,
            "state": state,
            "failed": failed,
            "queries_per_part": applied["queries"],
            "progress_seen": applied["progress"],
            "deliveries_meanwhile": len(delivered["seconds"]),
            "delivery_p50_s": round(statistics.median(latencies), 3),
            "delivery_p99_s": round(latencies[int(len(latencies) * 0.99)], 3),
            "audit_entry_ms": round(_audit(registry), 3),
        },
        floor={"odoo_s": round(core, 1), "delivery_alone_p50_s": round(alone, 3)},
        ratio=round(applied["seconds"] / core, 2),
        budget=f"< {BUDGET:g} s for {LINES} lines, every line applied, deliveries go on",
        ok=state == "applied" and applied["seconds"] < BUDGET and not delivered["failed"],
    )


def _users(registry):
    with registry.cursor() as cr:
        env = work.environment(cr)
        return {
            role: env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": role,
                    "login": f"bench.{role}",
                    "group_ids": [(6, 0, env.ref(f"inventory_plus.group_{role}").ids)],
                }
            )
            .id
            for role in ("operator", "approver")
        }


def _asked(registry, products, users):
    """A submitted adjustment: half of the lines find more, half of them less."""
    with registry.cursor() as cr:
        env = work.environment(cr)
        stock = env["stock.warehouse"].search([], limit=1).lot_stock_id.id
        lines = [
            (0, 0, {"product_id": product, "location_id": stock, "quantity": 990 + 20 * (place % 2)})
            for place, product in enumerate(products)
        ]
        adjustment = env(user=users["operator"])["inventory.adjustment"].create({"reason": "bench", "line_ids": lines})
        adjustment.action_request_approval()
        return adjustment.id


def _approve(env, number, users):
    env(user=users["approver"])["inventory.adjustment"].browse(number).action_approve()


def either(registry, index, number, products):
    return (deliver if index else apply)(registry, number, products)


def apply(registry, number, _products):
    """Run the jobs as a worker does, part by part; seconds, queries of each part, the progress after each."""
    model = registry["inventory.adjustment"]
    whole, queries = model._apply_part, []

    def counted(self):
        before = self.env.cr.sql_log_count
        left = whole(self)
        self.env.flush_all()
        queries.append(self.env.cr.sql_log_count - before)
        return left

    model._apply_part = counted
    progress, began = [], time.monotonic()
    while True:
        with registry.cursor() as cr:
            work.environment(cr)["inventory.adjustment"].browse(number)._job_apply()
        with registry.cursor() as cr:
            adjustment = work.environment(cr)["inventory.adjustment"].browse(number)
            progress.append(round(adjustment.progress))
            if adjustment.state not in ("approved", "applying"):
                break
    seconds = time.monotonic() - began
    return {
        "seconds": seconds,
        "queries": [queries[0], queries[-2] if len(queries) > 1 else 0],
        "progress": progress[:5],
    }


def deliver(registry, number, products):
    """Deliver one piece of one product after the other until the adjustment is applied."""
    seconds, failed, place = [], [], 0
    while True:
        product = products[place % len(products)]
        place += 1
        began = time.monotonic()
        try:
            work.retried(registry, lambda env, product=product: _deliver(env, product))
        except Exception as error:  # told in the row
            failed.append(str(error))
        seconds.append(time.monotonic() - began)
        with registry.cursor() as cr:
            cr.execute("SELECT state FROM inventory_adjustment WHERE id = %s", [number])
            if cr.fetchone()[0] not in ("approved", "applying"):
                return {"seconds": seconds, "failed": failed}


def _deliver(env, product):
    picking = work.make_delivery(env, [(product, 1)], assign=True)
    picking.move_ids.picked = True
    picking._action_done()


def _alone(registry, products):
    seconds = []
    for product in products[:20]:
        began = time.monotonic()
        work.retried(registry, lambda env, product=product: _deliver(env, product))
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


def _core(registry, count):
    """Seconds a line of Odoo's own counting of as much as is in one part, without protections and gate."""
    products = work.make_products(registry, count, 1000)
    for name in ("inventory_plus.guard", "inventory_plus.gate"):
        work.parameter(registry, name, "off")
    with registry.cursor() as cr:
        env = work.environment(cr)
        quants = env["stock.quant"].search([("product_id", "in", products), ("location_id.usage", "=", "internal")])
        began = time.monotonic()
        for place, quant in enumerate(quants):
            quant.inventory_quantity = 990 + 20 * (place % 2)
        quants._apply_inventory()
        env.flush_all()
        return (time.monotonic() - began) / count


def _audit(registry, count=500):
    """Milliseconds of an entry of the audit trail, written as many at a time as a part has lines."""
    with registry.cursor() as cr:
        entries = work.environment(cr)["inventory.audit.entry"]
        data = {"product": [1, "Bolt"], "before": 10, "after": 7}
        began = time.monotonic()
        entries._log_many([("bench.entry", f"entry {place}", None, data) for place in range(count)])
        return 1000 * (time.monotonic() - began) / count
