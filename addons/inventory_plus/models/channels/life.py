"""Minimum shelf life: which goods a document may have, and that nobody takes what those need who ask for fresh ones.

A channel that asks for N days may only have goods of lots that last so long; other channels may have all. So next to
the item there is, for each shelf life that a channel asks for, a smaller stock within it: the goods that last so long,
and what channels that ask for that much or more have promised of them (``inventory_stands``).

Work that reserves goods looks at it twice. While it chooses, it leaves alone what others need, as committed then.
Before it commits, if it made one of these stocks smaller than its own promises had become, the item is locked until it
has ended, and judged once more (``inventory.shortage``): whoever was too late begins again and sees better. So nothing
has to be held for it in the ledger, and where no channel asks for a shelf life nothing is looked at.
"""

from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ...exceptions import GuardError
from ..common.grant import TRUTH
from ..common.guard_state import DUST


class InventoryLife(models.AbstractModel):
    """What the shelf lives that channels ask for leave to a transaction."""

    _name = "inventory.life"
    _description = "Shelf Life That Channels Ask for"

    # --- what the transaction knows

    @api.model
    def _terms(self, state):
        """The shelf lives that channels ask for, in days; none in most databases."""
        if state.terms is None:
            self.env["inventory.channel"].flush_model(["shelf_life"])
            rows = self.env.execute_query(
                SQL("SELECT DISTINCT shelf_life FROM inventory_channel WHERE shelf_life > 0 ORDER BY 1")
            )
            state.terms = [days for (days,) in rows]
        return state.terms

    @api.model
    def _touch(self, state, product_ids):
        """Note what is free of these products, and how much is short-dated, before this transaction changes it."""
        # What every transaction asks first, it asks in one statement.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, base FROM inventory_base(%s::integer[])
                 UNION ALL SELECT NULL, shelf_life, 0 FROM inventory_channel WHERE shelf_life > 0
                """,
                sorted(product_ids),
            )
        )
        state.base.update(((product, place), float(base)) for product, place, base in rows if product)
        if state.terms is None:
            state.terms = sorted({days for product, days, _base in rows if not product})
        if not state.terms:
            return
        dated = {
            product
            for (product,) in self.env.execute_query(
                SQL(
                    """
                    SELECT product.id FROM product_product product
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     WHERE product.id = ANY(%s) AND template.tracking <> 'none'
                    """,
                    list(product_ids),
                )
            )
        }
        state.dated |= dated
        state.short_base.update(self._short(dated))

    @api.model
    def _short(self, product_ids):
        """``{(item, days): quantity}`` of usable, unreserved goods that last less, in the transaction's own view."""
        if not product_ids:
            return {}
        return {
            ((product, place), days): float(short)
            for product, place, days, short in self.env.execute_query(
                SQL(
                    "SELECT product_id, warehouse_id, life, short FROM inventory_short_dated(%s::integer[])",
                    sorted(product_ids),
                )
            )
        }

    @api.model
    def _refresh(self, state):
        """Read the transaction's own changes from the database; only in one snapshot are they a difference."""
        if state.snapshot and state.dated:
            now = self._short(state.dated)
            state.short_delta.clear()
            for key in now.keys() | state.short_base.keys():
                state.short_delta[key] = now.get(key, 0.0) - state.short_base.get(key, 0.0)

    @api.model
    def _load(self, state, channels):
        """Note what the channels of documents ask for: ``{document: channel id}``."""
        sells = self.env["inventory.keeper"]._sells
        channels = {document: channel for document, channel in channels.items() if sells(document)}
        if not channels or not self._terms(state):
            return
        rows = self.env.execute_query(
            SQL(
                "SELECT id, COALESCE(shelf_life, 0), COALESCE(oversell_limit, 0) FROM inventory_channel"
                " WHERE id = ANY(%s)",
                list(set(channels.values())),
            )
        )
        asks = {channel: (days, float(limit)) for channel, days, limit in rows}
        for document, channel in channels.items():
            if channel in asks:
                state.lives[document] = asks[channel][0]
                if document[0] == "sale.order":
                    # As inventory_stands counts it; others may sell by the rules of a channel, too.
                    state.asks[document] = asks[channel]

    @api.model
    def _days_of(self, state, document):
        """The shelf life that a document's goods need, in days."""
        if not document or not self._terms(state):
            return 0
        self.env["inventory.keeper"]._load(state, {document})
        return state.lives.get(document, 0)

    @api.model
    def _asked(self, state, document):
        """The shelf life for which a document's promise counts."""
        return state.asks[document][0] if self._days_of(state, document) and document in state.asks else 0

    @api.model
    def _lasts(self, lot, days):
        """Whether goods of ``lot`` last ``days``; without a date they do. As ``_short_dated_sql`` of the scope."""
        expires = lot and lot.sudo().expiration_date
        return not expires or expires >= self.env.cr.now() + timedelta(days=days)

    # --- while goods are chosen

    @api.model
    def _good_until(self, state, product, location):
        """The day that goods for the document at work have to reach, or None where any will do."""
        document = state.choosing or state.document
        if self.env.context.get("inventory_truth") is TRUTH or not self._days_of(state, document):
            return None
        if not self.env["inventory.grant"]._item(state, product, location, None, None):
            # What has left the shelf for the document is its own.
            return None
        return self.env.cr.now() + timedelta(days=self._days_of(state, document))

    @api.model
    def _caps(self, state, product, pairs):
        """What may be reserved of goods that last long.

        :param pairs: list of ``(item or None, quant, quantity)`` that are about to be chosen
        :return: ``{(item, days): quantity}`` where less than that may be taken of goods that last so long, else nothing
        """
        if product.tracking == "none" or not self._terms(state):
            return {}
        wanted = self._lasting(state, pairs)
        caps = {key: self._allowed(state, *key) - state.life_pending[key] for key in wanted}
        return {key: max(0.0, cap) for key, cap in caps.items() if cap < wanted[key] - DUST}

    @api.model
    def _lasting(self, state, pairs):
        wanted = defaultdict(float)
        for item, quant, quantity in pairs:
            for days in self._terms(state) if item else ():
                if self._lasts(quant.lot_id, days):
                    wanted[item, days] += quantity
        return wanted

    @api.model
    def _chosen(self, state, product, pairs):
        """Note what was chosen and is about to be written."""
        if product.tracking != "none" and self._terms(state):
            for key, quantity in self._lasting(state, pairs).items():
                state.life_pending[key] += quantity

    @api.model
    def _allowed(self, state, item, days):
        """How much of the goods of ``item`` that last ``days`` this transaction may still take.

        That is what it gave itself and what it draws of promises of its own documents, and beyond that what is promised
        to nobody; for each limit of overselling (law 1).
        """
        shared = self.env["inventory.lock"]._shares_connection()
        changes = {} if shared else self._changes(state).get(item, {})
        of_documents = defaultdict(float)
        for (document, own), quantity in state.drawn_of.items():
            if own == item:
                of_documents[state.asks.get(document, (0, 0.0))] += quantity
        of_documents[state.asks.get(state.document, (0, 0.0))] += state.own_room(item)
        rooms = []
        for oversell, base, promised in self._stands(state, [item])[item].get(days, ()):
            drawn = sum(quantity for ask, quantity in of_documents.items() if _counts(ask, days, oversell))
            left = base + oversell - promised
            if shared:
                rooms.append(max(0.0, left + drawn))
            else:
                change = sum(quantity for ask, quantity in changes.items() if _counts(ask, days, oversell))
                gained = state.delta[item] - state.short_delta[item, days]
                rooms.append(gained - change + drawn + max(0.0, left))
        return min(rooms, default=0.0)

    @api.model
    def _stands(self, state, items):
        """``{item: {days: [(limit of overselling, goods, promised)]}}``, as committed; smaller limits first.

        Read once, for all that is asked for: what others do meanwhile is seen before the commit.
        """
        shared = self.env["inventory.lock"]._shares_connection()
        new = [item for item in items if shared or item not in state.stands]
        if new:
            state.stands.update((item, defaultdict(list)) for item in new)
            for product, place, base, promised, oversell, days in self.env["inventory.lock"]._call_at_work(
                SQL(
                    "SELECT product_id, warehouse_id, base, promised, oversell, life"
                    " FROM inventory_stands(%s::integer[], %s::integer[]) WHERE life > 0",
                    [product for product, _place in new],
                    [place for _product, place in new],
                )
            ):
                state.stands[product, place][days].append((float(oversell), float(base), float(promised)))
        return state.stands

    @api.model
    def _announce(self, state, items):
        """Read at once what of these items stands on goods that last long, before a whole document reserves."""
        if self._terms(state) and not self.env["inventory.lock"]._shares_connection():
            self._stands(state, sorted(item for item in items if item[0] in state.dated))

    @api.model
    def _changes(self, state):
        """``{item: {(days, limit of overselling): quantity}}`` that the transaction has added to promises."""
        return self.env["inventory.shortage"]._own_changes(state)[1]

    # --- one change of a quant

    @api.model
    def _before_change(self, state, item, product, lot, quantity, reserved):
        """Keep the account; see that a person reserves neither what others need nor what his channel may not have.

        :raise GuardError: he does
        """
        if product.tracking == "none" or not self._terms(state):
            return
        lasting = [days for days in self._terms(state) if self._lasts(lot, days)]
        if reserved > 0:
            self._see_reserved(state, item, product, lot, lasting, reserved)
        elif quantity < 0:
            # What is gone is gone; whoever loses by it is told, and nobody tries again.
            state.life_gone.add(item)
        for days in self._terms(state):
            if days not in lasting:
                state.short_delta[item, days] += quantity - reserved

    @api.model
    def _see_reserved(self, state, item, product, lot, lasting, quantity):
        chosen = True
        for days in lasting:
            pending = state.life_pending[item, days]
            state.life_pending[item, days] = max(0.0, pending - quantity)
            chosen = chosen and pending >= quantity - DUST
        if self.env.context.get("inventory_truth") is TRUTH or self.env["inventory.lock"]._is_disabled("grant"):
            return
        needed = self._days_of(state, state.document)
        if needed and not self._lasts(lot, needed):
            raise GuardError(
                self.env._(
                    "%(lot)s of %(product)s lasts less than the %(days)s days that the sales channel asks for. Choose "
                    "another lot.",
                    lot=lot.display_name,
                    product=product.display_name,
                    days=needed,
                )
            )
        for days in lasting if not chosen else ():
            if self._allowed(state, item, days) < quantity - DUST:
                raise GuardError(
                    self.env._(
                        "%(product)s: what lasts %(days)s days is promised to sales channels that ask for it. Choose "
                        "goods that last less long.",
                        product=product.display_name,
                        days=days,
                    )
                )

    # --- before the commit

    @api.model
    def _cut_growth(self, state, growth, wanted, lines):
        """What of promises cannot grow because the goods do not last long enough.

        :param growth: ``{(document, item): quantity}``; :param wanted: the same, of the promises as they shall be
        :param lines: ``{(document, item): [line as dict]}``
        :return: ``{(document, item): quantity}``; the last ones lose first
        """
        cut = defaultdict(float)
        asking = {key for key in growth if self._asked(state, key[0]) and key[1][0] in state.dated}
        if not asking:
            return cut
        for item in sorted({item for _document, item in asking}):
            changes = {
                document: quantity - sum(line["open"] for line in lines.get((document, own), ()))
                for (document, own), quantity in wanted.items()
                if own == item
            }
            for days in self._terms(state):
                asked = {document for document in changes if self._asked(state, document) >= days}
                limit = min((state.asks[document][1] for document in asked), default=0.0)
                room = self._growing_room(state, item, days, limit)
                excess = sum(changes[document] - cut[document, item] for document in asked) - room
                for document in sorted(asked, reverse=True):
                    part = min(excess, growth.get((document, item), 0.0) - cut[document, item])
                    if part > DUST:
                        cut[document, item] += part
                        excess -= part
        return cut

    @api.model
    def _growing_room(self, state, item, days, limit):
        """By how much promises that ask for ``days`` and may oversell up to ``limit`` may grow in all."""
        shared = self.env["inventory.lock"]._shares_connection()
        changes = {} if shared else self._changes(state).get(item, {})
        gained = 0.0 if shared else state.delta[item] - state.short_delta[item, days]
        rooms = []
        for oversell, base, promised in self._stands(state, [item])[item].get(days, ()):
            change = sum(quantity for ask, quantity in changes.items() if _counts(ask, days, oversell))
            left = base + gained - promised - change
            if oversell > limit:
                rooms.append(left + oversell)
            else:
                # The last of these is that of the limit itself, or of the next smaller one that promises have.
                rooms = [left + limit]
        return min(rooms, default=0.0)

    @api.model
    def _lowered(self, state, changes):
        """Items of which the transaction took more of the goods that last long than its own promises became smaller.

        :param changes: answer of :meth:`_changes`
        """
        if not state.dated or not self._terms(state):
            return set()
        return {
            item
            for item in state.delta.keys() | changes.keys()
            if item[0] in state.dated
            and any(
                sum(quantity for ask, quantity in changes.get(item, {}).items() if ask[0] >= days)
                - state.delta[item]
                + state.short_delta[item, days]
                > DUST
                for days in self._terms(state)
            )
        }


def _counts(ask, days, oversell):
    """Whether what a channel promises that asks for so much counts among what is judged for ``days`` and a limit."""
    return ask[0] >= days and ask[1] <= oversell + DUST
