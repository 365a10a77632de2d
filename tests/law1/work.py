"""What the processes of the law-1 tests do: native work on committed data, with Odoo's own retry.

Every function runs in a process with a registry (see tests.support.registry_main). :func:`race` forks it into several,
so that a race of eight costs one start.
"""

import contextlib
import json
import os
import random
import sys
import threading
import time
import traceback
from unittest.mock import patch

from tests.support.registry_main import tell


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


def serve(registry):
    """Run one function of this module after the other, as the test asks for them, in one process."""
    for line in sys.stdin:
        function, args = json.loads(line)
        try:
            answer = {"value": globals()[function](registry, *args)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
        tell(answer)


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
                function = worker if callable(worker) else globals()[worker]
                answer = function(registry, index, *argument)
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
    """Random native work until the time is up; returns what it did, at what rate, and how often it failed for good."""
    random.seed(seed * 1000 + index)
    began = time.monotonic()
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
    work = done["assigned"] + done["cancelled"] + done["delivered"]
    return {**done, "rate": work / (time.monotonic() - began)}


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
        validate(record)
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


def validate(picking):
    """Deliver what is reserved; what is missing becomes a backorder."""
    answer = picking.button_validate()
    if isinstance(answer, dict) and answer.get("res_model") == "stock.backorder.confirmation":
        picking.env["stock.backorder.confirmation"].with_context(**answer["context"]).create({}).process()


def deliver_in_parts(registry):
    """6 are ordered of 4: 4 are reserved and delivered; returns product, and state and reserved of the backorder."""
    manual_reservation(registry)
    (product,) = make_products(registry, 1, 4)
    with registry.cursor() as cr:
        picking = make_delivery(environment(cr), [(product, 6)]).id
    assign(registry, 0, picking)
    retried(registry, lambda env: validate(env["stock.picking"].browse(picking)))
    with registry.cursor() as cr:
        backorder = environment(cr)["stock.picking"].search([("backorder_id", "=", picking)])
        return [product, [backorder.state, sum(backorder.move_ids.mapped("quantity"))]]


# --- single steps


def hold_grant_and_wait(registry):
    """Reserve 9 of 12 without committing, say so, and wait to be killed."""
    manual_reservation(registry)
    (product,) = make_products(registry, 1, 12)
    with registry.cursor() as cr:
        env = environment(cr)
        picking = make_delivery(env, [(product, 9)])
        cr.commit()
        picking.action_assign()
        cr.flush()
        tell({"product": product, "reserved": sum(picking.move_ids.mapped("quantity"))})
        time.sleep(600)


def assign_new(registry, product, quantity):
    """A new delivery of `quantity`, reserved at once; returns state and what was reserved."""
    manual_reservation(registry)
    with registry.cursor() as cr:
        picking = make_delivery(environment(cr), [(product, quantity)]).id
    return assign(registry, 0, picking)


def beside(registry, first, second):
    """Run ``first(cr)`` and leave it uncommitted, begin `second()` beside it, commit when it waits or is done.

    The order is given by what the database reports, not by luck. Returns what `second` returned, or the class of
    its error.
    """
    answer = []

    def run():
        try:
            answer.append(second())
        except Exception as error:
            answer.append(type(error).__name__)

    thread = threading.Thread(target=run)
    with registry.cursor() as cr:
        first(cr)
        thread.start()
        wait_until_blocked_or_done(registry, thread)
        cr.commit()
    thread.join(120)
    return answer[0]


def wait_until_blocked_or_done(registry, thread, seconds=120):
    """Wait until somebody in the database waits for a lock, or the thread has ended.

    :raise TimeoutError: neither happened, so what follows would show nothing
    """
    deadline = time.monotonic() + seconds
    with registry.cursor() as cr:
        while thread.is_alive() and time.monotonic() < deadline:
            cr.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cr.fetchone()[0]:
                return
            cr.rollback()
            time.sleep(0.02)
    if thread.is_alive():
        raise TimeoutError(f"Nobody waited for a lock within {seconds} s")


def two_reserve_one_quant(registry):
    """A delivery reserves while another has the quant reserved and not committed; returns product and answer."""
    manual_reservation(registry)
    (product,) = make_products(registry, 1, 12)
    with registry.cursor() as cr:
        first, second = (make_delivery(environment(cr), [(product, 3)]).id for _i in range(2))

    def reserve(cr):
        env = environment(cr)
        env["stock.picking"].browse(first).action_assign()
        cr.flush()

    return [product, beside(registry, reserve, lambda: assign(registry, 0, second))]


def assign_beside_a_busy_quant(registry):
    """A try that reads, and reserves only after a quicker one has committed in between; returns how often it was tried.

    The quicker one reserves and unreserves the same goods without a pause, so that it always gets between unless it
    is held back; then the slow one goes on after a second.
    """
    manual_reservation(registry)
    (product,) = make_products(registry, 1, 12)
    with registry.cursor() as cr:
        slow, quick = (make_delivery(environment(cr), [(product, 3)]).id for _i in range(2))
    commits = []
    over = threading.Event()

    def hurry():
        while not over.is_set():
            retried(registry, lambda env: env["stock.picking"].browse(quick).do_unreserve())
            retried(registry, lambda env: env["stock.picking"].browse(quick).action_assign())
            commits.append(1)

    tries = []

    def reserve(env):
        picking = env["stock.picking"].browse(slow)
        tries.append(picking.state)
        seen, deadline = len(commits), time.monotonic() + 1
        while len(commits) < seen + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        picking.action_assign()
        return picking.state

    thread = threading.Thread(target=hurry)
    with patch("odoo.service.model.random.uniform", lambda low, high: 0.05):
        thread.start()
        try:
            answer = retried(registry, reserve)
        except Exception as error:
            answer = type(error).__name__
        finally:
            over.set()
            thread.join(60)
    return [answer, len(tries)]


def gates_shut(registry):
    """How many gates a session keeps shut."""
    from odoo.addons.inventory_plus.models.common.turn import SPACE

    with registry.cursor() as cr:
        cr.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [SPACE])
        return cr.fetchone()[0]


def two_ask_for_one_item(registry):
    """12 are asked for twice of 12, the second time while the first answer is not committed; returns the grants."""
    (product,) = make_products(registry, 1, 12)
    granted = []

    def wanted(env, key):
        from odoo.addons.inventory_plus.models.common.lock import Wanted

        warehouse = env["stock.warehouse"].search([], limit=1)
        return [Wanted(key, product, warehouse.id, 12, partial=True, kind="promise")]

    with registry.cursor() as cr:
        # The item is known: else the second waits for the row that the first inserts, whatever the lock does.
        lock = environment(cr)["inventory.lock"]
        lock._reserve(wanted(environment(cr), "known"))
        lock._release(["known"])

    def ask_first(cr):
        cr.rollback()
        cr._cnx.set_session(isolation_level="READ COMMITTED")
        env = environment(cr)
        lock = env["inventory.lock"]
        with patch.object(type(lock), "_shares_connection", lambda _self: True):
            granted.append(lock._reserve(wanted(env, "one"))[0].quantity)

    def ask_second():
        with registry.cursor() as cr:
            env = environment(cr)
            return env["inventory.lock"]._reserve(wanted(env, "two"))[0].quantity

    granted.append(beside(registry, ask_first, ask_second))
    return granted


def promise(registry, product, quantity, key="promise:web"):
    """Stand in for a channel: hold `quantity` of a product as a promise; returns what was granted."""
    from odoo.addons.inventory_plus.models.common.lock import Wanted

    with registry.cursor() as cr:
        env = environment(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        return (
            env["inventory.lock"]._reserve([Wanted(key, product, warehouse.id, quantity, kind="promise")])[0].quantity
        )


def prepare_marks(registry):
    """12 of a product, 10 of them promised, a scrap of 4 not done yet, and a clerk of the warehouse."""
    (product,) = make_products(registry, 1, 12)
    with registry.cursor() as cr:
        env = environment(cr)
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": "Clerk",
                "login": "clerk",
                "password": "clerk",
                "group_ids": [(6, 0, env.ref("stock.group_stock_user").ids)],
            }
        )
        stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
        scrap = env["stock.scrap"].create({"product_id": product, "scrap_qty": 4, "location_id": stock.id})
        ids = {
            "product": product,
            "stock": stock.id,
            "scrap": scrap.id,
            "customers": env.ref("stock.stock_location_customers").id,
            "loss": env["product.product"].browse(product).property_stock_inventory.id,
            "quant": env["stock.quant"].search([("product_id", "=", product), ("location_id", "=", stock.id)]).id,
        }
    promise(registry, product, 10)
    return ids


def assign_against_promise(registry, promised):
    """A delivery of 12 of 12 while `promised` of them are promised; returns product and answer or error class."""
    manual_reservation(registry)
    (product,) = make_products(registry, 1, 12)
    promise(registry, product, promised)
    with registry.cursor() as cr:
        picking = make_delivery(environment(cr), [(product, 12)]).id
    try:
        with once():
            return [product, assign(registry, 0, picking)]
    except Exception as error:
        return [product, type(error).__name__]


def once():
    """Let Odoo's retry give up at the first conflict, so that a test that expects one does not sleep."""
    return patch("odoo.service.model.MAX_TRIES_ON_CONCURRENCY_FAILURE", 1)


def lose_in_a_job(registry, losses):
    """A job's unit that asks for a turn and loses `losses` times; returns its tries and connections left in use."""
    import odoo.sql_db
    from odoo.addons.inventory_plus.models.common.turn import ask_turn
    from odoo.exceptions import ConcurrencyError

    tries = []

    def unit(env):
        tries.append(1)
        env.cr.execute("SELECT 1")
        if len(tries) <= losses:
            ask_turn(env.cr, [1])
            raise ConcurrencyError("lost")
        return "done"

    with registry.cursor() as cr:
        job = environment(cr)["inventory.job"]
        before = sum(connection._pool_in_use for connection in odoo.sql_db._Pool._connections)
        answer = job._retrying(unit)
        after = sum(connection._pool_in_use for connection in odoo.sql_db._Pool._connections)
    return [answer, len(tries), after - before]


def tidy(registry):
    """What the scheduled action does."""
    with registry.cursor() as cr:
        environment(cr)["inventory.ledger"]._cron_tidy()


def write_quant(registry, promised, quantity, swallow):
    """Of 12, `promised` are promised and the quant is written to `quantity` directly; returns product and error class.

    With `swallow` the error of the first attempt to commit is caught and the commit tried again.
    """
    (product,) = make_products(registry, 1, 12)
    promise(registry, product, promised)

    def work(env):
        quant = env["stock.quant"].search([("product_id", "=", product), ("location_id.usage", "=", "internal")])
        quant.quantity = quantity
        if swallow:
            with contextlib.suppress(Exception):
                env.cr.flush()

    try:
        with once():
            retried(registry, work)
    except Exception as error:
        return [product, type(error).__name__]
    return [product, None]


def schedule(registry):
    """Run the scheduler as its scheduled action does."""
    with registry.cursor() as cr:
        environment(cr)["stock.rule"].run_scheduler(use_new_cursor=True)


def schedule_beside_a_reservation(registry):
    """The scheduler waits for a quant that another process then changes; returns what its moves have reserved."""
    manual_reservation(registry)
    products = make_products(registry, 3, 12)
    with registry.cursor() as cr:
        env = environment(cr)
        first = make_delivery(env, [(products[1], 3)])
        due = make_delivery(env, [(product, 5) for product in products])
        due.move_ids.reservation_date = "2020-01-01"
        first, moves = first.id, due.move_ids.ids

    def reserve(cr):
        environment(cr)["stock.picking"].browse(first).action_assign()
        cr.flush()

    beside(registry, reserve, lambda: schedule(registry))
    with registry.cursor() as cr:
        return environment(cr)["stock.move"].browse(moves).mapped("quantity")


def schedule_with_a_bad_move(registry):
    """The scheduler meets a move that cannot be assigned; returns what all its moves have reserved."""
    manual_reservation(registry)
    products = make_products(registry, 3, 12)
    with registry.cursor() as cr:
        due = make_delivery(environment(cr), [(product, 5) for product in products])
        due.move_ids.reservation_date = "2020-01-01"
        moves = due.move_ids.ids
    model = registry["stock.move"]
    ask = model._inventory_ask_for_all

    def refuse_one(records, force_qty):
        if moves[1] in records.ids:
            raise ValueError("a move that cannot be assigned")
        return ask(records, force_qty)

    with patch.object(model, "_inventory_ask_for_all", refuse_one):
        schedule(registry)
    with registry.cursor() as cr:
        return environment(cr)["stock.move"].browse(moves).mapped("quantity")


def wait_for_backends(registry, seconds=60):
    """Wait until the database has noticed that a killed process is gone: nobody is idle in a transaction."""
    deadline = time.monotonic() + seconds
    with registry.cursor() as cr:
        while time.monotonic() < deadline:
            cr.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
            )
            if not cr.fetchone()[0]:
                return
            cr.rollback()
            time.sleep(0.02)
