"""What a till ships later is sold in its channel."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _get_new_picking_values(self):
        vals = super()._get_new_picking_values()
        if vals.get("pos_order_id"):
            order = self.env["pos.order"].sudo().browse(vals["pos_order_id"])
            vals["inventory_channel_id"] = order.config_id._inventory_sells_in().id
        return vals
