"""Break-glass: one named person applies a request now and gives a reason; others decide on it afterwards."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request

#: How long others have to decide afterwards before the managers are alerted.
AFTERWARDS = timedelta(hours=24)
ALERT = "inventory_plus.mail_activity_glass"


class InventoryApprovalMixin(models.AbstractModel):
    """What was applied in an emergency is approved in its effect, and its steps stay open until somebody decided."""

    _inherit = "inventory.approval.mixin"

    approval_glass_state = fields.Selection(
        [
            ("open", "Applied, to be decided on"),
            ("overdue", "Applied, decision overdue"),
            ("confirmed", "Confirmed afterwards"),
            ("refused", "Refused afterwards"),
        ],
        "Emergency",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    approval_glass_user_id = fields.Many2one("res.users", "Applied in an Emergency by", readonly=True, copy=False)
    approval_glass_at = fields.Datetime("Applied in an Emergency on", readonly=True, copy=False)
    approval_glass_until = fields.Datetime("To be Decided until", readonly=True, copy=False)
    approval_glass_reason = fields.Text("Reason of the Emergency", readonly=True, copy=False)
    approval_can_break = fields.Boolean(compute="_compute_approval_can_break")

    @api.depends("approval_state", "approval_glass_state")
    @api.depends_context("uid")
    def _compute_approval_can_break(self):
        for record in self:
            record.approval_can_break = record.approval_state == "pending" and not record._approval_glass_refusal()

    def _approval_is_afterwards(self):
        """Whether this is applied already and waits for the decision that should have come first."""
        return self.approval_state == "approved" and self.approval_glass_state in ("open", "overdue")

    def _approval_glass_refusal(self):
        """Why the present user may not apply this without a decision, as a sentence; None if he may."""
        user = self.env.user
        if user.id == SUPERUSER_ID or (request and request.session and (request.session.uid or user.id) != user.id):
            return self.env._("Nobody decides in another user's name.")
        named = self._approval_turn().break_glass_user_id
        if not named or named.sudo(False) != user or not user._inventory_may_approve(self.sudo()._approval_company()):
            return self.env._("Only the person named for emergencies applies a request without a decision.")
        return None

    def action_break_glass(self, reason=None):
        """Apply now, without a decision; others decide afterwards, within 24 hours.

        :param str reason: why it cannot wait; required
        """
        self.check_access("read")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why it cannot wait for a decision."))
        self._approval_lock()
        for record in self:
            record._approval_expect("pending")
            if refusal := record._approval_glass_refusal():
                raise AccessError(refusal)
        for record in self:
            with self.env.cr.savepoint():
                record._approval_break(reason)
        return True

    def _approval_break(self, reason):
        now = fields.Datetime.now()
        self._approval_set(
            {
                "approval_state": "approved",
                "decided_at": now,
                "approval_glass_state": "open",
                "approval_glass_user_id": self.env.uid,
                "approval_glass_at": now,
                "approval_glass_until": now + AFTERWARDS,
                "approval_glass_reason": reason,
            }
        )
        self._approval_apply()
        turn = self._approval_turn()
        waiting = self.sudo().approval_turn_ids.filtered(lambda turn: turn.state in ("open", "later"))
        waiting._set({"barred_ids": [(4, self.env.uid)]})
        if not self._approval_asked(turn):
            self._approval_add_voices(turn, self._approval_somebody(turn.barred_ids), alone=True)
        self._approval_note_awaited(turn)
        text = self.env._("%s applied the request in an emergency, before a decision", self.env.user.name)
        self._approval_log("glass_broken", text, {"reason": reason, "until": str(now + AFTERWARDS)})
        self._approval_tell_requester(f"{text}: {reason}")

    def _approval_finish_glass(self, state, verb, comment, data):
        """The decision that came afterwards. What was applied stays; the managers are told if it was wrong."""
        confirmed = state == "approved"
        self._approval_set(
            {
                "approval_glass_state": "confirmed" if confirmed else "refused",
                "approver_id": self.env.uid,
                "decision_comment": comment or False,
            }
        )
        self._approval_end(state)
        self.sudo().activity_unlink([ALERT])
        self._approval_log("glass_confirmed" if confirmed else "glass_refused", verb, data)
        self._approval_tell_requester(verb)
        if not confirmed:
            self._approval_alert(
                self.env._("%s was applied in an emergency and refused afterwards: correct it.", self.display_name)
            )

    def _approval_alert(self, text):
        """An activity for each manager of the company."""
        for user in self._approval_managers():
            self.sudo().activity_schedule(ALERT, user_id=user.id, summary=text)

    def _approval_managers(self):
        company = self.sudo()._approval_company()
        users = self.env.ref("inventory_plus.group_manager").sudo().all_user_ids
        return users.filtered(lambda user: user._inventory_may_approve(company)).sudo(False)
