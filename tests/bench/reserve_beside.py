"""Reserving one hot item from 12 processes while each second a delivery of 100 lines is made that holds it, too."""

import time

from tests.bench.reserve import OPEN_PROMISES, PROCESSES, RESERVE, STOCK, _client, _measure, _told
from tests.law1 import work

BENCH = "reserve_beside_deliveries"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

LINES = 100


def run(bench):
    """Latency of a reservation, alone and beside the deliveries, and how long those take with and without it."""
    deliveries = 3 if bench.quick else 20
    registry = bench.registry()
    hot, *products = work.make_products(registry, LINES, STOCK)
    with bench.env() as env:
        warehouse = env["stock.warehouse"].search([], limit=1).id
    work.manual_reservation(registry)
    item = {"product": hot, "warehouse": warehouse}
    connection = bench.connect()
    connection.autocommit = True
    with connection.cursor() as cr:
        for number in range(OPEN_PROMISES):
            cr.execute(RESERVE, {**item, "key": f"open/{number}"})
    connection.close()
    lines = [(product, 1) for product in (hot, *products)]
    # The first one fills what a server has in its caches.
    alone = work.race(registry, take_part, [["deliver", lines, 3]])[0]["seconds"][-1]
    quiet = _measure(bench, RESERVE, item, deliveries)
    clients = [["reserve", bench.db, item, deliveries]] * PROCESSES
    first, *others = work.race(registry, take_part, [["deliver", lines, deliveries], *clients])
    beside = _told([latency for other in others for latency in other["seconds"]], deliveries)
    taken = sorted(first.get("seconds", []))
    bench.row(
        figures={
            **beside,
            "delivery_p50_s": round(taken[len(taken) // 2], 2) if taken else None,
            "deliveries": len(taken),
            "of": deliveries,
            "failed": first.get("message"),
            "processes": PROCESSES,
            "open_promises": OPEN_PROMISES,
        },
        floor={**quiet, "delivery_alone_s": round(alone, 2)},
        ratio=round(beside["p99_ms"] / quiet["p99_ms"], 2),
        budget="p99 < 300 ms, every delivery finishes",
        ok=beside["p99_ms"] < 300 and len(taken) == deliveries,
    )


def take_part(registry, _index, kind, *values):
    """What one of the processes does; ``{"seconds": of each delivery or reservation}``."""
    if kind == "reserve":
        db, item, seconds = values
        return {"seconds": _client(db, RESERVE, item, seconds, lambda: None)}
    return {"seconds": deliver(registry, *values)}


def deliver(registry, lines, count):
    """Make a delivery each second, or one after the other where they take longer: confirm, reserve, deliver."""
    seconds = []
    for _delivery in range(count):
        began = time.monotonic()
        picking = work.retried(registry, lambda env: work.make_delivery(env, lines, assign=True).id)
        work.retried(registry, lambda env, picking=picking: validate(env["stock.picking"].browse(picking)))
        seconds.append(time.monotonic() - began)
        time.sleep(max(0, began + 1 - time.monotonic()))
    return seconds


def validate(picking):
    picking.move_ids.picked = True
    picking._action_done()
