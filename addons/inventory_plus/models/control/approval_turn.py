"""A step of one running request, copied from the rule when the request was made."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class InventoryApprovalTurn(models.Model):
    """Turns of a request come one after the other; the open one says who is awaited since when.

    Written by the approval mixin alone, under the lock of the document's row; refused to everybody else, for the
    superuser too, because ``create``, ``write`` and ``unlink`` are closed and the methods go past them by ``super()``.
    """

    _name = "inventory.approval.turn"
    _description = "Step of a Request"
    _order = "sequence, id"

    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record Id", model_field="res_model", required=True, readonly=True)
    res_name = fields.Char("Request", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    requester_id = fields.Many2one("res.users", "Requested by", readonly=True)
    rule_name = fields.Char("Rule", readonly=True)
    rule_id = fields.Many2one("inventory.approval.rule", "Rule's Record", readonly=True, ondelete="set null")
    name = fields.Char("Step", readonly=True)
    sequence = fields.Integer(readonly=True)
    mode = fields.Selection([("one", "One of them"), ("all", "All of them")], "How many", readonly=True)
    by_role = fields.Boolean(readonly=True, help="No rule fitted: whoever has the role Approver decides.")
    state = fields.Selection(
        [
            ("later", "Later"),
            ("open", "Awaited"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
        default="later",
    )
    opened_at = fields.Datetime("Awaited since", readonly=True)
    closed_at = fields.Datetime(readonly=True)
    limit_hours = fields.Float(readonly=True)
    remind_hours = fields.Float(readonly=True)
    deadline = fields.Datetime(readonly=True)
    remind_at = fields.Datetime(readonly=True)
    escalated_at = fields.Datetime(readonly=True)
    escalate_user_id = fields.Many2one("res.users", "Escalate to", readonly=True)
    break_glass_user_id = fields.Many2one("res.users", "In an Emergency", readonly=True)
    exclude_counters = fields.Boolean("Never who counted", readonly=True)
    barred_ids = fields.Many2many("res.users", string="Never", readonly=True)
    voice_ids = fields.One2many("inventory.approval.voice", "turn_id", "People", readonly=True)
    awaited_text = fields.Char("Awaited", compute="_compute_awaited_text")
    waits_for_me = fields.Boolean("Waiting for Me", compute="_compute_waits_for_me", search="_search_waits_for_me")

    _document = models.Index("(res_model, res_id, state)")
    _due = models.Index("(deadline, remind_at) WHERE state = 'open'")

    @api.depends("voice_ids.state", "voice_ids.user_id", "state")
    def _compute_awaited_text(self):
        for turn in self:
            names = turn.sudo().voice_ids.filtered(lambda voice: voice.state == "asked").user_id.mapped("name")
            turn.awaited_text = ", ".join(names) if turn.state == "open" else False

    # ----------------------------------------------------------- waiting for me

    @api.model
    def _mine(self):
        """Domain of the open turns that wait for the present user: asked himself, or as a deputy."""
        user = self.env.user
        if not user.has_group("inventory_plus.group_approver"):
            return Domain.FALSE
        spoken_for = self.env["inventory.approval.deputy"]._spoken_for(user)
        asked = (
            self.env["inventory.approval.voice"]
            .sudo()
            ._search([("state", "=", "asked"), ("user_id", "in", spoken_for.ids)])
        )
        spoken = self.env["inventory.approval.voice"].sudo()._search([("spoken_by_id", "=", user.id)])
        return (
            Domain("state", "=", "open")
            & Domain("company_id", "in", user.company_ids.ids)
            & (Domain("by_role", "=", True) | Domain("voice_ids", "in", asked))
            & Domain("barred_ids", "not in", user.ids)
            & Domain("voice_ids", "not in", spoken)
        )

    def _compute_waits_for_me(self):
        mine = self.sudo().search(Domain("id", "in", self.ids) & self._mine()) if self.ids else self
        for turn in self:
            turn.waits_for_me = turn._origin in mine

    def _search_waits_for_me(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._mine()

    def _refusal(self, user):
        """Why this user has no voice in this turn, as a sentence; None if he has. Role and parties are asked before."""
        turn = self.sudo()
        if turn.exclude_counters and user in turn.barred_ids:
            return self.env._("You counted what %s is about: another person has to decide on it.", turn.res_name)
        if user in turn.voice_ids.spoken_by_id:
            return self.env._("You decided at this step already; the others are still awaited.")
        if turn.by_role or turn._voice_of(user):
            return None
        return self.env._(
            "%(name)s waits for %(people)s, not for you.", name=turn.res_name, people=turn.awaited_text or "-"
        )

    def _voice_of(self, user):
        """The voice with which a user would speak: his own before that of somebody he stands in for."""
        asked = self.sudo().voice_ids.filtered(lambda voice: voice.state == "asked")
        own = asked.filtered(lambda voice: voice.user_id == user)
        if own:
            return own[:1]
        spoken_for = self.env["inventory.approval.deputy"]._spoken_for(user)
        return asked.filtered(lambda voice: voice.user_id in spoken_for)[:1]

    # ------------------------------------------------------------------ running

    def _open(self):
        """Ask the people of this turn from now on."""
        now = fields.Datetime.now()
        self._set(
            {
                "state": "open",
                "opened_at": now,
                "deadline": self.limit_hours and now + timedelta(hours=self.limit_hours),
                "remind_at": self.remind_hours and now + timedelta(hours=self.remind_hours),
            }
        )

    def _speak(self, user, state, comment):
        """Take down what a user decided; return the voice. The caller asked :meth:`_refusal` before."""
        voice = self._voice_of(user)
        if not voice:
            voice = self.env["inventory.approval.voice"]._make([{"turn_id": self.id, "user_id": user.id}])
        voice._set(
            {"state": state, "spoken_by_id": user.id, "spoken_at": fields.Datetime.now(), "comment": comment or False}
        )
        return voice

    def _is_decided(self, voice):
        """Whether this approval ends the turn."""
        if self.mode == "one" or voice.alone:
            return True
        return not self.voice_ids.filtered(lambda other: other.state == "asked").user_id - self.barred_ids

    def _close(self, state):
        if self:
            self._set({"state": state, "closed_at": fields.Datetime.now()})

    def action_open_document(self):
        """Open the request that this turn belongs to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def action_open_decision(self):
        """Decide on the requests of these turns, all of one kind, with one comment."""
        if len(set(self.mapped("res_model"))) != 1:
            raise AccessError(self.env._("Choose requests of one kind to decide on them together."))
        return self.env[self[0].res_model].browse(self.mapped("res_id")).action_open_decision()

    @api.model
    def _adopt_old(self):
        """Give requests from before the steps their one step of all approvers."""
        for kind, _label in self.env["inventory.approval.rule"]._selection_kind():
            waiting = self.env[kind].sudo().search([("approval_state", "=", "pending")])
            for document in waiting.filtered(lambda document: not document.approval_turn_ids):
                document._approval_adopt()

    # -------------------------------------------------------------------- guard

    @api.model
    def _make(self, vals_list):
        return super(InventoryApprovalTurn, self.sudo()).create(vals_list)

    def _set(self, vals):
        return super(InventoryApprovalTurn, self.sudo()).write(vals)

    def _drop(self):
        return super(InventoryApprovalTurn, self.sudo()).unlink()

    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self._closed_text())

    def write(self, vals):
        raise AccessError(self._closed_text())

    def unlink(self):
        raise AccessError(self._closed_text())

    def _closed_text(self):
        return self.env._("Steps and decisions of a request are written by its buttons only.")
