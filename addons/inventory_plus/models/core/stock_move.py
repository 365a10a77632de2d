"""Moves: what a whole document is about to reserve is locked and asked for in one go."""

from odoo import api, models

from ..channels.dated import INCOMING_FIELDS
from ..control.gate_permit import PERMIT, Permit
from .stock_rule import Assigning, assign_in_parts

#: Fields of a move that decide how much of its demand is still to be reserved.
DEMAND_FIELDS = {
    *("state", "quantity", "product_uom_qty", "product_qty", "product_id", "product_uom", "procure_method"),
    *("location_id", "location_dest_id", "reservation_date"),
}


class StockMove(models.Model):
    _inherit = "stock.move"

    #: Fields that decide whose goods a move works for; glue addons add theirs.
    _inventory_owner_fields = frozenset({"sale_line_id", "picking_id"})

    # --- promises are kept in step with what moves still have to reserve

    def _inventory_document(self):
        """The document as ``(model, id)`` for whose goods the move works, or None."""
        return self.env["inventory.keeper"]._document_of(self)

    def _inventory_note_demand(self):
        """Have the promises of these moves' documents looked at before the transaction commits."""
        if self.ids and self.env["inventory.lock"]._is_on():
            state = self.env["inventory.grant"]._state()
            state.moves.update(self.ids)
            state.changed = True

    @api.model_create_multi
    def create(self, vals_list):
        self.env["inventory.gate"]._check_done_moves(vals_list)
        permit = self.env.context.get(PERMIT)
        if permit is not None:
            # Neither these moves nor what runs when they are made carry it on.
            self = self.with_context(**{PERMIT: None})
        moves = super().create(vals_list)
        if isinstance(permit, Permit):
            self.env["inventory.gate"]._bind(permit, moves)
        moves._inventory_check_hold()
        moves._inventory_note_demand()
        return moves

    def write(self, vals):
        if "state" in vals:
            self.env["inventory.gate"]._check_state(self, vals["state"])
        self._inventory_check_hold_write(vals)
        if "date" in vals:
            self._inventory_guard_date(vals["date"])
        return super().write(vals)

    def _write_multi(self, vals_list):
        # Not write(): the quantity of a move is computed from its lines and flushed.
        pairs = list(zip(self._ids, vals_list, strict=True))
        changes_hands = [move_id for move_id, vals in pairs if not self._inventory_owner_fields.isdisjoint(vals)]
        self.browse(changes_hands)._inventory_note_documents()
        changed = [move_id for move_id, vals in pairs if not DEMAND_FIELDS.isdisjoint(vals)]
        coming = [move_id for move_id, vals in pairs if not INCOMING_FIELDS.isdisjoint(vals)]
        self.browse(coming)._inventory_note_incoming()
        self.browse(changed + changes_hands)._inventory_note_demand()
        return super()._write_multi(vals_list)

    def _inventory_note_incoming(self):
        """Have promises against incoming goods of these products looked at after the commit."""
        if self.ids and self.env["inventory.lock"]._is_on():
            state = self.env["inventory.grant"]._state()
            state.incoming_moves.update(self.ids)
            state.changed = True

    def _inventory_note_documents(self):
        """Have the documents looked at that these moves belong to in the database, before they leave them."""
        if self.ids and self.env["inventory.lock"]._is_on():
            documents = self.env["inventory.keeper"]._documents(self.ids)
            if documents:
                state = self.env["inventory.grant"]._state()
                state.documents |= documents
                state.changed = True

    def unlink(self):
        self._inventory_check_hold()
        self._inventory_note_documents()
        return super().unlink()

    # --- reserving

    def _action_assign(self, force_qty=False):
        self = self._inventory_without_holds()
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
                of_document = needs.setdefault(move._inventory_document(), {})
                of_document[item] = of_document.get(item, 0.0) + quantity
        if needs:
            self.env["inventory.keeper"]._announce(state, needs)
        # Who was granted nothing will reserve nothing and waits for nobody.
        places = {place for place, item in places.items() if not item or state.has_room(item)}
        if places:
            grant._lock_under(state, places)

    def _update_reserved_quantity_vals(self, *args, **kwargs):
        if not self.env["inventory.lock"]._is_on():
            return super()._update_reserved_quantity_vals(*args, **kwargs)
        with self.env["inventory.grant"]._state().at_work_for(self._inventory_document()):
            return super()._update_reserved_quantity_vals(*args, **kwargs)

    def _get_available_quantity(self, location_id, *args, **kwargs):
        """Short-dated goods are not there for a channel that may not have them."""
        if self.product_id.tracking == "none" or not self.env["inventory.lock"]._is_on():
            return super()._get_available_quantity(location_id, *args, **kwargs)
        state = self.env["inventory.grant"]._state()
        with state.choosing_for(self._inventory_document()):
            until = self.env["inventory.life"]._good_until(state, self.product_id, location_id)
        move = self.with_context(inventory_good_until=until) if until else self
        return super(StockMove, move)._get_available_quantity(location_id, *args, **kwargs)

    def _set_quantity_done_prepare_vals(self, qty):
        if not self.env["inventory.lock"]._is_on():
            return super()._set_quantity_done_prepare_vals(qty)
        with self.env["inventory.grant"]._state().choosing_for(self._inventory_document()):
            return super()._set_quantity_done_prepare_vals(qty)

    def _action_cancel(self):
        self._inventory_check_hold()
        return super()._action_cancel()

    def _action_done(self, cancel_backorder=False):
        self._inventory_check_transfer_approval()
        self._inventory_check_hold()
        if self.env["inventory.lock"]._is_on():
            self.env["inventory.dated"]._before_receipt(self, cancel_backorder)
        self.move_line_ids._inventory_lock_quants()
        gate = self.env["inventory.gate"]._state()
        gate.doing += 1
        try:
            return super()._action_done(cancel_backorder=cancel_backorder)
        finally:
            gate.doing -= 1

    def _do_unreserve(self):
        self = self._inventory_without_holds()
        self.move_line_ids._inventory_lock_quants()
        return super()._do_unreserve()
