"""Reading what another system asks to be corrected: every mistake is named for its request, and touches no other."""

import datetime
import math
from typing import NamedTuple

from odoo import api, fields, models

from ..channels.request_text import is_text, shown
from ..channels.reservation_request import RequestError, _is_id, _lines, _named
from .adjustment_terms import SEES_BOOK

#: Quantities beyond this are a mistake.
LARGEST = 10**9
#: Lines of one request.
MOST_LINES = 20_000
#: What a request and its lines may name. Anything else is a slip of the pen that would change what is asked for.
NAMES = ("key", "company", "reason", "note", "lines", "counted_at", "origin")
LINE_NAMES = (
    *("sku", "product_id", "location", "lot", "package", "owner"),
    *("counted", "difference", "uom", "reason", "note"),
)
LONGEST_TEXT = 500
MODELS = {"location": "stock.location", "lot": "stock.lot", "package": "stock.package", "owner": "res.partner"}


class Owner(NamedTuple):
    """Whose stock it is; what the reader of products asks for."""

    company_id: models.Model


class World(NamedTuple):
    """What the requests of a call name, read once for all of them."""

    products: dict  #: by code or id; several with one code
    units: dict  #: by name or id; several with one name
    locations: dict  #: by complete name, barcode or id; several with one name
    lots: dict  #: by name; several products have one name
    packages: dict  #: by name or id
    owners: dict  #: by name, reference or id
    reasons: dict  #: by code in capitals


class InventoryAdjustmentRequest(models.AbstractModel):
    """Turns requests of other systems into values of ``inventory.adjustment``."""

    _name = "inventory.adjustment.request"
    _inherit = "inventory.reservation.request"
    _description = "Request of an Adjustment"

    # --- head

    @api.model
    def _adjustment_head(self, request):
        """``(company, key, digest)`` of a request: all that has to be known to see whether it was carried out before.

        :raise RequestError: what is wrong with it
        """
        key = self._key(request.get("key"))
        self._check_names(request, NAMES)
        for line in _lines(request):
            self._check_names(line, LINE_NAMES)
        return self._company(request.get("company")), key, self._digest(request)

    @api.model
    def _company(self, named):
        """The company of a request, among those of the user."""
        if named is None:
            return self.env.company
        mine = self.env.user.company_ids
        found = mine.filtered(lambda company: named in (company.id, company.name) and not isinstance(named, bool))
        if len(found) != 1:
            raise RequestError(
                "unknown_company", self.env._("There is no company %(name)s for this user.", name=shown(named))
            )
        return found

    # --- world

    @api.model
    def _adjustment_world(self, requests):
        """:class:`World` of requests: as many queries for ten thousand lines as for one."""
        lines = [line for request in requests for line in _lines(request)]
        texts = {name: {line[name] for line in lines if is_text(line.get(name)) and line[name]} for name in LINE_NAMES}
        ids = {name: {line[name] for line in lines if _is_id(line.get(name))} for name in LINE_NAMES}
        products = self._products({_named(line) for line in lines} - {None})
        named = self.env["product.product"].sudo().union(*products.values())
        codes = {text.upper() for text in texts["reason"]}
        codes |= {request["reason"].strip().upper() for request in requests if is_text(request.get("reason"))}
        return World(
            products,
            self._units(texts["uom"] | ids["uom"]),
            self._by_names("stock.location", ("complete_name", "barcode"), texts["location"], ids["location"]),
            self._by_names("stock.lot", ("name",), texts["lot"], ids["lot"], [("product_id", "in", named.ids)]),
            self._by_names("stock.package", ("name",), texts["package"], ids["package"]),
            self._by_names("res.partner", ("name", "ref"), texts["owner"], ids["owner"]),
            self._by_names("inventory.reason", ("code",), codes, set()),
        )

    @api.model
    def _by_names(self, model, names, texts, ids, more=()):
        """``{text or id: records}`` of a model; read as the system, whose company each line is checked against."""
        records = self.env[model].sudo()
        if not texts and not ids:
            return {}
        domain = [("id", "in", list(ids))]
        for name in names:
            domain = ["|", (name, "in", list(texts)), *domain]
        found = {}
        for record in records.search([*more, *domain]):
            for key in {record.id, *(record[name] for name in names)} - {False}:
                found[key] = found.get(key, records) | record
        return found

    # --- one request

    @api.model
    def _adjustment_values(self, request, company, world):
        """What is asked for, as ``(values of the document, [values of its lines])``.

        A line has ``asked``: ``("counted" | "difference", quantity in the product's unit)``.

        :raise RequestError: what is wrong with it
        """
        lines = request.get("lines")
        if not isinstance(lines, list) or not lines:
            raise RequestError("bad_lines", self.env._("A request has at least one line."))
        if len(lines) > MOST_LINES:
            raise RequestError("too_many_lines", self.env._("A request has at most %(most)s lines.", most=MOST_LINES))
        values = {
            "company_id": company.id,
            "counted_at": self._moment(request.get("counted_at")),
            "origin": self._text(request, "origin"),
            **self._reason(request, company, world),
        }
        if not values.get("reason") and not values.get("reason_id"):
            raise RequestError("bad_reason", self.env._("Say why stock is corrected: a reason code or a text."))
        return values, [self._adjustment_line(line, place, company, world) for place, line in enumerate(lines, 1)]

    @api.model
    def _text(self, values, name):
        text = values.get(name)
        if text is None or text is False:
            return False
        if not is_text(text) or len(text) > LONGEST_TEXT:
            raise RequestError("bad_request", self.env._("%(name)s is a text.", name=name))
        return text.strip() or False

    @api.model
    def _reason(self, values, company, world):
        """A reason that is a code is that; any other text is the explanation. A ``note`` is always an explanation."""
        text, note = self._text(values, "reason"), self._text(values, "note")
        found = world.reasons.get((text or "").upper(), self.env["inventory.reason"]).filtered(
            lambda reason: not reason.company_id or reason.company_id == company
        )
        # That of the company goes before the one of all.
        reason = found.sorted(lambda one: not one.company_id)[:1]
        if refusal := reason._refusal("for_adjustment", company):
            raise RequestError("bad_reason", refusal)
        if reason:
            return {"reason_id": reason.id, "root_cause": reason.root_cause, "reason": note or False}
        return {"reason": ": ".join(filter(None, (text, note))) or False}

    @api.model
    def _moment(self, value):
        """A moment in UTC, as ISO text; with an offset it is brought to UTC."""
        if value is None or value is False:
            return False
        try:
            moment = datetime.datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise RequestError(
                "bad_date", self.env._("%(date)s is no moment; write it like 2026-12-05T14:30:00Z.", date=shown(value))
            ) from None
        if moment.tzinfo:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
        if moment > fields.Datetime.now() + datetime.timedelta(minutes=5):
            raise RequestError("bad_date", self.env._("Nobody has counted yet what is counted in the future."))
        return moment.replace(microsecond=0)

    @api.model
    def _adjustment_line(self, line, place, company, world):
        if not isinstance(line, dict):
            raise RequestError("bad_lines", self.env._("Line %(number)s is not a mapping.", number=place))
        product = self._product(line, Owner(company), world.products)
        location = self._one(line, "location", world.locations, company)
        if not location:
            raise RequestError(
                "unknown_location", self.env._("Line %(number)s does not say its location.", number=place)
            )
        unit = self._unit(line.get("uom"), product, world.units)
        return {
            "product_id": product.id,
            "location_id": location.id,
            "lot_id": self._one(line, "lot", self._lots_of(product, line, world.lots), company).id,
            "package_id": self._one(line, "package", world.packages, company).id,
            "owner_id": self._one(line, "owner", world.owners, company).id,
            "product_uom_id": product.uom_id.id,
            **self._reason(line, company, world),
            "asked": self._asked(line, product, unit),
        }

    @api.model
    def _lots_of(self, product, line, lots):
        """Lots of the product by the name that the line gives."""
        name = line.get("lot")
        if not (is_text(name) or _is_id(name)) or name not in lots:
            return {}
        return {name: lots[name].filtered(lambda lot: lot.product_id == product)}

    @api.model
    def _one(self, line, name, found, company):
        """The one record that a line names; an empty recordset where it names none.

        What belongs to another company is as unknown as what does not exist.
        """
        value = line.get(name)
        nothing = self.env[MODELS[name]]
        if value is None or value is False or value == "":
            return nothing
        records = found.get(value) if is_text(value) or _is_id(value) else None
        records = (records or nothing).filtered(lambda record: not record.company_id or record.company_id == company)
        if len(records) > 1:
            raise RequestError(
                f"ambiguous_{name}",
                self.env._("Several have the name %(name)s: give the id.", name=shown(value)),
            )
        if not records:
            raise RequestError(
                f"unknown_{name}",
                self.env._(
                    "There is no %(kind)s %(name)s in %(company)s.",
                    kind=name,
                    name=shown(value),
                    company=company.name,
                ),
            )
        return records

    @api.model
    def _asked(self, line, product, unit):
        """``("counted" | "difference", quantity in the product's unit)`` of a line."""
        given = [name for name in ("counted", "difference") if line.get(name) is not None]
        if len(given) != 1:
            raise RequestError(
                "bad_quantity",
                self.env._("Give what was counted of %(sku)s, or the difference.", sku=product.display_name),
            )
        [name] = given
        quantity = line[name]
        if (
            isinstance(quantity, bool)
            or not isinstance(quantity, int | float)
            or not math.isfinite(quantity)
            or abs(quantity) > LARGEST
        ):
            raise RequestError(
                "bad_quantity", self.env._("The quantity of %(sku)s is not a number.", sku=product.display_name)
            )
        if name == "counted" and quantity < 0:
            raise RequestError(
                "bad_quantity", self.env._("%s was counted: less than nothing cannot be.", shown(quantity))
            )
        if name == "difference" and not self.env.user.has_group(SEES_BOOK):
            raise RequestError(
                "not_allowed", self.env._("Who does not see the books says what was counted, not the difference.")
            )
        amount = unit._compute_quantity(quantity, product.uom_id, round=False)
        if abs(product.uom_id.round(amount) - amount) > 1e-6 * max(1.0, abs(amount)):
            raise RequestError(
                "bad_quantity",
                self.env._(
                    "%(quantity)s %(unit)s of %(sku)s cannot be counted in that unit.",
                    quantity=quantity,
                    unit=unit.name,
                    sku=product.display_name,
                ),
            )
        return name, product.uom_id.round(amount)
