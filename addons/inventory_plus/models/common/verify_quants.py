"""Check of ``./inventory verify``: what the quants say is what the done moves add up to."""

from odoo import api, models
from odoo.tools import SQL


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("quants equal moves", self._check_quants_equal_moves)]

    @api.model
    def _check_quants_equal_moves(self):
        """Compare, per product, place, lot, package and owner, the quants with the sum of done move lines.

        Quantities are in the product's unit. Compared are places where stock is really kept (internal and transit),
        and all others too, since Odoo keeps the other side of every move. A difference of less than half of the
        unit's last digit is rounding.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH moved AS (
                    SELECT product_id, location_id, lot_id, package_id, owner_id, SUM(quantity) AS quantity
                      FROM (
                            SELECT product_id, location_dest_id AS location_id, lot_id,
                                   result_package_id AS package_id, owner_id, quantity_product_uom AS quantity
                              FROM stock_move_line WHERE state = 'done'
                             UNION ALL
                            SELECT product_id, location_id, lot_id, package_id, owner_id, -quantity_product_uom
                              FROM stock_move_line WHERE state = 'done'
                           ) flow
                     GROUP BY 1, 2, 3, 4, 5
                ), kept AS (
                    SELECT product_id, location_id, lot_id, package_id, owner_id,
                           SUM(COALESCE(quantity, 0)) AS quantity
                      FROM stock_quant GROUP BY 1, 2, 3, 4, 5
                ), both_sides AS (
                    SELECT COALESCE(kept.product_id, moved.product_id) AS product_id,
                           COALESCE(kept.location_id, moved.location_id) AS location_id,
                           COALESCE(kept.lot_id, moved.lot_id) AS lot_id,
                           COALESCE(kept.quantity, 0) AS kept, COALESCE(moved.quantity, 0) AS moved
                      FROM kept FULL JOIN moved
                        ON (kept.product_id, kept.location_id, COALESCE(kept.lot_id, 0), COALESCE(kept.package_id, 0),
                            COALESCE(kept.owner_id, 0))
                         = (moved.product_id, moved.location_id, COALESCE(moved.lot_id, 0),
                            COALESCE(moved.package_id, 0), COALESCE(moved.owner_id, 0))
                )
                SELECT both_sides.product_id, both_sides.location_id, lot.name, kept, moved, place.usage,
                       COUNT(*) OVER () AS compared, ABS(kept - moved) > 0.5 * 10 ^ (-%(digits)s) AS differs
                  FROM both_sides
                  JOIN product_product product ON product.id = both_sides.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id AND template.is_storable
                  JOIN stock_location place ON place.id = both_sides.location_id
                  LEFT JOIN stock_lot lot ON lot.id = both_sides.lot_id
                 ORDER BY differs DESC, ABS(kept - moved) DESC
                """,
                digits=self.env["decimal.precision"].precision_get("Product Unit"),
            )
        )
        rows = self.env.cr.fetchall()
        differing = [row for row in rows if row[-1]]
        sample = [
            self.env._(
                "%(product)s in %(place)s%(lot)s: quants %(kept)s, moves %(moved)s",
                product=self.env["product.product"].browse(row[0]).display_name,
                place=self.env["stock.location"].browse(row[1]).display_name,
                lot=f" ({row[2]})" if row[2] else "",
                kept=row[3],
                moved=row[4],
            )
            for row in differing[:10]
        ]
        return {"compared": len(rows), "differences": len(differing), "sample": sample}
