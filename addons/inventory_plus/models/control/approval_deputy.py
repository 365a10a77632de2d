"""Deputies: who decides for whom, from day to day."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class InventoryApprovalDeputy(models.Model):
    """While one is away, another decides for him. A deputy who is away himself is stood in for by his own.

    Standing in lends the voice, not the role: a deputy is an approver himself, and four eyes hold for him.
    """

    _name = "inventory.approval.deputy"
    _description = "Deputy in Approvals"
    _order = "date_from desc, id desc"
    _rec_name = "deputy_id"

    user_id = fields.Many2one(
        "res.users", "Away", required=True, index=True, default=lambda self: self.env.user, ondelete="cascade"
    )
    deputy_id = fields.Many2one("res.users", "Deputy", required=True, index=True, ondelete="cascade")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("To", required=True, help="The last day.")
    active = fields.Boolean(default=True)

    @api.constrains("user_id", "deputy_id", "date_from", "date_to", "active")
    def _check_deputy(self):
        for deputy in self.filtered("active"):
            if deputy.date_to < deputy.date_from:
                raise ValidationError(self.env._("The deputy's last day is before the first."))
            user = deputy.deputy_id.sudo()
            if not any(user._inventory_may_approve(company) for company in deputy.user_id.sudo().company_ids):
                raise ValidationError(
                    self.env._(
                        "%s cannot be a deputy: who decides for others is active, in the same company, and has the "
                        "role Approver.",
                        user.name,
                    )
                )
            if loop := deputy._loop():
                raise ValidationError(
                    self.env._("These deputies would stand in for each other in a circle: %s.", " → ".join(loop))
                )

    def _loop(self):
        """Names along a circle of deputies who are away on a common day; empty if there is none."""
        others = self.sudo().search([("date_from", "<=", self.date_to), ("date_to", ">=", self.date_from)])
        paths = [(self.user_id | self.deputy_id, self.deputy_id, self.date_from, self.date_to)]
        if self.user_id == self.deputy_id:
            return [self.user_id.name] * 2
        while paths:
            seen, last, first_day, last_day = paths.pop()
            for link in others.filtered(lambda other, last=last: other.user_id == last):
                begin, end = max(first_day, link.date_from), min(last_day, link.date_to)
                if begin > end:
                    continue
                if link.deputy_id == self.user_id:
                    return [*seen.sudo().mapped("name"), self.user_id.sudo().name]
                if link.deputy_id not in seen:
                    paths.append((seen | link.deputy_id, link.deputy_id, begin, end))
        return []

    @api.model
    def _spoken_for(self, user):
        """The users for whom this one may speak today: himself, and whom he stands in for, through others too."""
        today = fields.Date.context_today(self)
        links = self.sudo().search([("date_from", "<=", today), ("date_to", ">=", today)])
        found, new = user, user
        while new:
            new = links.filtered(lambda link, new=new: link.deputy_id in new).user_id - found
            found |= new
        return found.sudo(False)

    @api.model
    def _standing_in(self, users):
        """Who may speak today for these users besides themselves."""
        today = fields.Date.context_today(self)
        links = self.sudo().search([("date_from", "<=", today), ("date_to", ">=", today)])
        found, new = users, users
        while new:
            new = links.filtered(lambda link, new=new: link.user_id in new).deputy_id - found
            found |= new
        return (found - users).sudo(False)

    # ------------------------------------------------------------------- guard

    @api.model_create_multi
    def create(self, vals_list):
        deputies = super().create(vals_list)
        deputies._check_own()
        deputies._log_change("named")
        return deputies

    def write(self, vals):
        self._check_own()
        result = super().write(vals)
        self._check_own()
        self._log_change("changed")
        return result

    def unlink(self):
        self._check_own()
        self._log_change("removed")
        return super().unlink()

    def _check_own(self):
        """Everybody lends his own voice; a manager may lend that of somebody who cannot."""
        user = self.env.user
        if not self.env.su and not user.has_group("inventory_plus.group_manager") and self.user_id - user:
            raise AccessError(self.env._("You name a deputy for yourself only."))

    def _log_change(self, event):
        self.env["inventory.audit.entry"]._log_many(
            [
                (
                    f"approval.deputy.{event}",
                    self.env._(
                        "%(deputy)s for %(user)s from %(begin)s to %(end)s",
                        deputy=deputy.deputy_id.sudo().name,
                        user=deputy.user_id.sudo().name,
                        begin=deputy.date_from,
                        end=deputy.date_to,
                    ),
                    deputy,
                    {"active": deputy.active},
                )
                for deputy in self
            ]
        )
