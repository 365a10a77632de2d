"""Moves: what a whole document is about to reserve is locked and asked for in one go."""

from odoo import models

from .stock_rule import Assigning, assign_in_parts


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        scheduler = self.env.context.get("inventory_scheduler")
        if isinstance(scheduler, Assigning) and scheduler.now:
            return assign_in_parts(self)
        if self.env.context.get("inventory_truth") or self.env.context.get("inventory_stated"):
            # What follows from a count or a scrap reserves like anything else.
            self = self.with_context(inventory_truth=None, inventory_stated=None)
        if self.env["inventory.lock"]._is_on():
            self._inventory_ask_for_all(force_qty)
        return super()._action_assign(force_qty=force_qty)

    def _inventory_ask_for_all(self, force_qty):
        """Ask for what these moves need and lock the quants that they may reserve: two statements and one call."""
        grant = self.env["inventory.grant"]
        places = {}
        needs = {}
        state = None
        for move in self:
            if not force_qty and (move.picked or move.state not in ("confirmed", "waiting", "partially_available")):
                continue
            if move._should_bypass_reservation():
                continue
            if move.procure_method == "make_to_order" and not move.move_orig_ids:
                continue
            missing = force_qty or move.product_uom_qty - move.quantity
            if move.product_uom.compare(missing, 0) <= 0:
                continue
            state = state or grant._state()
            item = grant._item(state, move.product_id, move.location_id, None, None)
            if move.product_id.tracking != "serial":
                # Of 10,000 serial numbers those that are chosen are locked, in order, when their lines are made.
                places[move.product_id.id, move.location_id.sudo().parent_path] = item
            if item:
                quantity = move.product_uom._compute_quantity(
                    missing, move.product_id.uom_id, rounding_method="HALF-UP"
                )
                needs[item] = needs.get(item, 0.0) + quantity
        if needs:
            grant._announce(state, needs)
        # Who was granted nothing will reserve nothing and waits for nobody.
        places = {place for place, item in places.items() if not item or state.room(item) > 0}
        if places:
            grant._lock_under(state, places)

    def _action_done(self, cancel_backorder=False):
        self.move_line_ids._inventory_lock_quants()
        return super()._action_done(cancel_backorder=cancel_backorder)

    def _do_unreserve(self):
        self.move_line_ids._inventory_lock_quants()
        return super()._do_unreserve()
