"""Native work with its protections, against the same work without them, in turn on the same database."""

import statistics

from tests.law1 import work

BENCH = "natives_throughput"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

BUDGET = 0.85
WORKERS = 3
PRODUCTS = 300
STOCK = 1000


def run(bench):
    """Processes create, reserve, cancel and deliver; transactions a second, the median of rounds that alternate."""
    rounds, seconds = (1, 3) if bench.quick else (5, 12)
    registry = bench.registry()
    products = work.make_products(registry, PRODUCTS, STOCK)
    work.mixed(registry, products, WORKERS, 2)
    rates = {"off": [], "on": []}
    failed = 0
    for turn in range(rounds):
        # Each round begins with the other mode, so that a machine that gets warm or busy favours neither.
        for mode in ("off", "on") if turn % 2 else ("on", "off"):
            work.parameter(registry, "inventory_plus.guard", mode)
            done = work.mixed(registry, products, WORKERS, seconds, seed=turn)
            failed += sum(len(worker.get("failed", ["died"])) for worker in done)
            count = sum(worker.get(kind, 0) for worker in done for kind in ("assigned", "cancelled", "delivered"))
            rates[mode].append(count / seconds)
    ours, core = statistics.median(rates["on"]), statistics.median(rates["off"])
    bench.row(
        figures={
            "transactions_per_second": round(ours, 1),
            "rounds": [round(rate, 1) for rate in rates["on"]],
            "processes": WORKERS,
            "failed": failed,
        },
        floor={"switched_off_transactions_per_second": round(core, 1), "rounds": [round(r, 1) for r in rates["off"]]},
        ratio=round(ours / core, 3),
        budget=f">= {BUDGET:g} of the throughput without protections",
        ok=ours >= BUDGET * core and not failed,
    )
