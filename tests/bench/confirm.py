"""Confirming orders of the same few goods from 4 processes: reserved at once, as Odoo does, or in the background."""

import statistics
import time

from tests.law1 import work

BENCH = "confirm_orders"
CAPABILITY = "channels"
MODULES = ("inventory_plus",)

PROCESSES = 4
PRODUCTS = 3
STOCK = 10**5
BUDGET = 2.0


def run(bench):
    """Confirmations a second in rounds that alternate; the floor is Odoo without protections, reserving at once."""
    rounds, orders = (1, 3) if bench.quick else (5, 12)
    registry = bench.registry()
    products = work.make_products(registry, PRODUCTS, STOCK)
    with bench.env() as env:
        partners = env["res.partner"].create([{"name": f"Buyer {i}"} for i in range(PROCESSES)]).ids
    modes = {"odoo": ("off", False), "at_once": ("on", False), "background": ("on", True)}
    rates, slowest, failed = ({name: [] for name in modes} for _kind in range(3))
    for _round in range(rounds):
        for name, (guard, later) in modes.items():
            _switch(registry, guard, later)
            made = work.race(registry, confirm, [[partners, products, orders]] * PROCESSES)
            failed[name] += [worker["message"] for worker in made if "error" in worker]
            seconds = [second for worker in made for second in worker.get("seconds", ())]
            rates[name].append(len(seconds) / max(worker.get("whole", 1) for worker in made))
            slowest[name].append(max(seconds, default=0))
    rate = {name: round(statistics.median(found), 1) for name, found in rates.items()}
    worst = {name: round(statistics.median(found), 2) for name, found in slowest.items()}
    bench.row(
        figures={
            "orders_per_second": rate["background"],
            "slowest_s": worst["background"],
            "reserved_at_once_per_second": rate["at_once"],
            "reserved_at_once_slowest_s": worst["at_once"],
            "processes": PROCESSES,
            "failed": failed["background"] + failed["at_once"],
        },
        floor={"odoo_per_second": rate["odoo"], "slowest_s": worst["odoo"], "failed": len(failed["odoo"])},
        ratio=round(rate["background"] / rate["odoo"], 2),
        budget=f">= {BUDGET:g} x the confirmations of Odoo, which reserves at once",
        ok=rate["background"] >= BUDGET * rate["odoo"] and not failed["background"] + failed["at_once"],
    )


def _switch(registry, guard, later):
    work.parameter(registry, "inventory_plus.guard", guard)
    with registry.cursor() as cr:
        work.environment(cr)["res.company"].search([]).inventory_assign_later = later


def confirm(registry, index, partners, products, orders):
    """Confirm orders of two of the products, one after the other; how long each took, retries and all."""

    def make(env):
        lines = [(0, 0, {"product_id": product, "product_uom_qty": 1}) for product in products[:2]]
        return env["sale.order"].create({"partner_id": partners[index], "order_line": lines}).id

    numbers = [work.retried(registry, make) for _order in range(orders)]
    seconds, start = [], time.monotonic()
    for number in numbers:
        began = time.monotonic()
        work.retried(registry, lambda env, number=number: env["sale.order"].browse(number).action_confirm() and None)
        seconds.append(time.monotonic() - began)
    return {"seconds": seconds, "whole": time.monotonic() - start}
