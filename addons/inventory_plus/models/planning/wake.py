"""Wake the refresh at the commit of a change, instead of waiting for its next round."""

from odoo import api, models


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["inventory.item"]._wake_refresh()
        return super().create(vals_list)

    def write(self, vals):
        if not vals.keys().isdisjoint({"quantity", "reserved_quantity"}):
            self.env["inventory.item"]._wake_refresh()
        return super().write(vals)


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        if not vals.keys().isdisjoint({"state", "date", "product_uom_qty", "location_id", "location_dest_id"}):
            self.env["inventory.item"]._wake_refresh()
        return super().write(vals)


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["inventory.item"]._wake_refresh()
        return super().create(vals_list)

    def write(self, vals):
        if "product_qty" in vals:
            self.env["inventory.item"]._wake_refresh()
        return super().write(vals)

    def unlink(self):
        self.env["inventory.item"]._wake_refresh()
        return super().unlink()


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        if "state" in vals:
            self.env["inventory.item"]._wake_refresh()
        return super().write(vals)
