"""Move lines: each of them is a piece of the reserved quantity of a quant."""

from odoo import api, models

from ..common.grant import TRUTH


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _inventory_lock_quants(self):
        """Wait for the quants of all these lines, in one statement and one order (law 1)."""
        if not self or not self.env["inventory.lock"]._is_on():
            return
        keys = {
            (
                line.product_id.id,
                line.location_id.id,
                line.lot_id.id or None,
                line.package_id.id or None,
                line.owner_id.id or None,
            )
            for line in self
            if line.product_id.is_storable and not line.location_id.should_bypass_reservation()
        }
        if keys:
            grant = self.env["inventory.grant"]
            state = grant._state()
            grant._lock_lines(state, keys)
            grant._touch(state, {key[0] for key in keys})

    @api.model
    def _inventory_is_truth(self, vals):
        """Whether a new line states what happened to goods (count, scrap, relocation) rather than reserves them.

        The marks of the move alone prove nothing: any client that may make moves may set them. The mark in the
        context is set by the code that counts, scraps and relocates, and is an object that no client can send.
        """
        if self.env.context.get("inventory_stated") is not TRUTH:
            return False
        move = self.env["stock.move"].browse(vals.get("move_id"))
        return bool(move and (move.is_inventory or move.scrap_id or move._inventory_is_hold_work()))

    def _synchronize_quant(self, quantity, location, action="available", **kwargs):
        with self._inventory_gate_line(location, quantity, action):
            if not self.env["inventory.lock"]._is_on():
                return super()._synchronize_quant(quantity, location, action, **kwargs)
            with self.env["inventory.grant"]._state().at_work_for(self.move_id._inventory_document()):
                return super()._synchronize_quant(quantity, location, action, **kwargs)

    @api.model_create_multi
    def create(self, vals_list):
        with self._inventory_gate_create(vals_list):
            lines = self._inventory_create_all(vals_list)
            lines._inventory_check_hold()
            return lines

    @api.model
    def _inventory_create_all(self, vals_list):
        if not self.env["inventory.lock"]._is_on():
            return super().create(vals_list)
        moves = self.env["stock.move"].browse({vals["move_id"] for vals in vals_list if vals.get("move_id")})
        documents = {move._inventory_document() for move in moves}
        if len(documents) == 1:
            with self.env["inventory.grant"]._state().at_work_for(documents.pop()):
                return self._inventory_create(vals_list)
        return self._inventory_create(vals_list)

    @api.model
    def _inventory_create(self, vals_list):
        truth = [self._inventory_is_truth(vals) for vals in vals_list]
        if all(truth):
            return super(StockMoveLine, self.with_context(inventory_truth=TRUTH)).create(vals_list).with_env(self.env)
        self._inventory_ask_for_lines(vals_list)
        if not any(truth):
            return super().create(vals_list)
        lines = [None] * len(vals_list)
        for is_truth in (True, False):
            positions = [i for i, mark in enumerate(truth) if mark is is_truth]
            part = self.with_context(inventory_truth=TRUTH if is_truth else None)
            made = super(StockMoveLine, part).create([vals_list[i] for i in positions])
            for position, line in zip(positions, made, strict=True):
                lines[position] = line.id
        return self.browse(lines)

    @api.model
    def _inventory_ask_for_lines(self, vals_list):
        """Many lines written by a person or another addon: lock their quants and ask for all of them at once."""
        if len(vals_list) < 2:
            return
        grant = self.env["inventory.grant"]
        state = grant._state()
        keys = set()
        needs = {}
        for vals in vals_list:
            move = self.env["stock.move"].browse(vals.get("move_id"))
            product = self.env["product.product"].browse(vals.get("product_id") or move.product_id.id)
            location = self.env["stock.location"].browse(vals.get("location_id") or move.location_id.id)
            if not (product.is_storable and location) or location.should_bypass_reservation() or move.state == "done":
                continue
            lot = self.env["stock.lot"].browse(vals.get("lot_id") or [])
            owner = self.env["res.partner"].browse(vals.get("owner_id") or [])
            keys.add((product.id, location.id, lot.id or None, vals.get("package_id") or None, owner.id or None))
            item = grant._item(state, product, location, lot, owner)
            if item and vals.get("quantity"):
                uom = self.env["uom.uom"].browse(vals.get("product_uom_id") or move.product_uom.id or product.uom_id.id)
                quantity = uom._compute_quantity(vals["quantity"], product.uom_id, rounding_method="HALF-UP")
                of_document = needs.setdefault(move._inventory_document(), {})
                of_document[item] = of_document.get(item, 0.0) + quantity
        grant._lock_lines(state, keys)
        if needs:
            self.env["inventory.keeper"]._announce(state, needs)

    def write(self, vals):
        self._inventory_check_hold_write(vals)
        if "date" in vals:
            self.move_id._inventory_guard_date(vals["date"])
        with self._inventory_gate_write(vals):
            return self._inventory_write(vals)

    def _inventory_write(self, vals):
        if len(self) > 1 and {"quantity", "location_id", "lot_id", "package_id", "owner_id"} & vals.keys():
            self._inventory_lock_quants()
        return super().write(vals)

    def unlink(self):
        self._inventory_check_hold()
        if len(self) > 1:
            self._inventory_lock_quants()
        return super().unlink()

    def _action_done(self):
        with self._inventory_gate_done():
            self._inventory_lock_quants()
            guarded = self._inventory_guard_places()
            done = super()._action_done()
        self._inventory_guard_negative(*guarded)
        self._inventory_hold_received()
        return done

    def _free_reservation(
        self, product_id, location_id, quantity, lot_id=None, package_id=None, owner_id=None, ml_ids_to_ignore=None
    ):
        ignored = self._inventory_ignore_holds(product_id, location_id, ml_ids_to_ignore)
        return super()._free_reservation(
            *(product_id, location_id, quantity),
            lot_id=lot_id,
            package_id=package_id,
            owner_id=owner_id,
            ml_ids_to_ignore=ignored,
        )

    def action_revert_inventory(self):
        """Taking a count back states what is there, as the count did; where the gate is on, it is asked for."""
        counts = self._inventory_gated_counts()
        if counts:
            return counts._inventory_request_revert()
        return super(StockMoveLine, self.with_context(inventory_stated=TRUTH)).action_revert_inventory()
