"""What the processes of the tests of holds do on committed data."""

import random

from tests.law1.work import environment, make_delivery, race, retried


def native_hold(registry, things, done):
    """Somebody holds a few units, more than are free or not, and lets go of them again, or scraps one and finds it."""
    product = random.choice(things["products"])

    def hold(env):
        return env["inventory.hold"].hold(
            [{"product_id": product, "location_id": things["stock"], "quantity": random.randint(1, 6)}]
        )[0]["id"]

    number = retried(registry, hold)
    done["holds"] = done.get("holds", 0) + 1
    retried(registry, lambda env: env["inventory.hold"].browse(number)._free_all())


def prepare_hold(registry, stock):
    """A product with so much in stock; returns what the workers need."""
    with registry.cursor() as cr:
        env = environment(cr)
        env["stock.picking.type"].search([]).reservation_method = "manual"
        warehouse = env["stock.warehouse"].search([], limit=1)
        product = env["product.product"].create({"name": "Held", "is_storable": True, "default_code": "HELD"})
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, stock)
        warehouse._inventory_quarantine()
        channel = env["inventory.channel"].create(
            {
                "name": "Shop",
                "code": "shop",
                "keep_back": "nothing",
                "warehouse_line_ids": [(0, 0, {"warehouse_id": warehouse.id})],
            }
        )
        return {"product": product.id, "stock": warehouse.lot_stock_id.id, "channel": channel.id}


def race_holds(registry, things, kinds):
    """Everybody at the same moment; returns what each got."""
    return race(registry, want, [[kind, things, quantity] for kind, quantity in kinds])


def want(registry, index, kind, things, quantity):
    """Hold, assign a delivery, or reserve for a client."""
    if kind == "hold":

        def hold(env):
            request = {"product_id": things["product"], "location_id": things["stock"], "quantity": quantity}
            return env["inventory.hold"].hold([request])[0]["held"]

        try:
            return retried(registry, hold)
        except Exception as error:
            if "can not be held" not in str(error):
                raise
            return 0
    if kind == "pick":
        return retried(
            registry,
            lambda env: sum(
                make_delivery(env, [(things["product"], quantity)], assign=True).move_ids.mapped("quantity")
            ),
        )
    request = {
        "key": f"c{index}",
        "channel": "shop",
        "mode": "partial",
        "lines": [{"sku": "HELD", "quantity": quantity}],
    }
    (answer,) = retried(registry, lambda env: env["inventory.reservation"].reserve([request]))
    return sum(line["reserved"] for line in answer["lines"])


def state_of(registry, things):
    """What is there, who has it, and what is wrong, all read anew."""
    with registry.cursor() as cr:
        env = environment(cr)
        quants = env["stock.quant"].search(
            [("product_id", "=", things["product"]), ("location_id", "=", things["stock"])]
        )
        held = env["inventory.hold.guard"]._held([things["product"]])
        lines = env["stock.move.line"].search(
            [
                ("product_id", "=", things["product"]),
                ("move_id.inventory_hold_id", "=", False),
                ("state", "not in", ("done", "cancel")),
            ]
        )
        promises = env["inventory.reservation.line"].search([("product_id", "=", things["product"])])
        verify = env["inventory.verify"]
        return {
            "on_hand": sum(quants.mapped("quantity")),
            "reserved": sum(quants.mapped("reserved_quantity")),
            "held": sum(held.values()),
            "picked": sum(lines.mapped("quantity_product_uom")),
            "promised": sum(promises.mapped("open_quantity")),
            "oversold": verify._check_oversold()["differences"],
            "wrong": verify._check_holds()["differences"],
        }
