"""`available` of 10,000 codes in two warehouses, against plain SQL that sums the same quants."""

import time

from tests.channels import feed_work

BENCH = "availability"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

CODES = 10_000
ROUNDS = 7
BUDGET = 1.0
FLOOR = """
SELECT product.default_code, place.warehouse_id, SUM(quant.quantity - quant.reserved_quantity)
  FROM product_product product
  JOIN stock_quant quant ON quant.product_id = product.id
  JOIN stock_location place ON place.id = quant.location_id AND place.usage = 'internal'
 WHERE product.default_code = ANY(%s)
 GROUP BY product.default_code, place.warehouse_id
"""


def run(bench):
    """One row: the median of several calls, each in a fresh transaction."""
    count = 1000 if bench.quick else CODES
    products = feed_work.fill_bench(bench, count)
    with bench.env() as env:
        skus = env["product.product"].browse(products).mapped("default_code")
    ours, floors = [], []
    for _round in range(2 if bench.quick else ROUNDS):
        with bench.env() as env:
            began = time.perf_counter()
            answer = env["inventory.reservation"].available("bench", skus)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            env.cr.execute(FLOOR, [skus])
            env.cr.fetchall()
            floors.append(time.perf_counter() - began)
    assert len(answer) == count
    seconds, floor = sorted(ours)[len(ours) // 2], sorted(floors)[len(floors) // 2]
    bench.row(
        figures={"seconds": round(seconds, 3), "worst": round(max(ours), 3), "codes": count, "warehouses": 2},
        floor={"plain_sum_seconds": round(floor, 3)},
        ratio=round(seconds / floor, 1),
        budget=f"{CODES} codes < {BUDGET:g} s",
        ok=seconds < BUDGET,
    )
