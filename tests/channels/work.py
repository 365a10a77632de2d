"""What the processes of the channel tests do on committed data; see :mod:`tests.law1.work` for the common parts."""

import random
import threading
import time
from datetime import datetime, timedelta

from tests.control.hold_work import native_hold
from tests.law1.work import environment, make_delivery, race, retried
from tests.support.registry_main import tell

API_LOGIN = "torture_api"


def prepare(registry, items=5, stock=14, oversell=0):
    """Hot items with moves behind their stock, two channels and an API user; returns what the clients need."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["stock.picking.type"].search([]).reservation_method = "manual"
        warehouse = env["stock.warehouse"].search([], limit=1)
        user = env["res.users"].create(
            {
                "name": "Torture",
                "login": API_LOGIN,
                "password": API_LOGIN,
                "group_ids": [(6, 0, env.ref("base.group_user").ids)],
            }
        )
        for number, code in enumerate(("shop", "market")):
            env["inventory.channel"].create(
                {
                    "name": code.title(),
                    "code": code,
                    "priority": 10 + number,
                    "keep_back": "nothing",
                    "oversell_limit": oversell,
                    "user_ids": [(6, 0, user.ids)],
                    "warehouse_line_ids": [(0, 0, {"warehouse_id": warehouse.id})],
                }
            )
        products = env["product.product"].create(
            [
                {"name": f"Hot {i}", "type": "consu", "is_storable": True, "default_code": f"HOT{i}"}
                for i in range(items)
            ]
        )
        count(env, products.ids, warehouse, lambda _product: stock)
        partner = env["res.partner"].create({"name": "Torture"})
        key = env(user=user.id)["res.users.apikeys"]._generate(None, "torture", datetime.now() + timedelta(days=1))
        return {
            "products": products.ids,
            "skus": products.mapped("default_code"),
            "warehouse": warehouse.id,
            "stock": warehouse.lot_stock_id.id,
            "outside": env["stock.location"]
            .create({"name": "Outside", "usage": "internal", "location_id": warehouse.view_location_id.id})
            .id,
            "partner": partner.id,
            "api_key": key,
        }


def let_sell(registry, login):
    """Give the user the right to take orders."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["res.users"].search([("login", "=", login)]).group_ids = [(4, env.ref("sales_team.group_sale_salesman").id)]
    # A server that runs already has the groups of its users in mind.
    registry.signal_changes()


def expect(registry, product, quantity, days):
    """A confirmed receipt of `quantity` in `days` days; returns its id and that day as text."""

    def make(env):
        warehouse = env["stock.warehouse"].search([], limit=1)
        vendors = env.ref("stock.stock_location_suppliers")
        due = datetime.combine(datetime.now().date() + timedelta(days=days), datetime.min.time()) + timedelta(hours=12)
        picking = env["stock.picking"].create(
            {
                "picking_type_id": warehouse.in_type_id.id,
                "location_id": vendors.id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "scheduled_date": due,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product,
                            "product_uom_qty": quantity,
                            "location_id": vendors.id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                            "date": due,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        return [picking.id, str(due.date())]

    return retried(registry, make)


def receive(registry, picking):
    """Validate a receipt as it was expected."""

    def validate(env):
        receipt = env["stock.picking"].browse(picking)
        receipt.move_ids.quantity = receipt.move_ids.product_uom_qty
        receipt.move_ids.picked = True
        receipt._action_done()

    retried(registry, validate)


def count(env, product_ids, warehouse, quantity_of):
    """Apply a count as an approved adjustment does, so that moves tell how the stock came about."""
    quants = env["stock.quant"].with_context(inventory_mode=True)
    for product in product_ids:
        quant = quants.create(
            {
                "product_id": product,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": quantity_of(product),
            }
        )
        quant.action_apply_inventory()


def native_round(registry, things, seconds, workers, seed):
    """`workers` processes do native work for `seconds`; returns what each did and why it failed."""
    return race(registry, native_worker, [[things, seconds, seed]] * workers)


def rules(registry, things, limit, fenced):
    """The market may oversell by `limit` units, `fenced` units of the first item are the shop's own."""
    with registry.cursor() as cr:
        channels = environment(cr)["inventory.channel"]
        channels.search([("code", "=", "market")]).oversell_limit = limit
        channels.search([("code", "=", "shop")]).rule_ids = [
            (0, 0, {"applied_on": "product", "product_id": things["products"][0], "pool_quantity": fenced})
        ]


def native_worker(registry, index, things, seconds, seed):
    """Pickings, orders, counts and moves at random. A lost connection is a failure like any other here."""
    random.seed(seed * 100 + index)
    done = {"orders": 0, "pickings": 0, "counts": 0, "deliveries": 0, "by_hand": 0, "scheduled": 0, "failed": {}}
    deadline = time.monotonic() + seconds
    works = (native_order, native_order, native_delivery, native_picking, native_by_hand, native_count)
    works += (native_hold, scheduled)
    while time.monotonic() < deadline:
        try:
            random.choice(works)(registry, things, done)
        except Exception as error:
            name = type(error).__name__
            done["failed"][name] = done["failed"].get(name, 0) + 1
            time.sleep(0.05)
    return done


def native_order(registry, things, done):
    """Confirm an order, then cancel it, deliver it, or leave its goods reserved or promised for a while."""
    lines = [
        (0, 0, {"product_id": product, "product_uom_qty": random.randint(1, 4)})
        for product in random.sample(things["products"], 2)
    ]

    def make(env):
        order = env["sale.order"].create({"partner_id": things["partner"], "order_line": lines})
        order.action_confirm()
        return order.id

    number = retried(registry, make)
    done["orders"] += 1
    kind = random.random()
    if kind < 0.7:
        retried(registry, lambda env: env["sale.order"].browse(number).picking_ids.action_assign() and None)
    if kind < 0.3:
        retried(registry, lambda env: env["sale.order"].browse(number).picking_ids.do_unreserve())
    retried(registry, lambda env: env["sale.order"].browse(number)._action_cancel() and None)


def native_picking(registry, things, done):
    """A delivery without an order: reserved, then cancelled or delivered; what was delivered comes back."""
    lines = [(product, random.randint(1, 3)) for product in random.sample(things["products"], 2)]
    picking = retried(registry, lambda env: make_delivery(env, lines, assign=True).id)
    done["pickings"] += 1
    retried(registry, lambda env: env["stock.picking"].browse(picking).action_cancel() and None)


def native_delivery(registry, things, done):
    """Deliver a part of an order, leave the rest as a backorder or not, then take some of it back."""
    product, quantity = random.choice(things["products"]), random.randint(2, 4)
    kept = random.random() < 0.5

    def deliver(env):
        order = new_order(env, {**things, "products": [product]}, quantity)
        order.action_confirm()
        picking = order.picking_ids
        picking.action_assign()
        move = picking.move_ids
        if not move.quantity:
            return [order.id, False]
        move.quantity = max(1, move.quantity - 1)
        move.picked = True
        skip = {"skip_backorder": True, "picking_ids_not_to_backorder": [] if kept else picking.ids}
        picking.with_context(**skip).button_validate()
        return [order.id, picking.state == "done" and picking.id]

    def take_back(env):
        picking = env["stock.picking"].browse(delivered)
        wizard = env["stock.return.picking"].with_context(active_id=delivered, active_model="stock.picking").create({})
        wizard.product_return_moves.quantity = 1
        back = env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.write({"quantity": 1, "picked": True})
        back.button_validate()
        return picking.id

    order, delivered = retried(registry, deliver)
    if delivered:
        retried(registry, take_back)
        done["deliveries"] += 1
    retried(registry, lambda env: env["sale.order"].browse(order)._action_cancel() and None)


def native_by_hand(registry, things, done):
    """Somebody carries goods to a place outside of the stock by hand, without asking for a reservation, and back."""
    product = random.choice(things["products"])
    kept, outside = things["stock"], things["outside"]

    def carry(env, source, target):
        move = env["stock.move"].create(
            {
                "product_id": product,
                "product_uom_qty": 2,
                "location_id": source,
                "location_dest_id": target,
                "quantity": 2,
                "picked": True,
            }
        )
        move._action_done()

    # Refused where others were promised the goods: then nothing is to be carried back.
    retried(registry, lambda env: carry(env, kept, outside))
    done["by_hand"] += 1
    retried(registry, lambda env: carry(env, outside, kept))


def scheduled(registry, _things, done):
    """What scheduled actions do meanwhile: promises end, goods that came are promised, the dead are tidied away."""
    for model, method in (
        ("inventory.reservation", "_cron_expire"),
        ("inventory.keeper", "_cron_top_up"),
        ("inventory.ledger", "_cron_tidy"),
    ):
        retried(registry, lambda env, model=model, method=method: getattr(env[model], method)() and None)
    done["scheduled"] += 1


def native_count(registry, things, done):
    """Somebody counts an item: a few more or a few less than there were at the start."""
    product = random.choice(things["products"])

    def adjust(env):
        warehouse = env["stock.warehouse"].browse(things["warehouse"])
        count(env, [product], warehouse, lambda _product: random.randint(9, 18))

    retried(registry, adjust)
    done["counts"] += 1


# --- the last goods


def promised_of(env, order):
    """What an order is promised or has reserved."""
    lines = env["inventory.reservation"].search([("res_model", "=", "sale.order"), ("res_id", "=", order)]).line_ids
    return sum(lines.mapped("open_quantity")) + sum(lines.mapped("fulfilled"))


def new_order(env, things, quantity):
    """A draft order of the first hot item."""
    line = {"product_id": things["products"][0], "product_uom_qty": quantity}
    return env["sale.order"].create({"partner_id": things["partner"], "order_line": [(0, 0, line)]})


def confirm(registry, things, quantity):
    """Confirm an order; returns what it got."""

    def work(env):
        order = new_order(env, things, quantity)
        order.action_confirm()
        return order.id

    number = retried(registry, work)
    with registry.cursor() as cr:
        return {"promised": promised_of(environment(cr), number)}


def race_for_last(registry, things, orders, shops, quantity):
    """Orders are confirmed and shops reserve at the same moment; returns what each got."""
    workers = [["order", things, quantity]] * orders + [["shop", things, quantity]] * shops
    return race(registry, want_last, workers)


def want_last(registry, index, kind, things, quantity):
    """One of those who want the last goods."""
    if kind == "order":
        return confirm(registry, things, quantity)["promised"]
    request = {"key": f"last{index}", "channel": "shop", "lines": [{"sku": things["skus"][0], "quantity": quantity}]}

    def work(env):
        user = env["res.users"].search([("login", "=", API_LOGIN)])
        return env["inventory.reservation"].with_user(user).reserve([{**request, "mode": "partial"}])

    (answer,) = retried(registry, work)
    return sum(line["reserved"] for line in answer["lines"])


def confirm_and_wait(registry, things, quantity, commit):
    """Confirm a committed draft order, say so before or after the commit, and wait to be killed."""
    with registry.cursor() as cr:
        number = new_order(environment(cr), things, quantity).id
    with registry.cursor() as cr:
        environment(cr)["sale.order"].browse(number).action_confirm()
        cr.flush()
        if commit:
            cr.commit()
        tell({"order": number})
        time.sleep(600)


def confirm_after_a_lost_race(registry, things, quantity):
    """Confirm an order whose first try loses a race at its very end."""
    with registry.cursor() as cr:
        number = new_order(environment(cr), things, quantity).id
    tries = []

    def work(env):
        env["sale.order"].browse(number).action_confirm()
        env.cr.flush()
        tries.append(1)
        if len(tries) == 1:
            with registry.cursor() as other:
                other.execute("UPDATE res_partner SET ref = 'first' WHERE id = %s", [things["partner"]])
            # PostgreSQL refuses this with a serialization failure: somebody changed the row since.
            env.cr.execute("UPDATE res_partner SET ref = 'second' WHERE id = %s", [things["partner"]])

    retried(registry, work)
    with registry.cursor() as cr:
        return {"tries": len(tries), "promised": promised_of(environment(cr), number)}


def promise_twice(registry, things):
    """An order without a promise gets one while somebody else makes it smaller; return its promises.

    :return: list of ``[state, open quantity]``
    """
    with registry.cursor() as cr:
        env = environment(cr)
        env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        order = new_order(env, things, 5)
        order.action_confirm()
        env.flush_all()
        env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        line = order.order_line.id

    def decrease():
        retried(registry, lambda env: env["sale.order.line"].browse(line).write({"product_uom_qty": 3}))

    with registry.cursor() as cr:
        state = environment(cr)["inventory.grant"]._state()
        state.documents.add(("sale.order", order.id))
        state.changed = True
        cr.flush()
        other = threading.Thread(target=decrease)
        other.start()
        wait_for_lock(registry, other)
    other.join()
    with registry.cursor() as cr:
        reservations = environment(cr)["inventory.reservation"].search([("res_id", "=", order.id)])
        return [[promise.state, sum(promise.line_ids.mapped("open_quantity"))] for promise in reservations]


def wait_for_lock(registry, thread):
    """Wait until somebody in this database waits for a lock, or ``thread`` has ended without."""
    while thread.is_alive():
        with registry.cursor() as cr:
            cr.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cr.fetchone()[0]:
                return
        time.sleep(0.02)


def lose_and_assign(registry, things, promised, left, again):
    """In one transaction: a count takes goods from a promise, then a delivery is assigned; returns what came of it.

    :param again: what is counted after that loss, in the same transaction; None: nothing
    """
    product = things["products"][0]

    def promise(env):
        user = env["res.users"].search([("login", "=", API_LOGIN)])
        line = {"sku": things["skus"][0], "quantity": promised}
        request = {"key": "losing", "channel": "shop", "firm": True, "lines": [line]}
        return env["inventory.reservation"].with_user(user).reserve([request])[0]["state"]

    def work(env):
        warehouse = env["stock.warehouse"].browse(things["warehouse"])
        count(env, [product], warehouse, lambda _product: left)
        # A savepoint's ends flush, so the loss is settled here.
        with env.cr.savepoint():
            pass
        if again is not None:
            count(env, [product], warehouse, lambda _product: again)
            with env.cr.savepoint():
                pass
        picking = env["stock.picking"].browse(delivery)
        picking.action_assign()
        return sum(picking.move_ids.mapped("quantity"))

    state = retried(registry, promise)
    delivery = retried(registry, lambda env: make_delivery(env, [(product, 5)]).id)
    tries = []
    start = time.monotonic()
    assigned = retried(registry, lambda env: tries.append(1) or work(env))
    seconds = time.monotonic() - start
    with registry.cursor() as cr:
        env = environment(cr)
        line = env["inventory.reservation"].search([("key", "=", "losing")]).line_ids
        checks = dict(env["inventory.verify"]._checks())
        return {
            "state": state,
            "tries": len(tries),
            "assigned": assigned,
            "line": [line.open_quantity, line.short],
            "oversold": checks["never oversold"]()["differences"],
            "ledger": checks["promises equal the ledger"]()["differences"],
            "seconds": seconds,
        }


def hot_product(registry):
    """The id of the first hot item."""
    with registry.cursor() as cr:
        return environment(cr)["product.product"].search([("default_code", "=", "HOT0")]).id


def promise_dated(registry, key, quantity, date, channel="shop", sku="HOT0"):
    """The answer to a firm request of one line."""

    def ask(env):
        line = {"sku": sku, "quantity": quantity, **({"date": date} if date else {})}
        [answer] = env["inventory.reservation"].reserve(
            [{"key": key, "channel": channel, "firm": True, "lines": [line]}]
        )
        return answer

    return retried(registry, ask)


def race_dated(registry, things, date, clients):
    """So many clients ask for the last unit that comes in, at once; returns their states."""
    return race(registry, lambda own, index: promise_dated(own, f"last {index}", 1, date)["state"], [[]] * clients)


def receive_among_others(registry, things, picking, seconds):
    """A receipt is validated while deliveries and another channel want its goods; returns what each got."""
    product = things["products"][0]
    with registry.cursor() as cr:
        env = environment(cr)
        env["stock.picking.type"].search([("code", "=", "outgoing")]).reservation_method = "at_confirm"
        deliveries = [make_delivery(env, [(product, 5)]).id for _number in range(3)]
    workers = [["receive", picking], *(["assign", number] for number in deliveries), ["shop", 0], ["shop", 1]]
    return race(registry, among_others, [[kind, number, seconds] for kind, number in workers])


def among_others(registry, _index, kind, number, seconds):
    """One of those of :func:`receive_among_others`."""
    deadline = time.monotonic() + seconds
    got = 0
    if kind == "receive":
        time.sleep(seconds / 3)
        receive(registry, number)
        return [kind, 10]
    count = 0
    while time.monotonic() < deadline:
        count += 1
        if kind == "shop":
            got += promise_dated(registry, f"{number} {count}", 1, None, "market")["state"] == "firm"
        else:
            got = retried(
                registry,
                lambda env: (
                    env["stock.picking"].browse(number).action_assign()
                    and sum(env["stock.picking"].browse(number).move_ids.mapped("quantity"))
                ),
            )
        time.sleep(0.02)
    return [kind, got]


def hold_receipt(registry, picking):
    """Receive goods and say so before the commit; then roll back."""
    with registry.cursor() as cr:
        env = environment(cr)
        receipt = env["stock.picking"].browse(picking)
        receipt.move_ids.quantity = receipt.move_ids.product_uom_qty
        receipt.move_ids.picked = True
        receipt._action_done()
        env.flush_all()
        tell({"done": picking})
        time.sleep(60)


def put_off(registry, picking, days):
    """Move a receipt by so many days."""

    def move(env):
        for found in env["stock.picking"].browse(picking).move_ids:
            found.date += timedelta(days=days)

    retried(registry, move)


def open_dated(registry, key):
    """``[open, incoming, day]`` of a promise, as it is kept."""
    with registry.cursor() as cr:
        env = environment(cr)
        [status] = env["inventory.reservation"].status([{"channel": "shop", "key": key}])
        days = [line["date"] for line in status["lines"] if line["date"]]
        return [
            sum(line["open"] for line in status["lines"]),
            sum(line["incoming"] for line in status["lines"]),
            max(days, default=False),
        ]


def verify_dated(registry):
    """What the checks of the locks find, after all was settled."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["inventory.dated"]._keep()
    with registry.cursor() as cr:
        names = ["ledger", "never oversold", "promises equal the ledger", "reserved equals its lines", "dated promises"]
        return [sentence for result in environment(cr)["inventory.verify"]._run(names) for sentence in result["sample"]]


def lose_reserved(registry, things, ordered, promised, left):
    """A count takes goods that are reserved for an order while a client holds a soft promise; who lost what.

    :param ordered: what the order has reserved; :param promised: the client's; :param left: what is counted
    """
    product = things["products"][0]

    def order(env):
        record = env["sale.order"].create(
            {
                "partner_id": things["partner"],
                "order_line": [(0, 0, {"product_id": product, "product_uom_qty": ordered})],
            }
        )
        record.action_confirm()
        record.picking_ids.action_assign()
        return record.id

    def promise(env):
        user = env["res.users"].search([("login", "=", API_LOGIN)])
        line = {"sku": things["skus"][0], "quantity": promised}
        return env["inventory.reservation"].with_user(user).reserve([{"key": "c", "channel": "shop", "lines": [line]}])

    def lose(env):
        count(env, [product], env["stock.warehouse"].browse(things["warehouse"]), lambda _product: left)

    number = retried(registry, order)
    if promised:
        retried(registry, promise)
    retried(registry, lose)
    with registry.cursor() as cr:
        env = environment(cr)
        lines = env["inventory.reservation.line"].search([("product_id", "=", product)])
        of_order = lines.filtered(lambda line: line.reservation_id.res_id == number)
        checks = dict(env["inventory.verify"]._checks())
        record = env["sale.order"].browse(number)
        return {
            "order": [of_order.open_quantity, of_order.fulfilled, of_order.short],
            "client": [[line.open_quantity, line.short] for line in lines - of_order],
            "told": any("have been lost" in str(body) for body in record.message_ids.mapped("body")),
            "oversold": checks["never oversold"]()["differences"],
            "ledger": checks["promises equal the ledger"]()["differences"],
        }
