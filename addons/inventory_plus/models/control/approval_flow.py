"""The way of a request through its steps: who is awaited since when, who said what, who passed it on."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import float_compare

from .approval_mixin import ACTIVITY


class InventoryApprovalMixin(models.AbstractModel):
    """Steps of rules behind the methods of the mixin. Everything here runs under the lock of the document's row."""

    _inherit = "inventory.approval.mixin"

    approval_turn_ids = fields.One2many(
        "inventory.approval.turn",
        "res_id",
        "Steps",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
        copy=False,
        bypass_search_access=True,
    )
    approval_awaited_ids = fields.Many2many(
        "res.users",
        string="Awaited",
        compute="_compute_approval_awaited",
        search="_search_approval_awaited_ids",
        help="Who is asked to decide now.",
    )
    approval_since = fields.Datetime("Awaited since", readonly=True, copy=False)
    approval_awaited = fields.Char("Waits for", compute="_compute_approval_awaited")
    approval_waits_for_me = fields.Boolean(
        "Waiting for Me", compute="_compute_approval_waits_for_me", search="_search_approval_waits_for_me"
    )

    @api.depends("approval_turn_ids.state", "approval_turn_ids.voice_ids.state")
    def _compute_approval_awaited(self):
        for record in self:
            turn = record._approval_turn()
            people = record._approval_asked(turn)
            record.approval_awaited_ids = people.sudo(False)
            record.approval_awaited = ": ".join(filter(None, [turn.name, ", ".join(people.sudo().mapped("name"))]))

    def _search_approval_awaited_ids(self, operator, value):
        if operator not in ("in", "any", "ilike", "like", "="):
            return NotImplemented
        voices = [("state", "=", "asked"), ("user_id", operator, value)]
        return Domain("approval_turn_ids", "any", [("state", "=", "open"), ("voice_ids", "any", voices)])

    @api.depends("approval_state", "approval_awaited_ids", "approval_glass_state")
    @api.depends_context("uid")
    def _compute_approval_waits_for_me(self):
        mine = set(self._approval_ids_of_mine())
        for record in self:
            record.approval_waits_for_me = record._origin.id in mine

    def _search_approval_waits_for_me(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("id", "in", self._approval_ids_of_mine())

    def _approval_ids_of_mine(self):
        turns = self.env["inventory.approval.turn"]
        return turns.sudo().search(Domain("res_model", "=", self._name) & turns._mine()).mapped("res_id")

    def _approval_turn(self):
        """The step that is awaited now, if any."""
        return self.sudo().approval_turn_ids.filtered(lambda turn: turn.state == "open")[:1]

    # -------------------------------------------------------------------- begin

    def _approval_begin(self, rule):
        """Copy the steps of the rule and ask the people of the first; or approve at once, where the rule says so."""
        measures = self._approval_measures()
        if rule and rule._within_auto_limits(measures):
            self._approval_at_once(rule)
            return
        self._approval_make_turns(rule, measures)
        self._approval_log(
            "requested", self.env._("%s asked for approval", self.env.user.name), {"rule": rule.name or None}
        )
        self._approval_next()

    def _approval_rule(self):
        """The rule that decides on this document as it is now; none if no rule fits."""
        return self.env["inventory.approval.rule"]._for_document(self)

    def _approval_at_once(self, rule):
        """Approve a request within the limits that the rule states; nobody is named as approver."""
        text = self.env._("Approved at once by the rule %s", rule.name)
        self._approval_set(
            {"approval_state": "approved", "decided_at": fields.Datetime.now(), "decision_comment": text}
        )
        self._approval_log("requested", self.env._("%s asked for approval", self.env.user.name), {"rule": rule.name})
        self._approval_apply()
        limits = {name: rule[name] for name in ("auto_value", "auto_quantity", "auto_percentage") if rule[name]}
        self._approval_log("auto_approved", text, {"rule": rule.name, **limits})

    def _approval_make_turns(self, rule, measures):
        """Write the turns and voices of this request: those of the rule, or one of all approvers."""
        barred = self._approval_parties() | self.env.user
        if rule.exclude_counters:
            barred |= self._approval_counters()
        common = {
            "res_model": self._name,
            "res_id": self.id,
            "res_name": self.display_name,
            "company_id": self._approval_company().id,
            "requester_id": (self.requester_id or self.env.user).id,
            "rule_id": rule.id,
            "rule_name": rule.name,
            "exclude_counters": rule.exclude_counters,
            "barred_ids": [(6, 0, barred.ids)],
            "break_glass_user_id": (
                rule.break_glass_user_id or self._approval_company().sudo().inventory_break_glass_user_id
            ).id,
        }
        value = measures.get("value")
        asked = rule.step_ids.filtered(
            lambda step: value is None or float_compare(abs(value), step.min_value, precision_digits=6) >= 0
        )
        turns, people = [], []
        for number, step in enumerate(asked, 1):
            people.append(step._deciders(self.requester_id, self._approval_company(), barred))
            turns.append({**common, **self._approval_turn_vals(step, number)})
        if not asked:
            people.append(self._approval_somebody(barred))
            turns.append({**common, "sequence": 1, "mode": "one", "by_role": True})
        made = self.env["inventory.approval.turn"]._make(turns)
        self.env["inventory.approval.voice"]._make(
            [
                {"turn_id": turn.id, "user_id": user.id}
                for turn, users in zip(made, people, strict=True)
                for user in users
            ]
        )

    def _approval_turn_vals(self, step, number):
        names = ("name", "mode", "limit_hours", "remind_hours")
        return {
            "sequence": number,
            "escalate_user_id": step.escalate_user_id.id,
            **{name: step[name] for name in names},
        }

    def _approval_somebody(self, barred):
        """All approvers but those who may not decide here; a sentence if none is left."""
        approvers = self._approval_approvers() - barred
        if not approvers:
            raise UserError(
                self.env._(
                    "Nobody else could decide on %s. Give the role Approver to a second person of the company.",
                    self.display_name,
                )
            )
        return approvers

    # --------------------------------------------------------------------- walk

    def _approval_next(self):
        """Open the next step and ask its people; False if none is left."""
        turn = self.sudo().approval_turn_ids.filtered(lambda turn: turn.state == "later")[:1]
        if not turn:
            return False
        turn._open()
        if not self._approval_asked(turn):
            # Whoever was asked may no longer decide, say because he applied it in an emergency.
            self._approval_add_voices(turn, self._approval_somebody(turn.barred_ids), alone=True)
        self._approval_note_awaited(turn)
        return True

    def _approval_asked(self, turn):
        """Users whose decision the turn waits for."""
        return turn.voice_ids.filtered(lambda voice: voice.state == "asked").user_id - turn.barred_ids

    def _approval_note_awaited(self, turn):
        """Show who is awaited since when, and put it on the lists of those people and their deputies."""
        people = self._approval_asked(turn)
        self._approval_set({"approval_since": turn.opened_at})
        known = self.sudo().activity_search([ACTIVITY]).user_id
        told = people | self.env["inventory.approval.deputy"]._standing_in(people) - turn.barred_ids
        summary = self._approval_summary()
        for user in told - known:
            self.sudo().activity_schedule(ACTIVITY, user_id=user.id, summary=summary)
        gone = known - told
        if gone:
            self.sudo().activity_search([ACTIVITY]).filtered(lambda activity: activity.user_id in gone).unlink()

    def _approval_add_voices(self, turn, users, **more):
        self.env["inventory.approval.voice"]._make([{"turn_id": turn.id, "user_id": user.id, **more} for user in users])

    def _approval_speak(self, state, comment):
        """Take down the present user's voice; go on to the next step or to the end."""
        turn = self._approval_turn() or self._approval_adopt()
        voice = turn._speak(self.env.user, state, comment)
        verb = self._approval_verb(state, voice)
        data = {"step": turn.name or None, "for": voice.user_id.login, "comment": comment or None}
        if state == "approved" and not turn._is_decided(voice):
            self._approval_note_awaited(turn)
            return self._approval_log("voice", verb, data)
        turn._close(state)
        if state == "approved" and self._approval_next():
            return self._approval_log("step_approved", verb, data)
        return self._approval_finish(state, verb, comment, data)

    def _approval_verb(self, state, voice):
        """What happened, as a sentence; a deputy is named as such."""
        names = {"user": self.env.user.name, "other": voice.user_id.name}
        if voice.user_id == self.env.user:
            if state == "approved":
                return self.env._("%s approved the request", self.env.user.name)
            return self.env._("%s rejected the request", self.env.user.name)
        if state == "approved":
            return self.env._("%(user)s approved the request in place of %(other)s", **names)
        return self.env._("%(user)s rejected the request in place of %(other)s", **names)

    def _approval_end(self, state):
        """No step of this request waits any more."""
        turns = self.sudo().approval_turn_ids.filtered(lambda turn: turn.state in ("later", "open"))
        turns._close("cancelled" if state != "rejected" else state)
        self._approval_set({"approval_since": False})
        self._approval_close_activities()

    def _approval_adopt(self):
        """Give a request from before the rules its one step; return it."""
        record = self.with_user(self.requester_id) if self.env.uid == SUPERUSER_ID and self.requester_id else self
        barred = self._approval_parties()
        turn = self.env["inventory.approval.turn"]._make(
            [
                {
                    "res_model": self._name,
                    "res_id": self.id,
                    "res_name": self.display_name,
                    "company_id": self._approval_company().id,
                    "requester_id": self.requester_id.id,
                    "sequence": 1,
                    "mode": "one",
                    "by_role": True,
                    "barred_ids": [(6, 0, barred.ids)],
                }
            ]
        )
        self._approval_add_voices(turn, record._approval_approvers() - barred)
        turn._open()
        turn._set({"opened_at": self.requested_at or turn.opened_at})
        self._approval_set({"approval_since": turn.opened_at})
        return turn

    # ------------------------------------------------------------------ forward

    def action_forward(self, user_id, comment=None, from_user_id=None):
        """Pass one's voice on to another person, who then is awaited.

        :param int user_id: to whom; an approver of the company who has no part in the request
        :param int from_user_id: whose voice; only a manager passes on that of others, where they do not answer
        """
        self.check_access("read")
        self._approval_lock()
        target = self.env["res.users"].browse(user_id).exists()
        for record in self:
            if not record._approval_is_afterwards():
                record._approval_expect("pending")
            voice = record._approval_forwarded_voice(from_user_id)
            record._approval_check_target(voice.turn_id, target)
            voice._set(
                {
                    "state": "forwarded",
                    "spoken_by_id": self.env.uid if voice.user_id != self.env.user else False,
                    "spoken_at": fields.Datetime.now(),
                    "comment": (comment or "").strip() or False,
                }
            )
            turn = voice.turn_id
            more = {"forwarded_from_id": self.env.uid, "alone": voice.alone}
            record._approval_add_voices(turn, target, **more)
            record._approval_note_awaited(turn)
            names = {"user": self.env.user.name, "old": voice.user_id.name, "new": target.sudo().name}
            text = self.env._("%(user)s passed the request of %(old)s on to %(new)s", **names)
            record._approval_log("forwarded", text, {"comment": (comment or "").strip() or None})
            record.sudo().message_post(body=text, author_id=self.env.user.partner_id.id, subtype_xmlid="mail.mt_note")
        return True

    def _approval_forwarded_voice(self, from_user_id):
        """The voice that the present user passes on; a sentence if he has none."""
        turn = self._approval_turn()
        if turn.by_role:
            raise UserError(self.env._("Any approver may decide on %s: nothing to pass on.", self.display_name))
        refusal = self._approval_refusal()
        user = self.env.user
        voice = turn._voice_of(user)
        if from_user_id and from_user_id not in self.env["inventory.approval.deputy"]._spoken_for(user).ids:
            if not user.has_group("inventory_plus.group_manager") or user in turn.barred_ids:
                raise AccessError(self.env._("Only a manager without a part in the request passes on another's voice."))
            refusal = None
        if from_user_id:
            voice = turn.voice_ids.filtered(lambda voice: voice.state == "asked" and voice.user_id.id == from_user_id)
        if refusal:
            raise AccessError(refusal)
        if not voice:
            raise UserError(self.env._("That person is not awaited for %s.", self.display_name))
        return voice[:1]

    def _approval_check_target(self, turn, target):
        """Four eyes hold for who gets a request passed on too."""
        if not target or not target._inventory_may_approve(self._approval_company()):
            raise UserError(self.env._("Pass it on to an active approver of the company."))
        if target in turn.barred_ids | self._approval_parties():
            raise UserError(self.env._("%s has a part in this request and cannot decide on it.", target.sudo().name))
        if target in turn.voice_ids.filtered(lambda voice: voice.state != "forwarded").user_id:
            raise UserError(self.env._("%s is asked at this step already.", target.sudo().name))
