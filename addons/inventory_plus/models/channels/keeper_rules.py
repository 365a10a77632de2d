"""Whose rules bind what a transaction asks for, and what its documents may take of their own promises."""

from odoo import api, models
from odoo.tools import SQL

from ..common.guard_state import DUST


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _sells(self, document):
        """Whether a document sells in its channel. Transfers and production are work of the house: they are promised
        goods as the back office is, but are bound by nothing except what is ring-fenced.
        """
        return document[0] == "sale.order"

    @api.model
    def _oversells(self, document):
        """Whether a document may be promised up to its channel's limit of overselling; see ``ground_sql``."""
        return document[0] == "sale.order"

    @api.model
    def _load_rules(self, state, channels):
        """Note whose rules bind documents.

        :param channels: ``{document: channel id}``
        """
        self.env["inventory.life"]._load(state, channels)
        rules = self._with_rules({channel for document, channel in channels.items() if self._sells(document)})
        for document, channel in channels.items():
            if channel in rules and self._sells(document):
                state.channels[document] = channel
                if rules[channel] and self._oversells(document):
                    state.oversellers.add(document)

    @api.model
    def _with_rules(self, channel_ids):
        """Those of the channels that may not have all that is free, or more than that.

        :return: ``{channel id: whether it may promise more than there is}``
        """
        if not channel_ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel.id, channel.oversell_limit > 0 FROM inventory_channel channel
                 WHERE channel.id = ANY(%(ids)s)
                   AND (channel.keep_back <> 'nothing' OR channel.oversell_limit > 0
                        OR channel.shelf_life > 0 OR EXISTS (SELECT FROM inventory_channel_rule rule
                                    WHERE rule.channel_id = channel.id AND rule.active)
                        OR %(fenced)s)
                """,
                ids=list(channel_ids),
                fenced=SQL(
                    "EXISTS (%s AND other.company_id = channel.company_id AND other.id <> channel.id)", self._fences()
                ),
            )
        )
        return dict(rows)

    @api.model
    def _fences(self):
        """What is ring-fenced for channels, as the SQL of a query; ``other`` is the channel."""
        return SQL(
            """
            SELECT FROM inventory_channel_rule pool JOIN inventory_channel other ON other.id = pool.channel_id
             WHERE pool.active AND pool.pool_quantity > 0 AND other.active
            """
        )

    @api.model
    def _rules_at_work(self, state):
        """Whose rules bind what is asked for now.

        :return: ``(channel id or None, whether any rules have to be looked at)``; without a channel these are what is
            ring-fenced for channels, and nothing else
        """
        channel = state.channel or state.channels.get(state.document)
        if channel or (state.document and self._sells(state.document)):
            return channel, bool(channel)
        if state.fenced is None:
            ((state.fenced,),) = self.env.execute_query(SQL("SELECT EXISTS (%s)", self._fences()))
        return None, state.fenced

    # --- what a document may take of its own promise

    @api.model
    def _own_room(self, state, document, item):
        """How much of ``item`` the document may draw: what it is promised, as far as the goods are there."""
        room = state.own.get((document, item), 0.0)
        return min(room, state.grounded.get((document, item), 0.0)) if document in state.oversellers else room

    @api.model
    def _drawable(self, state, needs):
        """``{item: quantity}`` that the document at work may draw of ``{item: quantity}``, left out where nothing."""
        self._ground(state, {(state.document, item): quantity for item, quantity in needs.items()})
        rooms = {item: min(quantity, self._own_room(state, state.document, item)) for item, quantity in needs.items()}
        return {item: room for item, room in rooms.items() if room > DUST}

    @api.model
    def _ground(self, state, needs):
        """See that documents of channels that may oversell draw no goods that others were promised (law 1).

        A promise of any other channel stands on goods. Of these, only those do that come first; it is asked which.

        :param needs: ``{(document, item): quantity}`` that is about to be reserved
        """
        wanted = {}
        for pair, quantity in needs.items():
            if pair[0] in state.oversellers and pair not in state.exhausted:
                more = min(quantity, state.own.get(pair, 0.0)) - state.grounded.get(pair, 0.0)
                if more > DUST:
                    wanted[pair] = more
        left = {pair: state.own[pair] - state.grounded.get(pair, 0.0) - more for pair, more in wanted.items()}
        for pair, drawn in self._hold(state, wanted, left).items():
            state.grounded[pair] = state.grounded.get(pair, 0.0) + drawn
            if drawn < wanted[pair] - DUST:
                state.exhausted.add(pair)

    @api.model
    def _grounded(self, state, used):
        """``{(document, item): quantity}`` of what moves have reserved already, as far as their promise covers it."""
        asked = {pair: quantity for pair, quantity in used.items() if pair[0] in state.oversellers and quantity > DUST}
        return {**used, **self._hold(state, asked, {pair: state.own[pair] for pair in asked})}

    @api.model
    def _hold(self, state, wanted, left):
        """Have the ledger hold ``{(document, item): quantity}`` for this transaction.

        :param left: the same, of what is left of the promise when that and all before has been drawn
        :return: the same, of what may be drawn
        """
        if not wanted:
            return {}
        grant = self.env["inventory.grant"]
        keys = {f"{state.key}/{model},{number}" for (model, number), _item in wanted}
        # Before the call, and again after a savepoint took the locks away: these keys live as long as the transaction.
        self.env.cr.execute(
            SQL("SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s) key", sorted(keys))
        )
        state.holds |= keys
        shared = self.env["inventory.lock"]._shares_connection()
        items = {item for _document, item in wanted}
        own = {item: grant._own_part(state, item) if shared else 0.0 for item in items}
        return self.env["inventory.promise"]._draw(state.key, wanted, left, own)
