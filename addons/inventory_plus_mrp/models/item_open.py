"""Manufacturing in the need to buy: a draft production order already asks for its product, as a request does."""

from odoo import api, models
from odoo.tools import SQL


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _requested_sql(self, product_ids=None):
        """Draft production orders join the requests for quotation; confirmed ones are supply and demand by their moves.

        Components of a draft order are no demand yet: nobody has decided to produce.
        """
        narrow = SQL("TRUE") if product_ids is None else SQL("production.product_id = ANY(%s)", list(product_ids))
        return SQL(
            """
            SELECT request.product_id, request.warehouse_id, SUM(request.quantity)::float8 AS quantity
              FROM (%(bought)s
                     UNION ALL
                    SELECT production.product_id, place.warehouse_id, production.product_uom_qty::float8
                      FROM mrp_production production
                      JOIN (%(scope)s) place ON place.location_id = production.location_dest_id
                     WHERE production.state = 'draft' AND %(narrow)s) request
             GROUP BY request.product_id, request.warehouse_id
            """,
            bought=super()._requested_sql(product_ids),
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            narrow=narrow,
        )


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _plain_figures(self, items, places):
        figures = super()._plain_figures(items, places)
        orders = self.env["mrp.production"].search(
            [("product_id", "in", items.product_id.ids), ("state", "=", "draft")]
        )
        for order in orders:
            warehouse = places.get(order.location_dest_id.id, (None, False))[0]
            figures[order.product_id.id, warehouse]["requested"] += order.product_uom_qty
        return figures
