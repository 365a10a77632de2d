"""What people do about promises that are short, and moving a promise from one order to another."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..common.guard_state import DUST
from .reservation import OPEN_STATES


class InventoryReservationLine(models.Model):
    _inherit = "inventory.reservation.line"

    def _check_hand(self):
        self.check_access("read")
        if not self.env.user.has_group("inventory_plus.group_manager"):
            raise UserError(self.env._("Only managers change promises by hand."))

    def _take(self):
        """Make the reservations this transaction's own; as :meth:`InventoryKeeper._take_lines`."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE inventory_reservation SET write_date = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
                sorted(set(self.reservation_id.ids)),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset()
        state = self.env["inventory.grant"]._state()
        state.changed = True
        for line in self:
            state.promise_base.setdefault(line.id, line.open_quantity)
        return state

    def _check_alive(self):
        """After :meth:`_take`: from then on nobody closes them, so what is in time now stays so."""
        now = fields.Datetime.now()
        for reservation in self.reservation_id:
            if reservation.state == "soft" and reservation.expires_at <= now:
                raise UserError(self.env._("The promise has expired."))

    def action_retake(self):
        """Promise again what was lost, as far as there are goods."""
        self._check_hand()
        lines = self.filtered(lambda line: line.short > 0 and line.state in ("soft", "firm"))
        state = lines._take()
        lines._check_alive()
        before = sum(lines.mapped("short"))
        for line in lines:
            # One at a time: each is asked for within the rules of its channel, and takes what the one before left.
            document = (line.reservation_id.res_model, line.reservation_id.res_id)
            if document[1]:
                state.documents.add(document)
            else:
                line._retake(state)
        self.env["inventory.net"]._settle(state)
        self.invalidate_recordset()
        if lines and sum(lines.mapped("short")) > before - DUST:
            raise UserError(self.env._("There are no goods yet that this channel may have."))
        return True

    def _retake(self, state):
        item = (self.product_id.id, self.warehouse_id.id)
        keeper = self.env["inventory.keeper"]
        rules = keeper._with_rules({self.channel_id.id})
        cut = keeper._ask_for(state, self.channel_id.id if rules else None, {(None, item): self.short}, True)
        taken = self.short - cut.get((None, item), 0.0)
        if taken > DUST:
            self._book(taken, "promised")
            self._set(open_quantity=self.open_quantity + taken, short=self.short - taken)

    def _retake_alone(self):
        """Promise again to a client what he lost, unless somebody ends or changes the promise; he is told."""
        rows = self.env.execute_query(
            SQL(
                "SELECT r.id FROM inventory_reservation r JOIN inventory_reservation_line line"
                " ON line.reservation_id = r.id WHERE line.id = %s AND line.short > 0 AND r.state = 'firm'"
                " FOR NO KEY UPDATE OF r SKIP LOCKED",
                self.id,
            )
        )
        if rows:
            line = self.sudo()
            line._retake(line._take())
            self.env["inventory.net"]._settle(self.env["inventory.grant"]._state())

    def action_give_up(self):
        """Stop waiting for what was lost; the client reads it as released."""
        self._check_hand()
        lines = self.filtered(lambda line: line.short > 0)
        lines._take()
        for line in lines:
            line._tell("released", line.short)
            line._set(short=0.0, released=line.released + line.short)
        lines._end()
        return True

    def _end(self):
        """End promises of clients of which nothing is left: nobody shall confirm them and send goods for them."""
        promises = self.sudo().reservation_id.filtered(
            lambda promise: not promise.res_id and promise.state in OPEN_STATES
        )
        empty = promises.filtered(
            lambda promise: (
                not any(
                    line.open_quantity or line.incoming_quantity or line.short or line.fulfilled
                    for line in promise.line_ids
                )
            )
        )
        empty.write({"state": "released", "expires_at": False})
        empty.flush_recordset()

    def _set(self, **values):
        """Past the right to write, which nobody has; the ledger was booked before."""
        self.sudo().write(values)
        self.flush_recordset()

    def _book(self, quantity, event, reason=None):
        """Enter a change of the promise in the ledger, and say so in its history."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind)"
                " VALUES (%s, %s, %s, %s, 'promise')",
                f"promise:{self.reservation_id.id}",
                self.product_id.id,
                self.warehouse_id.id,
                round(quantity, 6),
            )
        )
        self._tell(event, abs(quantity), reason)

    def _tell(self, event, quantity, reason=None):
        self.env["inventory.reservation.event"].sudo().create(
            {
                "reservation_id": self.reservation_id.id,
                "at": fields.Datetime.now(),
                "user_id": self.env.uid,
                "event": event,
                "quantity": quantity,
                "reason": reason,
            }
        )

    def action_open_transfer(self):
        """Open the dialog that moves the promise to another order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move the Promise"),
            "res_model": "inventory.promise.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_id": self.id, "default_quantity": self.open_quantity},
        }


class InventoryPromiseTransfer(models.TransientModel):
    """Goods that are promised to one order are promised to another instead."""

    _name = "inventory.promise.transfer"
    _description = "Move of a Promise"

    line_id = fields.Many2one("inventory.reservation.line", "From", required=True, readonly=True, ondelete="cascade")
    # Read as the user: he may name any line by its number.
    product_id = fields.Many2one(related="line_id.product_id", related_sudo=False)
    company_id = fields.Many2one(related="line_id.company_id", related_sudo=False)
    open_quantity = fields.Float(related="line_id.open_quantity", related_sudo=False)
    quantity = fields.Float(digits="Product Unit", required=True)
    order_id = fields.Many2one(
        "sale.order",
        "To the Order",
        required=True,
        domain="[('state', '=', 'sale'), ('company_id', '=', company_id), ('order_line.product_id', '=', product_id)]",
    )
    reason = fields.Char(required=True)

    def action_transfer(self):
        """Take the goods from the one and promise them to the other, in one transaction."""
        self.ensure_one()
        line = self.line_id
        line._check_hand()
        quantity = self._check(line)
        state = line._take()
        line._check_alive()
        line._book(-quantity, "moved", self.reason)
        line._set(open_quantity=line.open_quantity - quantity, released=line.released + quantity)
        line._end()
        document = ("sale.order", self.order_id.id)
        before = self._promised(document, line)
        state.documents.add(document)
        self.env["inventory.net"]._settle(state)
        if self._promised(document, line) - before < quantity - DUST:
            raise UserError(
                self.env._(
                    "%(order)s does not wait for %(quantity)s %(unit)s of %(product)s from %(warehouse)s.",
                    order=self.order_id.name,
                    quantity=quantity,
                    unit=line.product_id.uom_id.name,
                    product=line.product_id.display_name,
                    warehouse=line.warehouse_id.display_name,
                )
            )
        self._note(line, quantity)
        return {"type": "ir.actions.act_window_close"}

    def _check(self, line):
        unit = line.product_id.uom_id
        quantity = unit.round(self.quantity)
        if not 0 < quantity <= line.open_quantity + DUST:
            raise UserError(self.env._("Between 0 and %(open)s can be moved.", open=unit.round(line.open_quantity)))
        if not self.reason.strip():
            raise UserError(self.env._("Give a reason."))
        if line.reservation_id.res_model == "sale.order" and line.reservation_id.res_id == self.order_id.id:
            raise UserError(self.env._("Choose another order."))
        if self.order_id.sudo().company_id != line.company_id:
            raise UserError(self.env._("The order is of another company."))
        return quantity

    @api.model
    def _promised(self, document, line):
        opened = self.env["inventory.keeper"]._open({document})
        return opened.get((document, (line.product_id.id, line.warehouse_id.id)), 0.0)

    def _note(self, line, quantity):
        """Both orders and the audit trail say who moved what, and why."""
        values = {
            "quantity": quantity,
            "product": line.product_id.display_name,
            "origin": line.reservation_id.reference or line.reservation_id.key,
            "order": self.order_id.name,
            "reason": self.reason,
        }
        text = self.env._("%(quantity)s of %(product)s moved from %(origin)s to %(order)s: %(reason)s", **values)
        self.env["inventory.audit.entry"]._log("promise.moved", text, record=line.reservation_id, data=values)
        documents = self.order_id
        if line.reservation_id.res_model == "sale.order":
            documents |= documents.browse(line.reservation_id.res_id).exists()
        for order in documents.sudo():
            order.with_user(self.env.uid).sudo().message_post(body=text)
