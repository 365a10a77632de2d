"""Whose rules bind what a transaction asks for."""

from odoo import api, models
from odoo.tools import SQL


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _sells(self, document):
        """Whether a document sells in its channel. Transfers and production are work of the house: they are promised
        goods as the back office is, but are bound by nothing except what is ring-fenced.
        """
        return document[0] == "sale.order"

    @api.model
    def _load_rules(self, state, channels):
        """Note whose rules bind documents.

        :param channels: ``{document: channel id}``
        """
        rules = self._with_rules({channel for document, channel in channels.items() if self._sells(document)})
        state.channels.update(
            (document, channel) for document, channel in channels.items() if channel in rules and self._sells(document)
        )

    @api.model
    def _with_rules(self, channel_ids):
        """Those of the channels that may not have all that is free, or more than that."""
        if not channel_ids:
            return set()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel.id FROM inventory_channel channel
                 WHERE channel.id = ANY(%(ids)s)
                   AND (channel.keep_back <> 'nothing' OR channel.oversell_limit > 0
                        OR EXISTS (SELECT FROM inventory_channel_rule rule
                                    WHERE rule.channel_id = channel.id AND rule.active)
                        OR %(fenced)s)
                """,
                ids=list(channel_ids),
                fenced=SQL(
                    "EXISTS (%s AND other.company_id = channel.company_id AND other.id <> channel.id)", self._fences()
                ),
            )
        )
        return {number for (number,) in rows}

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
