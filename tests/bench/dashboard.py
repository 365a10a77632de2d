"""First answer of the dashboard over the facts of 5 million moves, against the bare sum over the same facts."""

import time

BENCH = "dashboard"
CAPABILITY = "reports"
MODULES = ("inventory_plus", "inventory_alerts", "inventory_reports")

BUDGET = 1.0  # seconds until the first answer

PRODUCTS = """
WITH template AS (
    INSERT INTO product_template (name, type, is_storable, categ_id, uom_id, active, sale_ok, purchase_ok, tracking,
                                  service_tracking, list_price)
         SELECT jsonb_build_object('en_US', 'Bench ' || number), 'consu', TRUE, %(category)s, %(unit)s, TRUE, TRUE,
                TRUE, 'none', 'no', 10
           FROM generate_series(1, %(products)s) number
      RETURNING id)
INSERT INTO product_product (product_tmpl_id, active, combination_indices, standard_price)
     SELECT id, TRUE, '', jsonb_build_object(%(company)s::text, 5) FROM template
"""
#: Facts as five million moves leave them: most days of most products have several lines.
FACTS = """
INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue, lines)
     SELECT product.id, %(warehouse)s, %(company)s, %(as_of)s::date - day, 'moves', 1 + (product.id + day) %% 9, 10, 4
       FROM product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
                                    AND template.name->>'en_US' LIKE 'Bench%%'
      CROSS JOIN generate_series(1, 730) day
      WHERE (product.id * 7 + day) %% 10 < 7
"""
ITEMS = """
INSERT INTO inventory_item (product_id, warehouse_id, company_id, active, status, status_sequence, on_hand, usable,
                            need_to_buy, order_up_to, stockout_date)
     SELECT product.id, %(warehouse)s, %(company)s, TRUE,
            (ARRAY['red', 'yellow', 'green', 'blue', 'grey'])[1 + product.id %% 5], 1 + product.id %% 5, 10, 10,
            product.id %% 3, 5, %(as_of)s::date + (product.id %% 60)::int
       FROM product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
                                    AND template.name->>'en_US' LIKE 'Bench%%'
ON CONFLICT (product_id, warehouse_id) DO UPDATE SET status = EXCLUDED.status, active = TRUE
"""
QUANTS = """
INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)
     SELECT product_id, %(stock)s, %(company)s, 10, 0, now() FROM inventory_item WHERE warehouse_id = %(warehouse)s
"""
FLOOR = """
SELECT date_trunc('month', date), SUM(demand), SUM(revenue) FROM inventory_daily_flow
 WHERE date >= %(as_of)s::date - 730 GROUP BY 1
"""


def run(bench):
    """The first answer is that of a new environment with cold ORM caches; later ones are reported beside."""
    products = 200 if bench.quick else 2_500
    with bench.env() as env:
        parameters = _fill(env, products)
        env.cr.commit()
        floor = min(_timed(lambda: env.cr.execute(FLOOR, parameters)) for _round in range(3))
        env.registry.clear_cache()
        env.invalidate_all()
        first = _timed(lambda: env["inventory.dashboard"].get_dashboard())
        later = min(_timed(lambda: env["inventory.dashboard"].get_dashboard()) for _round in range(3))
        env.cr.execute("SELECT count(*), SUM(lines) FROM inventory_daily_flow")
        facts, lines = env.cr.fetchone()
    bench.row(
        figures={
            "facts": facts,
            "moves": int(lines),
            "items": products,
            "first_seconds": round(first, 3),
            "later_seconds": round(later, 3),
        },
        floor={"month_sums_seconds": round(floor, 3)},
        ratio=round(first / floor, 2) if floor else None,
        budget=f"< {BUDGET:g} s",
        ok=first < BUDGET,
    )


def _fill(env, products):
    """Products, facts of two years, items and quants, by set."""
    company = env.company
    warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
    parameters = {
        "products": products,
        "category": env["product.category"].search([], limit=1).id,
        "unit": env.ref("uom.product_uom_unit").id,
        "company": company.id,
        "warehouse": warehouse.id,
        "stock": warehouse.lot_stock_id.id,
        "as_of": env["inventory.item"]._planning_date(company),
    }
    env.flush_all()
    for statement in (PRODUCTS, FACTS, ITEMS, QUANTS):
        env.cr.execute(statement, parameters)
    env.cr.execute("ANALYZE")
    env.invalidate_all()
    return parameters


def _timed(call):
    """Seconds of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
