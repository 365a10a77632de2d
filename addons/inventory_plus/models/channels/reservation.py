"""The reservation: a promise to a channel and what became of it."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [
    ("soft", "Soft"),
    ("firm", "Firm"),
    ("fulfilled", "Fulfilled"),
    ("released", "Released"),
    ("expired", "Expired"),
    ("rejected", "Rejected"),
]
OPEN_STATES = ("soft", "firm")


class InventoryReservation(models.Model):
    """A promise; its quantities stand in the lines and, as the truth that decides, in the ledger (law 1).

    Rows are written by the functions of the database that decide under the item lock and by the transactions of
    Odoo documents that keep their promise in step; never by a client.
    """

    _name = "inventory.reservation"
    _description = "Reservation"
    _order = "id desc"
    _rec_name = "reference"

    channel_id = fields.Many2one("inventory.channel", required=True, index=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    key = fields.Char(
        "Request Key", required=True, readonly=True, help="Given by the client; its request is carried out once."
    )
    state = fields.Selection(STATES, required=True, readonly=True, index=True, default="firm")
    priority = fields.Integer(readonly=True, help="That of the channel when the promise was made.")
    expires_at = fields.Datetime("Expires at", readonly=True)
    reference = fields.Char(readonly=True, help="What the client or document calls it.")
    reason_code = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
    request_hash = fields.Char(readonly=True)
    answer = fields.Json(readonly=True)
    res_model = fields.Char("Document Model", readonly=True)
    res_id = fields.Many2oneReference("Document", model_field="res_model", readonly=True)
    user_id = fields.Many2one("res.users", "Made by", readonly=True)
    line_ids = fields.One2many("inventory.reservation.line", "reservation_id", "Lines", readonly=True)
    event_ids = fields.One2many("inventory.reservation.event", "reservation_id", "History", readonly=True)
    due_date = fields.Date(
        "Goods Due",
        compute="_compute_due_date",
        help="The day on which the last goods are due that are still on their way, as the receipts stand now.",
    )
    is_short = fields.Boolean("Short", compute="_compute_is_short", search="_search_is_short")

    _key_unique = models.UniqueIndex("(channel_id, key)", "The key has been used in this channel.")
    _document_unique = models.UniqueIndex(
        "(res_model, res_id) WHERE res_id IS NOT NULL AND state IN ('soft', 'firm', 'fulfilled')",
        "A document has one promise.",
    )
    _document_index = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")
    _expiry_index = models.Index("(expires_at) WHERE state = 'soft'")

    def _compute_due_date(self):
        groups = self.env["inventory.reservation.line"]._read_group(
            [("reservation_id", "in", self.ids), ("incoming_quantity", ">", 0)], ["reservation_id"], ["due_date:max"]
        )
        days = {reservation.id: day for reservation, day in groups}
        for reservation in self:
            reservation.due_date = days.get(reservation.id, False)

    def _compute_is_short(self):
        short = self.env["inventory.reservation.line"].search([("reservation_id", "in", self.ids), ("short", ">", 0)])
        for reservation in self:
            reservation.is_short = reservation in short.reservation_id

    @api.model
    def _search_is_short(self, operator, value):
        if operator != "in":
            return NotImplemented
        lines = self.env["inventory.reservation.line"]._search([("short", ">", 0)])
        return [("line_ids", "in" if True in value else "not in", lines)]

    @api.model
    def _holder_name(self, number):
        """What others are told about the owner of a promise: its document or reference, and its channel."""
        reservation = self.browse(number).exists()
        if not reservation:
            return self.env._("a promise that was just made")
        name = reservation.reference or reservation.key
        return self.env._("%(name)s (%(channel)s)", name=name, channel=reservation.channel_id.name)

    # --- buttons

    def action_release(self):
        """Give the goods of clients free again.

        :raise UserError: an open promise of an Odoo document, which would be promised to it again a little later
        """
        self._refuse_documents()
        return self._change("release", self.env._("Released by hand"))

    def action_confirm_promise(self):
        """Make soft promises firm: they no longer expire."""
        return self._change("confirm", self.env._("Confirmed by hand"))

    def _refuse_documents(self):
        for reservation in self.filtered(lambda promise: promise.res_id and promise.state in OPEN_STATES):
            raise UserError(
                self.env._(
                    "%(name)s still waits for these goods and would be promised them again. Cancel the order or order"
                    " less, or move the promise to another order (Move, beside the line).",
                    name=reservation.reference or reservation.key,
                )
            )

    def _change(self, action, reason, until=None):
        self.check_access("read")
        if not self.env.user.has_group("inventory_plus.group_manager"):
            raise UserError(self.env._("Only managers change promises by hand."))
        answers = self.env["inventory.promise"]._change(self.ids, action, reason, until)
        self.invalidate_recordset()
        refused = [answer["message"] for answer in answers.values() if answer.get("message")]
        if refused:
            raise UserError("\n".join(refused))
        return True

    @api.model
    def _cron_expire(self):
        """Close soft promises whose time is over, and forget keys after 90 days."""
        self.env["inventory.promise"]._expire()
        self._forget()

    @api.model
    def _forget(self):
        """Delete what clients asked for and what has been closed for 90 days; documents keep theirs."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_reservation gone
                 WHERE gone.state NOT IN ('soft', 'firm') AND gone.res_id IS NULL
                   AND GREATEST(gone.create_date, gone.write_date) < now() AT TIME ZONE 'UTC' - interval '90 days'
                   AND NOT EXISTS (SELECT FROM inventory_ledger l WHERE l.key = 'promise:' || gone.id)
                """
            )
        )
