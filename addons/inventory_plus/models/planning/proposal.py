"""A computed change of an item's parameters: what it was, what it would be, why, and who decided."""

from odoo import api, fields, models
from odoo.tools import float_compare
from odoo.tools.misc import formatLang

#: Parameters that only change by an applied proposal.
PARAMETERS = ("safety_stock", "reorder_point", "order_up_to", "order_quantity")
#: What mainly caused a change; :meth:`inventory.item._cause_sql` decides.
REASONS = [
    ("first", "First values"),
    ("demand", "Demand"),
    ("season", "Season"),
    ("lead_time", "Lead time"),
    ("variation", "Uncertainty"),
    ("pinned", "Pinned value"),
    ("target", "Target"),
    ("review", "Review period"),
    ("order_size", "Order size"),
    ("phase_out", "Nothing to keep"),
]
#: Inputs that are told when they differ: name -> (key of the explanation record, digits).
COMPARED = {
    "demand": ("demand_daily", 2),
    "season": ("season_factor", 2),
    "lead_time": ("lead_time_mean", 1),
    "variation": ("interval_sigma", 2),
    "lead_variation": ("lead_time_std", 1),
    "target": ("target_value", 1),
    "review": ("review_days", 0),
    "cycle": ("cycle_days", 0),
    "minimum": ("vendor_minimum", 2),
    "pack": ("vendor_multiple", 2),
}


class InventoryProposal(models.Model):
    """Written by a planning run in one statement a batch; decided by :mod:`proposal_apply`; never edited.

    An item has at most one waiting proposal: a newer run supersedes it, unless it comes to the same values.
    """

    _name = "inventory.proposal"
    _description = "Planning Proposal"
    _order = "id desc"
    _rec_name = "product_id"

    run_id = fields.Many2one("inventory.plan.run", "Run", required=True, readonly=True, index=True, ondelete="cascade")
    item_id = fields.Many2one("inventory.item", required=True, readonly=True, index=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True, readonly=True, index=True, ondelete="cascade")
    categ_id = fields.Many2one(related="product_id.categ_id", string="Product Category")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    requester_id = fields.Many2one(related="run_id.user_id", string="Run Started by")
    policy_id = fields.Many2one("inventory.policy", readonly=True, ondelete="set null")
    # Without a foreign key: a policy that was deleted since is not the same as none.
    policy_ref = fields.Integer("Policy Id", readonly=True, aggregator=None)
    abc = fields.Selection(related="item_id.abc")
    user_id = fields.Many2one(related="item_id.user_id", string="Responsible")

    old_safety_stock = fields.Float("Safety Stock before", digits="Product Unit", readonly=True, aggregator=None)
    old_reorder_point = fields.Float("Min before", digits="Product Unit", readonly=True, aggregator=None)
    old_order_up_to = fields.Float("Max before", digits="Product Unit", readonly=True, aggregator=None)
    old_order_quantity = fields.Float("Order before", digits="Product Unit", readonly=True, aggregator=None)
    new_safety_stock = fields.Float("Safety Stock", digits="Product Unit", readonly=True, aggregator=None)
    new_reorder_point = fields.Float(
        "Min", digits="Product Unit", readonly=True, aggregator=None, help="Reorder point: order at or below this."
    )
    new_order_up_to = fields.Float(
        "Max", digits="Product Unit", readonly=True, aggregator=None, help="Order up to this level."
    )
    new_order_quantity = fields.Float("Order", digits="Product Unit", readonly=True, aggregator=None)
    change_percent = fields.Float(
        "Change (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="The largest change of safety stock, reorder point (in percent of the old reorder point) and order-up-to "
        "level (of the old one). 999 stands for more than that, or from nothing.",
    )
    cost_difference = fields.Monetary(
        "Stock Value",
        readonly=True,
        help="What the average stock will be worth more or less: (safety stock + half an order) x unit cost.",
    )
    base_percent = fields.Float(
        "Change since Approved (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="The same from the values that an approver decided on last, or the first ones. This decides whether a "
        "change applies by itself: many small ones are not a large one.",
    )
    base_data = fields.Json("Approved Values before", readonly=True, prefetch=False)
    base_text = fields.Char("Approved Last", compute="_compute_reason_text")
    reason = fields.Selection(REASONS, "Main Cause", required=True, readonly=True)
    reason_text = fields.Char("What Changed", compute="_compute_reason_text")
    explanation_data = fields.Json("Explanation Record", readonly=True, prefetch=False)
    old_explanation_data = fields.Json("Explanation before", readonly=True, prefetch=False)
    explanation_html = fields.Html("Why", compute="_compute_explanation_html", sanitize=False)
    old_explanation_html = fields.Html("Why before", compute="_compute_explanation_html", sanitize=False)

    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("applied", "Applied"),
            ("rejected", "Rejected"),
            ("rolled_back", "Rolled back"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
    )
    automatic = fields.Boolean("By Itself", readonly=True, help="Applied by the run, without an approver.")
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_at = fields.Datetime("Decided on", readonly=True)
    comment = fields.Text(readonly=True)
    can_decide = fields.Boolean(compute="_compute_buttons")
    can_roll_back = fields.Boolean(compute="_compute_buttons")
    refusal = fields.Char(compute="_compute_buttons")

    _one_waiting = models.UniqueIndex(
        "(item_id) WHERE state = 'waiting'", "An item has at most one proposal that waits for a decision."
    )
    _refused = models.Index("(item_id, decided_at) WHERE state IN ('rejected', 'rolled_back')")
    _of_company = models.Index("(company_id, state)")

    # ---------------------------------------------------------------- display

    @api.depends("state", "run_id", "author_ids", "approver_ids", "approvers_named")
    @api.depends_context("uid")
    def _compute_buttons(self):
        """What the present user is offered; the methods ask again."""
        deciding = self._refusals("waiting", self._deciding_rows)
        going_back = self._refusals("applied", self._rolling_back_rows)
        for proposal in self:
            refusal = deciding.get(proposal.id)
            proposal.refusal = refusal
            proposal.can_decide = proposal.state == "waiting" and not refusal
            proposal.can_roll_back = proposal.state == "applied" and not going_back.get(proposal.id)

    def _refusals(self, state, rows):
        """Why the present user may not decide on those of these proposals in a state: ``{id: sentence}``."""
        asked = self.filtered(lambda proposal: proposal._origin and proposal.state == state)
        return {number: self._refusal(*parts) for number, *parts in rows(asked.ids)} if asked else {}

    @api.depends("explanation_data", "old_explanation_data")
    @api.depends_context("lang")
    def _compute_explanation_html(self):
        for proposal in self:
            proposal.explanation_html = proposal._explained(proposal.explanation_data)
            proposal.old_explanation_html = proposal._explained(proposal.old_explanation_data)

    def _explained(self, data):
        """An explanation record told as an item tells its own."""
        if not data:
            return False
        # Not by origin: two new records of one item would share their values.
        known = {"product_id": self.product_id.id, "warehouse_id": self.warehouse_id.id}
        return self.env["inventory.item"].new({**known, "explanation_data": data}).explanation_html

    @api.depends("explanation_data", "old_explanation_data", "reason", "base_data", "base_percent")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for proposal in self:
            proposal.base_text = proposal._base_text()
            changes = [f"{label} {old} → {new}" for label, old, new in proposal._changes()]
            proposal.reason_text = "; ".join([*changes, *filter(None, [proposal.base_text])])

    def _base_text(self):
        """What was approved last, where something else is in force; None otherwise."""
        base = self.base_data
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if not base or not any(float_compare(base[name], self[f"old_{name}"], digits) for name in PARAMETERS):
            return None
        return self.env._(
            "approved last were min %(point)s, max %(level)s and safety stock %(safety)s: %(percent)s %% from there",
            point=formatLang(self.env, base["reorder_point"], dp="Product Unit"),
            level=formatLang(self.env, base["order_up_to"], dp="Product Unit"),
            safety=formatLang(self.env, base["safety_stock"], dp="Product Unit"),
            percent=formatLang(self.env, self.base_percent, digits=1),
        )

    def _changes(self):
        """Inputs that differ between the two explanations: ``[(label, old, new)]``, the main cause first."""
        old, new = self.old_explanation_data or {}, self.explanation_data or {}
        if self.reason == "first" or not old:
            return []
        labels = {
            "demand": self.env._("demand a day"),
            "season": self.env._("season"),
            "lead_time": self.env._("lead time in days"),
            "variation": self.env._("uncertainty of demand"),
            "lead_variation": self.env._("uncertainty of lead time in days"),
            "target": self.env._("target"),
            "review": self.env._("review in days"),
            "cycle": self.env._("days per order"),
            "minimum": self.env._("vendor's minimum"),
            "pack": self.env._("pack"),
        }
        found = []
        for name in sorted(COMPARED, key=lambda name: name != self.reason):
            key, digits = COMPARED[name]
            before, after = old.get(key), new.get(key)
            if isinstance(before, int | float) and isinstance(after, int | float):
                texts = tuple(formatLang(self.env, value, digits=digits) for value in (before, after))
                if texts[0] != texts[1]:
                    found.append((labels[name], *texts))
        return found

    def _compute_display_name(self):
        for proposal in self:
            proposal.display_name = f"{proposal.product_id.display_name} ({proposal.warehouse_id.display_name})"

    # ---------------------------------------------------------------- actions

    def action_why(self):
        """Open the proposal in a dialog, with both explanations."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why %s changes", self.product_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_open_item(self):
        self.ensure_one()
        return self.item_id._form_action()

    def _notification(self, message, kind="success"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _names(self, items, limit=5):
        """Names of items for a sentence: the first few and how many more."""
        names = [f"{item.product_id.display_name} ({item.warehouse_id.name})" for item in items[:limit].sudo()]
        if len(items) > limit:
            return self.env._("%(names)s and %(more)s more", names=", ".join(names), more=len(items) - limit)
        return ", ".join(names)
