"""What the processes of the facts' tests do; each function gets a registry of its own process."""

import time

from tests.support.registry_main import tell

GATE = 730511


def _env(cr):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, SUPERUSER_ID, {})


def _deliver(env, product, quantity):
    warehouse = env["stock.warehouse"].search([], order="id", limit=1)
    move = env["stock.move"].create(
        {
            "product_id": product.id,
            "product_uom_qty": quantity,
            "product_uom": product.uom_id.id,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
            "picking_type_id": warehouse.out_type_id.id,
            "company_id": warehouse.company_id.id,
        }
    )
    move._action_confirm(merge=False)
    move.quantity = quantity
    move.picked = True
    move._action_done()
    return move


def make_products(registry, number):
    """Make storable products with plenty on hand; return their ids."""
    with registry.cursor() as cr:
        env = _env(cr)
        products = env["product.product"].create([{"name": f"P{n}", "is_storable": True} for n in range(number)])
        warehouse = env["stock.warehouse"].search([], order="id", limit=1)
        for product in products:
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 100000)
        return products.ids


def deliver_and_wait(registry, product_id, quantity):
    """Deliver, tell, and commit only when the gate opens."""
    with registry.cursor() as cr, registry.cursor() as gate:
        env = _env(cr)
        _deliver(env, env["product.product"].browse(product_id), quantity)
        env.flush_all()
        tell({"delivered": True})
        gate.execute("SELECT pg_advisory_lock(%s)", [GATE])
    return True


def deliver_many(registry, product_id, times):
    """Deliver one unit at a time, each in a transaction of its own, with the retry that requests have."""
    from psycopg2 import OperationalError

    done = 0
    while done < times:
        with registry.cursor() as cr:
            try:
                env = _env(cr)
                _deliver(env, env["product.product"].browse(product_id), 1)
                env.flush_all()
                cr.commit()
                done += 1
            except OperationalError:
                cr.rollback()
                time.sleep(0.01)
    return done


def refresh(registry, times=1):
    """Refresh as the scheduled action does."""
    for _turn in range(times):
        with registry.cursor() as cr:
            _env(cr)["inventory.daily.flow"]._in_own_transaction("_refresh")
    return True


def refresh_and_wait(registry):
    """Refresh without ever committing."""
    with registry.cursor() as cr:
        _env(cr)["inventory.daily.flow"]._refresh()
        tell({"refreshed": True})
        time.sleep(600)


def settle(registry):
    """Refresh, then the check of the daily facts."""
    refresh(registry)
    with registry.cursor() as cr:
        return _env(cr)["inventory.verify"]._run(["daily facts"])[0]


def prepare_busy(registry):
    """Warehouses and a product for :mod:`tests.support.busy_stock`."""
    from tests.support import busy_stock

    with registry.cursor() as cr:
        busy_stock.prepare(_env(cr))


def build_step(registry):
    """One step of a background build; returns what remains."""
    with registry.cursor() as cr:
        return _env(cr)["inventory.daily.flow"]._in_own_transaction("_build_next")


def small_parts(registry):
    """Build in parts of a month, two of them, and stay in the third until killed."""
    from odoo.addons.inventory_plus.models.common import daily_flow_build

    daily_flow_build.MOVES_PER_PART = 1
    for _step in range(3):
        build_step(registry)
    with registry.cursor() as cr:
        _env(cr)["inventory.daily.flow"]._build_next()
        tell({"in": "third"})
        time.sleep(600)


def finish_build(registry):
    """Build what remains; returns the number of steps it took."""
    steps = 1
    while build_step(registry):
        steps += 1
    return steps


def untrack_and_deliver(registry, product_id):
    """What uninstalling does to the tables of others; stock moves on."""
    with registry.cursor() as cr:
        _env(cr)["inventory.daily.flow"]._untrack()
    return deliver_many(registry, product_id, 1)
