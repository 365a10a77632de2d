"""The snapshot of 100,000 items, against plain SQL that sums the quants and writes the sums to the same items."""

import time

import numpy as np

BENCH = "item_snapshot"
CAPABILITY = "planning"
MODULES = ("inventory_plus",)

BUDGET = 3.0
ROUNDS = 3

PRODUCTS = """
WITH template AS (
    INSERT INTO product_template (name, type, is_storable, categ_id, uom_id, active, sale_ok, purchase_ok, tracking,
                                  service_tracking, list_price)
         SELECT jsonb_build_object('en_US', 'Bench ' || number), 'consu', TRUE, %(category)s, %(unit)s, TRUE, TRUE,
                TRUE, 'none', 'no', 10
           FROM generate_series(1, %(count)s) number
      RETURNING id)
INSERT INTO product_product (product_tmpl_id, active, combination_indices) SELECT id, TRUE, '' FROM template
"""
#: Two quants a product, so that the sums are sums; a tenth of them partly reserved.
QUANTS = """
INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)
     SELECT product.id, location.id, %(company)s, 1 + product.id %% 97,
            CASE WHEN product.id %% 10 = 0 THEN 1 ELSE 0 END, now()
       FROM product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
                                    AND template.name->>'en_US' LIKE 'Bench%%'
      CROSS JOIN unnest(%(locations)s) location(id)
"""
#: One open move for every fifth product, in turn a delivery and a receipt.
MOVES = """
INSERT INTO stock_move (product_id, location_id, location_dest_id, company_id, product_uom, product_uom_qty,
                        product_qty, state, date, procure_method, origin)
     SELECT product.id, CASE WHEN product.id %% 2 = 0 THEN %(stock)s ELSE %(supplier)s END,
            CASE WHEN product.id %% 2 = 0 THEN %(customer)s ELSE %(stock)s END, %(company)s, %(unit)s,
            1 + product.id %% 7, 1 + product.id %% 7, 'confirmed', now() + (product.id %% 40) * interval '1 day',
            'make_to_stock', 'bench'
       FROM product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
                                    AND template.name->>'en_US' LIKE 'Bench%%'
      WHERE product.id %% 5 = 0
"""
#: Parameters as a plan would have left them.
PARAMETERS = """
UPDATE inventory_item
   SET demand_daily = 0.1 + (product_id %% 50) / 10.0, lead_time_mean = 3 + product_id %% 20, review_days = 1,
       safety_stock = product_id %% 30, order_quantity = 14, order_up_to = 60, vendor_multiple = 1,
       last_demand_date = current_date - product_id %% 300, first_seen_date = current_date - 400
"""
#: What a snapshot cannot do without: sum the quants of every item and write the sums to it.
FLOOR = """
UPDATE inventory_item item
   SET on_hand = stock.on_hand, usable = stock.usable, reserved = stock.reserved, free = stock.usable - stock.reserved,
       computed_at = clock_timestamp() AT TIME ZONE 'UTC'
  FROM (SELECT quant.product_id, warehouse.id AS warehouse_id, SUM(quant.quantity) AS on_hand,
               SUM(quant.quantity) FILTER (WHERE location.parent_path LIKE stock.parent_path || '%%') AS usable,
               SUM(quant.reserved_quantity) FILTER (WHERE location.parent_path LIKE stock.parent_path || '%%')
                   AS reserved
          FROM stock_quant quant
          JOIN stock_location location ON location.id = quant.location_id AND location.usage = 'internal'
          JOIN stock_location view ON location.parent_path LIKE view.parent_path || '%%'
          JOIN stock_warehouse warehouse ON warehouse.view_location_id = view.id
          JOIN stock_location stock ON stock.id = warehouse.lot_stock_id
         GROUP BY quant.product_id, warehouse.id) stock
 WHERE stock.product_id = item.product_id AND stock.warehouse_id = item.warehouse_id
"""


def run(bench):
    """Alternate floor and snapshot on the same items; the best of each counts."""
    count = 10_000 if bench.quick else 100_000
    with bench.env() as env:
        _fill(env, count)
        env.cr.commit()
        ours, floor = [], []
        for _round in range(ROUNDS):
            floor.append(_timed(env, lambda: env.cr.execute(FLOOR, [])))
            ours.append(_timed(env, lambda: env["inventory.item"]._refresh()))
        _give_seasons(env)
        seasonal = [_timed(env, lambda: env["inventory.item"]._refresh()) for _round in range(ROUNDS)]
        written = env["inventory.item"].search_count([("computed_at", "!=", False)])
        [check] = env["inventory.verify"]._run(["item snapshot"]) if bench.quick else [{"differences": "not run"}]
    ratio, seasonal_ratio = min(ours) / min(floor), min(seasonal) / min(floor)
    bench.row(
        figures={
            "items": written,
            "seconds": round(min(ours), 2),
            "seconds_all_seasonal": round(min(seasonal), 2),
            "ratio_all_seasonal": round(seasonal_ratio, 2),
            "differences": check["differences"],
        },
        floor={"plain_sql_over_quants_seconds": round(min(floor), 2)},
        ratio=round(ratio, 2),
        budget=f"<= {BUDGET:g} x plain SQL over quants",
        ok=max(ratio, seasonal_ratio) <= BUDGET and written == count,
    )


def _give_seasons(env):
    """A path for every item, as plans with a season leave them."""
    item = env["inventory.item"]
    as_of = item._planning_date(env.company)
    ids = np.array(item.search([]).ids)
    for start in range(0, ids.size, 5_000):
        part = ids[start : start + 5_000]
        phase = 2 * np.pi * (np.arange(400)[None, :] + part[:, None]) / 365
        level = 0.1 + (part % 50) / 10
        plans = {"id": part, "demand_level": level, "demand_daily": level, "index_ahead": 1 + 0.5 * np.sin(phase)}
        item._write_paths(as_of, plans)
    env.cr.execute("ANALYZE inventory_item_path")
    env.cr.commit()


def _timed(env, work):
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def _fill(env, count):
    """Products, quants, moves and items, by sets."""
    warehouse = env["stock.warehouse"].search([], limit=1)
    shelf = env["stock.location"].create({"name": "Shelf", "location_id": warehouse.lot_stock_id.id})
    values = {
        "count": count,
        "category": env["product.category"].search([], limit=1).id,
        "unit": env.ref("uom.product_uom_unit").id,
        "company": warehouse.company_id.id,
        "stock": warehouse.lot_stock_id.id,
        "locations": [warehouse.lot_stock_id.id, shelf.id],
        "supplier": env.ref("stock.stock_location_suppliers").id,
        "customer": env.ref("stock.stock_location_customers").id,
    }
    env.flush_all()
    for statement in (PRODUCTS, QUANTS, MOVES):
        env.cr.execute(statement, values)
    env["inventory.item"]._create_missing()
    env.cr.execute(PARAMETERS, [])
    env.cr.execute("DELETE FROM inventory_item_dirty")
    for table in ("product_template", "product_product", "stock_quant", "stock_move", "inventory_item"):
        env.cr.execute(f"ANALYZE {table}")
    env.invalidate_all()
