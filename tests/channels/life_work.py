"""What the processes of the shelf life tests do on committed data."""

import random
import time
from datetime import datetime, timedelta

from tests.channels import work as channels
from tests.law1.work import environment, make_delivery, race, retried

FRESH = "fresh"


def prepare(registry, stock):
    """One product, of whose goods the last that came are fresh and are picked first; a channel that asks for such.

    :param stock: ``[(days that a lot lasts, quantity)]``, the oldest first
    """
    things = channels.prepare(registry, items=1, stock=0)
    with registry.cursor() as cr:
        env = environment(cr)
        warehouse = env["stock.warehouse"].browse(things["warehouse"])
        category = env["product.category"].create(
            {"name": "Last in, first out", "removal_strategy_id": env.ref("stock.removal_lifo").id}
        )
        product = env["product.product"].create(
            {
                "name": "Food",
                "type": "consu",
                "is_storable": True,
                "default_code": "FOOD",
                "tracking": "lot",
                "use_expiration_date": True,
                "categ_id": category.id,
            }
        )
        env["inventory.channel"].search([("code", "=", "shop")]).copy(
            {"code": FRESH, "shelf_life": 30, "user_ids": [(6, 0, env["res.users"].search([], limit=0).ids)]}
        )
        channel = env["inventory.channel"].search([("code", "=", FRESH)])
        channel.user_ids = env["res.users"].search([("login", "=", channels.API_LOGIN)])
        for number, (days, quantity) in enumerate(stock):
            lot = env["stock.lot"].create({"name": f"L{number}", "product_id": product.id})
            lot.expiration_date = datetime.now() + timedelta(days=days)
            lot.removal_date = lot.expiration_date
            env["stock.quant"]._update_available_quantity(
                product,
                warehouse.lot_stock_id,
                quantity,
                lot_id=lot,
                in_date=datetime.now() - timedelta(days=10 - number),
            )
        return {**things, "food": product.id, "channel": channel.id}


def ask(registry, things, key, quantity, channel=FRESH):
    """A client's firm promise, on a connection of its own; its state."""

    def promise(env):
        user = env["res.users"].search([("login", "=", channels.API_LOGIN)])
        line = {"sku": "FOOD", "quantity": quantity}
        request = {"key": key, "channel": channel, "firm": True, "lines": [line]}
        return env["inventory.reservation"].with_user(user).reserve([request])[0]["state"]

    return retried(registry, promise)


def assign_while_promised(registry, things, quantity, promised):
    """A delivery takes the fresh goods; before it commits, they are promised to who asks for such."""
    picking = retried(registry, lambda env: make_delivery(env, [(things["food"], quantity)]).id)
    tries, states = [], []

    def work(env):
        tries.append(1)
        record = env["stock.picking"].browse(picking)
        record.action_assign()
        env.cr.flush()
        if len(tries) == 1:
            states.append(ask(registry, things, "beside", promised))
        return sum(record.move_ids.mapped("quantity"))

    try:
        assigned = retried(registry, work)
    except Exception as error:
        assigned = type(error).__name__
    return {"tries": len(tries), "states": states, "assigned": assigned, **outcome(registry, things)}


def assign_after(registry, things, quantity, promised):
    """As :func:`assign_while_promised`, the promise being made after the delivery has chosen and before it settles."""
    picking = retried(registry, lambda env: make_delivery(env, [(things["food"], quantity)]).id)
    tries, states = [], []

    def work(env):
        tries.append(1)
        record = env["stock.picking"].browse(picking)
        record.action_assign()
        if len(tries) == 1:
            states.append(ask(registry, things, "beside", promised))
        return sum(record.move_ids.mapped("quantity"))

    assigned = retried(registry, work)
    return {"tries": len(tries), "states": states, "assigned": assigned, **outcome(registry, things)}


def outcome(registry, things):
    """How the law stands, and what of the promises is there."""
    with registry.cursor() as cr:
        env = environment(cr)
        lines = env["inventory.reservation.line"].search([("channel_id", "=", things["channel"])])
        checks = dict(env["inventory.verify"]._checks())
        reserved = env["stock.move.line"].search([("product_id", "=", things["food"]), ("state", "!=", "done")])
        fresh = reserved.filtered(lambda line: line.lot_id.expiration_date > datetime.now() + timedelta(days=30))
        return {
            "open": sum(lines.mapped("open_quantity")),
            "short": sum(lines.mapped("short")),
            "fresh": sum(fresh.mapped("quantity")),
            "oversold": checks["never oversold"]()["differences"],
            "ledger": checks["promises equal the ledger"]()["differences"],
        }


def busy(registry, things, workers, seconds, seed):
    """Deliveries, orders of both kinds, clients and cancellations at random; what came of it."""
    done = race(registry, busy_worker, [[things, seconds, seed]] * workers)
    return {"done": done, **outcome(registry, things)}


def busy_worker(registry, index, things, seconds, seed):
    random.seed(seed * 100 + index)
    done = {"assigned": 0, "orders": 0, "promised": 0, "failed": {}}
    deadline = time.monotonic() + seconds
    number = 0
    while time.monotonic() < deadline:
        number += 1
        try:
            kind = random.choice(("delivery", "order", "client"))
            if kind == "client":
                done["promised"] += ask(registry, things, f"{index}/{number}", random.randint(1, 3)) == "firm"
                if random.random() < 0.7:
                    retried(registry, lambda env, key=f"{index}/{number}": _release(env, key))
            elif kind == "order":
                _order(registry, things, random.choice((FRESH, "shop")))
                done["orders"] += 1
            else:
                picking = retried(registry, lambda env: make_delivery(env, [(things["food"], random.randint(1, 4))]).id)
                retried(registry, lambda env, number=picking: env["stock.picking"].browse(number).action_assign())
                done["assigned"] += 1
                if random.random() < 0.8:
                    retried(registry, lambda env, number=picking: env["stock.picking"].browse(number).action_cancel())
        except Exception as error:
            name = type(error).__name__
            done["failed"][name] = done["failed"].get(name, 0) + 1
    return done


def _release(env, key):
    user = env["res.users"].search([("login", "=", channels.API_LOGIN)])
    env["inventory.reservation"].with_user(user).release([{"channel": FRESH, "key": key}], "enough")


def _order(registry, things, code):
    def make(env):
        order = env["sale.order"].create(
            {
                "partner_id": things["partner"],
                "inventory_channel_id": env["inventory.channel"].search([("code", "=", code)]).id,
                "order_line": [(0, 0, {"product_id": things["food"], "product_uom_qty": random.randint(1, 4)})],
            }
        )
        order.action_confirm()
        return order.id

    number = retried(registry, make)
    retried(registry, lambda env: env["sale.order"].browse(number).picking_ids.action_assign() and None)
    if random.random() < 0.8:
        retried(registry, lambda env: env["sale.order"].browse(number)._action_cancel() and None)


def unreserve_aged(registry, things):
    """What an order of the channel has reserved grows too old, and is unreserved; how often that was tried."""

    def make(env):
        order = env["sale.order"].create(
            {
                "partner_id": things["partner"],
                "inventory_channel_id": things["channel"],
                "order_line": [(0, 0, {"product_id": things["food"], "product_uom_qty": 6})],
            }
        )
        order.action_confirm()
        order.picking_ids.action_assign()
        return order.id

    number = retried(registry, make)
    with registry.cursor() as cr:
        cr.execute(
            "UPDATE stock_lot SET expiration_date = now() AT TIME ZONE 'UTC' + interval '20 days'"
            " WHERE product_id = %s",
            [things["food"]],
        )
    tries = []

    def unreserve(env):
        tries.append(1)
        env["sale.order"].browse(number).picking_ids.do_unreserve()

    retried(registry, unreserve)
    return {"tries": len(tries), **outcome(registry, things)}


def bring_forward(registry, things, field):
    """Somebody writes that all goods end tomorrow, or ended yesterday, when they are promised."""
    state = ask(registry, things, "before", 6)

    def work(env):
        lots = env["stock.lot"].search([("product_id", "=", things["food"])])
        days = 1 if field == "expiration_date" else -1
        lots.write({field: datetime.now() + timedelta(days=days)})

    retried(registry, work)
    return {"state": state, **outcome(registry, things)}
