"""The checks of stock locks: the ledger, reserved quantities, promises."""

from odoo import api, models


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [
            *super()._checks(),
            ("ledger", self._check_ledger),
            ("reserved equals its lines", self._check_reserved),
            ("never oversold", self._check_oversold),
            ("promises equal the ledger", self._check_promises),
        ]

    @api.model
    def _check_ledger(self):
        """The folded sum beside each item lock equals the folded rows of the ledger."""
        self.env.cr.execute(
            """
            SELECT COALESCE(l.product_id, g.product_id), COALESCE(l.warehouse_id, g.warehouse_id),
                   COALESCE(l.promised, 0), COALESCE(g.qty, 0)
              FROM inventory_item_lock l
              FULL JOIN (SELECT product_id, warehouse_id, SUM(qty) AS qty FROM inventory_ledger WHERE folded
                          GROUP BY product_id, warehouse_id) g
                ON g.product_id = l.product_id AND g.warehouse_id = l.warehouse_id
             ORDER BY 1, 2
            """
        )
        rows = self.env.cr.fetchall()
        wrong = [row for row in rows if abs(row[2] - row[3]) > 0.00001]
        return {
            "compared": len(rows),
            "differences": len(wrong),
            "sample": [
                self.env._(
                    "Product %(product)s in warehouse %(warehouse)s: %(stored)s promised, its ledger says %(ledger)s.",
                    product=product,
                    warehouse=warehouse,
                    stored=stored,
                    ledger=ledger,
                )
                for product, warehouse, stored, ledger in wrong[:10]
            ],
        }

    @api.model
    def _check_reserved(self):
        """The reserved quantity of quants equals their open move lines, by place, lot, package and owner."""
        self.env.cr.execute(
            """
            SELECT product.default_code, template.name->>'en_US', loc.complete_name, SUM(side.quant), SUM(side.line)
              FROM (
                    SELECT product_id, location_id, lot_id, package_id, owner_id,
                           COALESCE(reserved_quantity, 0) AS quant, 0 AS line
                      FROM stock_quant
                     UNION ALL
                    SELECT product_id, location_id, lot_id, package_id, owner_id, 0, quantity_product_uom
                      FROM stock_move_line
                     WHERE state IN ('assigned', 'partially_available', 'waiting', 'confirmed')
                   ) side
              JOIN product_product product ON product.id = side.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN stock_location loc ON loc.id = side.location_id
             WHERE template.is_storable AND loc.usage IN ('internal', 'transit')
             GROUP BY product.id, template.id, loc.id, side.lot_id, side.package_id, side.owner_id
            """
        )
        rows = self.env.cr.fetchall()
        wrong = [row for row in rows if abs(float(row[3]) - float(row[4])) > 0.00001]
        return {
            "compared": len(rows),
            "differences": len(wrong),
            "sample": [
                self.env._(
                    "%(product)s in %(location)s: %(reserved)s reserved, the lines say %(lines)s.",
                    product=code or name,
                    location=location,
                    reserved=reserved,
                    lines=lines,
                )
                for code, name, location, reserved, lines in wrong[:10]
            ],
        }

    @api.model
    def _check_oversold(self):
        """No promise stands on goods that are not there, beyond its channel's limit of overselling (law 1).

        For each limit: what channels with that limit or a smaller one have promised; and for each shelf life that a
        channel asks for: what channels that ask for so much or more have promised of goods that last so long.
        """
        self.env.cr.execute(
            """
            SELECT stand.product_id, stand.warehouse_id, stand.taken, GREATEST(0, stand.base) + stand.oversell,
                   stand.life
              FROM (SELECT array_agg(product_id) AS p, array_agg(warehouse_id) AS w FROM inventory_item_lock) item,
                   inventory_stands(item.p, item.w) stand
             WHERE stand.taken <> 0
            """
        )
        rows = self.env.cr.fetchall()
        wrong = [row for row in rows if float(row[2]) > float(row[3]) + 0.00001]
        return {
            "compared": len(rows),
            "differences": len(wrong),
            "sample": [
                self.env._(
                    "Product %(product)s in warehouse %(warehouse)s: %(promised)s promised of %(left)s that last "
                    "%(days)s days.",
                    product=product,
                    warehouse=warehouse,
                    promised=promised,
                    left=left,
                    days=days,
                )
                if days
                else self.env._(
                    "Product %(product)s in warehouse %(warehouse)s: %(promised)s promised of %(left)s.",
                    product=product,
                    warehouse=warehouse,
                    promised=promised,
                    left=left,
                )
                for product, warehouse, promised, left, days in wrong[:10]
            ],
        }

    @api.model
    def _check_promises(self):
        """The open quantities of reservations equal what the ledger holds under their keys."""
        self.env.cr.execute(
            """
            SELECT side.key, side.product_id, side.warehouse_id, SUM(side.ledger), SUM(side.opened)
              FROM (SELECT key, product_id, warehouse_id, qty AS ledger, 0 AS opened
                      FROM inventory_ledger WHERE kind = 'promise'
                     UNION ALL
                    SELECT 'promise:' || reservation_id, product_id, warehouse_id, 0, open_quantity
                      FROM inventory_reservation_line) side
             GROUP BY side.key, side.product_id, side.warehouse_id
             ORDER BY 1, 2, 3
            """
        )
        rows = self.env.cr.fetchall()
        wrong = [row for row in rows if abs(float(row[3]) - float(row[4])) > 0.00001]
        return {
            "compared": len(rows),
            "differences": len(wrong),
            "sample": [
                self.env._(
                    "%(key)s, product %(product)s in warehouse %(warehouse)s: %(opened)s open, ledger says %(ledger)s.",
                    key=key,
                    product=product,
                    warehouse=warehouse,
                    opened=float(opened),
                    ledger=float(ledger),
                )
                for key, product, warehouse, ledger, opened in wrong[:10]
            ],
        }
