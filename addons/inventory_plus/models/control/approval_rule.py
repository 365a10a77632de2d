"""Rules of approval: which requests need whose decision.

How the parts fit: the first rule that fits a request (:class:`InventoryApprovalRule`) is copied, step by step, into
turns (:mod:`approval_turn`) when the request is made; each person asked has a voice in a turn (:mod:`approval_voice`).
A rule that is changed later changes no running request. Without a rule a request has one turn: any approver but the
requester.
"""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

MEASURES = ("value", "quantity", "percentage")
#: Field of the rule -> key of `_approval_measures`.
RECORDS = {"warehouse_ids": "warehouses", "reason_ids": "reasons"}


class InventoryApprovalRule(models.Model):
    """Conditions and steps. All conditions that are filled in have to hold; what a document does not tell, does not."""

    _name = "inventory.approval.rule"
    _description = "Approval Rule"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10, help="The first rule that fits a request decides.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, default=lambda self: self.env.company, help="Empty: for all companies."
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    kind = fields.Selection("_selection_kind", "Kind of Request", help="Empty: every kind.")
    min_value = fields.Monetary("Value from", help="In the company's currency, whether goods are added or removed.")
    min_quantity = fields.Float("Quantity from", digits="Product Unit")
    min_percentage = fields.Float("Difference from (%)", help="Of what the books say.")
    category_ids = fields.Many2many("product.category", string="Product Categories", help="And those below them.")
    warehouse_ids = fields.Many2many("stock.warehouse", string="Warehouses")
    reason_ids = fields.Many2many("inventory.reason", string="Reasons")
    direction = fields.Selection([("in", "Adds goods"), ("out", "Removes goods")], help="Empty: both.")
    step_ids = fields.One2many("inventory.approval.step", "rule_id", "Steps", copy=True)
    exclude_counters = fields.Boolean("Never who counted", help="Who counted the goods does not decide either.")
    auto_approve = fields.Boolean(
        "Approve small ones at once", help="Up to these limits a request is applied without anybody being asked."
    )
    auto_value = fields.Monetary("Up to Value", help="0: no limit on the value.")
    auto_quantity = fields.Float("Up to Quantity", digits="Product Unit", help="0: no limit on the quantity.")
    auto_percentage = fields.Float("Up to Difference (%)", help="0: no limit on the percentage.")
    break_glass_user_id = fields.Many2one(
        "res.users",
        "In an Emergency",
        help="May apply a request at once with a reason; it is decided on within 24 hours, or an alert goes out.",
    )

    @api.model
    def _selection_kind(self):
        """Documents that are approved: all models with the mixin."""
        models = [self.env[name] for name in sorted(self.env.registry)]
        kinds = [model for model in models if not model._abstract and hasattr(model, "_approval_decide")]
        # As the user's language calls them.
        known = self.env["ir.model"].sudo().search([("model", "in", [model._name for model in kinds])])
        names = {model.model: model.name for model in known}
        return [(model._name, names.get(model._name, model._description)) for model in kinds]

    @api.depends("company_id")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    # ------------------------------------------------------------------- match

    @api.model
    def _for_document(self, document):
        """The rule that decides on this document: the first that fits, or none."""
        company = document._approval_company()
        measures = document._approval_measures()
        rules = self.sudo().search([("company_id", "in", (company.id, False)), ("kind", "in", (document._name, False))])
        return next((rule for rule in rules if rule._fits(measures)), rules.browse())

    def _fits(self, measures):
        """Whether all conditions of this rule hold for what a document tells of itself."""
        if any(self[f"min_{name}"] and not self._reaches(measures, name) for name in MEASURES):
            return False
        if self.direction and measures.get("direction") not in (self.direction, "both"):
            return False
        told = self._told(measures)
        if any(self[field] and not self[field] & told[key] for field, key in RECORDS.items()):
            return False
        below = {int(part) for category in told["categories"] for part in category.parent_path.split("/") if part}
        return not self.category_ids or not below.isdisjoint(self.category_ids.ids)

    def _reaches(self, measures, name):
        value = measures.get(name)
        return value is not None and float_compare(abs(value), self[f"min_{name}"], precision_digits=6) >= 0

    @api.model
    def _told(self, measures):
        """Categories, warehouses and reasons of a document, from whatever it names."""
        empty = {"categories": "product.category", "warehouses": "stock.warehouse", "reasons": "inventory.reason"}
        told = {key: (measures.get(key) or self.env[model]).sudo() for key, model in empty.items()}
        if products := measures.get("products"):
            told["categories"] |= products.sudo().categ_id
        if locations := measures.get("locations"):
            told["warehouses"] |= locations.sudo().warehouse_id
        return told

    def _within_auto_limits(self, measures):
        """Whether the rule approves this at once. A limit on something that the document does not tell is passed."""
        limits = {name: self[f"auto_{name}"] for name in MEASURES if self[f"auto_{name}"]}
        return self.auto_approve and all(
            measures.get(name) is not None and float_compare(abs(measures[name]), limit, precision_digits=6) <= 0
            for name, limit in limits.items()
        )

    # ------------------------------------------------------------------ checks

    @api.constrains(
        *("name", "active", "company_id", "step_ids", "break_glass_user_id", "auto_approve"),
        *(f"auto_{name}" for name in MEASURES),
        *(f"min_{name}" for name in MEASURES),
    )
    def _check_satisfiable(self):
        """A rule that nobody can satisfy is told when it is saved, not when the first request waits for ever."""
        for rule in self.filtered("active"):
            if not rule.step_ids:
                raise ValidationError(self.env._("%s has no steps: say who decides.", rule.name))
            if any(rule[f"{kind}_{name}"] < 0 for kind in ("min", "auto") for name in MEASURES):
                raise ValidationError(self.env._("%s: limits are not negative.", rule.name))
            if rule.auto_approve and not any(rule[f"auto_{name}"] for name in MEASURES):
                raise ValidationError(self.env._("%s approves everything at once: give it a limit.", rule.name))
            companies = rule.company_id or self.env["res.company"].sudo().search([])
            for company in companies:
                rule.step_ids._check_satisfiable(company)
                if rule.break_glass_user_id and not rule.break_glass_user_id._inventory_may_approve(company):
                    raise ValidationError(rule.break_glass_user_id._inventory_no_approver_text(rule.name, company))

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._log_change("created", vals_list)
        return rules

    def write(self, vals):
        result = super().write(vals)
        self._log_change("changed", [vals] * len(self))
        return result

    def unlink(self):
        self._log_change("deleted", [None] * len(self))
        return super().unlink()

    def _log_change(self, event, contents):
        """Who loosens a rule is on record."""
        self.env["inventory.audit.entry"]._log_many(
            [
                (
                    f"approval.rule.{event}",
                    self.env._("Approval rule %s: saved or deleted", rule.name),
                    rule,
                    vals,
                )
                for rule, vals in zip(self, contents, strict=True)
            ]
        )
