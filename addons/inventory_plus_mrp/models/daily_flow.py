"""Manufacturing in the daily facts: an unbuild is no consumption, a kit's revenue goes to its components."""

from odoo import api, models
from odoo.tools import SQL


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    @api.model
    def _into_production_kind_sql(self, move):
        """The product that an unbuild takes apart enters production too, yet nobody asked for it."""
        return SQL("CASE WHEN %s.unbuild_id IS NOT NULL THEN 'adjusted_out' ELSE 'consumed' END", move)

    @api.model
    def _kit_share_sql(self):
        """Kits on the sale line per component unit, divided by the number of component products.

        A kit sold in full thus brings exactly its amount, spread equally over the component products, whatever their
        quantities; a part delivery brings its part. Cancelled moves count in what a kit holds, delivered or not.
        """
        return SQL(
            """
            (SELECT sol.product_uom_qty
                    / NULLIF(SUM(kit.product_qty) FILTER (WHERE kit.product_id = part.product_id)
                             * COUNT(DISTINCT kit.product_id), 0)
               FROM stock_move kit
               JOIN stock_location target ON target.id = kit.location_dest_id AND target.usage = 'customer'
              WHERE kit.sale_line_id = sol.id AND kit.origin_returned_move_id IS NULL)
            """
        )
