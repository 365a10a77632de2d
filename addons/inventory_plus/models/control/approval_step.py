"""One step of a rule: who decides, how many of them, and until when."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class InventoryApprovalStep(models.Model):
    """The people of a step are its users, the members of its groups, and the requester's manager, if asked for."""

    _name = "inventory.approval.step"
    _description = "Step of an Approval Rule"
    _order = "sequence, id"

    rule_id = fields.Many2one("inventory.approval.rule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_id.company_id")
    currency_id = fields.Many2one(related="rule_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    min_value = fields.Monetary("From Value", help="The step is left out below this value. 0: always asked.")
    mode = fields.Selection([("one", "One of them"), ("all", "All of them")], "How many", required=True, default="one")
    user_ids = fields.Many2many("res.users", string="People", domain="[('share', '=', False)]")
    group_ids = fields.Many2many("res.groups", string="Groups")
    ask_manager = fields.Boolean("Requester's Manager")
    remind_hours = fields.Float("Remind after (h)", help="And again each time so many hours passed. 0: never.")
    limit_hours = fields.Float("Time Limit (h)", help="Then the step is escalated. 0: none.")
    escalate_user_id = fields.Many2one(
        "res.users", "Escalate to", help="May then decide in place of all. Empty: the managers are told."
    )

    @api.constrains(
        *("rule_id", "mode", "user_ids", "group_ids", "ask_manager", "escalate_user_id"),
        *("remind_hours", "limit_hours", "min_value"),
    )
    def _check_step(self):
        self.rule_id._check_satisfiable()

    def unlink(self):
        rules = self.rule_id
        result = super().unlink()
        rules.exists()._check_satisfiable()
        return result

    def _people(self, requester):
        """Whom this step names for a request of this user, whether they may decide or not."""
        people = self.user_ids | self.group_ids.all_user_ids
        return people | requester._inventory_manager() if self.ask_manager else people

    def _check_satisfiable(self, company):
        """Raise a sentence if a step can be decided by nobody of this company."""
        for step in self.sudo():
            where = f"{step.rule_id.name}, {step.name}"
            if min(step.remind_hours, step.limit_hours, step.min_value) < 0:
                raise ValidationError(self.env._("%s: limits are not negative.", where))
            needed = step.escalate_user_id | (step.user_ids if step.mode == "all" else step.user_ids.browse())
            for user in needed:
                if not user._inventory_may_approve(company):
                    raise ValidationError(user._inventory_no_approver_text(where, company))
            people = step.user_ids | step.group_ids.all_user_ids
            if step.ask_manager:
                people |= step._managers(company)
            if not any(user._inventory_may_approve(company) for user in people):
                raise ValidationError(
                    self.env._(
                        "%(step)s: nobody could decide in %(company)s. Name an active user of the company with the "
                        "role Approver.",
                        step=where,
                        company=company.name,
                    )
                )

    def _managers(self, company):
        """Everybody who is the manager of somebody in this company."""
        users = self.env["res.users"].search([("company_ids", "in", company.ids), ("share", "=", False)])
        return users._inventory_manager()

    def _deciders(self, requester, company, barred):
        """Who decides at this step on this request.

        :param barred: the requester's party and, where the rule says so, who counted
        :raise UserError: nobody else is left
        """
        people = self.sudo()._people(requester.sudo()) - barred
        people = people.filtered(lambda user: user._inventory_may_approve(company))
        if not people:
            raise UserError(
                self.env._(
                    "Nobody else could decide at the step %(step)s of the rule %(rule)s. Ask a manager to name "
                    "another person there.",
                    step=self.name,
                    rule=self.rule_id.name,
                )
            )
        return people.sudo(False)
