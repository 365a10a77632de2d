"""Scrap behind the gate: validating a scrap order asks for its approval, and the approval carries it out."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .adjustment_line import KEY
from .gate import STOCK
from .gate_permit import PERMIT, Permit

#: Fields of a scrap order that the request holds; while it waits they stay.
CONTENT = (*KEY, "scrap_location_id", "scrap_qty", "product_uom_id")


class InventoryScrapRequest(models.Model):
    """A scrap order that waits for another person. It holds what was asked for; only that is carried out."""

    _name = "inventory.scrap.request"
    _description = "Scrap Request"
    _inherit = ["inventory.approval.mixin"]
    _order = "id desc"
    _rec_name = "scrap_id"
    _check_company_auto = True

    scrap_id = fields.Many2one("stock.scrap", "Scrap Order", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="scrap_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    location_id = fields.Many2one("stock.location", "From", readonly=True, ondelete="restrict")
    lot_id = fields.Many2one("stock.lot", "Lot/Serial Number", readonly=True, ondelete="restrict")
    package_id = fields.Many2one("stock.package", readonly=True, ondelete="restrict")
    owner_id = fields.Many2one("res.partner", readonly=True, ondelete="restrict")
    scrap_location_id = fields.Many2one("stock.location", "To", readonly=True, ondelete="restrict")
    scrap_qty = fields.Float("Quantity", digits="Product Unit", readonly=True)
    product_uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    value = fields.Float(
        compute="_compute_value",
        help="Quantity by the product's cost, in the company's currency.",
        groups="inventory_plus.group_approver,inventory_plus.group_auditor",
    )

    @api.depends("scrap_qty", "product_uom_id", "product_id")
    def _compute_value(self):
        for scrap in self:
            product = scrap.product_id.sudo().with_company(scrap.company_id)
            scrap.value = scrap._quantity() * product.standard_price

    def _quantity(self):
        """The quantity in the product's unit."""
        return self.product_uom_id._compute_quantity(self.scrap_qty, self.product_id.uom_id, rounding_method="HALF-UP")

    @api.model_create_multi
    def create(self, vals_list):
        """The content is the scrap order's, whoever enters the request."""
        for vals in vals_list:
            scrap = self.env["stock.scrap"].browse(vals.get("scrap_id"))
            scrap.check_access("write")
            vals.update({name: scrap[name].id if name.endswith("_id") else scrap[name] for name in CONTENT})
        return super().create(vals_list)

    def write(self, vals):
        if {"scrap_id", *CONTENT} & vals.keys():
            raise UserError(self.env._("A request to scrap holds what its scrap order said. Make a new one instead."))
        return super().write(vals)

    def _approval_prepare(self):
        if self.scrap_id.sudo().state == "done":
            raise UserError(self.env._("%s is scrapped already.", self.display_name))
        if self.product_uom_id.compare(self.scrap_qty, 0) <= 0:
            raise UserError(self.env._("Say how much is to be scrapped: more than nothing."))

    def _approval_summary(self):
        return self.env._(
            "Scrap %(quantity)s %(unit)s of %(product)s",
            quantity=self.scrap_qty,
            unit=self.product_uom_id.name,
            product=self.product_id.display_name,
        )

    def _approval_measures(self):
        """What rules of approval ask about."""
        request = self.sudo()
        return {
            "value": abs(request.value),
            "quantity": abs(request._quantity()),
            "categories": request.product_id.categ_id,
            "products": request.product_id,
            "warehouses": request.location_id.warehouse_id,
            "locations": request.location_id,
            "direction": "out",
        }

    def _approval_apply(self):
        """Carry the scrap order out, exactly as it was asked for."""
        request = self.sudo()
        scrap = request.scrap_id
        if scrap.state == "done":
            raise UserError(self.env._("%s is scrapped already.", scrap.name))
        if any(scrap[name] != request[name] for name in CONTENT):
            raise UserError(self.env._("%s was changed since approval was asked for: ask again.", scrap.name))
        if request.product_id.is_storable and not scrap.check_available_qty():
            raise UserError(
                self.env._(
                    "There is less of %(product)s in %(location)s than is to be scrapped; nothing was scrapped.",
                    product=request.product_id.display_name,
                    location=request.location_id.display_name,
                )
            )
        key = tuple(request[name].id for name in KEY)
        with self.env["inventory.permit"]._granted(self, {key: -request._quantity()}) as env:
            scrap.with_env(env(su=True)).do_scrap()


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    inventory_request_ids = fields.One2many("inventory.scrap.request", "scrap_id", "Requests")

    def _inventory_gated(self):
        """Those of these scrap orders that need an approval first, where a person pressed the button."""
        gate = self.env["inventory.gate"]
        permit = self.env.context.get(PERMIT)
        if not gate._is_on() or not gate._is_request() or (isinstance(permit, Permit) and permit.is_open(self.env.cr)):
            return self.browse()
        return self.filtered(
            lambda scrap: (
                scrap.product_id.is_storable
                and scrap.location_id.sudo().usage in STOCK
                and gate._mode(scrap.location_id, scrap.company_id) == "on"
            )
        )

    def _inventory_request_scrap(self):
        """Ask for approval, once for each scrap order, and open the requests."""
        requests = self.env["inventory.scrap.request"]
        for scrap in self:
            waiting = scrap.sudo().inventory_request_ids.filtered(lambda one: one.approval_state == "pending")
            if not waiting:
                if scrap.state == "done":
                    raise UserError(self.env._("%s is scrapped already.", scrap.name))
                waiting = requests.create({"scrap_id": scrap.id})
                waiting.action_request_approval()
            requests |= waiting.sudo(False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Scrap: Waiting for Approval"),
            "res_model": "inventory.scrap.request",
            "view_mode": "form" if len(requests) == 1 else "list,form",
            "views": [[False, "form"]] if len(requests) == 1 else [[False, "list"], [False, "form"]],
            "res_id": requests.id if len(requests) == 1 else False,
            "domain": [("id", "in", requests.ids)],
            "target": "current",
        }

    def write(self, vals):
        if set(CONTENT) & vals.keys():
            waiting = self.sudo().inventory_request_ids.filtered(lambda one: one.approval_state == "pending")
            if waiting:
                raise UserError(
                    self.env._("%s waits for approval: cancel the request to change it.", waiting[0].scrap_id.name)
                )
        return super().write(vals)
