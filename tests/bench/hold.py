"""Holding 200 quants at once; the floor is a move that reserves the same quants."""

import time

BENCH = "hold"
CAPABILITY = "control"
MODULES = ("inventory_plus",)
GATE = True
QUANTS = 200
BUDGET = 1.0


def run(bench):
    with bench.env() as env:
        warehouse = env["stock.warehouse"].search([], limit=1)
        place = env["stock.location"].create({"name": "Bench hold", "location_id": warehouse.lot_stock_id.id})
        product = env["product.product"].create({"name": "Bench hold", "is_storable": True, "tracking": "lot"})
        lots = env["stock.lot"].create([{"name": f"BH{i}", "product_id": product.id} for i in range(QUANTS)])
        for lot in lots:
            env["stock.quant"]._update_available_quantity(product, place, 5, lot_id=lot)
        warehouse._inventory_quarantine()
        env.flush_all()
        started = time.perf_counter()
        [answer] = env["inventory.hold"].hold([{"kind": "location", "location_id": place.id}])
        env.flush_all()
        taken = time.perf_counter() - started
        assert answer["held"] == 5 * QUANTS, answer
        env["inventory.hold"].browse(answer["id"])._free_all()
        move = env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": 5 * QUANTS,
                "location_id": place.id,
                "location_dest_id": env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm(merge=False)
        env.flush_all()
        started = time.perf_counter()
        move._action_assign()
        env.flush_all()
        floor = time.perf_counter() - started
    bench.row(
        figures={"seconds": round(taken, 3), "quants": QUANTS},
        floor={"odoo_assign_s": round(floor, 3)},
        ratio=round(taken / floor, 2),
        budget=f"{QUANTS} quants held in < {BUDGET:g} s",
        ok=taken < BUDGET,
    )
