"""How the items of a segment are planned: the target in the user's words, bounds, limits, approvers."""

import math

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..common.sound_numbers import refuse_odd_numbers

#: What a target is counted in; the engine's codes, see :mod:`planning_engine.targets`.
TARGETS = [
    ("cycle", "Cycles without a stock-out"),
    ("fill", "Units served at once"),
    ("cost", "Cost of a missing unit"),
    ("days", "Days of stock"),
    ("fixed", "Fixed quantity"),
    ("maximum", "Largest month × factor"),
]
#: The one field that holds the value of each kind of target.
VALUE_FIELDS = {
    "cycle": "target_cycle",
    "fill": "target_fill",
    "cost": "target_cost",
    "days": "target_days",
    "fixed": "target_quantity",
    "maximum": "target_factor",
}
#: What decides which items a policy is for.
SEGMENT_FIELDS = ("domain", "categ_ids", "warehouse_ids", "abc_a", "abc_b", "abc_c", "xyz_x", "xyz_y", "xyz_z")
#: What decides how much of a computed change applies without anybody.
LIMIT_FIELDS = ("approval", "auto_percent", "auto_value", "company_id", "active", *SEGMENT_FIELDS)
#: What decides which policy comes before which; the segment of one decides what is left for the next.
ORDER_FIELDS = ("sequence", "active", *SEGMENT_FIELDS)
#: What decides which policy applies to an item; everything else but these and :data:`NO_INPUTS` is asked of its items.
PLACE_FIELDS = (*ORDER_FIELDS, "company_id")
#: What nothing is planned with.
NO_INPUTS = ("name", "error", "condition_user_id")
#: Kinds whose value is a share in percent.
SHARES = ("cycle", "fill")

# The filter and the money in a policy tell more about stock than a viewer may know (law 10).
_DETAILS = ",".join(f"inventory_plus.group_{role}" for role in ("planner", "approver", "buyer", "auditor"))


class InventoryPolicy(models.Model):
    """A segment of items and how they are planned.

    Of the policies that match an item the first in the list's order counts. A new policy is put before those that are
    less specific: more criteria in its segment mean an earlier place, until somebody moves it.
    """

    _name = "inventory.policy"
    _description = "Planning Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True, help="An archived policy plans nothing: its items fall to the next match.")
    sequence = fields.Integer(
        "Precedence", help="The first policy that matches an item counts: the one with the smallest number."
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # Segment: all criteria that are given must hold
    domain = fields.Char(
        "Condition",
        default="[]",
        groups=_DETAILS,
        help="A filter on items as they stood after the last planning. Empty: no further condition.",
    )
    condition_user_id = fields.Many2one(
        "res.users",
        "Condition by",
        readonly=True,
        copy=False,
        help="Who wrote the condition. Where it looks at related records, it sees what this person may see.",
    )
    # Deleting a category or a warehouse must not widen a segment to everything, hence no cascade.
    categ_ids = fields.Many2many(
        "product.category",
        "inventory_policy_category_rel",
        "policy_id",
        "category_id",
        "Product Categories",
        ondelete="restrict",
        help="With the categories below them. None: all.",
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        "inventory_policy_warehouse_rel",
        "policy_id",
        "warehouse_id",
        "Warehouses",
        ondelete="restrict",
        check_company=True,
        help="None: all warehouses of the company.",
    )
    # No class chosen: all items, and those without a class.
    abc_a = fields.Boolean("A")
    abc_b = fields.Boolean("B")
    abc_c = fields.Boolean("C")
    xyz_x = fields.Boolean("X")
    xyz_y = fields.Boolean("Y")
    xyz_z = fields.Boolean("Z")
    segment = fields.Char(compute="_compute_segment", help="Which items the policy is for, in short.")

    # Target
    target = fields.Selection(
        TARGETS,
        required=True,
        default="cycle",
        help="Cycles without a stock-out: share of replenishment cycles in which nobody had to wait.\n"
        "Units served at once: share of the units asked for that were there.\n"
        "Cost of a missing unit: safety stock up to where keeping one more costs more than missing it.\n"
        "Days of stock: safety stock of so many days of demand.\n"
        "Fixed quantity: this safety stock, whatever the demand.\n"
        "Largest month x factor: the old rule of thumb; it holds the service at several times the stock.",
    )
    target_cycle = fields.Float("Target Cycle Service (%)", default=95.0)
    target_fill = fields.Float("Target Fill Rate (%)", default=98.0)
    target_cost = fields.Monetary("Cost per Missing Unit", groups=_DETAILS)
    target_days = fields.Float("Days of Safety Stock", default=14.0)
    target_quantity = fields.Float("Fixed Safety Stock", digits="Product Unit")
    target_factor = fields.Float("Factor", default=1.2)
    target_text = fields.Char("Target in Short", compute="_compute_target_text")

    # How it is planned
    review_days = fields.Integer(
        "Review Period (days)",
        default=lambda self: self.env.company.inventory_review_days,
        help="Days between two looks at what to buy. Safety stock covers them too.",
    )
    cycle_days = fields.Integer(
        "Days per Order",
        default=lambda self: self.env.company.inventory_cycle_days,
        help="Days of demand that one order shall last, where the company sizes orders by days and not by cost.",
    )
    least_units = fields.Float(
        "At least (units)", digits="Product Unit", help="Lower bound of the safety stock. 0: none."
    )
    most_units = fields.Float(
        "At most (units)", digits="Product Unit", help="Upper bound of the safety stock. 0: none."
    )
    least_days = fields.Float("At least (days)", help="Lower bound of the safety stock in days of demand. 0: none.")
    most_days = fields.Float("At most (days)", help="Upper bound of the safety stock in days of demand. 0: none.")

    # What happens with a computed change
    approval = fields.Selection(
        [
            ("limits", "Beyond the limits"),
            ("always", "Always"),
            ("never", "Never"),
        ],
        "Changes Need Approval",
        required=True,
        default="limits",
    )
    auto_percent = fields.Float(
        "Applies by itself up to (%)",
        default=lambda self: self.env["inventory.policy"]._company_limits(self.env.company)[0],
        help="A change of safety stock, reorder point or order-up-to level beyond this waits for an approver. "
        "It is measured from the values that a person approved last. 0: every change from them waits. An item's first "
        "values apply at once while nobody has to approve this policy or what else a person put into them.",
    )
    auto_value = fields.Monetary(
        "Applies by itself up to",
        default=lambda self: self.env["inventory.policy"]._company_limits(self.env.company)[1],
        groups=_DETAILS,
        help="A change of the stock's value by no more than this needs nobody, if its percentage is within its limit. "
        "0: no limit by value.",
    )
    approver_ids = fields.Many2many(
        "res.users",
        "inventory_policy_approver_rel",
        "policy_id",
        "user_id",
        "Approvers",
        # Who is deleted must not open the policy to everybody.
        ondelete="restrict",
        domain=lambda self: [("all_group_ids", "in", self.env.ref("inventory_plus.group_approver").ids)],
        help="Who decides on the changes. None: everybody with the approver's role. Nobody decides on his own.",
    )
    trigger = fields.Selection(
        [("manual", "Manual"), ("auto", "Automatic")],
        "Reordering Rule",
        required=True,
        default="manual",
        help="Manual: Odoo's reordering rule proposes. Automatic: draft transfers and draft requests are made unasked, "
        "by night and when an order is confirmed, above the vendor's minimum order; Odoo's scheduler leaves them.",
    )

    error = fields.Text(
        "Why It Is Left Out",
        readonly=True,
        copy=False,
        help="The last planning could not find this policy's items; they were planned by the next that matches.",
    )
    item_count = fields.Integer("Items", compute="_compute_item_count", help="Items last planned by this policy.")

    # ---------------------------------------------------------------- display

    def _compute_item_count(self):
        counts = self.env["inventory.item"]._read_group([("policy_id", "in", self.ids)], ["policy_id"], ["__count"])
        by_policy = {policy.id: count for policy, count in counts}
        for policy in self:
            policy.item_count = by_policy.get(policy._origin.id, 0)

    @api.depends("target", *VALUE_FIELDS.values(), "currency_id")
    @api.depends_context("lang", "uid")
    def _compute_target_text(self):
        for policy in self:
            policy.target_text = policy._target_text()

    def _target_text(self):
        """The target in a few words, e.g. "95 % of the cycles"."""
        policy = self.sudo()
        return self.env["inventory.item"]._target_text(
            policy.target, policy._target_value(), policy.currency_id or self.env.company.currency_id
        )

    @api.depends(*SEGMENT_FIELDS)
    @api.depends_context("lang")
    def _compute_segment(self):
        for policy in self:
            parts = [
                ", ".join(policy.sudo().categ_ids.mapped("display_name")),
                ", ".join(policy.sudo().warehouse_ids.mapped("display_name")),
                policy._class_text(),
                policy._has_condition() and self.env._("a condition"),
            ]
            policy.segment = " · ".join(part for part in parts if part) or self.env._("All items")

    def _class_text(self):
        """The classes of the segment, e.g. "A, B × X"; empty for all."""
        chosen = self._classes()
        return " × ".join(", ".join(classes) for classes in chosen if classes)

    def action_open_items(self):
        """The items that the last planning planned by this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_inventory_item")
        return {**action, "domain": [("policy_id", "=", self.id)], "context": {}}

    def action_open_changes(self):
        """Who changed this policy or its place, and how: its entries in the audit trail."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.audit_entry_action")
        return {**action, "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)], "context": {}}

    # ----------------------------------------------------------------- values

    def _target_value(self):
        """Value of the target as the user writes it: percent, money, days, units or factor."""
        return self.sudo()[VALUE_FIELDS[self.target or "cycle"]]

    def _classes(self):
        """``(ABC letters, XYZ letters)`` that were chosen; an empty tuple stands for all."""
        return tuple(
            tuple(letter for letter in letters if self[f"{scheme}_{letter.lower()}"])
            for scheme, letters in (("abc", "ABC"), ("xyz", "XYZ"))
        )

    def _default_sequence(self):
        """Place of a new policy: the more criteria its segment has, the earlier; steps of ten leave room between."""
        criteria = (self.categ_ids, self.warehouse_ids, any(self._classes()), self._has_condition())
        return 50 - 10 * sum(map(bool, criteria))

    @api.model
    def _company_limits(self, company):
        """Limits ``(percent, money)`` up to which changes apply by themselves where no policy says otherwise."""
        company = company.sudo()
        return company.inventory_auto_percent, company.inventory_auto_value

    # ------------------------------------------------------------------ write

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        policies = super().create([{**vals, "condition_user_id": self.env.uid} for vals in vals_list])
        for policy, vals in zip(policies, vals_list, strict=True):
            if "sequence" not in vals:
                super(InventoryPolicy, policy).write({"sequence": policy._default_sequence()})
        policies._check_limits_of_planner()
        policies._note_inputs(self._fields)
        for policy in policies:
            policy._log_change("policy.created", self.env._("Policy “%s” created.", policy.name), {})
        return policies

    def write(self, vals):
        """Odoo judges a record before it is written; the company that it is given has to be judged as well."""
        refuse_odd_numbers(self, vals)
        self._refuse_lifted(vals)
        if not vals.keys().isdisjoint({"domain", "company_id", "condition_user_id"}):
            vals = {**vals, "condition_user_id": self.env.uid}
        logged = not vals.keys() <= {"error"}
        before = {policy.id: policy._settings(vals) for policy in self} if logged else {}
        strict = {policy: policy._strictness() for policy in self if policy._is_strict()}
        order = self._order_of_policies() if "sequence" in vals else None
        if "company_id" in vals:
            self._note_inputs(PLACE_FIELDS)
        result = super().write(vals)
        self._note_inputs(vals)
        if "company_id" in vals:
            self.check_access("write")
        if not vals.keys().isdisjoint(LIMIT_FIELDS):
            self._check_limits_of_planner()
        self._refuse_weakened(strict)
        event, text = "policy.changed", self.env._("Policy “%s” changed.")
        if vals.keys() == {"sequence"}:
            event, text = "policy.moved", self.env._("Policy “%s” moved in the order of the policies.")
        places = {"order": [order, self._order_of_policies()]} if order is not None else {}
        for policy in self if logged else ():
            policy._log_change(event, text % policy.name, before[policy.id], places)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_logged(self):
        self._refuse_lifted(dict.fromkeys(ORDER_FIELDS))
        self._note_inputs(PLACE_FIELDS)
        for policy in self:
            policy._log_change("policy.deleted", self.env._("Policy “%s” deleted.", policy.name), {})

    def _note_inputs(self, names):
        """Remember who changed what the items of these policies are planned with (law 4).

        :param names: fields that were written
        """
        changes = self.env["inventory.plan.change"]
        if set(names) - {*PLACE_FIELDS, *NO_INPUTS}:
            changes._note_policies(self)
        if not set(names).isdisjoint(PLACE_FIELDS):
            changes._note_policies(self, moved=True)

    def _settings(self, names):
        """Values of the fields ``names`` as JSON holds them, for the audit trail."""
        record = self.sudo()
        known = [name for name in names if name in self._fields and self._fields[name].store]
        return {name: self._fields[name].convert_to_write(record[name], record) for name in known}

    def _order_of_policies(self):
        """Names of the policies of these companies, in the order of their precedence."""
        policies = self.sudo().with_context(active_test=True)
        return policies.search([("company_id", "in", self.sudo().company_id.ids)]).mapped("name")

    def _log_change(self, event, summary, before, more=None):
        """Write to the audit trail what was and what is.

        :param dict before: values of the fields that were written, empty for all fields
        :param dict more: what else to keep with the entry
        """
        names = before or self._fields.keys() - set(models.MAGIC_COLUMNS)
        after = self._settings(names)
        changed = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
        if changed or event in ("policy.created", "policy.deleted"):
            self.env["inventory.audit.entry"]._log(event, summary, self, {"changes": changed, **(more or {})})

    # ------------------------------------------------------------------ check

    @api.constrains(
        "target",
        *VALUE_FIELDS.values(),
        "review_days",
        "cycle_days",
        "least_units",
        "most_units",
        "least_days",
        "most_days",
        "auto_percent",
        "auto_value",
        "approver_ids",
    )
    def _check_values(self):
        for policy in self:
            message = policy._value_error()
            if message:
                raise ValidationError(message)

    def _refuse_lifted(self, vals):
        """Only managers touch a policy whose changes apply by themselves, or what stands between it and an item.

        A planner who could would have his own changes applied unseen (law 4).

        :raise AccessError: the user is no manager
        """
        if self.env.su or self.env.user.has_group("inventory_plus.group_manager") or vals.keys() <= {"error"}:
            return
        lifted = self.sudo().filtered(lambda policy: policy._is_lifted())
        if not lifted and not vals.keys().isdisjoint(ORDER_FIELDS):
            others = self.sudo().with_context(active_test=False).search([("company_id", "in", self.company_id.ids)])
            lifted = others.filtered(lambda policy: policy._is_lifted())
        if lifted:
            raise AccessError(
                self.env._(
                    "The policy “%s” lets more changes apply by themselves than the company does: only managers change "
                    "it, or the order of the policies around it.",
                    lifted[0].name,
                )
            )

    def _is_lifted(self):
        """Whether more changes apply by themselves under this policy than by the company's limits."""
        self.ensure_one()
        percent, value = self._company_limits(self.company_id)
        more = self.auto_percent > percent or (value and not 0 < self.auto_value <= value)
        return self.approval == "never" or (self.approval == "limits" and bool(more))

    def _is_strict(self):
        """Whether fewer changes apply by themselves under this policy than by the company's limits, or few decide."""
        self.ensure_one()
        policy = self.sudo()
        always, _nobody, percent, value, named = policy._strictness()
        most_percent, most_value = self._company_limits(policy.company_id)
        return bool(always or named or percent < most_percent or value < (most_value or math.inf))

    def _strictness(self):
        """How strict this policy is: ``(always asks, asks at all, percent, money, approvers are named)``."""
        policy = self.sudo()
        return (
            policy.approval == "always",
            policy.approval != "never",
            policy.auto_percent,
            policy.auto_value or math.inf,
            bool(policy.approver_ids),
        )

    def _refuse_weakened(self, before):
        """Only managers have a policy ask less often than they wanted it to.

        :param dict before: policy -> its :meth:`_strictness` until then, of those stricter than their company
        :raise AccessError: the user is no manager
        """
        if self.env.su or self.env.user.has_group("inventory_plus.group_manager"):
            return
        for policy, (always, asking, percent, value, named) in before.items():
            now_always, now_asking, now_percent, now_value, now_named = policy._strictness()
            asked_less = always > now_always or asking > now_asking or named > now_named
            if asked_less or now_percent > percent or now_value > value:
                raise AccessError(
                    self.env._(
                        "The policy “%s” asks for approval more strictly than the company does: only managers lift its "
                        "limits or take its approvers away.",
                        policy.sudo().name,
                    )
                )

    def _check_limits_of_planner(self):
        """A planner who lifts the limits, or widens where they are lifted, would approve his own changes (law 4)."""
        if self.env.su or self.env.user.has_group("inventory_plus.group_manager"):
            return
        for policy in self:
            percent, value = self._company_limits(policy.company_id)
            if policy._is_lifted():
                raise ValidationError(
                    self.env._(
                        "Only managers let more changes apply by themselves than the company does (%(percent)s %%, "
                        "%(value)s). Ask one of them, or stay within these limits.",
                        percent=percent,
                        value=value,
                    )
                )
