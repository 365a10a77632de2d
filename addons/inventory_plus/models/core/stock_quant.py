"""Quants: the one place through which every reservation and every change of quantity goes."""

from odoo import api, models

from ..common.grant import TRUTH

#: Fields of a quant that decide how much of an item is free.
FREE_FIELDS = {"quantity", "reserved_quantity", "product_id", "location_id", "lot_id", "owner_id"}


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _get_reserve_quantity(
        self, product_id, location_id, quantity, uom_id=None, lot_id=None, package_id=None, owner_id=None, strict=False
    ):
        """Cut what core would reserve to what the item lock grants. Stock that nobody asks for passes."""

        def choose(amount):
            return super(StockQuant, self)._get_reserve_quantity(
                product_id,
                location_id,
                amount,
                uom_id=uom_id,
                lot_id=lot_id,
                package_id=package_id,
                owner_id=owner_id,
                strict=strict,
            )

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
        unasked = 0.0
        for item, _quant, quantity in items(chosen):
            if item:
                needs[item] = needs.get(item, 0.0) + quantity
            else:
                unasked += quantity
        if not needs:
            return chosen
        allowed = grant._take(state, needs)
        if all(product.uom_id.compare(allowed[item], need) >= 0 for item, need in needs.items()):
            return chosen
        # Choose again with less, so that core's rounding to the move's unit, to packagings and to serial numbers
        # holds for the smaller quantity too.
        left = dict(allowed)
        cut = []
        for item, quant, quantity in items(choose(sum(allowed.values()) + unasked)):
            if item:
                quantity = min(quantity, left.get(item, 0.0))
                if product.tracking == "serial":
                    quantity = int(quantity)
                left[item] = left.get(item, 0.0) - quantity
            if product.uom_id.compare(quantity, 0) > 0:
                cut.append((quant, quantity))
        for item, quantity in left.items():
            state.pending[item] = max(0.0, state.pending[item] - quantity)
        return cut

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
        """Before core changes a quant: wait for it (law 1) and see that a reservation is covered by a grant.

        What comes in is not waited for: core's second row for it is harmless. Neither are customers, vendors and
        the like, whose stock nobody reserves.
        """

        def change():
            return super(StockQuant, self)._update_available_quantity(
                product_id,
                location_id,
                quantity=quantity,
                reserved_quantity=reserved_quantity,
                lot_id=lot_id,
                package_id=package_id,
                owner_id=owner_id,
                in_date=in_date,
            )

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
        self._inventory_note_direct_change(
            {
                vals["product_id"]
                for vals in vals_list
                if vals.get("product_id") and (vals.get("quantity") or vals.get("reserved_quantity"))
            }
        )
        return super().create(vals_list)

    def write(self, vals):
        if FREE_FIELDS & vals.keys():
            products = set(self.sudo().product_id.ids)
            if vals.get("product_id"):
                products.add(vals["product_id"])
            self._inventory_note_direct_change(products)
        return super().write(vals)

    def unlink(self):
        changing = self.sudo().filtered(lambda quant: quant.quantity or quant.reserved_quantity)
        self._inventory_note_direct_change(set(changing.product_id.ids))
        return super().unlink()

    @api.model
    def _clean_reservations(self):
        """Bringing reserved quantities back to their lines states what is; it takes nothing from anybody."""
        return super(StockQuant, self.with_context(inventory_truth=TRUTH))._clean_reservations()
