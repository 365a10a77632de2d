"""What the gate would have refused, while it only observes."""

from odoo import api, fields, models


class InventoryGateEvent(models.Model):
    """One change of stock that passed in observe mode. Written by the gate alone, for the person who switches it on."""

    _name = "inventory.gate.event"
    _description = "Change Without Approval"
    _order = "id desc"
    _rec_name = "product_id"

    date = fields.Datetime("Happened", required=True, readonly=True, default=fields.Datetime.now, index=True)
    user_id = fields.Many2one("res.users", "By", readonly=True, index=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    kind = fields.Selection(
        [
            ("correction", "Correction or scrap"),
            ("sourceless", "Transfer without a source document"),
            ("direct", "Quantity written by hand"),
            ("done", "Change of what is done"),
            ("relocation", "Relocation out of the warehouse"),
            ("location", "Location with stock changed"),
        ],
        readonly=True,
        required=True,
    )
    product_id = fields.Many2one("product.product", readonly=True, index=True, ondelete="cascade")
    location_id = fields.Many2one("stock.location", readonly=True, ondelete="cascade")
    quantity = fields.Float(
        "Change", digits="Product Unit", readonly=True, help="In the product's unit; below zero where stock went down."
    )
    document = fields.Char(readonly=True)

    @api.model
    def _note(self, kind, found):
        """Keep what would have been refused, in the transaction that does it."""
        self.sudo().create(
            [
                {
                    "user_id": self.env.uid,
                    "company_id": (finding["location"].sudo().company_id or self.env.company).id,
                    "kind": kind,
                    "product_id": finding["product"].id,
                    "location_id": finding["location"].id,
                    "quantity": finding["quantity"],
                    "document": finding["document"],
                }
                for finding in found
            ]
        )
