"""Request to carry a transfer out: for operation types that want it, and for goods without a source document."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class InventoryTransferRequest(models.Model):
    """Holds what a transfer was to move when it was asked for; being approved, it allows that much and no more."""

    _name = "inventory.transfer.request"
    _description = "Transfer Request"
    _inherit = ["inventory.approval.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("Transfer", readonly=True)
    picking_id = fields.Many2one("stock.picking", "Transfer's Record", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="picking_id.company_id", store=True, index=True)
    reason = fields.Char(help="Why the goods move, for the person who decides.")
    content = fields.Json(readonly=True, copy=False)
    content_text = fields.Text("What Moves", compute="_compute_content_text")

    @api.depends("content")
    def _compute_content_text(self):
        for record in self:
            record.content_text = "\n".join(row["text"] for row in record.content or [])

    @api.model_create_multi
    def create(self, vals_list):
        """The content is the transfer's, whoever enters the request."""
        for vals in vals_list:
            picking = self.env["stock.picking"].browse(vals.get("picking_id"))
            picking.check_access("write")
            vals.update({"name": picking.name, "content": picking._inventory_approval_content()})
        return super().create(vals_list)

    def write(self, vals):
        if {"picking_id", "content", "name"} & vals.keys():
            raise UserError(self.env._("A transfer request holds what its transfer said. Make a new one instead."))
        return super().write(vals)

    @api.model
    def _key(self, row):
        return row["product"], row["from"], row["to"], row["owner"]

    def _covers(self, content):
        """Whether what is to move is no more than what was approved, product by product and place by place."""
        self.ensure_one()
        allowed = {self._key(row): row["quantity"] for row in self.content or []}
        products = self.env["product.product"].browse({row["product"] for row in content}).sudo()
        units = {product.id: product.uom_id for product in products}
        return all(
            units[row["product"]].compare(row["quantity"], allowed.get(self._key(row), 0.0)) <= 0 for row in content
        )

    # ----------------------------------------------------------------- approval

    def _approval_prepare(self):
        picking = self.picking_id.sudo()
        if picking.state in ("done", "cancel"):
            raise UserError(self.env._("%s is done or cancelled: nothing to ask for.", picking.name))
        if not self.content:
            raise UserError(self.env._("%s moves nothing: enter products first.", picking.name))
        if self.content != picking._inventory_approval_content():
            raise UserError(self.env._("%s changed since this request was made. Make a new one.", picking.name))

    def _approval_summary(self):
        return self.env._("Transfer %s", self.name)

    def _approval_measures(self):
        """What rules ask about; value by the products' cost."""
        picking = self.picking_id.sudo()
        rows = self.content or []
        products = self.env["product.product"].sudo().with_company(self.company_id)
        products = products.browse({row["product"] for row in rows})
        cost = {product.id: product.standard_price for product in products}
        places = self.env["stock.location"].sudo().browse({row[end] for row in rows for end in ("from", "to")})
        directions = {"incoming": "in", "outgoing": "out"}
        return {
            "value": sum(row["quantity"] * cost[row["product"]] for row in rows),
            "quantity": sum(row["quantity"] for row in rows),
            "products": products,
            "locations": places,
            "warehouses": picking.picking_type_id.warehouse_id,
            "direction": directions.get(picking.picking_type_id.code, "both"),
        }

    def action_open_transfer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "stock.picking",
            "res_id": self.picking_id.id,
            "view_mode": "form",
        }
