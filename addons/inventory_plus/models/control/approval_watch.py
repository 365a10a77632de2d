"""What happens to requests that nobody answers: reminder, escalation, and the alert after an emergency."""

from datetime import timedelta

from odoo import api, fields, models


class InventoryApprovalTurn(models.Model):
    _inherit = "inventory.approval.turn"

    @api.model
    def _cron_watch(self):
        """Remind, escalate and alert. Each request in a transaction of its own, under the lock of its row."""
        now = fields.Datetime.now()
        due = self.sudo().search(
            [
                ("state", "=", "open"),
                "|",
                ("remind_at", "<=", now),
                "&",
                ("deadline", "<=", now),
                ("escalated_at", "=", False),
            ]
        )
        work = {(turn.res_model, turn.res_id) for turn in due if turn.res_model in self.env}
        for kind, _label in self.env["inventory.approval.rule"]._selection_kind():
            overdue = (
                self.env[kind]
                .sudo()
                .search([("approval_glass_state", "=", "open"), ("approval_glass_until", "<=", now)])
            )
            work |= {(kind, number) for number in overdue.ids}
        for kind, number in sorted(work):
            self.env["inventory.job"]._retrying(
                lambda env, kind=kind, number=number: env[kind].browse(number).exists()._approval_watch()
            )


class InventoryApprovalMixin(models.AbstractModel):
    _inherit = "inventory.approval.mixin"

    def _approval_watch(self):
        """Do what is due for this request now; asked again under the lock, so that a decision beside it wins."""
        self._approval_lock()
        now = fields.Datetime.now()
        for record in self:
            turn = record._approval_turn()
            if turn.deadline and turn.deadline <= now and not turn.escalated_at:
                record._approval_escalate(turn, now)
            elif turn.remind_at and turn.remind_at <= now:
                record._approval_remind(turn, now)
            if record.approval_glass_state == "open" and record.approval_glass_until <= now:
                record._approval_set({"approval_glass_state": "overdue"})
                text = self.env._(
                    "%s was applied in an emergency and nobody decided on it within 24 hours.", record.display_name
                )
                record._approval_alert(text)
                record._approval_log("glass_overdue", text)

    def _approval_remind(self, turn, now):
        turn._set({"remind_at": now + timedelta(hours=turn.remind_hours)})
        people = self._approval_asked(turn)
        people |= self.env["inventory.approval.deputy"]._standing_in(people) - turn.barred_ids
        self.sudo().message_post(
            body=self.env._("%s still waits for your decision.", self.display_name),
            partner_ids=people.sudo().partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )

    def _approval_escalate(self, turn, now):
        """Ask who comes next, who may then decide in place of all; without a name, the managers."""
        turn._set({"escalated_at": now, "remind_at": turn.remind_hours and now + timedelta(hours=turn.remind_hours)})
        company = self.sudo()._approval_company()
        target = turn.escalate_user_id.filtered(lambda user: user._inventory_may_approve(company)) - turn.barred_ids
        people = target or self._approval_managers() - turn.barred_ids
        asked = turn.voice_ids.filtered(lambda voice: voice.state == "asked" and voice.user_id in people)
        if asked:
            asked._set({"alone": True})
        spoken = turn.voice_ids.filtered(lambda voice: voice.state == "approved").spoken_by_id
        self._approval_add_voices(turn, people - asked.user_id - spoken, alone=True)
        self._approval_note_awaited(turn)
        text = self.env._("Nobody decided in time: passed up to %s", ", ".join(people.sudo().mapped("name")) or "-")
        self._approval_log("escalated", text, {"step": turn.name or None})
        self.sudo().message_post(body=text, partner_ids=people.sudo().partner_id.ids, subtype_xmlid="mail.mt_note")
