"""The gate: no quantity of ours changes without an approval, a source document or an operation (law 4)."""

import weakref

from odoo import SUPERUSER_ID, api, fields, models
from odoo.http import request

from ...exceptions import GateError
from .gate_permit import PERMIT, Permit

#: Where goods are ours.
STOCK = ("internal", "transit")
#: What a person may not write on a quant: it is the outcome of moves.
QUANT_FIELDS = frozenset(
    ("quantity", "reserved_quantity", "in_date", "product_id", "location_id", "lot_id", "package_id", "owner_id")
)
#: What changes stock when it is written on a line that is done.
LINE_FIELDS = frozenset(
    (
        *("quantity", "product_uom_id", "product_id", "quant_id", "location_id", "location_dest_id"),
        *("lot_id", "package_id", "result_package_id", "owner_id"),
    )
)
TOLD = 5  # findings named in a message

#: Not on the cursor, whose attributes code that administrators write can reach.
_STATES = weakref.WeakKeyDictionary()


class GateState:
    """What the gate has let through in the running transaction; plain data, and no client can reach it.

    * ``lines``: ``{move line id: {(location id, sign): quantity}}``, what lines that were judged may change until their
      method is over; None for any quantity;
    * ``ticket``: ``(product, location)`` of the one change that such a line is making just now;
    * ``writing``: whether core may write one quant, as the last step of such a change;
    * ``free``: how many methods are under way that were let through as a whole;
    * ``doing``: how many ``_action_done`` of moves are under way;
    * ``bound``: ``{move id: (permit, {key: quantity})}``, moves made under a permit;
    * ``noted``: whether the audit knows that the gate stood open for an installation.
    """

    def __init__(self):
        self.lines = {}
        self.ticket = None
        self.writing = False
        self.doing = 0
        self.free = 0
        self.bound = {}
        self.noted = False


def _key(record, location, package):
    """What makes stock the same stock, as ids."""
    return (record.product_id.id, location.id, record.lot_id.id, package.id, record.owner_id.id)


class InventoryGate(models.AbstractModel):
    """Judges changes of stock. Called by the overrides in ``models/core``, before locks and holds.

    Whoever runs the code is asked, ``sudo`` changes nothing. The system itself (scheduled actions, jobs, tests; no
    person's request) needs no source document and may mend quants; for a correction by way of an inventory loss
    location it needs a permit like everybody.
    """

    _name = "inventory.gate"
    _description = "Gate of Stock"

    @api.model
    def _state(self):
        state = _STATES.get(self.env.cr)
        if state is None:
            state = _STATES[self.env.cr] = GateState()
        return state

    # ------------------------------------------------------------------- where

    @api.model
    def _is_on(self):
        """Whether anything is judged. Switched off for the whole database by the parameter ``inventory_plus.gate``."""
        registry = self.env.registry
        if not registry.ready:
            self._note_open()
            return False
        if getattr(registry, "inventory_lock_dropped", False):
            return False
        return self.env["ir.config_parameter"].sudo().get_param("inventory_plus.gate", "on") != "off"

    @api.model
    def _note_open(self):
        """Tell the audit, once a transaction, that stock changed while the gate stood open for an installation."""
        state = self._state()
        if not state.noted:
            state.noted = True
            self.env["inventory.audit.entry"]._log(
                "gate.open", "The gate stands open: stock changes while a module is installed or updated"
            )

    @api.model
    def _mode(self, location, company=None):
        """``on``, ``observe`` or ``open`` for stock in this place: the location's own flag, else its company's."""
        place = location.sudo()
        while place:
            if place.inventory_gate == "open":
                return "open"
            place = place.location_id
        company = location.sudo().company_id or company or self.env.company
        return company.sudo()._inventory_gate_mode()

    @api.model
    def _mode_between(self, locations, company=None):
        """The strictest mode of those of these locations that hold stock of ours."""
        modes = {self._mode(location, company) for location in locations if location.sudo().usage in STOCK}
        return next((mode for mode in ("on", "observe") if mode in modes), "open")

    @api.model
    def _is_system(self):
        """Whether the system works for itself, and nobody's request has taken its name."""
        if self.env.uid != SUPERUSER_ID:
            return False
        uid = request and request.session and request.session.uid
        return not uid or uid == SUPERUSER_ID

    @api.model
    def _is_request(self):
        """Whether a client asked, which can be led somewhere; code can only be refused."""
        return bool(request)

    # -------------------------------------------------------------- move lines

    @api.model
    def _check_lines(self, lines):
        """Judge lines that are about to be done.

        :raise GateError: a line changes stock by no operation, document or permit
        """
        state = self._state()
        found, sourceless = [], []
        for line in lines:
            product = line.product_id
            if not product.is_storable or line.product_uom_id.is_zero(line.quantity):
                continue
            source, target = line.location_id, line.location_dest_id
            kind = self._kind(source, target)
            if not kind or self._use_bound(state, line):
                continue
            mode = self._mode_between(source | target, line.company_id)
            if mode == "open":
                continue
            finding = self._finding(mode, product, source, target, line.quantity_product_uom, line.move_id)
            if kind == "correction":
                found.append(finding)
            elif not self._is_system():
                sourceless.append((line.move_id, finding))
        if found:
            self._refuse("correction", found)
        if sourceless:
            moves = self.env["stock.move"].union(*[move for move, _finding in sourceless])
            lacking = moves._inventory_without_source()
            found = [finding for move, finding in sourceless if move in lacking]
            if found:
                self._refuse("sourceless", found)

    @api.model
    def _kind(self, source, target):
        """What a move between these locations is to our stock; None if it stays ours, or never was."""
        source, target = source.sudo(), target.sudo()
        ours = (source.usage in STOCK) + (target.usage in STOCK)
        if ours == 2:
            # Goods in transit of the same company are still on its books; a relocation changes nothing.
            return None if source.company_id == target.company_id else "crossing"
        if not ours:
            return None
        return "correction" if "inventory" in (source.usage, target.usage) else "crossing"

    @api.model
    def _effect(self, line):
        """``{key: signed quantity}`` by which a line changes our stock, in the product's unit."""
        effect = {}
        quantity = line.quantity_product_uom
        if line.location_id.sudo().usage in STOCK:
            effect[_key(line, line.location_id, line.package_id)] = -quantity
        if line.location_dest_id.sudo().usage in STOCK:
            key = _key(line, line.location_dest_id, line.result_package_id)
            effect[key] = effect.get(key, 0.0) + quantity
        return effect

    @api.model
    def _bind(self, permit, moves):
        """Have moves that were just made carried out under a permit, as far as it reaches.

        What a move will change is taken off the permit here, once: a nested call finds nothing left, and a move that
        was changed afterwards is refused when it is done. If a savepoint undoes the moves, their part is void.
        """
        state = self._state()
        if not permit.is_open(self.env.cr):
            return
        for move in moves:
            effect = {}
            for line in move.move_line_ids:
                for key, quantity in self._effect(line).items():
                    effect[key] = effect.get(key, 0.0) + quantity
            if effect and permit.take(effect):
                state.bound[move.id] = (permit, effect)

    @api.model
    def _use_bound(self, state, line):
        permit, left = state.bound.get(line.move_id.id, (None, None))
        if permit is None or not permit.is_open(self.env.cr):
            return False
        return Permit.cover(left, self._effect(line))

    @api.model
    def _finding(self, mode, product, source, target, quantity, document=None):
        ours = source if source.sudo().usage in STOCK else target
        return {
            "mode": mode,
            "product": product,
            "location": ours,
            "quantity": -quantity if ours == source else quantity,
            "document": document.sudo().display_name if document else "",
        }

    # -------------------------------------------------- past the usual methods

    @api.model
    def _check_direct(self, product, location, quantity, lot=None, package=None, owner=None):
        """Judge a change of a quantity that no move line makes."""
        if location.sudo().usage not in STOCK or self._is_system() or not self._is_on():
            return
        mode = self._mode(location)
        if mode == "open":
            return
        permit = self.env.context.get(PERMIT)
        key = (product.id, location.id, *(one.id if one else False for one in (lot, package, owner)))
        if isinstance(permit, Permit) and permit.is_open(self.env.cr) and permit.take({key: quantity}):
            return
        self._refuse("direct", [self._finding(mode, product, location, location.browse(), -quantity)])

    @api.model
    def _check_quants(self, quants, vals=None):
        """Judge a write on quants, or their deletion (no ``vals``)."""
        state = self._state()
        if state.writing:
            state.writing = False
            return
        if self._is_system() or not self._is_on():
            return
        changed = quants.sudo()
        if vals is None:
            changed = changed.filtered(lambda quant: not quant.product_uom_id.is_zero(quant.quantity))
        else:
            names = QUANT_FIELDS & vals.keys()
            changed = changed.filtered(lambda quant: any(_differs(quant, name, vals[name]) for name in names))
        found = []
        for quant in changed:
            locations = quant.location_id
            if vals and vals.get("location_id"):
                locations |= locations.browse(vals["location_id"])
            mode = self._mode_between(locations, quant.company_id)
            if mode != "open":
                quantity = (vals or {}).get("quantity", 0.0 if vals is None else quant.quantity) or 0.0
                found.append(
                    self._finding(
                        mode, quant.product_id, quant.location_id, quant.location_id, quant.quantity - quantity
                    )
                )
        if found:
            self._refuse("direct", found)

    @api.model
    def _check_new_quants(self, vals_list):
        """Judge quants that are created with a quantity."""
        state = self._state()
        if state.writing:
            state.writing = False
            return
        if self._is_system() or not self._is_on():
            return
        # Defaults come with the context, which a client sends.
        names = ("quantity", "reserved_quantity")
        defaults = self.env["stock.quant"].default_get(list(names))
        telling = [vals for vals in vals_list if any(vals.get(name, defaults.get(name)) for name in names)]
        if not telling:
            return
        found = []
        for vals in telling:
            location = self.env["stock.location"].browse(vals.get("location_id"))
            mode = self._mode(location)
            if mode != "open":
                product = self.env["product.product"].browse(vals.get("product_id"))
                quantity = vals.get("quantity", defaults.get("quantity")) or 0.0
                found.append(self._finding(mode, product, location, location, -quantity))
        if found:
            self._refuse("direct", found)

    @api.model
    def _check_done_moves(self, vals_list):
        """Judge moves that are to be done from birth, or join a transfer that is done."""
        if self._state().doing or self._is_system():
            return
        found = []
        default = self.env["stock.move"].default_get(["state"]).get("state")
        for vals in vals_list:
            picking = self.env["stock.picking"].browse(vals.get("picking_id"))
            if vals.get("state", default) != "done" and (not picking or picking.sudo().state != "done"):
                continue
            product = self.env["product.product"].browse(vals.get("product_id"))
            source = self.env["stock.location"].browse(vals.get("location_id")) or picking.sudo().location_id
            target = self.env["stock.location"].browse(vals.get("location_dest_id")) or picking.sudo().location_dest_id
            mode = self._mode_between(source | target) if source | target else self.env.company._inventory_gate_mode()
            if product.sudo().is_storable and mode != "open":
                found.append(self._finding(mode, product, source, target, vals.get("product_uom_qty") or 0.0, picking))
        if found and self._is_on():
            self._refuse("done", found)

    @api.model
    def _check_state(self, moves, state):
        """Judge a state that is written on moves: only their own method makes them done, and nothing undoes that."""
        if self._state().doing or self._is_system():
            return
        touched = moves.filtered(lambda move: (move.state == "done") != (state == "done"))
        found = []
        for move in touched:
            mode = self._mode_between(move.location_id | move.location_dest_id, move.company_id)
            if move.product_id.is_storable and mode != "open":
                found.append(
                    self._finding(
                        mode, move.product_id, move.location_id, move.location_dest_id, move.product_qty, move
                    )
                )
        if found and self._is_on():
            self._refuse("done", found)

    @api.model
    def _check_done_lines(self, lines, vals):
        """Judge a change of lines that are done; returns them."""
        names = (LINE_FIELDS | {"state"}) & vals.keys()
        if not names:
            return lines.browse()
        # Whoever writes need not be allowed to read the move.
        done = lines.sudo().filtered(lambda line: line.move_id.state == "done" and line.product_id.is_storable)
        changed = done.filtered(lambda line: any(_differs(line, name, vals[name]) for name in names))
        if changed and not self._is_system() and self._is_on():
            found = []
            for line in changed:
                mode = self._mode_between(line.location_id | line.location_dest_id, line.company_id)
                if mode != "open":
                    change = (vals.get("quantity", line.quantity) or 0.0) - line.quantity
                    args = (line.product_id, line.location_id, line.location_dest_id, change, line.move_id)
                    found.append(self._finding(mode, *args))
            if found:
                self._refuse("done", found)
        return done

    @api.model
    def _check_new_lines(self, vals_list):
        """Judge lines that join what is done; returns whether there are any."""
        found, any_done = [], False
        defaults = self.env["stock.move.line"].default_get(["move_id", "picking_id"])
        for vals in vals_list:
            move = self.env["stock.move"].sudo().browse(vals.get("move_id", defaults.get("move_id")))
            picking = self.env["stock.picking"].sudo().browse(vals.get("picking_id", defaults.get("picking_id")))
            if not (move.state == "done" or (not move and picking.state == "done")):
                continue
            any_done = True
            product = self.env["product.product"].browse(vals.get("product_id")) or move.product_id
            source = self.env["stock.location"].browse(vals.get("location_id")) or (move or picking).location_id
            target = (
                self.env["stock.location"].browse(vals.get("location_dest_id")) or (move or picking).location_dest_id
            )
            mode = self._mode_between(source | target)
            if product.sudo().is_storable and mode != "open":
                found.append(self._finding(mode, product, source, target, vals.get("quantity") or 0.0, move or picking))
        if found and not self._is_system() and self._is_on():
            self._refuse("done", found)
        return any_done

    @api.model
    def _check_relocation(self, quants, target):
        """Judge goods that a person puts elsewhere without a transfer.

        Within a warehouse that is a daily operation: nothing comes in, nothing leaves, both places are counted by the
        same people. Into another warehouse or company it would be a transfer that nobody sends and nobody receives.
        """
        if not target or self._is_system() or not self._is_on():
            return
        found = []
        for quant in quants.sudo():
            source = quant.location_id
            same = source.warehouse_id == target.sudo().warehouse_id and source.company_id == target.sudo().company_id
            if same and source.usage == target.sudo().usage == "internal":
                continue
            mode = self._mode_between(source | target, quant.company_id)
            if mode != "open" and not isinstance(self.env.context.get(PERMIT), Permit):
                found.append(self._finding(mode, quant.product_id, source, target, quant.quantity))
        if found:
            self._refuse("relocation", found)

    @api.model
    def _check_locations(self, locations, vals):
        """Judge a location with stock in it that becomes something else, or goes to another warehouse."""
        if self._is_system() or not self._is_on():
            return
        moved = locations.filtered(
            lambda place: (
                ("usage" in vals and place.usage != vals["usage"])
                or (
                    "location_id" in vals
                    and place.location_id.id != vals["location_id"]
                    and place.warehouse_id != place.browse(vals["location_id"]).sudo().warehouse_id
                )
            )
        )
        if not moved:
            return
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search([("location_id", "child_of", moved.ids), ("quantity", "!=", 0)], limit=TOLD)
        )
        found = [
            self._finding(mode, quant.product_id, quant.location_id, quant.location_id, quant.quantity)
            for quant in quants
            if (mode := self._mode(quant.location_id)) != "open"
        ]
        if found:
            self._refuse("location", found)

    # ------------------------------------------------------------------ answer

    @api.model
    def _refuse(self, kind, found):
        """Refuse what was found where the gate is on; where it observes, note it and let it pass."""
        observed = [finding for finding in found if finding["mode"] == "observe"]
        if len(observed) == len(found):
            self.env["inventory.gate.event"]._note(kind, observed)
            return
        refused = [finding for finding in found if finding["mode"] == "on"]
        raise GateError(self._sentence(kind, refused))

    @api.model
    def _sentence(self, kind, found):
        what = "\n".join(
            self.env._(
                "%(product)s in %(location)s%(document)s",
                product=finding["product"].sudo().display_name,
                location=finding["location"].sudo().display_name,
                document=f" ({finding['document']})" if finding["document"] else "",
            )
            for finding in found[:TOLD]
        )
        if len(found) > TOLD:
            what += "\n" + self.env._("and %s more", len(found) - TOLD)
        return f"{self._advice()[kind]}\n{what}"

    @api.model
    def _advice(self):
        """What happened and what to do instead, by kind."""
        _ = self.env._
        return {
            "correction": _(
                "Stock is corrected after another person approved it; nothing was changed. Ask for it with an "
                "adjustment (Inventory Plus > Control > Adjustments), or with a scrap order for broken goods:"
            ),
            "sourceless": _(
                "Goods come in and leave with a source document: an order, a manufacturing order, a return of such a "
                "transfer. Nothing was changed. Make the transfer from its document, or ask for an adjustment:"
            ),
            "direct": _(
                "The quantity of stock follows from transfers and is not written by hand; nothing was changed. Ask for "
                "an adjustment (Inventory Plus > Control > Adjustments):"
            ),
            "done": _(
                "What is done stays as it was done; nothing was changed. Make a return for goods that moved wrongly, "
                "or ask for an adjustment (Inventory Plus > Control > Adjustments):"
            ),
            "relocation": _(
                "Goods are relocated within one warehouse only; nothing was changed. Make a transfer to bring them "
                "elsewhere:"
            ),
            "location": _(
                "There is stock in this location, and it would become something else with it; nothing was changed. "
                "Move the goods away first:"
            ),
        }


def _differs(record, name, value):
    """Whether writing ``value`` would change the field."""
    field = record._fields[name]
    if field.type == "many2one":
        value = value.id if isinstance(value, models.BaseModel) else value
        return (record[name].id or False) != (value or False)
    if field.type in ("float", "monetary"):
        return abs((record[name] or 0.0) - float(value or 0.0)) > 1e-9
    if field.type == "datetime":
        return fields.Datetime.to_datetime(value) != record[name]
    return record[name] != value
