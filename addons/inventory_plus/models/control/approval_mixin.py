"""Approval: what one person asks for, another one decides."""

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import SQL

#: Fields that say who asked and who decided. They change through the methods of the mixin and in no other way.
GUARDED = (
    "approval_state",
    "author_ids",
    "requester_id",
    "requested_at",
    "approver_id",
    "decided_at",
    "decision_comment",
    "approval_since",
    "approval_glass_state",
    "approval_glass_user_id",
    "approval_glass_at",
    "approval_glass_until",
    "approval_glass_reason",
)
FREE_PREFIXES = ("message_", "activity_", "rating_")  # talking about a document goes on after the decision
ACTIVITY = "inventory_plus.mail_activity_decide"


class InventoryApprovalMixin(models.AbstractModel):
    """Four eyes: draft -> pending -> approved or rejected; cancelled before the decision.

    A document inherits this, gets the buttons, and implements :meth:`_approval_apply`; what rules ask about it tell
    :meth:`_approval_measures` and :meth:`_approval_counters`. Here is what holds for every request. The steps of the
    rules are walked in :mod:`approval_flow`, the emergency is in :mod:`approval_glass`, time limits in
    :mod:`approval_watch`.

    What protects it:

    * the fields in :data:`GUARDED` are refused in ``create`` and ``write``, for the superuser too; the methods write
      them past these overrides, by ``super()``, without a context key that a client could send or a nested call
      inherit;
    * the content is frozen from the request on;
    * each decision takes the row lock first: of two people who decide at once, the second is told who was first.
    """

    _name = "inventory.approval.mixin"
    _description = "Approval by another person"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    _mail_post_access = "read"  # an approver reads the document and may talk about it, but not change it
    #: Group whose members may decide.
    _approval_group = "inventory_plus.group_approver"

    approval_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Waiting for Approval"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    author_ids = fields.Many2many(
        "res.users",
        string="Entered by",
        readonly=True,
        copy=False,
        help="Everybody who entered a part of the content; none of them decides on it.",
    )
    requester_id = fields.Many2one("res.users", "Requested by", readonly=True, copy=False, index=True)
    requested_at = fields.Datetime("Requested on", readonly=True, copy=False)
    approver_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decision_comment = fields.Text("Comment on the Decision", readonly=True, copy=False)
    approval_can_decide = fields.Boolean(compute="_compute_approval_buttons")
    approval_can_cancel = fields.Boolean(compute="_compute_approval_buttons")

    @api.depends("approval_state", "requester_id", "approval_awaited_ids", "approval_glass_state")
    @api.depends_context("uid")
    def _compute_approval_buttons(self):
        """Which buttons the present user is offered; the methods ask again."""
        for record in self:
            saved = bool(record._origin.id)
            awaited = record.approval_state == "pending" or record._approval_is_afterwards()
            record.approval_can_decide = awaited and not record._approval_refusal()
            record.approval_can_cancel = (
                saved and record.approval_state in ("draft", "pending") and record._approval_may_cancel()
            )

    # -------------------------------------------------------------------- guard

    @api.model_create_multi
    def create(self, vals_list):
        """Every document begins as a draft, whatever values, defaults in the context or stored defaults say."""
        begin = dict.fromkeys(GUARDED, False) | {"approval_state": "draft"}
        for vals in vals_list:
            self._approval_refuse_guarded({name for name in GUARDED if vals.get(name, begin[name]) != begin[name]})
        begin["author_ids"] = [Command.set([self.env.uid])]
        return super().create([{**vals, **begin} for vals in vals_list])

    def write(self, vals):
        self._approval_refuse_guarded(vals.keys() & set(GUARDED))
        if any(not name.startswith(FREE_PREFIXES) for name in vals):
            self._approval_check_editable()
        return super().write(vals)

    def unlink(self):
        turns = self.env["inventory.approval.turn"].sudo()
        turns = turns.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        result = super().unlink()
        turns._drop()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_undecided(self):
        for record in self:
            if record.approval_state not in ("draft", "cancelled"):
                raise UserError(
                    self.env._("%s was asked for and stays on record. Cancel it instead.", record.display_name)
                )

    def _approval_refuse_guarded(self, names):
        if names:
            raise AccessError(
                self.env._("The status of a request changes by its buttons only, not by writing %s.", ", ".join(names))
            )

    def _approval_check_editable(self):
        """Refuse changes of content from the request on, and remember who makes those before it.

        Called before each change of the document or its parts. Takes the row lock, so that no change slips in beside
        a request or a decision.
        """
        self._approval_lock()
        for record in self:
            if record.approval_state != "draft":
                raise UserError(
                    self.env._(
                        "%(name)s can no longer be changed: its status is %(state)s. "
                        "Duplicate it to ask for something else.",
                        name=record.display_name,
                        state=record._approval_state_label(),
                    )
                )
            if self.env.user not in record.sudo().author_ids:
                record._approval_set({"author_ids": [Command.link(self.env.uid)]})

    def _approval_set(self, vals):
        """Write guarded fields; the only place that does."""
        super(InventoryApprovalMixin, self.sudo()).write(vals)

    def _approval_lock(self):
        """Lock the rows in id order and read their state afresh.

        Who waited here for another decision looks at a snapshot from before it: PostgreSQL then reports a
        serialization failure, Odoo repeats the request, and the repetition sees the decision.
        """
        records = self.filtered("id")
        if not records:
            return
        records.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(self._table),
                sorted(records.ids),
            )
        )
        records.invalidate_recordset(GUARDED)

    # ------------------------------------------------------------------ actions

    def action_request_approval(self):
        """Ask for approval; from now on the content is frozen.

        The first rule that fits says who decides, or approves at once; see :mod:`approval_rule`.
        """
        self.check_access("write")
        self._approval_lock()
        for record in self:
            record._approval_expect("draft")
            with self.env.cr.savepoint():
                record._approval_prepare()
                record._approval_set(
                    {"approval_state": "pending", "requester_id": self.env.uid, "requested_at": fields.Datetime.now()}
                )
                record._approval_begin(record._approval_rule())
        return True

    def action_approve(self, comment=None):
        """Approve and apply, in one transaction: either all of it happens or nothing.

        :param str comment: kept with the decision
        :raise AccessError: the user may not decide; a requester never decides on his own request
        :raise UserError: somebody decided before, or it cannot be applied; the sentence says why
        """
        return self._approval_decide("approved", comment)

    def action_reject(self, comment=None):
        """Reject: nothing is applied, and the requester reads why."""
        return self._approval_decide("rejected", comment)

    def action_cancel(self):
        """Withdraw a request that nobody has decided yet; by the requester, the author or a manager."""
        self.check_access("read")
        self._approval_lock()
        for record in self:
            record._approval_expect("draft", "pending")
            if not record._approval_may_cancel():
                raise AccessError(self.env._("Only who asked for %s, or a manager, cancels it.", record.display_name))
            record._approval_set({"approval_state": "cancelled", "decided_at": fields.Datetime.now()})
            record._approval_end("cancelled")
            record._approval_log("cancelled", self.env._("%s cancelled the request", self.env.user.name))
        return True

    def action_open_decision(self):
        """Open the dialog that asks for a comment before deciding; the context says which decision."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "inventory.approval.decision",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": self._name,
                "default_res_ids": ",".join(map(str, self.ids)),
                "default_decision": self.env.context.get("decision") or "approved",
            },
        }

    # ----------------------------------------------------------------- deciding

    def _approval_decide(self, state, comment):
        self.check_access("read")
        self._approval_lock()
        comment = (comment or "").strip()
        for record in self:
            if not record._approval_is_afterwards():
                record._approval_expect("pending")
            if refusal := record._approval_refusal():
                raise AccessError(refusal)
        for record in self:
            # A savepoint, so that a caller who catches the error finds neither the decision nor half its effect.
            with self.env.cr.savepoint():
                record._approval_speak(state, comment)
        return True

    def _approval_finish(self, state, verb, comment, data=None):
        """The last voice was heard: apply or not, and tell."""
        if self._approval_is_afterwards():
            self._approval_finish_glass(state, verb, comment, data)
            return
        self._approval_set(
            {
                "approval_state": state,
                "approver_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "decision_comment": comment or False,
            }
        )
        self._approval_end(state)
        if state == "approved":
            self._approval_apply()
        self._approval_log(state, verb, data)
        self._approval_tell_requester(verb)

    def _approval_expect(self, *states):
        """Raise a sentence unless the document is in one of these states."""
        if self.approval_state in states:
            return
        if self.approval_state in ("approved", "rejected") and self.approver_id:
            raise UserError(
                self.env._(
                    "%(name)s was already decided by %(user)s: %(state)s.",
                    name=self.display_name,
                    user=self.approver_id.sudo().name,
                    state=self._approval_state_label(),
                )
            )
        raise UserError(
            self.env._("%(name)s is not open: %(state)s.", name=self.display_name, state=self._approval_state_label())
        )

    def _approval_refusal(self):
        """Why the present user may not decide on this request, as a sentence; None if he may.

        Asked is the real user: ``sudo`` changes nothing, and neither does server code that takes another user's
        name while somebody is logged in. The system itself decides in nobody's name.
        """
        self.ensure_one()
        user = self.env.user
        if user.id == SUPERUSER_ID:
            return self.env._("The system does not decide in somebody's name.")
        if request and request.session and (request.session.uid or user.id) != user.id:
            return self.env._("Nobody decides in another user's name.")
        if not user.has_group(self._approval_group):
            return self.env._("Only an approver decides on requests; ask for the role if it is yours.")
        if user in self._approval_parties():
            return self.env._("You asked for %s or entered it: another person has to decide on it.", self.display_name)
        if self.sudo()._approval_company() not in user.company_ids:
            return self.env._("%s belongs to a company that is not yours.", self.display_name)
        return self._approval_turn()._refusal(user)

    def _approval_may_cancel(self):
        """Who asked or entered may take it back, and so may a manager."""
        user = self.env.user
        return user in self._approval_parties() or user.has_group("inventory_plus.group_manager")

    # -------------------------------------------------------------------- hooks

    def _approval_apply(self):
        """Do what was approved; raise a sentence if it cannot be done. Runs inside the decision's transaction.

        Nothing here: for some documents being approved is all that happens.
        """

    def _approval_prepare(self):
        """Check and complete the content before it is frozen; raise a sentence if it is not fit to be asked for."""

    def _approval_measures(self):
        """What this document tells rules about itself; only rules without conditions fit one that tells nothing.

        :return: dict with any of ``value`` (company currency), ``quantity`` (product's unit), ``percentage`` (0 to
            100), all absolute; ``categories``, ``products``, ``warehouses``, ``locations``, ``reasons`` (recordsets);
            ``direction`` (``in``, ``out`` or ``both``)
        """
        return {}

    def _approval_counters(self):
        """Users who counted what this document is about; a rule may keep them from deciding."""
        return self.env["res.users"]

    def _approval_parties(self):
        """Users whose request this is, and who therefore never decide: the requester and all who entered content."""
        record = self.sudo()
        parties = record.requester_id | record.create_uid | record.author_ids | record.approval_glass_user_id
        return parties.sudo(False)

    def _approval_company(self):
        return self.company_id if "company_id" in self._fields else self.env.company

    def _approval_approvers(self):
        """Users who could decide, besides the parties and the one who asks now; they get an activity."""
        group = self.env.ref(self._approval_group).sudo()
        company = self.sudo()._approval_company()
        parties = self._approval_parties() | self.env.user
        return (
            group.all_user_ids.filtered(
                lambda user: user.active and not user.share and user.id != SUPERUSER_ID and company in user.company_ids
            ).sudo(False)
            - parties
        )

    def _approval_summary(self):
        """One line for the approver's activity."""
        return self.display_name

    # ------------------------------------------------------------------ telling

    def _approval_state_label(self):
        return dict(self._fields["approval_state"]._description_selection(self.env))[self.approval_state]

    def _approval_log(self, event, summary, data=None):
        data = {"status": self.approval_state, "comment": self.decision_comment or None, **(data or {})}
        self.env["inventory.audit.entry"]._log(
            f"{self._name.removeprefix('inventory.')}.{event}", f"{self.display_name}: {summary}", self, data
        )

    def _approval_close_activities(self):
        self.sudo().activity_unlink([ACTIVITY])

    def _approval_tell_requester(self, text):
        if self.decision_comment:
            text = f"{text}: {self.decision_comment}"
        self.sudo().message_post(
            body=text,
            author_id=self.env.user.partner_id.id,
            partner_ids=self.requester_id.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
