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
    """Processes create, reserve, cancel and deliver; transactions a second in many short rounds that alternate.

    The two modes of a pair of rounds run right after each other and draw the same numbers, so what the machine does
    besides meets both; told are the median of the pairs' ratios and its quartiles. A pair says little by itself.
    """
    pairs, seconds = (2, 3) if bench.quick else (15, 8)
    registry = bench.registry()
    products = work.make_products(registry, PRODUCTS, STOCK)
    work.mixed(registry, products, WORKERS, 2)
    rates = {"off": [], "on": []}
    failed = 0
    for pair in range(pairs):
        # Each pair begins with the other mode, so that a machine that gets warm or busy favours neither.
        for mode in ("off", "on") if pair % 2 else ("on", "off"):
            work.parameter(registry, "inventory_plus.guard", mode)
            done = work.mixed(registry, products, WORKERS, seconds, seed=pair)
            failed += sum(len(worker.get("failed", ["died"])) for worker in done)
            # What a process finished after the time was up took that much longer.
            rates[mode].append(sum(worker.get("rate", 0) for worker in done))
    ratios = sorted(on / off for on, off in zip(rates["on"], rates["off"], strict=True))
    low, middle, high = statistics.quantiles(ratios, n=4)
    bench.row(
        figures={
            "transactions_per_second": round(statistics.median(rates["on"]), 1),
            "rounds": [round(rate, 1) for rate in rates["on"]],
            "ratio_quartiles": [round(low, 3), round(middle, 3), round(high, 3)],
            "processes": WORKERS,
            "failed": failed,
        },
        floor={
            "switched_off_transactions_per_second": round(statistics.median(rates["off"]), 1),
            "rounds": [round(rate, 1) for rate in rates["off"]],
        },
        ratio=round(middle, 3),
        budget=f">= {BUDGET:g} of the throughput without protections, median of {pairs} alternating pairs",
        ok=middle >= BUDGET and not failed,
    )
