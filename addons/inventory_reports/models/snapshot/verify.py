"""The check of the value snapshots behind ``./inventory verify``."""

from odoo import api, models
from odoo.tools import SQL

SAMPLE = 20


class InventoryVerify(models.AbstractModel):
    """Adds the value snapshots to what is recomputed and compared."""

    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("value snapshots", self._check_value_snapshots)]

    @api.model
    def _check_value_snapshots(self):
        """Recompute the quantities of each warehouse's last day: stock now, less what moved since the row was written.

        Also compares each value with quantity times unit cost. See :meth:`inventory.verify._checks` for the form.
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._value_snapshot_sql())
        differences = [row for row in rows if row[5]]
        return {
            "compared": len(rows),
            "differences": len(differences),
            "sample": [
                self.env._(
                    "%(product)s in %(warehouse)s on %(day)s: stored %(stored)s, recomputed %(recomputed)s",
                    product=product,
                    warehouse=warehouse,
                    day=day,
                    stored=stored,
                    recomputed=recomputed,
                )
                for product, warehouse, day, stored, recomputed, _different in differences[:SAMPLE]
            ],
        }

    @api.model
    def _value_snapshot_sql(self):
        """Rows (product, warehouse, day, stored quantity, recomputed quantity, different?)."""
        return SQL(
            """
            WITH last AS (
                SELECT snapshot.*
                  FROM inventory_value_snapshot snapshot
                  JOIN (SELECT warehouse_id, max(date) AS date FROM inventory_value_snapshot GROUP BY warehouse_id) day
                    ON day.warehouse_id = snapshot.warehouse_id AND day.date = snapshot.date
            ), scope AS (
                SELECT * FROM (%(scope)s) location
            ), side AS (
                SELECT line.product_id, line.date, line.quantity_product_uom AS quantity, line.location_id AS source_id,
                       line.location_dest_id AS dest_id
                  FROM stock_move_line line
                  JOIN res_company company ON company.id = line.company_id
                 WHERE line.state = 'done' AND line.date > (SELECT min(computed_at) FROM last)
                   AND (line.owner_id IS NULL OR line.owner_id = company.partner_id)
            ), moved AS (
                SELECT last.id, SUM(side.quantity) AS quantity
                  FROM last
                  JOIN side ON side.product_id = last.product_id AND side.date > last.computed_at
                  JOIN stock_location loc ON loc.id = side.dest_id AND loc.usage = 'internal'
                  JOIN scope ON scope.location_id = side.dest_id AND scope.warehouse_id = last.warehouse_id
                 GROUP BY last.id
                UNION ALL
                SELECT last.id, -SUM(side.quantity)
                  FROM last
                  JOIN side ON side.product_id = last.product_id AND side.date > last.computed_at
                  JOIN stock_location loc ON loc.id = side.source_id AND loc.usage = 'internal'
                  JOIN scope ON scope.location_id = side.source_id AND scope.warehouse_id = last.warehouse_id
                 GROUP BY last.id
            ), compared AS (
                SELECT last.product_id, last.warehouse_id, last.date, last.quantity,
                       COALESCE(stock.quantity, 0) - COALESCE(net.quantity, 0) AS recomputed,
                       last.value, last.unit_cost, last.company_id
                  FROM last
                  LEFT JOIN (%(stock)s) stock
                         ON stock.product_id = last.product_id AND stock.warehouse_id = last.warehouse_id
                  LEFT JOIN (SELECT id, SUM(quantity) AS quantity FROM moved GROUP BY id) net ON net.id = last.id
            )
            SELECT COALESCE(product.default_code, template.name->>'en_US'), warehouse.code, compared.date,
                   compared.quantity, compared.recomputed,
                   abs(compared.quantity - compared.recomputed) > 0.000001
                   OR abs(compared.value - compared.quantity * compared.unit_cost)
                      > 1.0 / 10 ^ COALESCE(currency.decimal_places, 2)
              FROM compared
              JOIN product_product product ON product.id = compared.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN stock_warehouse warehouse ON warehouse.id = compared.warehouse_id
              JOIN res_company company ON company.id = compared.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
             ORDER BY compared.product_id, compared.warehouse_id
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            stock=self.env["inventory.value.snapshot"]._stock_sql(),
        )
