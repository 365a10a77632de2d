"""Check of ``./inventory verify``: what is held is there, reserved, and as much as the holds say."""

from odoo import api, models

from ..common.guard_state import DUST


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("holds", self._check_holds)]

    @api.model
    def _check_holds(self):
        """Compare the lines of holds with their quants, each hold with its decisions, and whole holds with what lies
        there."""
        holds = self.env["inventory.hold"].sudo().search([("state", "=", "active")])
        products = holds.move_ids.product_id.ids
        guard = self.env["inventory.hold.guard"]
        stock, held = guard._stock(products), guard._held(products)
        told = []
        for key, quantity in held.items():
            on_hand, reserved = stock.get(key, (0.0, 0.0))
            if quantity > min(on_hand, reserved) + DUST:
                told.append(
                    self.env._(
                        "%(key)s: %(held)s held, %(on_hand)s on hand, %(reserved)s reserved",
                        key=self._told_key(key),
                        held=quantity,
                        on_hand=on_hand,
                        reserved=reserved,
                    )
                )
        for hold in holds:
            said = hold._expected()
            if said is not None and abs(said - hold.held_quantity) > DUST:
                told.append(
                    self.env._(
                        "%(hold)s says %(said)s, its lines %(held)s", hold=hold.name, said=said, held=hold.held_quantity
                    )
                )
            elif said is None:
                told += [
                    self.env._(
                        "%(hold)s: %(quantity)s of %(product)s in %(location)s are not held",
                        hold=hold.name,
                        quantity=part.holdable,
                        product=self.env["product.product"].browse(part.key[0]).display_name,
                        location=self.env["stock.location"].browse(part.key[1]).display_name,
                    )
                    for part in hold._stocks()
                    if part.holdable > DUST
                ]
        return {"compared": len(held) + len(holds), "differences": len(told), "sample": told[:10]}

    @api.model
    def _told_key(self, key):
        lot = self.env["stock.lot"].browse(key[2] or [])
        names = [
            self.env["product.product"].browse(key[0]).display_name,
            self.env["stock.location"].browse(key[1]).display_name,
            lot.name,
        ]
        return ", ".join(name for name in names if name)


class InventoryHold(models.Model):
    _inherit = "inventory.hold"

    def _expected(self):
        """What a hold of a quantity should still hold: what it began with less what was let go; None for whole ones."""
        if self.kind != "quantity":
            return None
        decided = self.outcome_ids.filtered(lambda outcome: outcome.approval_state == "approved")
        failed = sum(self.inspection_ids.mapped("failed"))
        return self.quantity - failed - sum(outcome.applied_quantity for outcome in decided)
