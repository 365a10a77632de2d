"""Reasons: why stock was corrected, held or counted differently, by code, so that reports can add them up."""

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Where the cause of a difference lies; the same list for reasons, adjustments, holds and counts.
ROOT_CAUSES = [
    ("receiving", "Receiving"),
    ("put_away", "Put-away"),
    ("picking", "Picking"),
    ("packing", "Packing and shipping"),
    ("counting", "Counting"),
    ("production", "Production"),
    ("return", "Customer return"),
    ("supplier", "Supplier"),
    ("handling", "Handling and storage"),
    ("expiry", "Shelf life"),
    ("theft", "Theft or loss"),
    ("data", "Master data or unit"),
    ("system", "Booked late, twice or not at all"),
    ("unknown", "Not known yet"),
]
USES = ("for_adjustment", "for_hold", "for_count")


class InventoryReason(models.Model):
    """A reason with a code; it says for which documents it may be chosen and suggests the root cause."""

    _name = "inventory.reason"
    _description = "Reason for a Change of Stock"
    _order = "sequence, code, id"
    _rec_names_search = ["code", "name"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="Short and stable: other systems and reports know it by this.")
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    root_cause = fields.Selection(
        ROOT_CAUSES, help="Where such differences usually come from; proposed on the documents and changed there."
    )
    for_adjustment = fields.Boolean("For Adjustments", default=True)
    for_hold = fields.Boolean("For Holds", default=False)
    for_count = fields.Boolean("For Counts", default=False)

    _code_uniq = models.UniqueIndex(
        "(upper(code), COALESCE(company_id, 0))", "Another reason has this code: each code is used once."
    )

    @api.constrains(*USES)
    def _check_used_for_something(self):
        for reason in self:
            if not any(reason[use] for use in USES):
                raise UserError(
                    self.env._(
                        "%s is for nothing: say what it is chosen for, or archive it.",
                        reason.display_name or reason.code,
                    )
                )

    @api.constrains("code")
    def _check_code(self):
        for reason in self:
            if not reason.code.strip() or reason.code != reason.code.strip():
                raise UserError(self.env._("A code has no blanks around it: %s", repr(reason.code)))

    @api.constrains("company_id")
    def _check_company_of_uses(self):
        """A reason that others use stays theirs."""
        for reason in self.sudo().filtered("company_id"):
            for model, field in self._places():
                if "company_id" in model._fields and model.search_count(
                    [(field, "in", reason.ids), ("company_id", "not in", [reason.company_id.id, False])], limit=1
                ):
                    raise UserError(
                        self.env._(
                            "%(reason)s is used in other companies: make a reason of its own for %(company)s.",
                            reason=reason.display_name,
                            company=reason.company_id.name,
                        )
                    )

    @api.depends("name", "code")
    def _compute_display_name(self):
        for reason in self:
            reason.display_name = f"[{reason.code}] {reason.name}" if reason.code else reason.name

    @api.model
    def _places(self):
        """Models and their stored fields that name a reason; asked as the system, archived records too."""
        fields_of = self.env["ir.model.fields"].sudo()
        found = fields_of.search(
            [("relation", "=", self._name), ("ttype", "in", ("many2one", "many2many")), ("store", "=", True)]
        )
        for field in found:
            model = self.env.get(field.model)
            if model is not None and not model._abstract and not model._transient and model._auto:
                yield model.sudo().with_context(active_test=False), field.name

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        """One query a place where reasons are named, whatever their number."""
        for model, field in self._places():
            if used := model.search([(field, "in", self.ids)], limit=1):
                reason = (used[field] & self)[:1]
                raise UserError(
                    self.env._(
                        "%(reason)s is used by %(document)s and stays on record. Archive it instead: nobody can choose "
                        "it from then on.",
                        reason=reason.display_name,
                        document=used.display_name,
                    )
                )

    def _refusal(self, use, company):
        """Why this reason cannot be given on a document, as a sentence; None if it can.

        :param str use: one of :data:`USES`
        :param company: the company of the document
        """
        if not self:
            return None
        if not self[use]:
            return self.env._("%s is no reason for this kind of document: choose another.", self.display_name)
        if self.company_id and self.company_id != company:
            return self.env._(
                "%(record)s belongs to %(other)s; this document is made for %(company)s.",
                record=self.display_name,
                other=self.company_id.name,
                company=company.name,
            )
        return None
