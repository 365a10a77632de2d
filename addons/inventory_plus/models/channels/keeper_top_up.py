"""Promises are made up for: goods that have come, documents from before the installation, work past the locks."""

import heapq
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..common.guard_state import DUST

#: Documents that are looked at together; each is served in a transaction of its own.
PART = 500
#: What clients are promised has no document.
LINE = "inventory.reservation.line"


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _cron_top_up(self):
        """Promise what is free to documents that lack it and to clients who lost it, first the channels that come
        first, then the oldest; and take back what documents no longer ask for, whatever was done to them while nobody
        looked (the locks were off).
        """
        for part in split_every(PART, self._surplus()):
            self._settle_each(part)
        for part in split_every(PART, heapq.merge(self._waiting(), self._waiting_clients())):
            lacking = set(self._lacking([owner for _rank, owner in part]))
            self._settle_each([owner for _rank, owner in part if owner in lacking])

    @api.model
    def _settle_each(self, documents):
        # A transaction each, so that nobody waits for all of them.
        for document in documents:
            self.env["inventory.job"]._retrying(
                lambda env, document=document: env["inventory.keeper"]._top_up(document)
            )

    @api.model
    def _top_up(self, document):
        """Bring one document's promise in step with its moves, unless somebody is at work on it: he will do it."""
        model, number = document
        if model == LINE:
            self.env[model].browse(number)._retake_alone()
            return
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(self.env[model]._table),
                number,
            )
        )
        if not rows and self.env[model].sudo().browse(number).exists():
            return
        state = self.env["inventory.grant"]._state()
        state.documents.add(document)
        state.changed = True
        self.env["inventory.net"]._settle(state)

    @api.model
    def _surplus(self):
        """Documents that are promised more than they still have to reserve."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT r.res_model, r.res_id
                  FROM inventory_reservation r
                  JOIN inventory_reservation_line line ON line.reservation_id = r.id AND line.open_quantity > 0
                 WHERE r.res_id IS NOT NULL AND r.res_model = ANY(%s) AND r.state IN ('soft', 'firm')
                 ORDER BY 1, 2
                """,
                list(self._kinds()),
            )
        )
        surplus = []
        for part in split_every(PART, rows):
            # A few statements a part.
            part = set(part)
            demand = self._demand(part)
            opened = self._open(part).items()
            surplus += {key[0] for key, quantity in opened if quantity - demand.get(key, (0.0, 0.0))[0] > DUST}
        return sorted(surplus)

    @api.model
    def _waiting(self):
        """Documents with moves that still have to reserve from stock, as ``(rank, document)`` in the order of rank."""
        ages = {(model, number): age for model, number, age in self.env.execute_query(self._waiting_sql())}
        channels = self._channels_of(ages)
        priorities = {
            channel.id: channel.priority
            for channel in self.env["inventory.channel"].sudo().browse(set(channels.values()))
        }
        return sorted(((priorities[channels[document]], ages[document]), document) for document in channels)

    @api.model
    def _waiting_clients(self):
        """Lines of clients that are short, as ``(rank, (model, id))``: a firm promise waits for goods."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.priority, line.create_date, line.id
                  FROM inventory_reservation_line line
                  JOIN inventory_reservation r ON r.id = line.reservation_id
                 WHERE line.short > 0 AND r.state = 'firm' AND r.res_id IS NULL
                 ORDER BY 1, 2, 3
                """
            )
        )
        return [((priority, age), (LINE, number)) for priority, age, number in rows]

    @api.model
    def _lacking(self, owners):
        """Those of ``owners``, documents and lines of clients, that lack goods of which some are free."""
        documents = [owner for owner in owners if owner[0] != LINE]
        opened = self._open(set(documents), incoming=True) if documents else {}
        demand = self._demand(set(documents)) if documents else {}
        lacking = defaultdict(set)
        for (document, item), (unreserved, _secured) in demand.items():
            if unreserved - opened.get((document, item), 0.0) > DUST:
                lacking[document].add(item)
        for line in self.env[LINE].sudo().browse(number for model, number in owners if model == LINE):
            lacking[LINE, line.id].add((line.product_id.id, line.warehouse_id.id))
        free = self._free({item for items in lacking.values() for item in items})
        return [owner for owner in owners if lacking[owner] & free]

    @api.model
    def _free(self, items):
        """Those of ``items`` of which anything is neither reserved nor promised, as committed now."""
        if not items:
            return set()
        rows = self.env["inventory.lock"]._call(
            SQL(
                """
                SELECT base.product_id, base.warehouse_id
                  FROM inventory_base(%s::integer[]) base
                  LEFT JOIN (SELECT product_id, warehouse_id, SUM(qty) AS qty FROM inventory_ledger GROUP BY 1, 2) taken
                    ON taken.product_id = base.product_id AND taken.warehouse_id = base.warehouse_id
                 WHERE base.base - COALESCE(taken.qty, 0) > 0
                """,
                sorted({product for product, _warehouse in items}),
            )
        )
        return {tuple(row) for row in rows} & items
