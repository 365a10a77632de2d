"""Quants of the demonstration company out of its move lines."""

from odoo import api, models
from odoo.tools import SQL


class InventoryDemo(models.AbstractModel):
    _inherit = "inventory.demo"

    @api.model
    def _write_quants(self):
        """One quant a product, place and lot that is not empty; the places of customers and vendors too, as in Odoo.

        A quant's date is that of the last goods that came; its next count is that of its place.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO stock_quant (product_id, company_id, location_id, lot_id, quantity, reserved_quantity, in_date,
                                     inventory_diff_quantity, inventory_quantity_set, inventory_quantity,
                                     expiration_date, removal_date, create_uid, write_uid, create_date, write_date)
            SELECT flow.product_id, place.company_id, flow.location_id, flow.lot_id, SUM(flow.quantity), 0,
                   COALESCE(MAX(flow.date) FILTER (WHERE flow.quantity > 0), MAX(flow.date)), 0, false, 0,
                   MAX(lot.expiration_date), MAX(lot.removal_date), 1, 1, MIN(flow.date), MAX(flow.date)
              FROM (
                    SELECT product_id, location_dest_id AS location_id, lot_id, quantity_product_uom AS quantity, date
                      FROM stock_move_line WHERE state = 'done'
                     UNION ALL
                    SELECT product_id, location_id, lot_id, -quantity_product_uom, date
                      FROM stock_move_line WHERE state = 'done'
                   ) flow
              JOIN stock_location place ON place.id = flow.location_id
              LEFT JOIN stock_lot lot ON lot.id = flow.lot_id
             GROUP BY flow.product_id, place.company_id, flow.location_id, flow.lot_id
            HAVING SUM(flow.quantity) <> 0
            """
        )
        self.env.cr.execute("ANALYZE stock_quant")
        self.env["stock.quant"].invalidate_model()
        locations = self.env["stock.quant"].search([("location_id.usage", "in", ["internal", "transit"])]).location_id
        for location in locations:
            # A handful of places, each with its own calendar of counts.
            self.env.cr.execute(
                SQL(
                    "UPDATE stock_quant SET inventory_date = %s WHERE location_id = %s",
                    location._get_next_inventory_date() or None,
                    location.id,
                )
            )
        self.env.cr.execute(
            """
            UPDATE stock_lot lot SET location_id = place.location_id
              FROM (SELECT lot_id, MIN(location_id) AS location_id FROM stock_quant
                     WHERE lot_id IS NOT NULL AND quantity > 0
                     GROUP BY lot_id HAVING COUNT(DISTINCT location_id) = 1) place
             WHERE place.lot_id = lot.id
            """
        )
        self.env.invalidate_all()
