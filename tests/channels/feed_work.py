"""What the processes of the channel tests do; each function gets a registry of its own process."""

import random
import time

from odoo import SUPERUSER_ID, api

from tests.support.registry_main import tell


def _env(cr):
    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def prepare_shop(registry, count=50, stock=100, webhook=None):
    """A channel ``shop`` with its user ``reader``, and `count` products SKU0, SKU1, ... with stock; their ids."""
    with registry.cursor() as cr:
        env = _env(cr)
        reader = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Reader",
                    "login": "reader",
                    "password": "reader",
                    "group_ids": [(6, 0, env.ref("base.group_user").ids)],
                }
            )
        )
        warehouse = env["stock.warehouse"].search([], limit=1)
        channel = env["inventory.channel"].create(
            {
                "name": "Shop",
                "code": "shop",
                "keep_back": "nothing",
                "user_ids": [(6, 0, reader.ids)],
                "warehouse_line_ids": [(0, 0, {"warehouse_id": warehouse.id})],
            }
        )
        products = env["product.product"].create(
            [{"name": f"Sold {i}", "default_code": f"SKU{i}", "is_storable": True} for i in range(count)]
        )
        env["stock.quant"].create(
            [
                {"product_id": product.id, "location_id": warehouse.lot_stock_id.id, "quantity": stock}
                for product in products
            ]
        )
        if webhook:
            env["ir.config_parameter"].set_param("inventory_plus.webhook_private_hosts", "127.0.0.1")
            env["inventory.channel.webhook"].create({"channel_id": channel.id, **webhook})
        return products.ids


def put(cr, product, quantity):
    """Set what is in stock of a product, as raw SQL of anybody would: only the database's triggers see it."""
    cr.execute(
        "UPDATE stock_quant quant SET quantity = %s FROM stock_location place"
        " WHERE place.id = quant.location_id AND place.usage = 'internal' AND quant.product_id = %s",
        [quantity, product],
    )


def hold(registry, product, quantity, seconds):
    """Change a product and keep the transaction open, with its old snapshot, for `seconds`."""
    with registry.cursor() as cr:
        put(cr, product, quantity)
        tell({"changed": True})
        time.sleep(seconds)
    return True


def change(registry, products, seconds, seed):
    """Change random products in short transactions, some of which are rolled back; return ``{id: last quantity}``."""
    chance = random.Random(seed)
    last = {}
    deadline = time.monotonic() + seconds
    count = 0
    while time.monotonic() < deadline:
        wanted = {product: chance.randrange(1000) for product in chance.sample(products, 5)}
        with registry.cursor() as cr:
            for product in sorted(wanted):
                put(cr, product, wanted[product])
            if chance.random() < 0.1:
                cr.rollback()
                continue
        last.update(wanted)
        count += 1
    return {"last": last, "count": count}


def publish(registry):
    """What the scheduled action does each minute."""
    with registry.cursor() as cr:
        _env(cr)["inventory.feed"]._cron_relay()
    return True


def run_due_jobs(registry):
    """Run the jobs that are due, as the scheduled action does where there is no runner; make all of them due."""
    with registry.cursor() as cr:
        cr.execute("UPDATE queue_job SET eta = NULL WHERE state = 'pending'")
        cr.execute("UPDATE inventory_heartbeat SET beat_at = NULL, since = now() AT TIME ZONE 'UTC' - INTERVAL '1 h'")
    with registry.cursor() as cr:
        return _env(cr)["inventory.job"]._cron_run_jobs()


def deliver(registry, rounds):
    """Publish and run jobs, `rounds` times."""
    for _round in range(rounds):
        publish(registry)
        run_due_jobs(registry)
    with registry.cursor() as cr:
        deliveries = _env(cr)["inventory.channel.delivery"].search([], order="id")
        return deliveries.read(["state", "tries", "last_error", "response_code", "change_count"], load=None)


def deliver_and_tell(registry):
    """Publish, then run the jobs; told when they begin, so that the test may kill this process in the middle."""
    publish(registry)
    tell({"running": True})
    return run_due_jobs(registry)


PRODUCTS = """
WITH template AS (
    INSERT INTO product_template (name, type, is_storable, categ_id, uom_id, active, sale_ok, purchase_ok, tracking,
                                  service_tracking, list_price)
         SELECT jsonb_build_object('en_US', 'Bench ' || number), 'consu', TRUE, %(category)s, %(unit)s, TRUE, TRUE,
                TRUE, 'none', 'no', 10
           FROM generate_series(1, %(count)s) number
      RETURNING id)
INSERT INTO product_product (product_tmpl_id, active, combination_indices, default_code)
     SELECT id, TRUE, '', 'BENCH' || id FROM template
  RETURNING id
"""
QUANTS = """
INSERT INTO stock_quant (product_id, location_id, company_id, quantity, reserved_quantity, in_date)
     SELECT product.id, location.id, %(company)s, 100 + product.id %% 97, product.id %% 3, now()
       FROM unnest(%(products)s) product(id) CROSS JOIN unnest(%(locations)s) location(id)
"""


def fill_bench(bench, count):
    """`count` products in two warehouses, and channels ``bench`` (with rules) and ``other`` (with a ring-fenced part).

    :return: ids of the products
    """
    with bench.env() as env:
        first = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        second = env["stock.warehouse"].create({"name": "Second", "code": "WH2"})
        category = env["product.category"].create({"name": "Bench"})
        values = {"count": count, "category": category.id, "unit": env.ref("uom.product_uom_unit").id}
        env.cr.execute(PRODUCTS, values)
        products = [number for (number,) in env.cr.fetchall()]
        env.cr.execute(
            QUANTS,
            {
                "products": products,
                "company": env.company.id,
                "locations": [first.lot_stock_id.id, second.lot_stock_id.id],
            },
        )
        channels = env["inventory.channel"].create(
            [
                {
                    "name": code,
                    "code": code,
                    "keep_back": "safety",
                    "allow_split": True,
                    "user_ids": [(6, 0, [SUPERUSER_ID])],
                    "warehouse_line_ids": [(0, 0, {"warehouse_id": place.id}) for place in (first, second)],
                }
                for code in ("bench", "other")
            ]
        )
        env["inventory.channel.rule"].create(
            [
                {
                    "channel_id": channels[0].id,
                    "applied_on": "category",
                    "categ_id": category.id,
                    "keep_back": "fixed",
                    "keep_quantity": 2,
                },
                {
                    "channel_id": channels[1].id,
                    "applied_on": "product",
                    "product_id": products[0],
                    "pool_quantity": 5,
                },
            ]
        )
    with bench.env() as env:
        env["inventory.reservation"].reserve(
            [
                {
                    "key": f"bench {number}",
                    "channel": "bench",
                    "lines": [{"product_id": products[number * 7 % count], "quantity": 1}],
                }
                for number in range(min(1000, count))
            ]
        )
    connection = bench.connect()
    connection.autocommit = True
    with connection.cursor() as cr:
        cr.execute("VACUUM ANALYZE")
    connection.close()
    return products
