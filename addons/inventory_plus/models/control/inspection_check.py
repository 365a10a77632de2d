"""What is looked at in an inspection: the list of a product or category, and what was found."""

from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [("check", "Pass or fail"), ("measure", "Measurement")]


class InventoryInspectionPoint(models.Model):
    """A line of the inspection list of a product, or of all products of a category and those below it."""

    _name = "inventory.inspection.point"
    _description = "Inspection Point"
    _order = "sequence, id"

    name = fields.Char("What to look at", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    product_tmpl_id = fields.Many2one("product.template", "Product", index=True, ondelete="cascade")
    categ_id = fields.Many2one("product.category", "Category", index=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, default="check")
    unit = fields.Char(help="Of the measurement: mm, °C, %.")
    minimum = fields.Float(digits=(16, 6))
    maximum = fields.Float(digits=(16, 6))
    required = fields.Boolean(default=True)

    @api.constrains("minimum", "maximum", "kind")
    def _check_limits(self):
        for point in self:
            if point.kind == "measure" and point.minimum > point.maximum:
                raise UserError(self.env._("%s: the minimum is larger than the maximum.", point.name))

    @api.constrains("product_tmpl_id", "categ_id")
    def _check_subject(self):
        for point in self:
            if bool(point.product_tmpl_id) == bool(point.categ_id):
                raise UserError(self.env._("%s: say for which product or for which category.", point.name))

    @api.model
    def _of(self, product, company):
        """The list for a product, its own points first."""
        category = product.categ_id
        above = [int(part) for part in (category.parent_path or "").split("/") if part]
        return self.search(
            [
                ("company_id", "in", [False, company.id]),
                "|",
                ("product_tmpl_id", "=", product.product_tmpl_id.id),
                ("categ_id", "in", above),
            ]
        )


class InventoryInspectionCheck(models.Model):
    """One point of an inspection and what was found."""

    _name = "inventory.inspection.check"
    _description = "Inspection Check"
    _order = "sequence, id"

    inspection_id = fields.Many2one("inventory.inspection", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="inspection_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What to look at", required=True)
    kind = fields.Selection(KINDS, required=True, default="check")
    unit = fields.Char()
    minimum = fields.Float(digits=(16, 6))
    maximum = fields.Float(digits=(16, 6))
    required = fields.Boolean(default=True)
    is_measured = fields.Boolean("Measured")
    value = fields.Float("Measured Value", digits=(16, 6))
    limits = fields.Char(compute="_compute_limits")
    result = fields.Selection(
        [("pass", "Pass"), ("fail", "Fail")], compute="_compute_result", store=True, readonly=False
    )
    note = fields.Char()

    @api.depends("kind", "minimum", "maximum", "unit")
    def _compute_limits(self):
        for check in self:
            check.limits = (
                f"{check.minimum:g} – {check.maximum:g} {check.unit or ''}".strip()
                if check.kind == "measure"
                else False
            )

    @api.onchange("value")
    def _onchange_value(self):
        self.is_measured = True

    @api.depends("kind", "value", "is_measured", "minimum", "maximum")
    def _compute_result(self):
        for check in self:
            if check.kind != "measure":
                check.result = check.result
            elif not check.is_measured:
                check.result = False
            else:
                check.result = "pass" if check.minimum <= check.value <= check.maximum else "fail"

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks._check_open()
        return checks

    def write(self, vals):
        self._check_open()
        if not self.env.su and {"minimum", "maximum", "kind", "required", "inspection_id", "name"} & vals.keys():
            raise UserError(self.env._("What is looked at stands in the product's list; enter what was found."))
        if "value" in vals and "is_measured" not in vals:
            vals = {**vals, "is_measured": True}
        if "result" in vals and any(check.kind == "measure" for check in self):
            raise UserError(self.env._("Enter the measured value: it says whether it passes."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_none(self):
        if any(check.required for check in self) and not self.env.su:
            raise UserError(self.env._("A required check stays on the list."))
        self._check_open()

    def _check_open(self):
        if done := self.inspection_id.filtered(lambda inspection: inspection.state == "done"):
            raise UserError(self.env._("%s was inspected and stays on record.", done[0].name))
