"""A line of a count sheet: what somebody found; what the books said stands elsewhere (``inventory.count.result``)."""

import math

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .adjustment_line import KEY, LARGEST
from .count_error import CountError

SYSTEM = ("task_id", "round", "user_id", "is_counted", "counted_at", "is_found", *KEY)
COUNTED = ("quantity", "product_uom_id")


def number(env, value):
    """A counted quantity as a float, or a sentence why it is none."""
    try:
        quantity = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        quantity = None
    if quantity is None or not math.isfinite(quantity):
        raise CountError("bad_quantity", env._("“%s” is not a number.", str(value)[:40]))
    if quantity < 0:
        raise CountError("bad_quantity", env._("%s was counted: less than nothing cannot be.", f"{quantity:.15g}"))
    if quantity > LARGEST:
        raise CountError(
            "bad_quantity", env._("%s units were counted: that must be a typing error.", f"{quantity:.15g}")
        )
    return quantity


class InventoryCountLine(models.Model):
    _name = "inventory.count.line"
    _description = "Line of a Count Sheet"
    _order = "task_id, round, location_id, product_id, id"

    task_id = fields.Many2one("inventory.count.task", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="task_id.company_id", store=True, index=True)
    state = fields.Selection(related="task_id.state")
    round = fields.Integer(default=1, readonly=True)
    user_id = fields.Many2one("res.users", "Counter", readonly=True, index=True)
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
    quantity = fields.Float("Counted", digits="Product Unit")
    product_uom_id = fields.Many2one("uom.uom", "Unit", required=True)
    is_counted = fields.Boolean("Is Counted", readonly=True)
    is_found = fields.Boolean("Found", readonly=True, help="Was not on the sheet.")
    counted_at = fields.Datetime("Counted on", readonly=True)

    _once = models.UniqueIndex(
        "(task_id, round, product_id, location_id, COALESCE(lot_id, 0), COALESCE(package_id, 0), "
        "COALESCE(owner_id, 0))",
        "This is on the sheet already.",
    )

    @api.depends("product_id", "location_id", "lot_id")
    def _compute_display_name(self):
        for line in self:
            parts = (line.product_id.display_name, line.lot_id.name, line.location_id.display_name)
            line.display_name = ", ".join(part for part in parts if part)

    def _key(self):
        return tuple(self[name].id for name in KEY)

    def _counted(self):
        """The counted quantity in the product's unit."""
        return self.product_uom_id._compute_quantity(self.quantity, self.product_id.uom_id, rounding_method="HALF-UP")

    @api.onchange("product_id")
    def _onchange_product_id(self):
        self.product_uom_id = self.product_id.uom_id
        if not self.location_id and len(self.task_id.location_ids) == 1:
            self.location_id = self.task_id.location_ids

    # The screens write lines; every writing goes the way of a device, with the same checks and the same sentences.

    @api.model_create_multi
    def create(self, vals_list):
        """Lines that a person adds: goods that are not on the sheet."""
        made = self.browse()
        for vals in vals_list:  # a few found goods by hand; devices send all of theirs at once
            task = self.env["inventory.count.task"].browse(vals.get("task_id"))
            if not task:
                raise CountError("bad_line", self.env._("A line belongs to a count."))
            request = {name.removesuffix("_id"): vals.get(name) for name in KEY if vals.get(name)}
            request |= {"quantity": vals.get("quantity", 0), "uom": vals.get("product_uom_id")}
            if "location" not in request and len(task.sudo().location_ids) == 1:
                request["location"] = task.sudo().location_ids.id
            made |= task._count_lines([request])
        return made.with_env(self.env)

    def write(self, vals):
        if self.env.context.get("install_mode") and self.env.su:
            return super().write(vals)
        if names := vals.keys() & set(SYSTEM):
            raise AccessError(
                self.env._("A line of a sheet changes by counting it, not by writing %s.", ", ".join(sorted(names)))
            )
        for task, lines in self.grouped("task_id").items():
            task._count_lines(
                [
                    {
                        "line": line.id,
                        "quantity": vals.get("quantity", line.quantity),
                        "uom": vals.get("product_uom_id", line.product_uom_id.id),
                    }
                    for line in lines
                ]
            )
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_found(self):
        if any(not line.is_found or line.user_id != self.env.user for line in self):
            raise AccessError(self.env._("Lines stay on the sheet: count 0 where nothing is. Only found goods go."))
        for task in self.task_id:
            task._may_count()
        self.env["inventory.count.result"].sudo().search([("line_id", "in", self.ids)]).unlink()

    def _set(self, vals):
        return super(InventoryCountLine, self.sudo()).write(vals)

    @api.model
    def _make(self, vals_list):
        return super(InventoryCountLine, self.sudo()).create(vals_list)

    def action_none(self):
        """Nothing is there."""
        self.write({"quantity": 0.0})
        return True
