"""A counted quantity of one product in one place."""

import math

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: What makes stock the same stock: the key of a quant.
KEY = ("product_id", "location_id", "lot_id", "package_id", "owner_id")
SYSTEM = ("book_quantity", "applied_quantity", "moved")  # written by the system alone
LARGEST = 1e9  # units; more is a typing error
TOLD = 5  # lines named in a message
#: Who may see what the books say; a counter may not (law 10).
SEES_BOOK = "inventory_plus.group_viewer"


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
    reason = fields.Char(help="Only if it differs from the reason of the whole adjustment.")
    book_quantity = fields.Float(
        "Book",
        digits="Product Unit",
        readonly=True,
        copy=False,
        groups=SEES_BOOK,
        help="On hand when approval was asked for, in the product's unit.",
    )
    difference = fields.Float(
        compute="_compute_difference",
        digits="Product Unit",
        groups=SEES_BOOK,
        help="Counted minus book, in the product's unit; known from the request on.",
    )
    applied_quantity = fields.Float(
        "Applied",
        digits="Product Unit",
        readonly=True,
        copy=False,
        groups=SEES_BOOK,
        help="By how much the approval changed the stock, in the product's unit.",
    )
    moved = fields.Char(readonly=True, copy=False, groups=SEES_BOOK)

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

    @api.depends("book_quantity", "quantity", "product_uom_id", "approval_state")
    def _compute_difference(self):
        for line in self:
            line.difference = 0 if line.approval_state == "draft" else line._counted() - line.book_quantity

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
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.adjustment_id._approval_check_editable()

    def _check_values(self, vals):
        """Refuse what is not a countable quantity, and values that only the system sets."""
        if any(vals.get(name) for name in SYSTEM):
            raise AccessError(self.env._("The book quantity is noted by the system when approval is asked for."))
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

    # ------------------------------------------------------------------ content

    @api.constrains(*KEY, "quantity", "product_uom_id", "adjustment_id")
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
        if product.tracking == "serial" and product.uom_id.compare(self._counted(), 1) > 0:
            return _("Serial number %s exists once: count 1 or 0.", lot.name)
        return None

    def _key(self):
        return tuple(self[name].id for name in KEY)

    # --------------------------------------------------------------------- book

    def _book_now(self):
        """On hand by key of these lines, in the product's unit; one query."""
        groups = self.env["stock.quant"]._read_group(
            [("product_id", "in", self.product_id.ids), ("location_id", "in", self.location_id.ids)],
            KEY,
            ["quantity:sum"],
        )
        return {tuple(record.id for record in key): quantity or 0.0 for *key, quantity in groups}

    def _note_book(self):
        """Keep what the books say at the request, to compare with when it is approved."""
        book = self._book_now()
        for line in self:
            line._set_system({"book_quantity": book.get(line._key(), 0.0)})

    def _choose_moved(self, moved):
        """What the approver chose for stock that moved since; kept for the auditor."""
        self._set_system({"moved": moved if moved in ("difference", "counted") else "refuse"})

    def _check_moved(self, now):
        """Refuse if stock moved since the request and the approver did not say what to do then."""
        moved = self.filtered(
            lambda line: (
                line.moved == "refuse"
                and line.product_id.uom_id.compare(now.get(line._key(), 0.0), line.book_quantity) != 0
            )
        )
        if moved:
            raise UserError(
                self.env._(
                    "Stock moved since approval was asked for, nothing was applied:\n%(lines)s\n"
                    "Approve with a choice (counted difference, or counted quantity), or have it counted again.",
                    lines="\n".join(
                        self.env._(
                            "%(product)s in %(location)s: %(book)s then, %(now)s now",
                            product=line.product_id.display_name,
                            location=line.location_id.display_name,
                            book=line.book_quantity,
                            now=now.get(line._key(), 0.0),
                        )
                        for line in moved[:TOLD]
                    ),
                )
            )

    # -------------------------------------------------------------------- apply

    def _change(self, now):
        """By how much the stock is to change, in the product's unit."""
        if self.moved == "difference":
            return self._counted() - self.book_quantity
        return self._counted() - now

    def _apply(self, now):
        """Change the quants of one adjustment by core's inventory moves; note each line's before and after."""
        quants, entries, changes = self.env["stock.quant"], [], {}
        existing = self._quants_by_key()
        missing = self.filtered(lambda line: line._key() not in existing)
        if missing:
            # An empty quant to count on; core clears it away if it stays empty.
            created = quants.create([{name: line[name].id for name in KEY} for line in missing])
            existing.update(zip((line._key() for line in missing), created, strict=True))
        for line in self:
            before = now.get(line._key(), 0.0)
            change = line._change(before)
            if line.product_id.uom_id.compare(before + change, 0) < 0:
                raise UserError(
                    self.env._(
                        "The difference would leave less than nothing of %(product)s in %(location)s: count it again.",
                        product=line.product_id.display_name,
                        location=line.location_id.display_name,
                    )
                )
            line._set_system({"applied_quantity": change})
            entries.append(line._audit_entry(before, before + change))
            if not line.product_id.uom_id.is_zero(change):
                quant = existing[line._key()]
                quant.inventory_quantity = quant.quantity + change
                quants |= quant
                changes[line._key()] = change
        adjustment = self.adjustment_id
        name = f"{adjustment.name}: {adjustment.reason}"
        with self.env["inventory.permit"]._granted(adjustment, changes) as env:
            quants.with_env(env).with_context(inventory_name=name)._apply_inventory()
        self.env["inventory.audit.entry"]._log_many(entries)

    def _quants_by_key(self):
        """One quant of each key; of several (core makes them under concurrency) the largest."""
        found = {}
        for quant in self.env["stock.quant"].search(
            [("product_id", "in", self.product_id.ids), ("location_id", "in", self.location_id.ids)]
        ):
            key = tuple(quant[name].id for name in KEY)
            if key not in found or found[key].quantity < quant.quantity:
                found[key] = quant
        return found

    def _audit_entry(self, before, after):
        product = self.product_id
        return (
            "adjustment.applied",
            self.env._(
                "%(name)s: %(product)s in %(location)s from %(before)s to %(after)s %(unit)s",
                name=self.adjustment_id.name,
                product=product.display_name,
                location=self.location_id.display_name,
                before=before,
                after=after,
                unit=product.uom_id.name,
            ),
            self.adjustment_id,
            {
                "product": [product.id, product.display_name],
                "location": [self.location_id.id, self.location_id.complete_name],
                "lot": self.lot_id.name or None,
                "package": self.package_id.name or None,
                "owner": self.owner_id.name or None,
                "book": self.book_quantity,
                "counted": self._counted(),
                "before": before,
                "after": after,
                "moved": self.moved or None,
                "reason": self.reason or self.adjustment_id.reason,
                "requested by": self.adjustment_id.requester_id.login,
                "approved by": self.adjustment_id.approver_id.login,
            },
        )
