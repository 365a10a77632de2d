"""What of a warehouse its items are planned with: who changes it is remembered (law 4)."""

from odoo import models

#: Which days the demand falls on, and where it is read from.
PLANNED_WITH = {"inventory_tz", "inventory_cutover_date"}


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def write(self, vals):
        result = super().write(vals)
        if not PLANNED_WITH.isdisjoint(vals):
            items = self.env["inventory.item"].sudo().with_context(active_test=False)
            items = items.search([("warehouse_id", "in", self.ids)], order="id")
            self.env["inventory.plan.change"]._note_items("history", items._fed_by())
        return result
