"""Where core asks the gate: quants, moves and lines. Called by the overrides in ``models/core``."""

import contextlib

from odoo import api, models

from .gate import STOCK
from .gate_permit import DUST, PERMIT, Permit


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _inventory_gate_ticket(self, product, location, quantity, lot, package, owner):
        """Judge one change of a quant; returns the context in which core makes it, and nothing else."""
        gate = self.env["inventory.gate"]
        state = gate._state()
        if quantity and state.ticket != (product.id, location.id) and not state.free:
            gate._check_direct(product, location, quantity, lot, package, owner)
        return self._inventory_gate_writing(state)

    @contextlib.contextmanager
    def _inventory_gate_writing(self, state):
        """Core may write or create one quant; what that triggers may not."""
        ticket, state.ticket, state.writing = state.ticket, None, True
        try:
            yield
        finally:
            state.ticket, state.writing = ticket, False

    def _inventory_led(self):
        """Those of these quants whose button leads to a request: a person pressed it. Code meets the gate itself."""
        return self._inventory_gated() if self.env["inventory.gate"]._is_request() else self.browse()

    def _inventory_gated(self):
        """Those of these quants whose quantity is corrected after approval only."""
        gate = self.env["inventory.gate"]
        permit = self.env.context.get(PERMIT)
        if not gate._is_on() or (isinstance(permit, Permit) and permit.is_open(self.env.cr)):
            return self.browse()
        return self.filtered(
            lambda quant: (
                quant.location_id.sudo().usage in STOCK and gate._mode(quant.location_id, quant.company_id) == "on"
            )
        )

    def _inventory_gate_count(self):
        """Refuse to apply a count that changes stock, before any of it is done."""
        gate = self.env["inventory.gate"]
        changing = self._inventory_gated().filtered(
            lambda quant: (
                not quant.product_uom_id.is_zero(quant.inventory_quantity - quant.quantity)
                or not quant.product_uom_id.is_zero(quant.inventory_diff_quantity)
            )
        )
        if changing:
            gate._refuse(
                "correction",
                [
                    gate._finding("on", quant.product_id, quant.location_id, quant.location_id, 0.0)
                    for quant in changing
                ],
            )

    def _inventory_gate_written_count(self):
        """A quantity that is written into a list or a file has no button that could lead anywhere."""
        if self._is_inventory_mode():
            gate = self.env["inventory.gate"]
            changed = self._inventory_gated().filtered(
                lambda quant: not quant.product_uom_id.is_zero(quant.inventory_quantity_auto_apply - quant.quantity)
            )
            if changed:
                found = [gate._finding("on", q.product_id, q.location_id, q.location_id, 0.0) for q in changed]
                gate._refuse("correction", found)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @contextlib.contextmanager
    def _inventory_gate_done(self):
        """Judge lines that become done, and let them change stock by what they say."""
        gate = self.env["inventory.gate"]
        if gate._is_on():
            gate._check_lines(self)
        state = gate._state()
        budgets = {}
        for line in self:
            quantity = line.quantity_product_uom
            budgets[line.id] = {(line.location_id.id, -1): quantity, (line.location_dest_id.id, 1): quantity}
        state.lines.update(budgets)
        try:
            yield
        finally:
            for line_id in budgets:
                state.lines.pop(line_id, None)

    @contextlib.contextmanager
    def _inventory_gate_line(self, location, quantity, action):
        """While core moves one line's goods in one place."""
        state = self.env["inventory.gate"]._state()
        before = state.ticket
        if action == "available" and self.id in state.lines:
            budget = state.lines[self.id]
            place = (location.id, -1 if quantity < 0 else 1)
            if budget is None:
                state.ticket = (self.product_id.id, location.id)
            elif abs(quantity) <= budget.get(place, 0.0) + DUST:
                budget[place] = budget.get(place, 0.0) - abs(quantity)
                state.ticket = (self.product_id.id, location.id)
        try:
            yield
        finally:
            state.ticket = before

    @contextlib.contextmanager
    def _inventory_gate_write(self, vals):
        """Judge a change of lines that are done, and let it change stock if it passed."""
        gate = self.env["inventory.gate"]
        state = gate._state()
        done = gate._check_done_lines(self, vals)
        mine = [line_id for line_id in done.ids if line_id not in state.lines]
        state.lines.update(dict.fromkeys(mine))
        try:
            yield
        finally:
            for line_id in mine:
                state.lines.pop(line_id, None)

    @contextlib.contextmanager
    def _inventory_gate_create(self, vals_list):
        """Judge lines that join what is done."""
        gate = self.env["inventory.gate"]
        state = gate._state()
        free = gate._check_new_lines(vals_list)
        state.free += free
        try:
            yield
        finally:
            state.free -= free

    def _inventory_gated_counts(self):
        """Those of these lines that are corrections of stock behind a gate that is on, where a person pressed the
        button.
        """
        gate = self.env["inventory.gate"]
        if not gate._is_on() or not gate._is_request():
            return self.browse()
        return self.filtered(
            lambda line: (
                line.is_inventory
                and not line.product_uom_id.is_zero(line.quantity)
                and gate._kind(line.location_id, line.location_dest_id) == "correction"
                and gate._mode_between(line.location_id | line.location_dest_id, line.company_id) == "on"
            )
        )
