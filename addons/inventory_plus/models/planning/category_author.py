"""Categories that move take their products along, into policies and events and out of them (law 4)."""

from odoo import models


class ProductCategory(models.Model):
    _inherit = "product.category"

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals:
            items = self.env["inventory.item"].sudo().with_context(active_test=False)
            items = items.search([("product_id.categ_id", "child_of", self.ids)], order="id")
            self.env["inventory.plan.change"]._note_items("category", items._fed_by())
        return result
