"""What the gate of stock costs a large delivery: the same order delivered with the gate on and open, in turn."""

import statistics
import time

BENCH = "gates_delivery"
CAPABILITY = "control"
MODULES = ("inventory_plus",)
GATE = True

BUDGET = 1.15
LINES = 100


def run(bench):
    """Validate both steps of a two-step delivery of 100 lines with lots, as a stock user; medians of 20 rounds."""
    rounds = 3 if bench.quick else 20
    clerk, customer, products = prepare(bench, rounds)
    for mode in ("open", "on"):
        deliver(bench, clerk, customer, products, mode)  # caches of both modes
    seconds, queries = {"open": [], "on": []}, {"open": [], "on": []}
    for number in range(rounds):
        for mode in ("open", "on") if number % 2 else ("on", "open"):
            taken, asked = deliver(bench, clerk, customer, products, mode)
            seconds[mode].append(taken)
            queries[mode].append(asked)
    few = {mode: deliver(bench, clerk, customer, products[:10], mode)[1] for mode in ("open", "on")}
    middle = {mode: statistics.median(times) for mode, times in seconds.items()}
    ratio = middle["on"] / middle["open"]
    added = statistics.median(queries["on"]) - statistics.median(queries["open"])
    added_for_few = few["on"] - few["open"]
    bench.row(
        figures={
            "seconds": round(middle["on"], 3),
            "lines": LINES,
            "added_queries": added,
            "added_queries_for_10_lines": added_for_few,
        },
        floor={"open_seconds": round(middle["open"], 3)},
        ratio=round(ratio, 3),
        budget=f"<= {BUDGET:g} of the time with the gate open, median of {rounds}; added queries independent of lines",
        ok=ratio <= BUDGET and added <= added_for_few + 5,
    )


def prepare(bench, rounds):
    """A stock user, a customer, and products with a lot each, enough for all rounds."""
    with bench.env() as env:
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        warehouse.delivery_steps = "pick_ship"
        products = env["product.product"].create(
            [{"name": f"Gated {number}", "is_storable": True, "tracking": "lot"} for number in range(LINES)]
        )
        for product in products:
            lot = env["stock.lot"].create({"name": f"L{product.id}", "product_id": product.id})
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 10 * rounds, lot_id=lot)
        clerk = env["res.users"].create(
            {"name": "Clerk", "login": "gate_clerk", "group_ids": [(6, 0, env.ref("stock.group_stock_user").ids)]}
        )
        return clerk.id, env["res.partner"].create({"name": "Customer"}).id, products.ids


def deliver(bench, clerk, customer, products, mode):
    """Deliver one order of these products; returns the seconds and queries of the two validations."""
    with bench.env() as env:
        env.company.inventory_gate = mode
        order = env["sale.order"].create(
            {
                "partner_id": customer,
                "order_line": [(0, 0, {"product_id": product, "product_uom_qty": 1}) for product in products],
            }
        )
        order.action_confirm()
        order_id = order.id
    taken = asked = 0
    for _step in range(2):
        with bench.env() as env:
            pickings = env["sale.order"].browse(order_id).picking_ids
            picking_id = pickings.filtered(lambda picking: picking.state not in ("done", "cancel"))[:1].id
            picking = env["stock.picking"].browse(picking_id)
            picking.action_assign()
            picking.move_ids.picked = True
        with bench.env(clerk) as env:
            before, began = env.cr.sql_log_count, time.perf_counter()
            env["stock.picking"].browse(picking_id).button_validate()
            env.cr.commit()
            taken += time.perf_counter() - began
            asked += env.cr.sql_log_count - before
    return taken, asked
