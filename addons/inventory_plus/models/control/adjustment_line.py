"""A counted quantity of one product in one place."""

import math

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .adjustment_terms import KEY, SEES_BOOK, SEES_VALUE
from .reason import ROOT_CAUSES

#: Written by the system alone.
SYSTEM = {
    "book_quantity": SQL("numeric"),
    "book_at": SQL("timestamp"),
    "difference": SQL("numeric"),
    "unit_cost": SQL("double precision"),
    "value": SQL("numeric"),
    "applied_quantity": SQL("numeric"),
    "moved": SQL("text"),
    "state": SQL("text"),
    "failure": SQL("text"),
}
LARGEST = 1e9  # units; more is a typing error


class InventoryAdjustmentLine(models.Model):
    _name = "inventory.adjustment.line"
    _description = "Inventory Adjustment Line"
    _order = "adjustment_id, id"

    adjustment_id = fields.Many2one("inventory.adjustment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="adjustment_id.company_id", store=True, index=True)
    approval_state = fields.Selection(related="adjustment_id.approval_state")
    product_id = fields.Many2one(
        "product.product", required=True, index=True, ondelete="restrict", domain=[("is_storable", "=", True)]
    )
    location_id = fields.Many2one(
        "stock.location",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('usage', 'in', ('internal', 'transit')), ('company_id', 'in', (company_id, False))]",
    )
    lot_id = fields.Many2one(
        "stock.lot", "Lot/Serial Number", ondelete="restrict", domain="[('product_id', '=', product_id)]"
    )
    package_id = fields.Many2one("stock.package", ondelete="restrict")
    owner_id = fields.Many2one("res.partner", ondelete="restrict")
    tracking = fields.Selection(related="product_id.tracking")
    quantity = fields.Float("Counted", digits="Product Unit", required=True)
    allowed_uom_ids = fields.Many2many("uom.uom", compute="_compute_allowed_uom_ids")
    product_uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        compute="_compute_product_uom_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        domain="[('id', 'in', allowed_uom_ids)]",
    )
    reason_id = fields.Many2one(
        "inventory.reason",
        "Reason Code",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('for_adjustment', '=', True), ('company_id', 'in', (company_id, False))]",
        help="Only if it differs from the one of the whole adjustment.",
    )
    root_cause = fields.Selection(ROOT_CAUSES, help="Only if it differs from the one of the whole adjustment.")
    reason = fields.Char("Explanation", help="Only if it differs from the reason of the whole adjustment.")
    book_quantity = fields.Float(
        "Book",
        digits="Product Unit",
        readonly=True,
        copy=False,
        groups=SEES_BOOK,
        help="On hand when approval was asked for, in the product's unit.",
    )
    book_at = fields.Datetime("Book of", readonly=True, copy=False, groups=SEES_BOOK)
    difference = fields.Float(
        digits="Product Unit",
        readonly=True,
        copy=False,
        groups=SEES_BOOK,
        help="Counted minus book, in the product's unit; known from the request on. This is what is applied.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    unit_cost = fields.Float(
        "Cost",
        digits="Product Price",
        readonly=True,
        copy=False,
        groups=SEES_VALUE,
        help="Of one unit.",
    )
    value = fields.Monetary(
        readonly=True,
        copy=False,
        groups=SEES_VALUE,
        help="Difference at cost, in the company's currency; goods of others are worth nothing here.",
    )
    photo = fields.Image(max_width=1920, max_height=1920, copy=False)
    state = fields.Selection(
        [("waiting", "Waiting"), ("applied", "Applied"), ("failed", "Not Applied")],
        "Application",
        default="waiting",
        required=True,
        readonly=True,
        copy=False,
    )
    failure = fields.Char("Why Not Applied", readonly=True, copy=False, groups=SEES_BOOK)
    applied_quantity = fields.Float(
        "Applied",
        digits="Product Unit",
        readonly=True,
        copy=False,
        groups=SEES_BOOK,
        help="By how much the approval changed the stock, in the product's unit.",
    )
    moved = fields.Char(readonly=True, copy=False, groups=SEES_BOOK)

    _by_state = models.Index("(adjustment_id, state)")

    def init(self):
        """Lines that were approved before each had a state of its own were applied with the decision."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_adjustment_line line SET state = 'applied', difference = line.applied_quantity
                  FROM inventory_adjustment adjustment
                 WHERE adjustment.id = line.adjustment_id AND adjustment.approval_state = 'approved'
                   AND adjustment.apply_state = 'applied' AND line.state = 'waiting'
                """
            )
        )
        # What waits for a decision since before differences were kept has its book, and gets its difference.
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_adjustment_line line
                   SET book_at = adjustment.requested_at,
                       difference = ROUND((line.quantity * unit.factor / own.factor)::numeric, 6)
                                    - COALESCE(line.book_quantity, 0)
                  FROM inventory_adjustment adjustment, uom_uom unit, product_product product
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom own ON own.id = template.uom_id
                 WHERE adjustment.id = line.adjustment_id AND unit.id = line.product_uom_id
                   AND product.id = line.product_id
                   AND adjustment.approval_state = 'pending' AND line.book_at IS NULL
                """
            )
        )

    @api.depends("product_id")
    def _compute_product_uom_id(self):
        for line in self:
            unit = line.product_id.uom_id
            if not (line.product_uom_id and unit and line.product_uom_id._has_common_reference(unit)):
                line.product_uom_id = unit

    @api.depends("product_id")
    def _compute_allowed_uom_ids(self):
        for line in self:
            product = line.product_id
            line.allowed_uom_ids = product.uom_id | product.uom_ids | product.sudo().seller_ids.product_uom_id

    def _counted(self):
        """The counted quantity in the product's unit."""
        return self.product_uom_id._compute_quantity(self.quantity, self.product_id.uom_id, rounding_method="HALF-UP")

    # -------------------------------------------------------------------- guard

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_values(vals)
        defaults = {f"default_{name}" for name in SYSTEM}
        clean = {key: value for key, value in self.env.context.items() if key not in defaults}
        vals_list = [{**vals, "state": "waiting"} for vals in vals_list]
        lines = super(InventoryAdjustmentLine, self.with_context(clean)).create(vals_list).with_env(self.env)
        # Asked of the records, not of the values: the document may have come as a default in the context.
        lines.adjustment_id._approval_check_editable()
        return lines

    def write(self, vals):
        self._check_values(vals)
        parents = self.adjustment_id
        if vals.get("adjustment_id"):
            parents |= parents.browse(vals["adjustment_id"])
        parents._approval_check_editable()
        written = super().write(vals)
        if vals.keys() & set(KEY):
            # Another stock was counted: what the books said of the first one is no answer.
            self._set_system({"book_at": False, "book_quantity": False})
        return written

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.adjustment_id._approval_check_editable()

    def _check_values(self, vals):
        """Refuse what is not a countable quantity, and values that only the system sets."""
        if any(vals.get(name) for name in SYSTEM if name != "state") or vals.get("state", "waiting") != "waiting":
            raise AccessError(self.env._("What the books say and what was applied is noted by the system alone."))
        if "quantity" in vals:
            try:
                finite = math.isfinite(float(vals["quantity"]))
            except (TypeError, ValueError):
                finite = False
            if not finite:
                raise UserError(self.env._("%s is not a number.", vals["quantity"]))

    def _set_system(self, vals):
        """Write what is the system's to write, past the guard."""
        super().write(vals)

    def _note(self, columns):
        """Write what is the system's to write, a value a line, in one statement whatever their number.

        :param dict columns: ``{name of SYSTEM: list of values in the order of the lines}``
        """
        if not self:
            return
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE inventory_adjustment_line line SET %s FROM unnest(%s::integer[], %s) AS noted(id, %s)"
                " WHERE line.id = noted.id",
                SQL(", ").join(SQL("%(name)s = noted.%(name)s", name=SQL.identifier(name)) for name in columns),
                self.ids,
                SQL(", ").join(SQL("%s::%s[]", values, SYSTEM[name]) for name, values in columns.items()),
                SQL(", ").join(SQL.identifier(name) for name in columns),
            )
        )
        self.invalidate_recordset(list(columns))

    # ------------------------------------------------------------------ content

    @api.constrains(*KEY, "quantity", "product_uom_id", "adjustment_id", "reason_id")
    def _check_content(self):
        """One clear sentence for everything that cannot be adjusted."""
        self.adjustment_id.sudo()._check_duplicates()
        for line in self.sudo():
            if problem := line._problem():
                raise UserError(problem)

    def _problem(self):
        """What is wrong with this line, as a sentence; None if nothing is."""
        _ = self.env._
        product, location, lot = self.product_id, self.location_id, self.lot_id
        if self.quantity < 0:
            return _("%s was counted: less than nothing cannot be.", self.quantity)
        if self.quantity > LARGEST:
            return _("%s units were counted: that must be a typing error.", f"{self.quantity:.15g}")
        if not product.is_storable:
            return _("%s is not kept in stock: nothing of it can be counted.", product.display_name)
        if location.usage not in ("internal", "transit"):
            return _("%s holds no stock of ours: count in a storage location.", location.display_name)
        for record in (product, location, lot, self.package_id):
            if record.company_id and record.company_id != self.company_id:
                return _(
                    "%(record)s belongs to %(other)s; this adjustment is made for %(company)s.",
                    record=record.display_name,
                    other=record.company_id.name,
                    company=self.company_id.name,
                )
        if lot and lot.product_id != product:
            return _(
                "%(lot)s is a lot of %(other)s, not of %(product)s.",
                lot=lot.name,
                other=lot.product_id.display_name,
                product=product.display_name,
            )
        if lot and product.tracking == "none":
            return _("%s is not tracked by lots: leave the lot empty.", product.display_name)
        if not lot and product.tracking != "none" and self.quantity:
            return _("%s is tracked: say which lot or serial number was counted.", product.display_name)
        if not self.product_uom_id._has_common_reference(product.uom_id):
            return _(
                "%(product)s is measured in %(unit)s and cannot be counted in %(other)s.",
                product=product.display_name,
                unit=product.uom_id.name,
                other=self.product_uom_id.name,
            )
        if refusal := self.reason_id._refusal("for_adjustment", self.company_id):
            return refusal
        if product.tracking == "serial" and product.uom_id.compare(self._counted(), 1) > 0:
            return _("Serial number %s exists once: count 1 or 0.", lot.name)
        return None

    def _key(self):
        return tuple(self[name].id for name in KEY)
