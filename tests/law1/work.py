"""What the processes of the law-1 tests do: native work on committed data, with Odoo's own retry.

Every function runs in a process with a registry (see tests.support.registry_main). :func:`race` forks it into several,
so that a race of eight costs one start.
"""

import json
import os
import random
import signal
import sys
import time
import traceback

from tests.support.registry_main import tell

RETRIES = "retries"


def environment(cr):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def retried(registry, work):
    """Run ``work(env)`` as a request would: in one transaction, tried again on conflicts, then committed."""
    from odoo.service.model import retrying

    with registry.cursor() as cr:
        env = environment(cr)
        return retrying(lambda: work(env), env)


def parameter(registry, name, value):
    """Set a system parameter and have all processes started later see it."""
    with registry.cursor() as cr:
        environment(cr)["ir.config_parameter"].set_param(name, value)


# --- data


def make_products(registry, count, stock, tracking="none", warehouse=None):
    """`count` storable products with `stock` each in the main warehouse; returns their ids."""
    with registry.cursor() as cr:
        env = environment(cr)
        warehouse = env["stock.warehouse"].browse(warehouse) or env["stock.warehouse"].search([], limit=1)
        products = env["product.product"].create(
            [{"name": f"Law {i}", "type": "consu", "is_storable": True, "tracking": tracking} for i in range(count)]
        )
        for product in products:
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, stock)
        return products.ids


def make_delivery(env, lines, assign=False, warehouse=None):
    """A confirmed delivery of ``[(product id, quantity)]``; reserved only if `assign`."""
    warehouse = warehouse or env["stock.warehouse"].search([], limit=1)
    picking_type = warehouse.out_type_id
    picking = env["stock.picking"].create(
        {
            "picking_type_id": picking_type.id,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
            "move_ids": [
                (
                    0,
                    0,
                    {
                        "product_id": product,
                        "product_uom_qty": quantity,
                        "location_id": warehouse.lot_stock_id.id,
                        "location_dest_id": env.ref("stock.stock_location_customers").id,
                    },
                )
                for product, quantity in lines
            ],
        }
    )
    picking.move_ids._action_confirm(merge=False)
    if assign:
        picking.action_assign()
    return picking


def manual_reservation(registry):
    """Make deliveries reserve only when told so."""
    with registry.cursor() as cr:
        environment(cr)["stock.picking.type"].search([]).reservation_method = "manual"


# --- a race


def race(registry, worker, arguments, seconds=None):
    """Fork one process per element of `arguments`, begin together, and return what ``worker(registry, i, *argument)``
    returned in each; a worker that raised returns ``{"error": class, "message": sentence}``."""
    import odoo.sql_db

    odoo.sql_db.close_all()
    gate_read, gate_write = os.pipe()
    children = []
    for index, argument in enumerate(arguments):
        out_read, out_write = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(gate_write)
            os.close(out_read)
            code = 1
            try:
                random.seed(os.getpid())
                os.read(gate_read, 1)
                answer = globals()[worker](registry, index, *argument)
                code = 0
            except BaseException as error:
                answer = {"error": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}
            with os.fdopen(out_write, "w") as stream:
                json.dump(answer, stream)
            os._exit(code)
        os.close(out_write)
        children.append((pid, out_read))
    os.close(gate_read)
    os.close(gate_write)
    answers = []
    for pid, out_read in children:
        with os.fdopen(out_read) as stream:
            text = stream.read()
        os.waitpid(pid, 0)
        answers.append(json.loads(text) if text else {"error": "Killed", "message": ""})
    return answers


def race_assign(registry, stock, quantity, count, rounds):
    """In each round `count` deliveries of `quantity` of a new product with `stock` are assigned at the same moment.

    Returns ``[product, answers]`` per round, an answer being the state and what was reserved.
    """
    manual_reservation(registry)
    result = []
    for _round in range(rounds):
        (product,) = make_products(registry, 1, stock)
        with registry.cursor() as cr:
            env = environment(cr)
            pickings = [make_delivery(env, [(product, quantity)]).id for _i in range(count)]
        result.append([product, race(registry, "assign", [[picking] for picking in pickings])])
    return result


def assign(registry, _index, picking):
    """Reserve one delivery; returns its state and what was reserved."""

    def work(env):
        record = env["stock.picking"].browse(picking)
        record.action_assign()
        return [record.state, sum(record.move_ids.mapped("quantity"))]

    return retried(registry, work)


# --- a mixed load


def mixed(registry, products, workers, seconds, seed=0):
    """`workers` processes assign, cancel, deliver (some with a backorder), return and count for `seconds`."""
    manual_reservation(registry)
    return race(registry, "mixed_worker", [[products, seconds, seed]] * workers)


def mixed_worker(registry, index, products, seconds, seed):
    """Random native work until the time is up; returns what it did and how often it failed for good."""
    random.seed(seed * 1000 + index)
    done = {"assigned": 0, "cancelled": 0, "delivered": 0, "backorder": 0, "failed": [], "units": 0}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        lines = [(product, random.randint(1, 3)) for product in random.sample(products, min(2, len(products)))]
        try:
            picking = retried(registry, lambda env, lines=lines: make_delivery(env, lines, assign=True).id)
            done["assigned"] += 1
            finish_delivery(registry, picking, done)
        except Exception as error:
            done["failed"].append(f"{type(error).__name__}: {error}")
    return done


def finish_delivery(registry, picking, done):
    """Cancel the delivery or deliver it as reserved; what is missing becomes a backorder, cancelled at once."""
    if random.random() < 0.6:
        retried(registry, lambda env: env["stock.picking"].browse(picking).action_cancel() and None)
        done["cancelled"] += 1
        return

    def deliver(env):
        record = env["stock.picking"].browse(picking)
        if record.state != "assigned" and not any(record.move_ids.mapped("quantity")):
            record.action_cancel()
            return [0, 0]
        units = sum(record.move_ids.mapped("quantity"))
        answer = record.button_validate()
        if isinstance(answer, dict) and answer.get("res_model") == "stock.backorder.confirmation":
            wizard = env["stock.backorder.confirmation"].with_context(**answer["context"]).create({})
            wizard.process()
        backorders = env["stock.picking"].search([("backorder_id", "=", record.id)])
        backorders.action_cancel()
        # The goods come back, so that the load never ends for want of stock.
        for move in record.move_ids.filtered(lambda move: move.state == "done"):
            env["stock.quant"]._update_available_quantity(move.product_id, move.location_id, move.quantity)
        return [units, len(backorders)]

    units, backorders = retried(registry, deliver)
    done["delivered"] += 1
    done["backorder"] += backorders
    done["units"] += units


# --- single steps


def hold_grant_and_wait(registry, picking):
    """Reserve a delivery without committing, say so, and wait to be killed."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["stock.picking"].browse(picking).action_assign()
        env.cr.flush()
        tell({"reserved": sum(env["stock.picking"].browse(picking).move_ids.mapped("quantity"))})
        time.sleep(600)


def reserve_beside(registry, first, second):
    """Two transactions reserve the same quant, the second while the first is open; returns how many tries it took.

    The first commits when the second waits for it (or, where nobody waits, when the second is done).
    """
    import threading

    waiting = threading.Event()
    done = threading.Event()
    with registry.cursor() as cr:
        env = environment(cr)
        env["stock.picking"].browse(first).action_assign()
        env.cr.flush()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                import odoo.sql_db

                odoo.sql_db._Pool = None
                assign(registry, 0, second)
                code = 0
            except BaseException:
                traceback.print_exc(file=sys.stderr)
            os._exit(code)
        wait_until_blocked_or_gone(cr, pid)
        del waiting, done
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def wait_until_blocked_or_gone(cr, pid, seconds=15):
    """Wait until the child waits for a lock of ours, or has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, _status = os.waitpid(pid, os.WNOHANG | os.WNOWAIT) if hasattr(os, "WNOWAIT") else (0, 0)
        if ended:
            return
        cr.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL")
        if cr.fetchone()[0]:
            return
        time.sleep(0.05)


def write_quant(registry, product, quantity):
    """Lower a quant directly, past every protection but the net; returns the class of the error, if any."""

    def work(env):
        env["stock.quant"].search(
            [("product_id", "=", product), ("location_id.usage", "=", "internal")]
        ).quantity = quantity

    import odoo.service.model as service

    service.MAX_TRIES_ON_CONCURRENCY_FAILURE = 1
    try:
        retried(registry, work)
    except Exception as error:
        return type(error).__name__
    return None


def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)
