"""The feed while 1,000 items a second change and a transaction stays open for 60 s: how late is a number read?"""

import json
import os
import time

import psycopg2

from tests.channels import feed_work

BENCH = "changes_feed"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

ITEMS = 10_000
TICKS = 10  # transactions a second, each of which changes
AT_ONCE = 100  # items
BUDGET = 2.0
CHANGE = "UPDATE stock_quant SET quantity = %s WHERE product_id = ANY(%s) AND location_id = %s"


def run(bench):
    """One row: the lag from the commit of a change to the answer that brings it, and whether all final values came."""
    seconds = 4 if bench.quick else 62
    products = feed_work.fill_bench(bench, 2000 if bench.quick else ITEMS)
    with bench.env() as env:
        place = (
            env["stock.warehouse"].search([("company_id", "=", env.company.id)], order="id", limit=1).lot_stock_id.id
        )
        codes = {product.default_code: product.id for product in env["product.product"].browse(products)}
    reader = Reader(bench)
    while reader.page():
        pass
    idle = []
    for _call in range(5 if bench.quick else 30):
        began = time.perf_counter()
        reader.page()
        idle.append(time.perf_counter() - began)
    before = dict(reader.numbers)
    held, *changed = products
    holder = bench.connect()
    holder.set_session(isolation_level="REPEATABLE READ")
    with holder.cursor() as cr:
        cr.execute(CHANGE, [9999, [held], place])
    child, pipe = _writer(bench.db, changed, place, seconds)
    reader.seen.clear()
    began = time.monotonic()
    while time.monotonic() < began + seconds + 1:
        reader.page()
        time.sleep(0.1)
    assert reader.numbers[_code(codes, held)] == before[_code(codes, held)], "nobody reads what is not committed"
    holder.commit()
    committed = time.monotonic()
    while reader.page():
        pass
    late = time.monotonic() - committed
    with os.fdopen(pipe) as stream:
        journal = json.load(stream)
    os.waitpid(child, 0)
    lags, missing = _judge(reader, journal, before, codes, held)
    lags.sort()
    figures = {
        "lag_p50_s": round(lags[len(lags) // 2], 3),
        "lag_p95_s": round(lags[int(len(lags) * 0.95)], 3),
        "lag_max_s": round(lags[-1], 3),
        "late_commit_seen_after_s": round(late, 3),
        "changed_per_second": round(sum(len(tick["items"]) for tick in journal) / seconds),
        "open_transaction_s": seconds,
        "final_values_missing": len(missing),
        "sequence_rises": reader.rises,
    }
    bench.row(
        figures=figures,
        floor={"call_without_changes_p50_s": round(sorted(idle)[len(idle) // 2], 4)},
        ratio=None,
        budget=f"lag p95 < {BUDGET:g} s, every final value, sequence strictly rising",
        ok=figures["lag_p95_s"] < BUDGET and not missing and reader.rises,
    )
    holder.close()


class Reader:
    """An outside system: asks with the last cursor, notes what came when."""

    def __init__(self, bench):
        self.bench = bench
        self.cursor = None
        self.numbers = {}
        self.seen = []
        self.rises = True

    def page(self):
        with self.bench.env() as env:
            answer = env["inventory.reservation"].changes("bench", self.cursor, 10_000)
        now = time.monotonic()
        before, after = int(self.cursor or 0), int(answer["cursor"])
        changes = answer["changes"]
        self.rises &= after - before >= len(changes) and (after > before or not changes)
        self.cursor = answer["cursor"]
        for change in changes:
            self.numbers[change["sku"]] = change["available"]
            self.seen.append((change["sku"], change["available"], now))
        return len(changes)


def _code(codes, product):
    return next(code for code, number in codes.items() if number == product)


def _writer(db, products, place, seconds):
    """Fork the process that changes items; returns its number and a pipe with its journal."""
    out_read, out_write = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(out_read)
        code = 1
        try:
            journal = _write(db, products, place, seconds)
            with os.fdopen(out_write, "w") as stream:
                json.dump(journal, stream)
            code = 0
        finally:
            os._exit(code)
    os.close(out_write)
    return pid, out_read


def _write(db, products, place, seconds):
    connection = psycopg2.connect(dbname=db)
    journal = []
    began = time.monotonic()
    for tick in range(seconds * TICKS):
        items = [products[(tick * AT_ONCE + number) % len(products)] for number in range(AT_ONCE)]
        with connection.cursor() as cr:
            cr.execute(CHANGE, [1000 + tick, sorted(items), place])
        at = time.monotonic()
        connection.commit()
        journal.append({"at": at, "quantity": 1000 + tick, "items": items})
        time.sleep(max(0.0, began + (tick + 1) / TICKS - time.monotonic()))
    connection.close()
    return journal


def _judge(reader, journal, before, codes, held):
    """``(lags, codes whose final value was not read)``. A number tells by how much the quantity is above the first."""
    at = {}
    final = {}
    for tick in journal:
        for item in tick["items"]:
            at[item, tick["quantity"]] = tick["at"]
            final[item] = tick["quantity"]
    # What else decides on the number (other warehouse, reserved, promised, kept back) stays: first quantity - number.
    rest = {code: before[code] - (100 + item % 97) for code, item in codes.items()}
    lags = []
    for code, number, now in reader.seen:
        committed = at.get((codes[code], round(number - rest[code])))
        if committed is not None:
            lags.append(now - committed)
    final[held] = 9999
    missing = [
        code
        for code, item in codes.items()
        if item in final and round(reader.numbers[code] - rest[code]) != final[item]
    ]
    return lags, missing
