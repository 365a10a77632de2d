"""Adjustment: a correction of stock that one person asks for and another one allows."""

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from .adjustment_terms import KEY, SEES_VALUE
from .reason import ROOT_CAUSES

#: Of the document that a count brings.
FROM_COUNT = ("reason_id", "reason", "root_cause", "company_id", "counted_at", "origin")
#: Set by the system as the document lives; a client sets none of them.
SYSTEM = {
    "state": "draft",
    "apply_state": False,
    "applied_at": False,
    "effects_note": False,
    "value": 0.0,
    "value_changed": 0.0,
    "request_key": False,
    "request_hash": False,
    "request_answer": False,
}


class InventoryAdjustment(models.Model):
    """A list of counted quantities; approval brings the stock to them.

    What is applied is the counted difference: counted less what the books said when it was counted. The decision is the
    mixin's (``approval_state``); ``state`` tells the whole life. How it is applied is in ``adjustment_apply``, what the
    books said in ``adjustment_book``, who would lose goods in ``adjustment_promises``, how other systems ask in
    ``adjustment_submit``.
    """

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
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("applying", "Applying"),
            ("applied", "Applied"),
            ("partly", "Applied in Part"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
        ],
        "Progress",
        compute="_compute_state",
        store=True,
        index=True,
        help="From the first line to the last one applied. Applied in part: some lines could not be; they say why.",
    )
    apply_state = fields.Selection(
        [("waiting", "Waiting"), ("applying", "Applying"), ("applied", "Applied"), ("partly", "Applied in Part")],
        "Application",
        readonly=True,
        copy=False,
    )
    applied_at = fields.Datetime("Applied on", readonly=True, copy=False)
    counted_at = fields.Datetime(
        "Counted on",
        copy=False,
        help="Goods that moved after this moment do not count as a difference. Empty: the moment of the request.",
    )
    counter_ids = fields.Many2many(
        "res.users", "inventory_adjustment_counter_rel", string="Counted by", copy=False, help="Who counted."
    )
    origin = fields.Char("Source", copy=False, help="The count, the file or the system that this came from.")
    photo_ids = fields.Many2many(
        "ir.attachment",
        "inventory_adjustment_photo_rel",
        string="Photos and Files",
        copy=False,
        help="What shows the difference; frozen with the request.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        "Value of the Difference",
        readonly=True,
        copy=False,
        groups=SEES_VALUE,
        help="What stock is worth more or less, at cost when approval was asked for.",
    )
    value_changed = fields.Monetary(
        "Value Corrected",
        readonly=True,
        copy=False,
        groups=SEES_VALUE,
        help="Gains and losses added up without their signs: 100 more here and 100 less there are 200.",
    )
    line_ids = fields.One2many("inventory.adjustment.line", "adjustment_id", "Lines", copy=True)
    line_count = fields.Integer("Number of Lines", compute="_compute_line_count")
    applied_count = fields.Integer("Lines Applied", compute="_compute_progress")
    failed_count = fields.Integer("Lines That Could Not Be Applied", compute="_compute_progress")
    progress = fields.Float("Progress (%)", compute="_compute_progress")

    @api.depends("approval_state", "apply_state")
    def _compute_state(self):
        decided = {"draft": "draft", "rejected": "rejected", "cancelled": "cancelled", "approved": "approved"}
        for adjustment in self:
            state = decided.get(adjustment.approval_state, "submitted")
            if state == "approved" and adjustment.apply_state in ("applying", "applied", "partly"):
                state = adjustment.apply_state
            adjustment.state = state

    @api.depends("line_ids.state", "state")
    def _compute_progress(self):
        """Counted in the database: each part is seen as soon as it is committed."""
        self.line_ids.flush_recordset(["state"])
        counts = {
            (adjustment.id, state): count
            for adjustment, state, count in self.env["inventory.adjustment.line"]
            .sudo()
            ._read_group([("adjustment_id", "in", self.ids)], ["adjustment_id", "state"], ["__count"])
        }
        for adjustment in self:
            applied, failed, waiting = (counts.get((adjustment.id, s), 0) for s in ("applied", "failed", "waiting"))
            adjustment.applied_count, adjustment.failed_count = applied, failed
            adjustment.progress = 100.0 * (applied + failed) / ((applied + failed + waiting) or 1)

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
        self._refuse_system(
            {name for vals in vals_list for name in SYSTEM if vals.get(name, SYSTEM[name]) != SYSTEM[name]}
        )
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            if company not in self.env.companies and not self.env.su:
                raise UserError(self.env._("Adjustments are entered in a company of yours."))
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals.update(self._complete_reason(vals))
            vals["name"] = sequence.next_by_code("inventory.adjustment") or "/"
        # No default of a client sets them either: those that everybody reads are said here, the others left out.
        begin = {name: value for name, value in SYSTEM.items() if not self._fields[name].groups}
        defaults = {f"default_{name}" for name in SYSTEM}
        clean = {key: value for key, value in self.env.context.items() if key not in defaults}
        adjustments = super(InventoryAdjustment, self.with_context(clean)).create(
            [{**vals, **begin} for vals in vals_list]
        )
        adjustments = adjustments.with_env(self.env)
        adjustments._own_photos()
        return adjustments

    def write(self, vals):
        self._refuse_system(vals.keys() & SYSTEM.keys())
        if "company_id" in vals and any(adjustment.company_id.id != vals["company_id"] for adjustment in self):
            raise UserError(self.env._("An adjustment stays in its company: make a new one in the other."))
        written = super().write(vals)
        if "photo_ids" in vals:
            self._own_photos()
        return written

    def _refuse_system(self, names):
        if names:
            raise AccessError(
                self.env._(
                    "The life of an adjustment goes by its buttons, not by writing %s.", ", ".join(sorted(names))
                )
            )

    def _own_photos(self):
        """Files uploaded before the document was saved are its own from now on, so that its readers see them."""
        for adjustment in self:
            loose = adjustment.photo_ids.sudo().filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            if loose:
                loose.write({"res_model": self._name, "res_id": adjustment.id})

    @api.constrains("counted_at")
    def _check_counted_at(self):
        latest = fields.Datetime.add(fields.Datetime.now(), minutes=5)
        for adjustment in self:
            if adjustment.counted_at and adjustment.counted_at > latest:
                raise UserError(self.env._("Nobody has counted yet what is counted in the future: correct the time."))

    def init(self):
        """What was approved before adjustments had a life after the decision was applied with it."""
        self.env.cr.execute(
            "UPDATE inventory_adjustment SET apply_state = 'applied', applied_at = decided_at, state = 'applied'"
            " WHERE approval_state = 'approved' AND apply_state IS NULL"
        )

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

    def _approval_prepare(self):
        """Note what the books say, which the counted quantities are compared with, and what the difference is worth."""
        if not self.line_ids:
            raise UserError(self.env._("Enter at least one counted line before asking for approval."))
        self._check_counted_at()
        lines = self.line_ids.sudo().with_company(self.company_id)
        lines._check_content()
        lines._note_book()
        values = lines.mapped("value")
        self._approval_set({"value": sum(values), "value_changed": sum(map(abs, values))})
        return super()._approval_prepare()

    def _approval_summary(self):
        return self.env._(
            "%(name)s, %(count)s lines: %(reason)s", name=self.name, count=self.line_count, reason=self.reason
        )

    def _approval_counters(self):
        """Who counted; a rule may keep them from deciding."""
        return self.counter_ids

    def _approval_measures(self):
        """What rules look at; of a request that has its books noted."""
        lines = self.line_ids.sudo().with_company(self.company_id)
        percentages = [
            100.0 if not line.book_quantity else min(100.0, 100.0 * abs(line.difference / line.book_quantity))
            for line in lines
            if line.difference
        ]
        gains, losses = any(line.difference > 0 for line in lines), any(line.difference < 0 for line in lines)
        warehouses = lines.location_id.warehouse_id
        return {
            "value": sum(abs(line.value) for line in lines),
            "quantity": sum(abs(line.difference) for line in lines),
            "percentage": max(percentages, default=0.0),
            "categories": lines.product_id.categ_id,
            "products": lines.product_id,
            "warehouses": warehouses,
            "locations": lines.location_id,
            "reasons": self.sudo().reason_id | lines.reason_id,
            "direction": "both" if gains and losses else "in" if gains else "out",
        }

    # ------------------------------------------------------------------- counts

    @api.model
    def _from_count(self, vals, lines):
        """A draft adjustment out of a count, compared with the books at the time of the count.

        :param dict vals: of the document: ``reason_id`` or ``reason``, ``company_id``, ``counted_at``,
            ``counter_ids`` (records, ids or commands), ``origin``
        :param list lines: dicts with the ids of :data:`~.adjustment_line.KEY`, ``counted_quantity`` and
            ``book_quantity`` in the product's unit, ``book_at``, and ``reason_id``, ``root_cause``, ``reason`` if they
            differ from the document's
        :return: the adjustment; ask for its approval by ``action_request_approval``
        """
        counters = vals.get("counter_ids") or []
        if isinstance(counters, models.BaseModel):
            counters = counters.ids
        if counters and all(isinstance(counter, int) for counter in counters):
            counters = [Command.set(counters)]
        products = self.env["product.product"].browse([_id(line["product_id"]) for line in lines])
        adjustment = self.create(
            {
                **{name: _id(vals[name]) for name in FROM_COUNT if vals.get(name)},
                "counter_ids": counters,
                "line_ids": [
                    Command.create(
                        {
                            **{name: _id(line.get(name)) for name in (*KEY, "reason_id")},
                            **{name: line.get(name) or False for name in ("reason", "root_cause")},
                            "quantity": line["counted_quantity"],
                            "product_uom_id": product.uom_id.id,
                        }
                    )
                    for line, product in zip(lines, products, strict=True)
                ],
            }
        )
        made = adjustment.line_ids.sudo()
        made._note(
            {
                "book_quantity": [line["book_quantity"] for line in lines],
                "book_at": [line["book_at"] for line in lines],
            }
        )
        return adjustment


def _id(value):
    """The id of a record, or the value itself."""
    return value.id if isinstance(value, models.BaseModel) else value or False
