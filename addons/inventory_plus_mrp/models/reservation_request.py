"""A channel that promises a kit promises its components."""

from odoo import api, models


class InventoryReservationRequest(models.AbstractModel):
    _inherit = "inventory.reservation.request"

    @api.model
    def _parts(self, product, quantity, channel):
        company = channel.company_id
        boms = self.env["mrp.bom"].sudo().with_company(company)
        bom = boms._bom_find(product, company_id=company.id, bom_type="phantom").get(product)
        if not bom:
            return super()._parts(product, quantity, channel)
        batches = product.uom_id._compute_quantity(quantity, bom.product_uom_id, round=False) / bom.product_qty
        _boms, lines = bom.explode(product, batches)
        needed = {}
        for line, values in lines:
            component = line.product_id
            if component.is_storable:
                amount = line.product_uom_id._compute_quantity(values["qty"], component.uom_id, round=False)
                needed[component] = needed.get(component, 0.0) + amount
        # A kit of nothing that is kept in stock is no more kept in stock than its parts.
        return list(needed.items()) or super()._parts(product, quantity, channel)
