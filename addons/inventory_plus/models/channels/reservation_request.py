"""Reading what a client asked for: every mistake is named for its request, and touches no other."""

import contextlib
import datetime
import hashlib
import json
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, models

from .channel import LONGEST_TTL
from .request_text import is_text, shown

#: Quantities beyond this are a mistake, not an order.
LARGEST = 10**9
#: Lines of one request.
MOST_LINES = 10_000
LONGEST_KEY = 200
#: Nobody knows what comes in later (days).
FURTHEST = 730
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MODES = ("all_or_nothing", "partial")
#: What a request and its lines may name. Anything else is a slip of the pen that would change what is asked for.
NAMES = ("channel", "key", "lines", "mode", "ttl", "firm", "reference")
LINE_NAMES = ("sku", "product_id", "quantity", "uom", "warehouse", "date")


class RequestError(Exception):
    """A request that cannot be carried out: code and message for the client."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


class Head(NamedTuple):
    """Whose request it is, and a digest of what it asks for."""

    channel: models.Model
    key: str
    digest: str


class World(NamedTuple):
    """What the requests of a call name, read once for all of them."""

    products: dict  #: by code or id; several with one code
    units: dict  #: by name or id; several with one name
    warehouses: dict  #: {channel id: {code or id: warehouse}}
    kits: dict  #: {company: inventory.kit} that knows what the products are made of


class InventoryReservationRequest(models.AbstractModel):
    """Turns requests of clients into what ``inventory.promise`` understands."""

    _name = "inventory.reservation.request"
    _description = "Request of a Sales Channel"

    # --- channel and key

    @api.model
    def _channels(self, codes):
        """Channels by code that the user may act for, as ``{code: record}``; two with one code give None.

        A channel of others is as unknown as one that does not exist.
        """
        codes = [code for code in codes if is_text(code) and code]
        domain = [("code", "in", list(set(codes)))]
        if not self.env.user.has_group("inventory_plus.group_manager"):
            domain += [("user_ids", "in", self.env.uid), ("company_id", "in", self.env.user.company_ids.ids)]
        else:
            domain.append(("company_id", "in", self.env.companies.ids))
        found = {}
        for channel in self.env["inventory.channel"].sudo().search(domain):
            found[channel.code] = None if channel.code in found else channel
        return found

    @api.model
    def _channels_of_keys(self, codes):
        """As :meth:`_channels`, and archived ones too: what they have promised can still be read and given back."""
        channels = self._channels(codes)
        gone = [code for code in codes if is_text(code) and code not in channels]
        return {**channels, **self.with_context(active_test=False)._channels(gone)} if gone else channels

    @api.model
    def _channel(self, channels, code):
        channel = channels.get(code) if isinstance(code, str) else None
        if channel:
            return channel
        if isinstance(code, str) and code in channels:
            raise RequestError(
                "ambiguous_channel", self.env._("Channel %(code)s exists in several companies.", code=shown(code))
            )
        raise RequestError(
            "unknown_channel", self.env._("There is no channel %(code)s for this user.", code=shown(code))
        )

    @api.model
    def _key(self, key):
        if not is_text(key) or not key.strip() or len(key) > LONGEST_KEY:
            raise RequestError("bad_key", self.env._("A key is a text of 1 to %(most)s characters.", most=LONGEST_KEY))
        return key

    # --- one request

    @api.model
    def _head(self, request, channels):
        """:class:`Head` of a request: all that has to be known to see whether it was carried out before."""
        channel = self._channel(channels, request.get("channel"))
        key = self._key(request.get("key"))
        self._check_names(request, NAMES)
        for line in _lines(request):
            self._check_names(line, LINE_NAMES)
        return Head(channel, key, self._digest(request))

    @api.model
    def _check_names(self, values, names):
        for name in values:
            if name not in names:
                raise RequestError(
                    "bad_request",
                    self.env._(
                        "%(name)s is no part of a request. Known are: %(names)s.",
                        name=shown(name),
                        names=", ".join(names),
                    ),
                )

    @api.model
    def _digest(self, request):
        """Of the content: the same key with another content is another request, and a mistake."""
        content = {name: _canonical(value) for name, value in request.items() if name not in ("key", "lines")}
        lines = request.get("lines")
        content["lines"] = [
            {name: _canonical(value) for name, value in line.items()} if isinstance(line, dict) else _canonical(line)
            for line in (lines if isinstance(lines, list) else [])
        ]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @api.model
    def _world(self, requests, channels):
        """:class:`World` of requests: as many queries for ten thousand lines as for one.

        :param channels: recordset
        """
        lines = [line for request in requests for line in _lines(request)]
        products = self._products({_named(line) for line in lines} - {None})
        every = self.env["product.product"].sudo().union(*products.values())
        return World(
            products,
            self._units({line["uom"] for line in lines if is_text(line.get("uom")) or _is_id(line.get("uom"))}),
            self._warehouses_of(channels),
            {company: self.env["inventory.kit"]._prepared(every, company) for company in channels.company_id},
        )

    @api.model
    def _read(self, request, head, world):
        """A request in the form of ``inventory_promise``.

        :param head: answer of :meth:`_head`
        :param world: answer of :meth:`_world`
        :raise RequestError: what is wrong with it
        """
        channel = head.channel
        mode = request.get("mode", "all_or_nothing")
        if mode not in MODES:
            raise RequestError("bad_mode", self.env._("The mode is one of %(modes)s.", modes=", ".join(MODES)))
        lines = request.get("lines")
        if not isinstance(lines, list) or not lines:
            raise RequestError("bad_lines", self.env._("A request has at least one line."))
        if len(lines) > MOST_LINES:
            raise RequestError("too_many_lines", self.env._("A request has at most %(most)s lines.", most=MOST_LINES))
        firm = request.get("firm", False)
        if not isinstance(firm, bool):
            raise RequestError("bad_request", self.env._("firm is true or false."))
        reference = request.get("reference")
        if reference is not None and (not is_text(reference)):
            raise RequestError("bad_request", self.env._("The reference is a text."))
        order = channel._warehouses()
        return {
            "channel": channel.id,
            "company": channel.company_id.id,
            "priority": channel.priority,
            "key": head.key,
            "hash": head.digest,
            "partial": mode == "partial",
            "split": channel.allow_split,
            "firm": firm,
            "ttl": self._ttl(request.get("ttl"), channel),
            "reference": (reference or "")[:200] or None,
            # Goods at hand are for the lines that cannot wait; the answer tells the lines as they were asked for.
            "lines": sorted(
                (
                    part
                    for number, line in enumerate(lines)
                    for part in self._read_line(line, number, channel, world, order)
                ),
                key=lambda part: str(part["date"] or ""),
            ),
        }

    @api.model
    def _ttl(self, ttl, channel):
        if ttl is None:
            return channel.ttl
        if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 1 <= ttl <= LONGEST_TTL:
            raise RequestError(
                "bad_ttl",
                self.env._("The time to live is between 1 second and %(days)s days.", days=LONGEST_TTL // 86400),
            )
        return int(ttl)

    @api.model
    def _read_line(self, line, number, channel, world, order):
        if not isinstance(line, dict):
            raise RequestError("bad_lines", self.env._("Line %(number)s is not a mapping.", number=number + 1))
        product = self._product(line, channel, world.products)
        quantity = self._quantity(line, product, world.units)
        chosen = order
        if line.get("warehouse") is not None:
            chosen = self._warehouse(line["warehouse"], channel, world.warehouses)
        if not chosen:
            raise RequestError("unknown_warehouse", self.env._("The channel has no warehouse."))
        date = self._date(line.get("date"), chosen)
        parts = world.kits[channel.company_id]._parts(product, quantity)
        if not parts:
            raise RequestError(
                "not_stockable", self.env._("%(product)s is not kept in stock.", product=product.display_name)
            )
        is_kit = [part for part, _amount in parts] != [product]
        return [
            {
                "no": number,
                "sku": product.default_code or None,
                "product": part.id,
                "quantity": round(amount, 6),
                "asked": line["quantity"],
                "asked_product": product.id,
                "warehouses": chosen.ids,
                # As they are called now: the answer is given again when they are called otherwise.
                "codes": chosen.mapped("code"),
                "date": date,
                **({"kit": number, "kits": quantity} if is_kit else {}),
            }
            for part, amount in parts
        ]

    # --- date

    @api.model
    def _date(self, text, warehouses):
        """The last day on which goods may come, as ISO text; None where they have to be there now.

        :param warehouses: from which they may be promised; whose day it is counts for each
        """
        if text is None:
            return None
        date = None
        if isinstance(text, str) and ISO_DATE.fullmatch(text):
            with contextlib.suppress(ValueError):
                date = datetime.date.fromisoformat(text)
        if date is None:
            raise RequestError(
                "bad_date", self.env._("%(date)s is no day; write it like 2026-12-05.", date=shown(text))
            )
        now = datetime.datetime.now(datetime.UTC)
        today = min(now.astimezone(ZoneInfo(place.inventory_tz or "UTC")).date() for place in warehouses)
        if date < today:
            raise RequestError("bad_date", self.env._("The day %(date)s has passed.", date=text))
        if date > today + datetime.timedelta(days=FURTHEST):
            raise RequestError(
                "bad_date",
                self.env._(
                    "Goods are promised for at most %(days)s days ahead; %(date)s is later.", days=FURTHEST, date=text
                ),
            )
        return text if date > today else None

    # --- product, quantity, warehouse

    @api.model
    def _products(self, names):
        """Products, archived too: ``{sku or id: products}``."""
        skus = [name for name in names if isinstance(name, str)]
        ids = [name for name in names if isinstance(name, int)]
        product = self.env["product.product"].sudo().with_context(active_test=False)
        by_sku = product.search([("default_code", "in", skus)]) if skus else product
        by_id = product.browse(ids).exists() if ids else product
        every = (by_sku | by_id)._prefetch_ids
        products = {}
        for found in by_sku.with_prefetch(every):
            code = found.default_code
            products[code] = (products.get(code, product) | found).with_prefetch(every)
        products.update({found.id: found for found in by_id.with_prefetch(every)})
        return products

    @api.model
    def _units(self, names):
        """Units of measure: ``{name or id: units}``."""
        texts = [name for name in names if isinstance(name, str)]
        ids = [name for name in names if isinstance(name, int)]
        unit = self.env["uom.uom"].sudo()
        units = {}
        for found in unit.search([("name", "in", texts)]) if texts else unit:
            units[found.name] = units.get(found.name, unit) | found
        units.update({found.id: found for found in (unit.browse(ids).exists() if ids else unit)})
        return units

    @api.model
    def _product(self, line, channel, products):
        name = _named(line)
        if name is None:
            raise RequestError("unknown_sku", self.env._("A line names its product by sku or product_id."))
        named = products.get(name, self.env["product.product"])
        found = named.filtered(lambda product: product.company_id in (channel.company_id, product.env["res.company"]))
        alive = found.filtered("active")
        if len(alive) > 1:
            raise RequestError("ambiguous_sku", self.env._("Several products have the code %(sku)s.", sku=shown(name)))
        if not alive:
            if found:
                raise RequestError("archived_product", self.env._("The product %(sku)s is archived.", sku=shown(name)))
            raise RequestError("unknown_sku", self.env._("There is no product %(sku)s.", sku=shown(name)))
        if line.get("product_id") not in (None, alive.id):
            raise RequestError(
                "ambiguous_sku",
                self.env._("%(sku)s is not the product with that product_id: name it once.", sku=shown(name)),
            )
        # What is read of one is read of all that the call names.
        return alive.with_prefetch(named._prefetch_ids)

    @api.model
    def _quantity(self, line, product, units):
        """Quantity in the product's unit."""
        quantity = line.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not 0 < quantity <= LARGEST:
            raise RequestError(
                "bad_quantity",
                self.env._("The quantity of %(sku)s is not a number above zero.", sku=product.display_name),
            )
        unit = self._unit(line.get("uom"), product, units)
        if unit.compare(unit.round(quantity), quantity) or abs(unit.round(quantity) - quantity) > 1e-6 * quantity:
            raise RequestError(
                "bad_quantity",
                self.env._(
                    "%(quantity)s %(unit)s of %(sku)s cannot be counted in that unit.",
                    quantity=quantity,
                    unit=unit.name,
                    sku=product.display_name,
                ),
            )
        # Up: what is answered is held, also where 14 g are asked of what is counted in hundredths of a kilogram.
        amount = unit._compute_quantity(quantity, product.uom_id, rounding_method="UP")
        if product.uom_id.compare(amount, 0) <= 0 or amount > LARGEST:
            raise RequestError(
                "bad_quantity",
                self.env._("The quantity of %(sku)s is not a number above zero.", sku=product.display_name),
            )
        return amount

    @api.model
    def _unit(self, uom, product, units):
        if uom is None or uom == product.uom_id.name:
            return product.uom_id
        named = units.get(uom) if isinstance(uom, str | int) and not isinstance(uom, bool) else None
        units = (named or self.env["uom.uom"]).filtered(lambda unit: unit._has_common_reference(product.uom_id))
        if len(units) != 1:
            raise RequestError(
                "bad_uom",
                self.env._("%(product)s is not counted in %(unit)s.", product=product.display_name, unit=shown(uom)),
            )
        return units

    @api.model
    def _warehouse(self, warehouse, channel, warehouses):
        found = None
        if _is_id(warehouse) or isinstance(warehouse, str):
            found = warehouses.get(channel.id, {}).get(warehouse)
        if not found:
            raise RequestError(
                "unknown_warehouse",
                self.env._(
                    "The channel %(channel)s has no warehouse %(name)s.", channel=channel.code, name=shown(warehouse)
                ),
            )
        return found

    @api.model
    def _warehouses_of(self, channels):
        """``{channel id: {code or id: warehouse}}``"""
        return {
            channel.id: {
                name: warehouse for warehouse in channel._warehouses() for name in (warehouse.id, warehouse.code)
            }
            for channel in channels
            if channel
        }


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _lines(request):
    """Those lines of a request that are any."""
    lines = request.get("lines")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _named(line):
    """How a line names its product: sku, else id; None where neither can be one."""
    sku, number = line.get("sku"), line.get("product_id")
    if sku is None or sku is False or sku == "":
        return number if _is_id(number) else None
    return sku if is_text(sku) else None


def _canonical(value):
    """A value of a request, written as any client would: 1.0 is 1. What has no place in one shows by its kind."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value is None or isinstance(value, bool | int | float | str) else f"({type(value).__name__})"
