"""Calls of the functions by which promises are made and changed."""

import json

from odoo import api, models
from odoo.tools import SQL

from ..common.lock import Granted
from . import ground_sql, promise_sql, rooms_sql

#: Soft promises that are closed in one transaction, so that no item stays locked for long.
BATCH = 200


class InventoryPromise(models.AbstractModel):
    """Makes and changes promises under the item lock, on its own connection (see ``inventory.lock``)."""

    _name = "inventory.promise"
    _description = "Promises"

    def init(self):
        """Make the functions, again at each update: a room that extends the scope changes them."""
        super().init()
        cr = self.env.cr
        usable = self.env["inventory.scope"]._item_quantities_sql(product_ids=SQL("p_product"))
        cr.execute(SQL(rooms_sql.USABLE, usable))
        cr.execute(promise_sql.OUTDATED)
        cr.execute(rooms_sql.ROOMS)
        cr.execute(promise_sql.ALLOCATE)
        cr.execute(promise_sql.PROMISE)
        cr.execute(ground_sql.OUTDATED)
        short_dated = self.env["inventory.scope"]._short_dated_sql(SQL("p_product"), SQL(ground_sql.TERMS))
        cr.execute(SQL(ground_sql.SHORT_DATED, short_dated))
        cr.execute(ground_sql.GROUND)

    @api.model
    def _drop(self):
        """Take the functions away; called at uninstall."""
        self.env.cr.execute(ground_sql.DROP)
        self.env.cr.execute(promise_sql.DROP)

    @api.model
    def _rooms(self, channel, items, whole=False):
        """What a channel may have of items, as committed now.

        :param channel: record of ``inventory.channel``
        :param items: list of ``(product id, warehouse id)``, each once
        :param whole: read usable stock too, for an explanation
        :return: ``{(product id, warehouse id): dict}`` with the columns of ``inventory_rooms``, and ``available``:
            what is shown, never below zero
        """
        if not items:
            return {}
        rows = self.env["inventory.lock"]._call(
            SQL(
                "SELECT product_id, warehouse_id, usable, base, promised, free, dated, fenced, keep_back, keep,"
                " oversell, end_when, maximum, room, rule_id"
                " FROM inventory_rooms(%s, %s::integer[], %s::integer[], %s, TRUE)",
                channel.id,
                [product for product, _warehouse in items],
                [warehouse for _product, warehouse in items],
                whole,
            )
        )
        names = (
            *("usable", "base", "promised", "free", "dated", "fenced", "keep_back", "keep", "oversell"),
            *("end_when", "maximum", "room", "rule_id"),
        )
        rooms = {}
        for product, warehouse, *values in rows:
            row = {
                name: value if value is None or name in ("keep_back", "rule_id") else float(value)
                for name, value in zip(names, values, strict=True)
            }
            shown = row["room"] if row["maximum"] is None else min(row["room"], row["maximum"])
            row["available"] = max(0.0, shown)
            rooms[product, warehouse] = row
        return rooms

    @api.model
    def _grant(self, key, channel_id, wanted, own, oversell=False):
        """Ask for grants within a channel's rules, as far as they allow.

        :param key: the account that takes them
        :param channel_id: None for work of the house: within what is ring-fenced for channels
        :param wanted: ``{(product id, warehouse id): quantity}``
        :param own: ``{item: quantity}`` as in :class:`~odoo.addons.inventory_plus.models.common.lock.Wanted`
        :param oversell: up to the channel's limit of overselling; for promises, not for goods to be reserved
        :return: ``{item: Granted}``
        """
        items = sorted(wanted)
        lines = [(item, item[0], wanted[item], [item[1]]) for item in items]
        granted = dict.fromkeys(items, 0.0)
        for item, _place, quantity, _oversold in self._allocate(key, channel_id, lines, own, False, oversell):
            granted[item] += quantity
        return {item: Granted(quantity, 0.0, wanted[item] - quantity) for item, quantity in granted.items()}

    @api.model
    def _grant_anywhere(self, key, channel, lines, warehouse_ids, own, split, kits=None):
        """Ask for what is to be promised in any of some warehouses, up to the channel's limit of overselling.

        :param lines: list of ``(line, product id, quantity)``
        :param kits: as in :meth:`_allocate`
        :return: list of ``(line, warehouse id, quantity, oversold)`` of what was granted; ``oversold`` is what of all
            that was granted of the item is not there
        """
        lines = [(line, product, quantity, warehouse_ids) for line, product, quantity in lines]
        return self._allocate(key, channel.id, lines, own, split, True, kits)

    @api.model
    def _allocate(self, key, channel_id, lines, own, split, oversell, kits=None):
        """Call ``inventory_allocate`` for native work.

        :param lines: list of ``(line, product id, quantity, warehouse ids in order of preference)``
        :param kits: ``{line: (kit, how many)}`` of lines that are components of kits, which stand next to each other
        :return: list of ``(line, warehouse id, quantity, oversold)``
        """
        lock = self.env["inventory.lock"]
        kits = [(kits or {}).get(line, (None, None)) for line, _product, _quantity, _places in lines]
        candidates = [
            (number, product, place)
            for number, (_line, product, _quantity, places) in enumerate(lines, 1)
            for place in places
        ]
        rows = lock._call_at_work(
            SQL(
                "SELECT line, warehouse_id, granted, oversold FROM inventory_allocate(%s, 'native', %s, %s::integer[],"
                " %s::numeric[], %s::integer[], %s::integer[], %s::numeric[], %s, TRUE, FALSE, %s, %s,"
                " %s::integer[], %s::numeric[])",
                key,
                channel_id or None,
                [product for _line, product, _quantity, _places in lines],
                [round(quantity, 6) for _line, _product, quantity, _places in lines],
                [number for number, _product, _place in candidates],
                [place for _number, _product, place in candidates],
                [round(own.get((product, place), 0.0), 6) for _number, product, place in candidates],
                split,
                not lock._is_disabled("item_lock"),
                oversell,
                [kit for kit, _count in kits],
                [count and round(count, 6) for _kit, count in kits],
            )
        )
        return [
            (lines[number - 1][0], place, float(quantity), float(oversold))
            for number, place, quantity, oversold in rows
            if place
        ]

    @api.model
    def _draw(self, key, wanted, left, own):
        """How much documents may draw of promises that were made with leave to oversell; see ``inventory_draw``.

        :param wanted: ``{(document, item): quantity}``; :param left: the same, of what is left of the promise then
        :param own: ``{item: quantity}`` as in :meth:`_grant`
        :return: ``{(document, item): quantity}``
        """
        pairs = sorted(wanted)
        rows = self.env["inventory.lock"]._call_at_work(
            SQL(
                "SELECT line, drawn FROM inventory_draw(%s, %s::text[], %s::integer[], %s::integer[], %s::numeric[],"
                " %s::numeric[], %s::numeric[], %s)",
                key,
                [f"{model},{number}" for (model, number), _item in pairs],
                [product for _document, (product, _place) in pairs],
                [place for _document, (_product, place) in pairs],
                [round(wanted[pair], 6) for pair in pairs],
                [round(left[pair], 6) for pair in pairs],
                [round(own[item], 6) for _document, item in pairs],
                not self.env["inventory.lock"]._is_disabled("item_lock"),
            )
        )
        return {pairs[number - 1]: float(quantity) for number, quantity in rows}

    @api.model
    def _make(self, requests):
        """Carry out requests; see ``inventory_promise`` for their form and that of the answers."""
        if not requests:
            return []
        ((answers,),) = self.env["inventory.lock"]._call(
            SQL(
                "SELECT inventory_promise(%s::jsonb, %s, %s)",
                json.dumps(requests),
                self.env.uid,
                not self.env["inventory.lock"]._is_disabled("item_lock"),
            )
        )
        return answers

    @api.model
    def _change(self, ids, action, reason=None, until=None, code=None):
        """Confirm, release or extend promises.

        :param action: ``confirm``, ``release`` or ``extend`` (then ``until`` is the new end, naive UTC)
        :return: ``{id: {"before", "state", "expires_at", "code"?, "message"?}}``; with a code where it could not be
        """
        rows = self.env["inventory.lock"]._call(
            SQL(
                "SELECT id, before, state, expires_at FROM inventory_transition(%s::integer[], %s, %s, %s, %s, %s)"
                " ORDER BY id",
                list(ids),
                action,
                until,
                self.env.uid,
                code,
                reason or None,
            )
        )
        wanted = {"confirm": ("firm", "fulfilled"), "release": ("released",), "extend": ("soft",)}[action]
        answers = {}
        for number, before, state, expires_at in rows:
            answer = {"before": before, "state": state, "expires_at": expires_at}
            if state not in wanted and not (action == "release" and before in ("released", "fulfilled", "firm")):
                answer["code"] = "expired" if state == "expired" else "not_possible"
                answer["message"] = (
                    self.env._("The promise has expired.")
                    if state == "expired"
                    else self.env._("The promise is %(state)s; this is not possible.", state=self._state_name(state))
                )
            if before == "taken":
                answer["code"] = "taken_over"
                answer["message"] = self.env._("An order has taken the promise over; cancel the order.")
            answers[number] = answer
        return answers

    @api.model
    def _state_name(self, state):
        field = self.env["inventory.reservation"]._fields["state"]
        return dict(field._description_selection(self.env))[state]

    @api.model
    def _expire(self):
        """Close all soft promises whose time is over, a batch a transaction."""
        while True:
            ((closed,),) = self.env["inventory.lock"]._call(SQL("SELECT inventory_expire(%s)", BATCH))
            if closed < BATCH:
                break
