"""Quants: the one place through which every reservation and every change of quantity goes."""

from odoo import api, models
from odoo.fields import Domain

from ..common.grant import TRUTH
from ..control.gate import QUANT_FIELDS

#: Fields of a quant that decide how much of an item is free.
FREE_FIELDS = {"quantity", "reserved_quantity", "product_id", "location_id", "lot_id", "owner_id"}

#: More than any stock, to have core name all that it could choose.
WHOLE_STOCK = 10**9


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _get_reserve_quantity(
        self, product_id, location_id, quantity, uom_id=None, lot_id=None, package_id=None, owner_id=None, strict=False
    ):
        """Cut what core would reserve to what the item lock grants. Stock that nobody asks for passes."""

        chooser = self
        if quantity > 0 and product_id.tracking != "none" and self.env["inventory.lock"]._is_on():
            state = self.env["inventory.grant"]._state()
            until = self.env["inventory.life"]._good_until(state, product_id, location_id)
            chooser = self.with_context(inventory_good_until=until) if until else self

        def choose(amount):
            chosen = super(StockQuant, chooser)._get_reserve_quantity(
                product_id,
                location_id,
                amount,
                uom_id=uom_id,
                lot_id=lot_id,
                package_id=package_id,
                owner_id=owner_id,
                strict=strict,
            )
            # Only the choice goes by what was asked for, not what is done with the chosen quants.
            return [(quant.with_context(inventory_good_until=None), taken) for quant, taken in chosen]

        chosen = choose(quantity)
        if not chosen or quantity <= 0 or not self.env["inventory.lock"]._is_on():
            return chosen
        return self._inventory_cut_to_grant(product_id, chosen, choose)

    def _inventory_cut_to_grant(self, product, chosen, choose):
        grant = self.env["inventory.grant"]
        state = grant._state()

        def items(pairs):
            return [(grant._item(state, product, q.location_id, q.lot_id, q.owner_id), q, qty) for q, qty in pairs]

        needs = {}
        for item, _quant, quantity in items(chosen):
            if item:
                needs[item] = needs.get(item, 0.0) + quantity
        if not needs:
            return chosen
        allowed = grant._take(state, needs)
        life = self.env["inventory.life"]
        caps = life._caps(state, product, items(chosen))
        if not caps and all(product.uom_id.compare(allowed[item], need) >= 0 for item, need in needs.items()):
            life._chosen(state, product, items(chosen))
            return chosen
        wanted = sum(qty for _quant, qty in chosen)
        return self._inventory_choose_within(state, product, wanted, allowed, caps, choose, items)

    def _inventory_choose_within(self, state, product, quantity, allowed, caps, choose, items):
        """Choose again, from all that there is, in core's order, no more of an item than ``allowed``.

        :param caps: ``{(item, days): quantity}``, no more than that of goods that last so long
        """
        life = self.env["inventory.life"]
        left = {item: int(amount) if product.tracking == "serial" else amount for item, amount in allowed.items()}
        within = []
        total = 0.0
        for item, quant, available in items(choose(WHOLE_STOCK)):
            amount = min(available, quantity - total)
            if item:
                within_caps = [key for key in caps if key[0] == item and life._lasts(quant.lot_id, key[1])]
                amount = min(amount, left.get(item, 0.0), *(caps[key] for key in within_caps))
                if product.tracking == "serial":
                    amount = int(amount)
                left[item] = left.get(item, 0.0) - amount
                for key in within_caps:
                    caps[key] -= amount
            if product.uom_id.compare(amount, 0) > 0:
                within.append((quant, amount))
                total += amount
        # Core rounds what it chooses to the move's unit and to packagings; that must hold for the smaller quantity.
        rounded = sum(amount for _quant, amount in choose(total)) if total else 0.0
        excess = total - rounded
        while within and product.uom_id.compare(excess, 0) > 0:
            quant, amount = within.pop()
            if product.uom_id.compare(amount, excess) > 0:
                within.append((quant, amount - excess))
            excess -= amount
        used = {}
        for item, _quant, amount in items(within):
            if item:
                used[item] = used.get(item, 0.0) + amount
        for item, amount in allowed.items():
            unused = amount - used.get(item, 0.0)
            state.pending[item] = max(0.0, state.pending[item] - unused)
            state.put_back(item, unused)
        life._chosen(state, product, items(within))
        return within

    def _gather(self, *args, **kwargs):
        """Without whole lots and places on hold, unless core looks for the quant that it changes."""
        return self.env["inventory.hold.guard"]._choosable(super()._gather(*args, **kwargs))

    def _get_gather_domain(self, *args, **kwargs):
        """Goods that last until a day, where somebody is choosing such; no client gains by that key: he gets less."""
        domain = super()._get_gather_domain(*args, **kwargs)
        domain = self._inventory_without_frozen(domain, *args, **kwargs)
        domain = self.env["inventory.hold.guard"]._choosable_domain(domain, *args, **kwargs)
        until = self.env.context.get("inventory_good_until")
        if not until:
            return domain
        return Domain.AND([domain, Domain("expiration_date", "=", False) | Domain("expiration_date", ">=", until)])

    @api.model
    def _update_available_quantity(
        self,
        product_id,
        location_id,
        quantity=False,
        reserved_quantity=False,
        lot_id=None,
        package_id=None,
        owner_id=None,
        in_date=None,
    ):
        """Before core changes a quant: ask the gate (law 4), wait for the quant (law 1) and see that a reservation is
        covered by a grant.

        What comes in is not waited for: core's second row for it is harmless. Neither are customers, vendors and
        the like, whose stock nobody reserves.
        """
        self._inventory_refuse_frozen(product_id, location_id, quantity)
        let_through = self._inventory_gate_ticket(product_id, location_id, quantity, lot_id, package_id, owner_id)

        hold = self.env["inventory.hold.guard"]
        place = (lot_id, package_id, owner_id)

        def change():
            hold._before_change(product_id, location_id, quantity or 0.0, reserved_quantity or 0.0, *place)
            with let_through, hold._changing():
                answer = super(StockQuant, self)._update_available_quantity(
                    product_id,
                    location_id,
                    quantity=quantity,
                    reserved_quantity=reserved_quantity,
                    lot_id=lot_id,
                    package_id=package_id,
                    owner_id=owner_id,
                    in_date=in_date,
                )
            hold._after_change(product_id, location_id, quantity or 0.0, *place)
            return answer

        if (
            not (quantity or reserved_quantity)
            or location_id.should_bypass_reservation()
            or not self.env["inventory.lock"]._is_on()
        ):
            return change()
        grant = self.env["inventory.grant"]
        grant._before_change(
            product_id, location_id, quantity or 0.0, reserved_quantity or 0.0, lot_id, package_id, owner_id
        )
        state = grant._state()
        state.depth += 1
        try:
            return change()
        finally:
            state.depth -= 1

    def _inventory_note_direct_change(self, product_ids):
        """Quants are about to be changed past :meth:`_update_available_quantity`: the net at commit looks at it."""
        if not product_ids or not self.env["inventory.lock"]._is_on():
            return
        grant = self.env["inventory.grant"]
        state = grant._state()
        if not state.depth:
            grant._touch(state, product_ids)
            state.changed = state.stale = True

    @api.model_create_multi
    def create(self, vals_list):
        self.env["inventory.gate"]._check_new_quants(vals_list)
        products = set()
        for vals in vals_list:
            if vals.get("product_id") and (vals.get("quantity") or vals.get("reserved_quantity")):
                location = self.env["stock.location"].sudo().browse(vals.get("location_id"))
                if not location or not location.should_bypass_reservation():
                    products.add(vals["product_id"])
        self._inventory_note_direct_change(products)
        held = self.env["inventory.hold.guard"]._before_direct_create(vals_list)
        quants = super().create(vals_list)
        self.env["inventory.hold.guard"]._after_direct(held)
        return quants

    def write(self, vals):
        if QUANT_FIELDS & vals.keys():
            self.env["inventory.gate"]._check_quants(self, vals)
        if FREE_FIELDS & vals.keys():
            watched = self.sudo()
            if "location_id" not in vals:
                watched = watched.filtered(lambda quant: not quant.location_id.should_bypass_reservation())
            products = set(watched.product_id.ids)
            if vals.get("product_id"):
                products.add(vals["product_id"])
            self._inventory_note_direct_change(products)
        held = self.env["inventory.hold.guard"]._before_direct(self, vals)
        written = super().write(vals)
        self.env["inventory.hold.guard"]._after_direct(held)
        return written

    def unlink(self):
        self.env["inventory.gate"]._check_quants(self)
        changing = self.sudo().filtered(
            lambda quant: (
                (quant.quantity or quant.reserved_quantity) and not quant.location_id.should_bypass_reservation()
            )
        )
        self._inventory_note_direct_change(set(changing.product_id.ids))
        held = self.env["inventory.hold.guard"]._before_direct(self)
        gone = super().unlink()
        self.env["inventory.hold.guard"]._after_direct(held)
        return gone

    @api.model
    def _clean_reservations(self):
        """Bringing reserved quantities back to their lines states what is; it takes nothing from anybody."""
        repair = self.env["inventory.hold.guard"]._repair_context()
        return super(StockQuant, self.with_context(inventory_truth=TRUTH, **repair))._clean_reservations()

    def _apply_inventory(self, *args, **kwargs):
        """A count states what is there, whoever it was promised to; it needs a permit (law 4)."""
        self._inventory_gate_count()
        return super(StockQuant, self.with_context(inventory_stated=TRUTH))._apply_inventory(*args, **kwargs)

    def move_quants(self, *args, **kwargs):
        """Goods that were put elsewhere are there; what was promised of them is found there."""
        target = args[0] if args else kwargs.get("location_dest_id")
        self.env["inventory.gate"]._check_relocation(self, target)
        return super(StockQuant, self.with_context(inventory_stated=TRUTH)).move_quants(*args, **kwargs)

    # --- buttons that would correct stock lead to a request (law 4)

    def action_apply_inventory(self, date=None):
        gated = self._inventory_led()
        if not gated:
            return super().action_apply_inventory(date)
        open_ones = self - gated
        if open_ones:
            super(StockQuant, open_ones).action_apply_inventory(date)
        return gated._inventory_request_count(date)

    def action_set_inventory_quantity_zero(self):
        gated = self._inventory_led() if self.env.context.get("inventory_report_mode") else self.browse()
        if not gated:
            return super().action_set_inventory_quantity_zero()
        open_ones = self - gated
        if open_ones:
            super(StockQuant, open_ones).action_set_inventory_quantity_zero()
        return gated._inventory_request_zero()

    def _set_inventory_quantity(self):
        self._inventory_gate_written_count()
        return super()._set_inventory_quantity()
