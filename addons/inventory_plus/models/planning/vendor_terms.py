"""The terms of vendors that items are planned with: who changes them is remembered (law 4)."""

from odoo import api, models

#: Lead time, order size, and which vendor comes first. A price only breaks ties.
PLANNED_WITH = {
    "partner_id",
    "sequence",
    "delay",
    "min_qty",
    "product_uom_id",
    "product_tmpl_id",
    "product_id",
    "company_id",
    "date_start",
    "date_end",
}


class ProductSupplierinfo(models.Model):
    _inherit = "product.supplierinfo"

    @api.model_create_multi
    def create(self, vals_list):
        terms = super().create(vals_list)
        terms._inventory_note_terms()
        return terms

    def write(self, vals):
        """Terms that pass from one product to another are a change for both."""
        moved = not vals.keys().isdisjoint({"product_tmpl_id", "product_id", "company_id"})
        if moved:
            self._inventory_note_terms()
        result = super().write(vals)
        if not PLANNED_WITH.isdisjoint(vals):
            self._inventory_note_terms()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_inventory_noted(self):
        self._inventory_note_terms()

    def _inventory_note_terms(self):
        terms = self.sudo()
        items = self.env["inventory.item"].sudo().with_context(active_test=False)
        items = items.search([("product_id.product_tmpl_id", "in", terms.product_tmpl_id.ids)], order="id")
        self.env["inventory.plan.change"]._note_items("vendor", items.ids)
