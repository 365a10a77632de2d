"""Adjustment: a correction of stock that one person asks for and another one allows."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .reason import ROOT_CAUSES


class InventoryAdjustment(models.Model):
    """A list of counted quantities; approval sets the stock to them, all lines in one transaction."""

    _name = "inventory.adjustment"
    _description = "Inventory Adjustment"
    _inherit = ["inventory.approval.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("Reference", required=True, readonly=True, copy=False, default="/", index="trigram")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    reason_id = fields.Many2one(
        "inventory.reason",
        "Reason Code",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="[('for_adjustment', '=', True), ('company_id', 'in', (company_id, False))]",
        help="By these codes reports add up why stock was corrected.",
    )
    root_cause = fields.Selection(
        ROOT_CAUSES,
        help="Where the difference comes from; proposed by the reason.",
    )
    reason = fields.Char(
        required=True,
        tracking=True,
        help="Why stock is corrected, for the person who decides and for the auditor; proposed by the reason code.",
    )
    line_ids = fields.One2many("inventory.adjustment.line", "adjustment_id", "Lines", copy=True)
    line_count = fields.Integer("Number of Lines", compute="_compute_line_count")

    @api.depends("line_ids")
    def _compute_line_count(self):
        counts = dict(
            self.env["inventory.adjustment.line"]._read_group(
                [("adjustment_id", "in", self.ids)], ["adjustment_id"], ["__count"]
            )
        )
        for adjustment in self:
            adjustment.line_count = counts.get(adjustment._origin, len(adjustment.line_ids))

    @api.onchange("reason_id")
    def _onchange_reason_id(self):
        self.root_cause = self.reason_id.root_cause or self.root_cause
        self.reason = self.reason or self.reason_id.name

    def _complete_reason(self, vals):
        """Add what the reason code proposes for text and root cause, where nothing was said."""
        reason = self.env["inventory.reason"].browse(vals.get("reason_id") or [])
        if not reason:
            return {}
        proposed = {"reason": reason.name, "root_cause": reason.root_cause}
        return {name: value for name, value in proposed.items() if not vals.get(name)}

    @api.constrains("reason_id", "company_id")
    def _check_reason(self):
        for adjustment in self:
            if refusal := adjustment.sudo().reason_id._refusal("for_adjustment", adjustment.company_id):
                raise UserError(refusal)

    @api.depends("name", "reason")
    def _compute_display_name(self):
        for adjustment in self:
            adjustment.display_name = adjustment.name

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            if company not in self.env.companies and not self.env.su:
                raise UserError(self.env._("Adjustments are entered in a company of yours."))
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals.update(self._complete_reason(vals))
            vals["name"] = sequence.next_by_code("inventory.adjustment") or "/"
        return super().create(vals_list)

    def write(self, vals):
        if "company_id" in vals and any(adjustment.company_id.id != vals["company_id"] for adjustment in self):
            raise UserError(self.env._("An adjustment stays in its company: make a new one in the other."))
        return super().write(vals)

    def _check_duplicates(self):
        """The same stock counted twice in one document has no one answer."""
        for adjustment in self:
            seen = set()
            for line in adjustment.line_ids:
                if line._key() in seen:
                    raise UserError(
                        self.env._(
                            "%(product)s in %(location)s is counted on two lines: enter the sum on one.",
                            product=line.product_id.display_name,
                            location=line.location_id.display_name,
                        )
                    )
                seen.add(line._key())

    # ----------------------------------------------------------------- approval

    def action_approve(self, comment=None, moved="refuse"):
        """Approve and apply.

        :param str moved: what to do where stock moved between request and approval. ``refuse`` (default) applies
            nothing and names the lines; ``difference`` applies counted minus book at request to what is there now,
            which is right when goods moved after the count; ``counted`` sets the counted quantity, which is right
            when the count took place after the movements.
        """
        if moved not in ("refuse", "difference", "counted"):
            raise UserError(self.env._("Stock that moved is refused, or its difference or counted quantity applied."))
        # By context, because it is no secret and no right: whoever may approve may choose, nobody else gets there.
        return super(InventoryAdjustment, self.with_context(inventory_moved=moved)).action_approve(comment)

    def _approval_prepare(self):
        """Freeze the book quantities that the counted ones are compared with."""
        if not self.line_ids:
            raise UserError(self.env._("Enter at least one counted line before asking for approval."))
        lines = self.line_ids.sudo()
        lines._check_content()
        lines._note_book()

    def _approval_summary(self):
        return self.env._(
            "%(name)s, %(count)s lines: %(reason)s", name=self.name, count=self.line_count, reason=self.reason
        )

    def _approval_apply(self):
        """Bring the quants to the approved quantities by inventory moves."""
        lines = self.line_ids.sudo().with_company(self.company_id)
        lines._choose_moved(self.env.context.get("inventory_moved"))
        self._lock_quants(lines)
        now = lines._book_now()
        lines._check_moved(now)
        lines._apply(now)

    def _lock_quants(self, lines):
        """Wait for everybody who is changing these quants (law 1: the same order as native work)."""
        self.env["stock.quant"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT quant.id
                  FROM stock_quant quant
                  JOIN (SELECT DISTINCT product_id, location_id FROM inventory_adjustment_line
                         WHERE id = ANY(%s)) line USING (product_id, location_id)
                 ORDER BY quant.product_id, quant.location_id, quant.id
                   FOR NO KEY UPDATE OF quant
                """,
                lines.ids,
            )
        )
        self.env["stock.quant"].invalidate_model()
