"""50 alert rules over 100,000 items: first evaluation and steady state, against the bare counting of the matches."""

import time

BENCH = "alerts_evaluate"
CAPABILITY = "alerts"
MODULES = ("inventory_plus", "inventory_alerts")

BUDGET = 20.0  # seconds for one evaluation of all rules
RULES = 50

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
ITEMS = """
INSERT INTO inventory_item (product_id, warehouse_id, company_id, active, status, status_sequence, cover_days, usable,
                            safety_stock, need_to_buy, stockout_date)
     SELECT product.id, %(warehouse)s, %(company)s, TRUE,
            (ARRAY['red', 'yellow', 'green', 'green', 'green', 'green', 'blue', 'grey', 'green', 'green'])
                [1 + product.id %% 10],
            1, product.id %% 100, product.id %% 37, 12, product.id %% 50, current_date + (product.id %% 60)
       FROM product_product product
       JOIN product_template template ON template.id = product.product_tmpl_id
                                    AND template.name->>'en_US' LIKE 'Bench%%'
ON CONFLICT (product_id, warehouse_id) DO UPDATE
   SET status = EXCLUDED.status, cover_days = EXCLUDED.cover_days, active = TRUE
"""


def run(bench):
    """Each rule is true for 2 % of the items; alerts, deliveries and jobs are made in the measured time."""
    count = 5_000 if bench.quick else 100_000
    with bench.env() as env:
        rules = _fill(env, count)
        env.cr.commit()
        floor = _timed(env, lambda: _count_matches(env, rules))
        first = _timed(env, lambda: env["inventory.alert.rule"]._evaluate(rules))
        opened = env["inventory.alert"].search_count([("rule_id", "in", rules.ids)])
        steady = min(_timed(env, lambda: env["inventory.alert.rule"]._evaluate(rules)) for _round in range(3))
        again = env["inventory.alert"].search_count([("rule_id", "in", rules.ids)])
        env.cr.execute("UPDATE inventory_item SET cover_days = -1")
        resolving = _timed(env, lambda: env["inventory.alert.rule"]._evaluate(rules))
        left = env["inventory.alert"].search_count([("rule_id", "in", rules.ids), ("state", "!=", "resolved")])
    assert (again, left) == (opened, 0), "an evaluation may neither repeat nor forget"
    bench.row(
        figures={
            "rules": len(rules),
            "items": count,
            "alerts_opened": opened,
            "first_seconds": round(first, 2),
            "steady_seconds": round(steady, 2),
            "resolving_seconds": round(resolving, 2),
        },
        floor={"count_seconds": round(floor, 2)},
        ratio=round(first / floor, 1) if floor else None,
        budget=f"<= {BUDGET:g} s",
        ok=max(first, steady, resolving) <= BUDGET,
    )


def _fill(env, count):
    """Products and items by set, and the rules: each looks at two of a hundred values of the days of cover."""
    company = env.company
    warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
    env["inventory.alert.rule"].search([]).active = False
    parameters = {
        "count": count,
        "category": env["product.category"].search([], limit=1).id,
        "unit": env.ref("uom.product_uom_unit").id,
        "warehouse": warehouse.id,
        "company": company.id,
    }
    env.flush_all()
    env.cr.execute(PRODUCTS, parameters)
    env.cr.execute(ITEMS, parameters)
    env.cr.execute("ANALYZE")
    env.invalidate_all()
    return env["inventory.alert.rule"].create(
        [
            {
                "name": f"Bench {number}",
                "domain": f"[('cover_days', '>=', {2 * number}), ('cover_days', '<', {2 * number + 2})]",
            }
            for number in range(RULES)
        ]
    )


def _count_matches(env, rules):
    """What no evaluation can do without: look at every item for every rule."""
    for rule in rules:
        env["inventory.item"].search_count(rule._evaluation_domain())


def _timed(env, call):
    """Seconds of one call, committed."""
    started = time.perf_counter()
    call()
    env.cr.commit()
    return time.perf_counter() - started
