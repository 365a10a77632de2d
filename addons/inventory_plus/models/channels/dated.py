"""Promises against goods on their way: what a receipt leaves to others, and what becomes of them when it changes."""

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..common.guard_state import DUST
from . import dated_allocate_sql, dated_sql

#: Products whose dated promises are settled in one transaction, so that no item stays locked for long.
PART = 200
#: Fields of a move that decide what comes in, and when.
INCOMING_FIELDS = {
    *("state", "date", "product_uom_qty", "product_qty", "product_id", "product_uom"),
    *("location_id", "location_dest_id", "location_final_id", "move_orig_ids", "move_dest_ids"),
}


class InventoryDated(models.AbstractModel):
    """Keeps dated promises on goods that come in; see ``dated_sql`` for what holds at any time."""

    _name = "inventory.dated"
    _description = "Promises against Incoming Goods"

    def init(self):
        """Make the functions, again at each update: a room that extends the scope changes them."""
        super().init()
        cr = self.env.cr
        used = SQL("SELECT unnest(ARRAY[open.location_id, open.location_dest_id, open.location_final_id]) FROM open")
        scope = self.env["inventory.scope"]._location_warehouse_sql(used)
        cr.execute(SQL(dated_sql.INCOMING, scope=scope))
        cr.execute(dated_sql.OUTDATED)
        cr.execute(dated_sql.DATED)
        cr.execute(dated_sql.HAND)
        cr.execute(dated_sql.SETTLE)
        cr.execute(dated_allocate_sql.ALLOCATE)

    @api.model
    def _drop(self):
        """Take the functions away; called at uninstall."""
        self.env.cr.execute(dated_sql.DROP)

    # --- transactions that receive goods, or change what is to be received

    @api.model
    def _before_receipt(self, moves, cancel_backorder=False):
        """Called before moves are done: what dated promises claim of the goods is not this transaction's to give.

        From here on nobody is promised anything of these moves, whose rows are this transaction's, until it ends. So
        what it reads now is all that stands on them.
        """
        grant = self.env["inventory.grant"]
        state = grant._state()
        receipts, items, left = [], set(), []
        for move in moves:
            if move.state in ("draft", "done", "cancel") or not move.id:
                continue
            item = grant._item(state, move.product_id, move.location_dest_id, None, None)
            if not item or item == grant._item(state, move.product_id, move.location_id, None, None):
                continue
            items.add(item)
            receipts.append(move.id)
            done = move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id, round=False)
            left.append(0.0 if cancel_backorder else max(0.0, move.product_qty - done))
        if not receipts:
            return
        self.env.cr.execute(
            SQL("SELECT FROM stock_move WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", receipts),
            log_exceptions=False,
        )
        for product, place, claimed in self.env["inventory.lock"]._call_at_work(
            SQL(
                "SELECT product_id, warehouse_id, claimed FROM inventory_claims(%s::integer[], %s::integer[],"
                " %s::integer[], %s::numeric[])",
                [product for product, _warehouse in sorted(items)],
                [warehouse for _product, warehouse in sorted(items)],
                receipts,
                [round(quantity, 6) for quantity in left],
            )
        ):
            state.claimed[product, place] = float(claimed)
        state.receipts.update(receipts)

    @api.model
    def _recount(self, state):
        """Read what the transaction has received, after a savepoint may have been rolled back."""
        if not state.claimed:
            return
        grant = self.env["inventory.grant"]
        state.received.clear()
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, location_dest_id, SUM(quantity_product_uom) FROM stock_move_line"
                " WHERE move_id = ANY(%s) AND state = 'done' GROUP BY product_id, location_dest_id",
                list(state.receipts),
            )
        )
        for product, location, quantity in rows:
            item = grant._item(
                state,
                self.env["product.product"].browse(product),
                self.env["stock.location"].browse(location),
                None,
                None,
            )
            if item:
                state.received[item] += float(quantity)

    @api.model
    def _note(self, state):
        """Have dated promises looked at after the commit that stand on products of which moves were changed."""
        moves = self.env["stock.move"].browse(state.incoming_moves).filtered(self._may_come)
        state.incoming_moves.clear()
        if not moves:
            return
        # A promise may be younger than what this transaction sees; what came must not wait for the next one who looks.
        came = moves.exists().filtered(lambda move: move.state == "done")
        state.dated_products.update(came.product_id.ids)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT line.product_id FROM inventory_reservation_line line WHERE line.incoming_quantity > 0"
                " AND line.product_id IN (SELECT product_id FROM stock_move WHERE id = ANY(%s))",
                moves.ids,
            )
        )
        state.dated_products.update(product for (product,) in rows)

    @api.model
    def _may_come(self, move):
        """Whether a move may bring goods, as far as that is known without asking; a deleted one is not known."""
        return "location_dest_id" not in move._cache or move.location_dest_id.sudo().usage == "internal"

    # --- care

    @api.model
    def _keep(self, product_ids=None):
        """Settle dated promises (of some products), a part a transaction.

        :return: how many lines changed
        """
        call = self.env["inventory.lock"]._call
        rows = call(
            SQL(
                "SELECT DISTINCT product_id FROM inventory_reservation_line WHERE incoming_quantity > 0 AND %s"
                " ORDER BY product_id",
                SQL("TRUE") if product_ids is None else SQL("product_id = ANY(%s)", list(product_ids)),
            )
        )
        changed = 0
        for part in split_every(PART, [product for (product,) in rows]):
            ((count,),) = call(SQL("SELECT inventory_dated_keep(%s::integer[])", list(part)))
            changed += count
        if changed:
            for model in ("inventory.reservation", "inventory.reservation.line", "inventory.reservation.event"):
                self.env[model].invalidate_model()
        return changed

    @api.model
    def _cron_keep(self):
        """Settle all dated promises, and tell what has become of them."""
        self._keep()
        self.env["inventory.job"]._retrying(lambda env: env["inventory.dated"]._tell())


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("dated promises", self._check_dated)]

    @api.model
    def _check_dated(self):
        """Up to each day no more is promised than comes in and is free at hand; each part has its day."""
        ((compared,),) = self.env.execute_query(
            SQL("SELECT count(*) FROM inventory_reservation_line WHERE incoming_quantity > 0")
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT claim.product_id, claim.warehouse_id, claim.claimed,
                       COALESCE(base.base, 0) - COALESCE(taken.qty, 0)
                  FROM (SELECT array_agg(dated.p) AS p, array_agg(dated.w) AS w
                          FROM (SELECT DISTINCT product_id AS p, warehouse_id AS w FROM inventory_reservation_line
                                 WHERE incoming_quantity > 0) dated) item
                 CROSS JOIN LATERAL inventory_claims(item.p, item.w, NULL, NULL) claim
                  LEFT JOIN LATERAL inventory_base(ARRAY[claim.product_id]) base
                    ON base.warehouse_id = claim.warehouse_id
                  LEFT JOIN (SELECT product_id, warehouse_id, SUM(qty) AS qty FROM inventory_ledger GROUP BY 1, 2) taken
                    ON taken.product_id = claim.product_id AND taken.warehouse_id = claim.warehouse_id
                """
            )
        )
        sample = [
            self.env._(
                "Product %(product)s in warehouse %(warehouse)s: %(claimed)s are promised that neither come in time"
                " nor are free.",
                product=product,
                warehouse=place,
                claimed=float(claimed) - max(0.0, float(free)),
            )
            for product, place, claimed, free in rows
            if float(claimed) > max(0.0, float(free)) + DUST
        ]
        broken = self.env.execute_query(
            SQL(
                """
                SELECT line.id
                  FROM inventory_reservation_line line
                  JOIN inventory_reservation r ON r.id = line.reservation_id
                 WHERE line.incoming_quantity > 0 AND (line.due_date IS NULL OR r.state NOT IN ('soft', 'firm'))
                    OR line.incoming_quantity < 0
                """
            )
        )
        sample += [
            self.env._("Line %(line)s stands on incoming goods without a day, or for a promise that ended.", line=line)
            for (line,) in broken
        ]
        return {"compared": compared, "differences": len(sample), "sample": sample[:10]}
