"""Reserving over JSON-2 against an empty call, one after the other, by a client that stays connected."""

import http.client
import json
import statistics
import time

from tests.channels import work
from tests.support.processes import Server
from tests.support.settings import Settings

BENCH = "reserve_rpc"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

STOCK = 10**6


def run(bench):
    """A row: median latency of ``reserve`` with one line, beside that of ``status`` of no keys."""
    pairs = 50 if bench.quick else 500
    things = work.prepare(bench.registry(), 1, STOCK)
    server = Server(Settings.from_environment(), bench.db, workers=2).start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        empty, ours = [], []
        for number in range(-20, pairs):
            request = {"key": f"rpc{number}", "channel": "shop", "lines": [{"sku": "HOT0", "quantity": 1}]}
            floor = _timed(connection, bench.db, things, "status", {"keys": []})
            mine = _timed(connection, bench.db, things, "reserve", {"requests": [request]})
            if number >= 0:
                empty.append(floor)
                ours.append(mine)
    finally:
        server.stop()
    ratio = statistics.median(ours) / statistics.median(empty)
    bench.row(
        figures=_told(ours),
        floor={"empty_call": _told(empty)},
        ratio=round(ratio, 2),
        budget="<= 2 x the latency of an empty call",
        ok=ratio <= 2,
    )


def _timed(connection, db, things, method, arguments):
    """Seconds of one call."""
    headers = {
        "Authorization": f"bearer {things['api_key']}",
        "X-Odoo-Database": db,
        "Content-Type": "application/json",
    }
    began = time.perf_counter()
    connection.request("POST", f"/json/2/inventory.reservation/{method}", json.dumps(arguments), headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - began
    assert answer.status == http.client.OK, body
    return seconds


def _told(seconds):
    """Median and 99th percentile in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
    }
