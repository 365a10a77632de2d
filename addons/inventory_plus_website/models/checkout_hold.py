"""Goods are held while the customer pays: a soft promise that his order takes over when it is confirmed.

It is made like any other promise, under the item lock and at once, so it is there before the transaction ends. What
becomes of it does wait for that end: a request that is rolled back gives its promise back, and a cart that is changed
does so once the change is kept. Where a process is killed in between, the promise expires.
"""

import uuid
from datetime import timedelta
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.inventory_plus.exceptions import GuardError, NetError
from odoo.addons.inventory_plus.models.common.guard_state import DUST
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

#: Changes of a line after which other goods are held, and of an order after which they are held elsewhere.
LINE_FIELDS = {"product_id", "product_uom_qty", "product_uom_id", "order_id"}
ORDER_FIELDS = {"inventory_channel_id", "warehouse_id"}
#: Where a transaction notes ``{cart: promise}`` of what its carts have let go; forgotten when it ends.
LETTING_GO = "inventory_letting_go"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    inventory_checkout_hold = fields.Integer(
        "Held at Checkout", copy=False, groups=NO_ACCESS, help="The promise that holds the goods of the cart."
    )
    #: ``{product id: {warehouse id: quantity}}``, ids as texts
    inventory_checkout_held = fields.Json(
        "Goods Held at Checkout", compute="_compute_inventory_checkout_held", groups=NO_ACCESS
    )

    @api.depends("inventory_checkout_hold")
    def _compute_inventory_checkout_held(self):
        self.inventory_checkout_held = {}
        # What a cart has let go counts against others until the transaction ends, and so for the cart until then.
        going = self.env.cr.cache.get(LETTING_GO, {})
        holds = {}
        for order in self:
            if number := order.inventory_checkout_hold or going.get(order.id):
                holds[number] = order
        if not holds:
            return
        rows = self.env["inventory.lock"]._call(
            SQL(
                "SELECT r.id, line.product_id, line.warehouse_id, line.open_quantity::float"
                " FROM inventory_reservation r JOIN inventory_reservation_line line ON line.reservation_id = r.id"
                " WHERE r.id = ANY(%s) AND r.state = 'soft'"
                " AND r.expires_at > clock_timestamp() AT TIME ZONE 'UTC'",
                list(holds),
            )
        )
        held = {order: {} for order in holds.values()}
        for number, product, place, quantity in rows:
            places = held[holds[number]].setdefault(str(product), {})
            places[str(place)] = places.get(str(place), 0.0) + quantity
        for order, goods in held.items():
            order.inventory_checkout_held = goods

    def _check_cart_is_ready_to_be_paid(self):
        result = super()._check_cart_is_ready_to_be_paid()
        self._inventory_hold()
        return result

    def _inventory_hold(self):
        """Hold the goods of the cart while the customer pays, or longer where they are held already.

        :raise ValidationError: some of what may not be sold without goods is not there any more
        """
        self.ensure_one()
        channel = self._inventory_shop_channel().sudo()
        if not channel.checkout_minutes or self.state not in ("draft", "sent"):
            return
        order = self.sudo()
        seconds = channel.checkout_minutes * 60
        if order.inventory_checkout_hold:
            until = fields.Datetime.now() + timedelta(seconds=seconds)
            answers = self.env["inventory.promise"]._change([order.inventory_checkout_hold], "extend", until=until)
            if not answers.get(order.inventory_checkout_hold, {"code": "unknown"}).get("code"):
                return
            order._inventory_let_go()
        elif order.inventory_promise_key:
            # A system of others promised the goods of this order.
            return
        lines = order._inventory_stock_lines()
        if lines:
            order._inventory_hold_lines(channel, lines, seconds)

    def _inventory_hold_lines(self, channel, lines, seconds):
        places = channel.warehouse_line_ids.warehouse_id or self.warehouse_id
        wanted = [(line, product, quantity) for line, parts in lines.items() for product, quantity in parts]
        key = f"checkout-{uuid.uuid4().hex}"
        [answer] = self.env["inventory.promise"]._make(
            [
                {
                    "channel": channel.id,
                    "company": channel.company_id.id,
                    "priority": channel.priority,
                    "key": key,
                    "hash": key,
                    "partial": True,
                    "split": channel.allow_split,
                    "firm": False,
                    "ttl": seconds,
                    "reference": self.name,
                    "lines": [
                        {
                            "no": number,
                            "sku": product.default_code or None,
                            "product": product.id,
                            "quantity": round(quantity, 6),
                            "asked": round(quantity, 6),
                            "asked_product": product.id,
                            "warehouses": places.ids,
                            "codes": places.mapped("code"),
                        }
                        for number, (_line, product, quantity) in enumerate(wanted)
                    ],
                }
            ]
        )
        number = answer["id"]
        if answer["state"] != "soft":
            number = None
        else:
            self._inventory_release(number, "postrollback")
        missing = {number: quantity for number, (_line, _product, quantity) in enumerate(wanted)}
        for place, _warehouse, quantity in answer["grants"]:
            missing[place] -= quantity
        lost = self.env["sale.order.line"]
        for place, (line, _product, _quantity) in enumerate(wanted):
            if missing[place] > DUST and line.product_id.is_storable and not line.product_id.allow_out_of_stock_order:
                lost |= line
        if lost:
            if number:
                self._inventory_release(number)
            raise ValidationError(
                self.env._(
                    "Some of your goods went to another customer just now: %(products)s. Please go back to your cart.",
                    products=", ".join(lost.product_id.mapped("name")),
                )
            )
        if number:
            self.write({"inventory_promise_key": key, "inventory_checkout_hold": number})

    # --- the end of it

    def _inventory_let_go(self):
        """Forget what is held for these carts; it is free when the running transaction is kept."""
        for order in self.sudo():
            if order.inventory_checkout_hold:
                self._inventory_release(order.inventory_checkout_hold, "postcommit")
                self.env.cr.cache.setdefault(LETTING_GO, {})[order.id] = order.inventory_checkout_hold
                order.write({"inventory_promise_key": False, "inventory_checkout_hold": False})

    @api.model
    def _inventory_release(self, number, when=None):
        """Give a promise back: now, or at the end of the transaction (``postcommit``, ``postrollback``)."""
        if when is None or (when == "postcommit" and self.env["inventory.lock"]._shares_connection()):
            self.env["inventory.promise"]._change([number], "release", code="client")
        else:
            getattr(self.env.cr, when).add(partial(_release, self.env.registry, number))

    def _inventory_take_over(self, channel):
        if not self.sudo().inventory_checkout_hold:
            return super()._inventory_take_over(channel)
        try:
            return super()._inventory_take_over(channel)
        except NetError:
            raise
        except GuardError:
            # It expired while the customer paid: the lock decides what he gets.
            self.sudo().write({"inventory_promise_key": False, "inventory_checkout_hold": False})
            return super()._inventory_take_over(channel)

    def write(self, vals):
        changed = self.filtered(
            lambda order: (
                order.sudo().inventory_checkout_hold
                and order.state in ("draft", "sent")
                and (vals.get("state") == "cancel" or order._inventory_differs(vals))
            )
        )
        changed._inventory_let_go()
        return super().write(vals)

    def _inventory_differs(self, vals):
        order = self.sudo()
        return any(order[name].id != vals[name] for name in ORDER_FIELDS & vals.keys())

    def unlink(self):
        self._inventory_let_go()
        return super().unlink()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._inventory_cart_changed()
        return lines

    def write(self, vals):
        before = self.filtered(
            lambda line: any(
                (line[name].id if name != "product_uom_qty" else line[name]) != vals[name]
                for name in LINE_FIELDS & vals.keys()
            )
        )
        # A line that goes to another cart changes both.
        if "order_id" in vals:
            before._inventory_cart_changed()
        result = super().write(vals)
        before._inventory_cart_changed()
        return result

    def unlink(self):
        self._inventory_cart_changed()
        return super().unlink()

    def _inventory_cart_changed(self):
        """What is held for the carts of these lines is no longer what they ask for."""
        goods = self.filtered(lambda line: line.product_id.type != "service" and line.state in ("draft", "sent"))
        goods.order_id._inventory_let_go()


def _release(registry, number):
    """Give a promise back after a transaction, on a connection of its own."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["inventory.promise"]._change([number], "release", code="client")
