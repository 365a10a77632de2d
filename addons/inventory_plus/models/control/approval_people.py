"""Users and companies, as far as approvals ask about them."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError


class ResUsers(models.Model):
    _inherit = "res.users"

    inventory_manager_id = fields.Many2one(
        "res.users",
        "Manager in Approvals",
        groups="inventory_plus.group_manager,base.group_erp_manager",
        help="Decides where a rule asks for the requester's manager. Empty: the manager in the employee's record.",
    )

    def _inventory_manager(self):
        """The managers of these users, from the field or from the employees, where they are kept."""
        users = self.sudo()
        without = users.filtered(lambda user: not user.inventory_manager_id)
        managers = users.inventory_manager_id
        if "employee_ids" in self._fields:
            managers |= without.employee_ids.parent_id.user_id
        return managers

    def _inventory_may_approve(self, company):
        """Whether this user can decide on requests of a company, four eyes apart."""
        user = self.sudo()
        return (
            user.active
            and not user.share
            and user.id != SUPERUSER_ID
            and company in user.company_ids
            and user.has_group("inventory_plus.group_approver")
        )

    def _inventory_no_approver_text(self, where, company):
        return self.env._(
            "%(where)s: %(user)s cannot decide in %(company)s. Give him the role Approver and the company, or name "
            "somebody else.",
            where=where,
            user=self.sudo().name,
            company=company.name,
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    inventory_break_glass_user_id = fields.Many2one(
        "res.users",
        "Applies Requests in an Emergency",
        groups="inventory_plus.group_manager,base.group_erp_manager",
        help="Where the rule names nobody. He may apply a request at once with a reason; it is decided on within 24 "
        "hours, or an alert goes out.",
    )

    @api.constrains("inventory_break_glass_user_id")
    def _check_break_glass_user(self):
        for company in self.sudo():
            user = company.inventory_break_glass_user_id
            if user and not user._inventory_may_approve(company):
                raise ValidationError(user._inventory_no_approver_text(self.env._("Emergency"), company))

    def write(self, vals):
        result = super().write(vals)
        if "inventory_break_glass_user_id" in vals:
            for company in self.sudo():
                name = company.inventory_break_glass_user_id.name or "-"
                text = self.env._(
                    "Applies requests in an emergency in %(company)s: %(user)s", company=company.name, user=name
                )
                self.env["inventory.audit.entry"]._log("approval.glass_named", text, company)
        return result


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_break_glass_user_id = fields.Many2one(
        related="company_id.inventory_break_glass_user_id", readonly=False, string="Applies Requests in an Emergency"
    )
