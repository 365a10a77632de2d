"""The public methods: what outside systems call over XML-RPC and JSON-2."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import split_every

from .channel import LONGEST_TTL
from .request_text import echoed, kept
from .reservation_request import RequestError

#: Requests and keys in one call.
MOST_REQUESTS = 10_000
#: Lines that are decided in one transaction, so that no item stays locked for long.
PART = 500


class InventoryReservation(models.Model):
    _inherit = "inventory.reservation"

    @api.model
    def reserve(self, requests):
        """Promise goods to channels. Each request is carried out once, by itself, whole or as its mode says.

        A line with a ``date`` to come may also be promised goods on their way: what is at hand goes first, the rest
        stands on confirmed receipts, production and transfers that are due by then, on the first day that holds it.

        :param list requests: of ``{"key", "channel", "lines": [{"sku" | "product_id", "quantity", "uom"?,
            "warehouse"?, "date"?: "2026-12-05"}], "mode"?: "all_or_nothing" | "partial", "ttl"?: seconds, "firm"?:
            bool, "reference"?}``
        :return: list in the same order of ``{"key", "state": "soft" | "firm" | "rejected", "reservation_id",
            "expires_at", "lines": [{"sku", "warehouse", "requested", "reserved", "incoming"?, "date"?,
            "allocations"}], "reason"?: {"code", "message"}}``. Quantities are in the unit that was asked in. Lines
            that asked for a day to come tell ``incoming``, the part of ``reserved`` that is on its way, and ``date``,
            the day on which all of it is due (in the warehouse's time zone; False where all is at hand). The same key
            again gives the first answer; with another content it gives the reason ``key_conflict``. A request with a
            mistake in it is rejected without using up its key.
        :raise UserError: ``requests`` is not a list of at most 10,000 mappings
        """
        self._check_list(requests)
        reader = self.env["inventory.reservation.request"].with_context(active_test=True)
        answers = [None] * len(requests)
        channels = reader._channels([request.get("channel") for request in requests])
        heads = {}
        for place, request in enumerate(requests):
            try:
                heads[place] = reader._head(request, channels)
            except RequestError as error:
                answers[place] = self._refused(request, error.code, error.message)
        # Law 3: who has his answer gets it, before anybody looks at what the world is like now.
        known = self._known({(head.channel.id, head.key) for head in heads.values()})
        for place, head in heads.items():
            if (head.channel.id, head.key) in known:
                digest, first = known[head.channel.id, head.key]
                answers[place] = self._answer(requests[place], first if digest == head.digest else {"conflict": True})
        fresh = {place: head for place, head in heads.items() if answers[place] is None}
        sellers = self.env["inventory.channel"].sudo().union(*(head.channel for head in fresh.values()))
        world = reader._world([requests[place] for place in fresh], sellers)
        wanted = []
        for place, head in fresh.items():
            try:
                wanted.append((place, reader._read(requests[place], head, world)))
            except RequestError as error:
                answers[place] = self._refused(requests[place], error.code, error.message)
        for part in _parts(wanted):
            made = self.env["inventory.promise"]._make([request for _place, request in part])
            for (place, _request), raw in zip(part, made, strict=True):
                answers[place] = self._answer(requests[place], raw)
        return answers

    @api.model
    def confirm(self, keys):
        """Make soft promises firm. Confirming a firm one again changes nothing.

        :param list keys: of ``{"channel", "key"}``
        :return: list in the same order of :meth:`status`, with a ``reason`` where it could not be. The reason ``short``
            says that goods were lost meanwhile: its lines tell which; where nothing is left, the ``state`` is ``short``
            too. Such a promise waits for goods, as every firm one does
        """
        return self._change_by_keys(keys, "confirm")

    @api.model
    def release(self, keys, reason=None):
        """Give promised goods free. Releasing again changes nothing.

        :param list keys: of ``{"channel", "key"}``
        :param str reason: kept with the promise
        """
        return self._change_by_keys(keys, "release", reason=kept(reason, 200))

    @api.model
    def extend(self, keys, ttl):
        """Let soft promises last ``ttl`` seconds from now.

        :param list keys: of ``{"channel", "key"}``
        :raise UserError: the time is not between 1 second and 90 days
        """
        if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 1 <= ttl <= LONGEST_TTL:
            raise UserError(
                self.env._("The time to live is between 1 second and %(days)s days.", days=LONGEST_TTL // 86400)
            )
        return self._change_by_keys(keys, "extend", until=fields.Datetime.now() + timedelta(seconds=int(ttl)))

    @api.model
    def status(self, keys):
        """What became of promises.

        :param list keys: of ``{"channel", "key"}``
        :return: list in the same order of ``{"channel", "key", "state", "reservation_id", "expires_at", "reference",
            "lines": [{"sku", "product_id", "warehouse", "reserved", "open", "incoming", "date", "fulfilled",
            "released", "short"}], "reason"?}``; quantities in the product's unit. ``incoming`` is on its way, due on
            ``date`` as things stand now; ``open`` is at hand
        """
        return self._status(self._found(keys))

    # --- answers

    @api.model
    def _check_list(self, values):
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise UserError(self.env._("Give a list of mappings."))
        if len(values) > MOST_REQUESTS:
            raise UserError(self.env._("At most %(most)s at a time.", most=MOST_REQUESTS))

    @api.model
    def _known(self, pairs):
        """Answers that were given before: ``{(channel id, key): (digest of the request, answer)}``.

        Read in the caller's own snapshot, as are products and channels: a key that it does not see yet is found by
        ``inventory_promise``.
        """
        if not pairs:
            return {}
        self.env.cr.execute(
            SQL(
                "SELECT r.channel_id, r.key, r.request_hash, r.answer"
                " FROM unnest(%s::integer[], %s::text[]) asked(c, k)"
                " JOIN inventory_reservation r ON r.channel_id = asked.c AND r.key = asked.k",
                [channel for channel, _key in pairs],
                [key for _channel, key in pairs],
            )
        )
        return {(channel, key): (digest, answer) for channel, key, digest, answer in self.env.cr.fetchall()}

    @api.model
    def _refused(self, request, code, message):
        return {
            "key": echoed(request.get("key")),
            "state": "rejected",
            "reservation_id": False,
            "expires_at": False,
            "lines": [],
            "reason": {"code": code, "message": message},
        }

    @api.model
    def _answer(self, request, raw):
        """The answer for a client, made of what was decided once."""
        if raw.get("conflict"):
            return self._refused(
                request,
                "key_conflict",
                self.env._("The key %(key)s was used for another request.", key=request["key"]),
            )
        grants = defaultdict(list)
        for place, warehouse, amount in raw["grants"]:
            line = raw["lines"][place]
            grants[place].append((line["codes"][line["warehouses"].index(warehouse)], amount, False))
        for place, warehouse, amount, due in raw.get("dated", ()):
            line = raw["lines"][place]
            grants[place].append((line["codes"][line["warehouses"].index(warehouse)], amount, due))
        parts = defaultdict(list)
        for place, line in enumerate(raw["lines"]):
            parts[line["no"]].append((line, grants[place]))
        lines = [self._answer_line(parts[number]) for number in sorted(parts)]
        answer = {
            "key": request["key"],
            "state": raw["state"],
            "reservation_id": raw["id"],
            "expires_at": _iso(raw["expires_at"]),
            "lines": lines,
        }
        if raw["short"]:
            line = raw["lines"][raw["short"][0][0]]
            # Of a kit the scarcest component.
            room = min(
                room * line["asked"] / raw["lines"][place]["quantity"]
                for place, room in raw["short"]
                if raw["lines"][place]["no"] == line["no"]
            )
            answer["reason"] = {
                "code": "insufficient_stock",
                "message": self.env._(
                    "%(available)s of %(sku)s are available, %(requested)s were asked for.",
                    available=round(room, 6),
                    requested=line["asked"],
                    sku=line["sku"] or line["product"],
                ),
            }
        return answer

    @api.model
    def _answer_line(self, parts):
        """The answer for a line of the request.

        :param parts: list of ``(part, [(warehouse code, quantity, day or False)])``: the product, or the components of
            a kit, of which as many are reserved as the scarcest component makes
        """
        head = parts[0][0]
        share = min(sum(amount for _name, amount, _due in taken) / part["quantity"] for part, taken in parts)
        at_hand = min(
            sum(amount for _name, amount, due in taken if not due) / part["quantity"] for part, taken in parts
        )
        places = {name for _part, taken in parts for name, _amount, _due in taken}
        answer = {
            "sku": head["sku"] or False,
            "product_id": head["asked_product"],
            "warehouse": places.pop() if len(places) == 1 else False,
            "requested": float(head["asked"]),
            "reserved": round(head["asked"] * share, 6),
        }
        if head.get("date"):
            answer["incoming"] = round(head["asked"] * (share - min(share, at_hand)), 6)
            answer["date"] = max((due for _part, taken in parts for _name, _amount, due in taken if due), default=False)
        if len(parts) == 1:
            factor = head["quantity"] / head["asked"]
            answer["allocations"] = [
                {"warehouse": name, "reserved": amount / factor, **({"date": due} if due else {})}
                for name, amount, due in parts[0][1]
            ]
        else:
            answer["allocations"] = [
                {"warehouse": name, "product_id": part["product"], "reserved": amount, **({"date": due} if due else {})}
                for part, taken in parts
                for name, amount, due in taken
            ]
        return answer

    # --- keys

    @api.model
    def _found(self, keys):
        """``[(asked, reservation id or None, RequestError or None)]`` for keys of clients, read as committed now."""
        self._check_list(keys)
        reader = self.env["inventory.reservation.request"]
        channels = reader._channels_of_keys([asked.get("channel") for asked in keys])
        read = []
        for asked in keys:
            try:
                read.append(
                    (asked, (reader._channel(channels, asked.get("channel")).id, reader._key(asked.get("key"))), None)
                )
            except RequestError as error:
                read.append((asked, None, error))
        pairs = sorted({pair for _asked, pair, _error in read if pair})
        ids = {}
        if pairs:
            rows = self.env["inventory.lock"]._call(
                SQL(
                    "SELECT r.channel_id, r.key, r.id FROM unnest(%s::integer[], %s::text[]) asked(c, k)"
                    " JOIN inventory_reservation r ON r.channel_id = asked.c AND r.key = asked.k",
                    [channel for channel, _key in pairs],
                    [key for _channel, key in pairs],
                )
            )
            ids = {(channel, key): number for channel, key, number in rows}
        found = []
        for asked, pair, error in read:
            if not error and pair not in ids:
                error = RequestError(
                    "unknown_key", self.env._("There is no promise with the key %(key)s.", key=asked["key"])
                )
            found.append((asked, ids.get(pair), error))
        return found

    @api.model
    def _change_by_keys(self, keys, action, reason=None, until=None):
        found = self._found(keys)
        changed = {}
        for part in split_every(PART, sorted({number for _asked, number, _error in found if number})):
            changed.update(self.env["inventory.promise"]._change(part, action, reason, until, code="client"))
        answers = self._status(found)
        for (_asked, number, _error), answer in zip(found, answers, strict=True):
            refused = changed.get(number, {})
            if refused.get("code"):
                answer["reason"] = {"code": refused["code"], "message": refused["message"]}
            elif action == "confirm" and any(line["short"] for line in answer.get("lines", ())):
                message = self.env._("Goods that were promised have been lost; see what is short in the lines.")
                answer["reason"] = {"code": "short", "message": message}
                if not any(line["open"] or line["incoming"] or line["fulfilled"] for line in answer["lines"]):
                    # Nothing of it is there: who read no further than the state would send it.
                    answer["state"] = "short"
        return answers

    @api.model
    def _status(self, found):
        ids = sorted({number for _asked, number, _error in found if number})
        call = self.env["inventory.lock"]._call
        heads, lines = {}, {}
        if ids:
            for number, *head in call(
                SQL(
                    "SELECT id, state, expires_at, reference,"
                    " state = 'soft' AND expires_at <= clock_timestamp() AT TIME ZONE 'UTC'"
                    " FROM inventory_reservation WHERE id = ANY(%s)",
                    ids,
                )
            ):
                heads[number] = head
            for number, *line in call(
                SQL(
                    "SELECT line.reservation_id, product.default_code, line.product_id, warehouse.code, line.reserved,"
                    " line.open_quantity, COALESCE(line.incoming_quantity, 0), line.due_date::text, line.fulfilled,"
                    " line.released, line.short"
                    " FROM inventory_reservation_line line"
                    " JOIN product_product product ON product.id = line.product_id"
                    " JOIN stock_warehouse warehouse ON warehouse.id = line.warehouse_id"
                    " WHERE line.reservation_id = ANY(%s) ORDER BY line.line_no, line.id",
                    ids,
                )
            ):
                lines.setdefault(number, []).append(line)
        return [self._status_of(*entry, heads, lines) for entry in found]

    @api.model
    def _status_of(self, asked, number, error, heads, lines):
        if error or number not in heads:
            refused = self._refused(
                asked,
                error.code if error else "unknown_key",
                error.message if error else self.env._("There is no promise with the key %(key)s.", key=asked["key"]),
            )
            return {**refused, "state": False, "channel": echoed(asked.get("channel"))}
        state, expires_at, reference, is_over = heads[number]
        names = (
            *("sku", "product_id", "warehouse", "reserved", "open", "incoming", "date"),
            *("fulfilled", "released", "short"),
        )
        texts = {"sku", "product_id", "warehouse", "date"}
        return {
            "channel": asked["channel"],
            "key": asked["key"],
            "state": "expired" if is_over else state,
            "reservation_id": number,
            "expires_at": _iso(expires_at),
            "reference": reference or False,
            "lines": [
                {
                    name: value or False if name in texts else float(value)
                    for name, value in zip(names, line, strict=True)
                }
                for line in lines.get(number, [])
            ],
        }


def _parts(wanted):
    """Cut requests into parts of about :data:`PART` lines; a request is never cut."""
    part, count = [], 0
    for entry in wanted:
        lines = len(entry[1]["lines"])
        if part and count + lines > PART:
            yield part
            part, count = [], 0
        part.append(entry)
        count += lines
    if part:
        yield part


def _iso(value):
    """UTC as ISO 8601, from a datetime or what JSON made of one; False for none."""
    if not value:
        return False
    if isinstance(value, str):
        value = fields.Datetime.to_datetime(value.replace("T", " ")[:19])
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
