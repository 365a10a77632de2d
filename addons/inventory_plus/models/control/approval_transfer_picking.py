"""Transfers that wait for an approval: the switch on the operation type, the button, the check when they are done."""

from odoo import api, fields, models

from ...exceptions import GateError


class StockPickingType(models.Model):
    _inherit = "stock.picking.type"

    inventory_approval = fields.Boolean(
        "Needs Approval",
        help="Transfers of this type are done after another person approved them.",
    )

    def write(self, vals):
        before = {kind: kind.inventory_approval for kind in self} if "inventory_approval" in vals else {}
        result = super().write(vals)
        for kind, old in before.items():
            if kind.inventory_approval != old:
                state = "on" if kind.inventory_approval else "off"
                self.env["inventory.audit.entry"]._log(
                    "approval.transfer_switched", f"{kind.display_name}: approval of transfers {state}", kind
                )
        return result


class StockPicking(models.Model):
    _inherit = "stock.picking"

    inventory_request_ids = fields.One2many(
        "inventory.transfer.request", "picking_id", "Requests for Approval", groups="stock.group_stock_user"
    )
    inventory_request_state = fields.Selection(
        [("needed", "Approval needed"), ("pending", "Waiting for Approval"), ("approved", "Approved")],
        "Approval",
        compute="_compute_inventory_request_state",
        groups="stock.group_stock_user",
    )

    @api.depends("state", "move_ids", "picking_type_id.inventory_approval", "inventory_request_ids.approval_state")
    def _compute_inventory_request_state(self):
        for picking in self:
            picking.inventory_request_state = picking._inventory_request_state()

    def _inventory_request_state(self):
        """What the button of the form offers; the check when the transfer is done asks again."""
        picking = self.sudo()
        if picking.state in ("done", "cancel") or not (picking.move_ids and self._inventory_wants_approval()):
            return False
        if picking._inventory_moves_approved():
            return "approved"
        return "pending" if "pending" in picking.inventory_request_ids.mapped("approval_state") else "needed"

    def _inventory_wants_approval(self):
        """Whether this transfer needs one: by its type, or because no document stands behind its goods."""
        picking = self.sudo()
        if picking.picking_type_id.inventory_approval:
            return True
        gate = self.env["inventory.gate"]
        crossing = picking.move_ids.filtered(
            lambda move: gate._kind(move.location_id, move.location_dest_id) == "crossing"
        )
        asked = crossing.filtered(lambda move: move.company_id.inventory_gate_sourceless)
        return bool(asked - asked._inventory_sources()) or bool(
            asked and "approved" in picking.inventory_request_ids.mapped("approval_state")
        )

    def _inventory_approval_content(self):
        """What this transfer moves: a row per product, from, to and owner, in the product's unit, with a text."""
        rows = {}
        for move in self.sudo().move_ids.filtered(lambda move: move.state != "cancel"):
            product = move.product_id
            most = move.quantity if move.state == "done" else max(move.quantity, move.product_uom_qty)
            quantity = move.product_uom._compute_quantity(most, product.uom_id, rounding_method="HALF-UP")
            owners = move.move_line_ids.owner_id
            key = (product.id, move.location_id.id, move.location_dest_id.id, owners[:1].id or 0)
            rows[key] = rows.get(key, 0.0) + quantity
        return [self._inventory_content_row(key, quantity) for key, quantity in sorted(rows.items())]

    def _inventory_content_row(self, key, quantity):
        product = self.env["product.product"].sudo().browse(key[0])
        source, target = (self.env["stock.location"].sudo().browse(number) for number in key[1:3])
        return {
            "product": key[0],
            "from": key[1],
            "to": key[2],
            "owner": key[3],
            "quantity": quantity,
            "text": f"{quantity:g} {product.uom_id.name} {product.display_name}: "
            f"{source.display_name} → {target.display_name}",
        }

    def _inventory_moves_approved(self):
        """Whether somebody approved that this transfer moves what it moves now, or more."""
        picking = self.sudo()
        approved = picking.inventory_request_ids.filtered(lambda asked: asked.approval_state == "approved")
        if not approved:
            return super()._inventory_moves_approved()
        content = picking._inventory_done_content()
        return any(request._covers(content) for request in approved)

    def _inventory_done_content(self):
        """What this transfer moves by its lines, from the places of its moves."""
        rows = {}
        for move in self.move_ids.filtered(lambda move: move.state != "cancel"):
            for line in move.move_line_ids:
                key = (move.product_id.id, move.location_id.id, move.location_dest_id.id, line.owner_id.id or 0)
                rows[key] = rows.get(key, 0.0) + line.quantity_product_uom
        return [
            {"product": key[0], "from": key[1], "to": key[2], "owner": key[3], "quantity": quantity}
            for key, quantity in rows.items()
        ]

    def action_inventory_request_approval(self):
        """Ask for approval of this transfer as it is now, or open the request that waits."""
        self.ensure_one()
        self.check_access("write")
        if self.state == "draft":
            self.action_confirm()
        waiting = self.sudo().inventory_request_ids.filtered(lambda asked: asked.approval_state == "pending")[:1]
        if not waiting:
            waiting = self.env["inventory.transfer.request"].create({"picking_id": self.id})
            waiting.action_request_approval()
        return {
            "type": "ir.actions.act_window",
            "res_model": "inventory.transfer.request",
            "res_id": waiting.id,
            "view_mode": "form",
        }


class StockMove(models.Model):
    _inherit = "stock.move"

    def _inventory_check_transfer_approval(self):
        """Refuse to do transfers of a type that needs approval, as long as nobody approved what they move now."""
        moves = self.sudo().filtered(
            lambda move: (
                (move.picking_type_id | move.picking_id.picking_type_id).filtered("inventory_approval")
                and move.state not in ("done", "cancel")
            )
        )
        if not moves or not self.env["inventory.gate"]._is_on():
            return
        for picking in moves.picking_id:
            if not picking._inventory_moves_approved():
                raise GateError(
                    self.env._(
                        "%s needs the approval of another person before it is done. Press Request Approval on it; if "
                        "it was approved, it moves more now than was asked for.",
                        picking.name,
                    )
                )
        if loose := moves.filtered(lambda move: not move.picking_id):
            raise GateError(
                self.env._(
                    "%s moves goods of an operation type that needs approval: make a transfer of it and ask there.",
                    loose[:1].product_id.display_name,
                )
            )
