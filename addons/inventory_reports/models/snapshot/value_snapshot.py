"""What stock was there and what it was worth, once a day: history that needs no replay of moves."""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

CHUNK = 200
"""Products valued in one transaction of the nightly run."""


class InventoryValueSnapshot(models.Model):
    """One row per day, product and warehouse that has stock of the company's own.

    The day is the warehouse's at the moment of the run, the quantity that of the internal locations, the unit cost
    the one behind Odoo's own valuation of the product in the company (see :meth:`_odoo_unit_cost`). A product
    without stock has no row. Rows are never changed afterwards; ``verify`` recomputes the last day.
    """

    _name = "inventory.value.snapshot"
    _description = "Inventory Value by Day"
    _order = "date desc, value desc, id"
    _rec_name = "product_id"
    _log_access = False

    date = fields.Date("Day", required=True, readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True, index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, index=False, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    categ_id = fields.Many2one(related="product_id.categ_id", string="Product Category", store=True, readonly=True)
    quantity = fields.Float("On Hand", digits="Product Unit", readonly=True)
    unit_cost = fields.Float(digits=(16, 6), readonly=True, aggregator="avg")
    value = fields.Monetary(readonly=True)
    computed_at = fields.Datetime(readonly=True)

    _snapshot_unique = models.UniqueIndex(
        "(date, warehouse_id, product_id)", "A product in a warehouse is valued once a day."
    )

    @api.model
    def _stock_sql(self, product_ids=None, warehouse_ids=None):
        """Own stock in internal locations: rows ``(product_id, warehouse_id, company_id, quantity)``."""
        where = [
            SQL("loc.usage = 'internal'"),
            SQL("(quant.owner_id IS NULL OR quant.owner_id = company.partner_id)"),
        ]
        if product_ids is not None:
            where.append(SQL("quant.product_id = ANY(%s)", list(product_ids)))
        if warehouse_ids is not None:
            where.append(SQL("scope.warehouse_id = ANY(%s)", list(warehouse_ids)))
        return SQL(
            """
            SELECT quant.product_id, scope.warehouse_id, wh.company_id, SUM(COALESCE(quant.quantity, 0)) AS quantity
              FROM stock_quant quant
              JOIN (%s) scope ON scope.location_id = quant.location_id
              JOIN stock_location loc ON loc.id = quant.location_id
              JOIN stock_warehouse wh ON wh.id = scope.warehouse_id
              JOIN res_company company ON company.id = wh.company_id
             WHERE %s
             GROUP BY quant.product_id, scope.warehouse_id, wh.company_id
            """,
            self.env["inventory.scope"]._location_warehouse_sql(),
            SQL(" AND ").join(where),
        )

    @api.model
    def _warehouse_day_sql(self):
        """Rows ``(warehouse_id, day)``: today in each warehouse's time zone."""
        return SQL(
            """
            SELECT id AS warehouse_id,
                   (%s::timestamptz AT TIME ZONE COALESCE(NULLIF(inventory_tz, ''), 'UTC'))::date AS day
              FROM stock_warehouse
            """,
            fields.Datetime.now().isoformat() + "+00:00",
        )

    # The nightly run

    @api.model
    def _cron_take(self):
        """Scheduled action: value what has not been valued today, chunk by chunk, each committed.

        Killed or out of time, it goes on where it stopped; run twice a day, the second run finds nothing to do.
        """
        cron = self.env["ir.cron"]
        while True:
            done, remaining = self.env["inventory.job"]._retrying(
                lambda env: env["inventory.value.snapshot"]._take_next()
            )
            if not done or not cron._commit_progress(done, remaining=remaining):
                return

    @api.model
    def _take_next(self, limit=CHUNK):
        """Value the next products that have stock and no row of today.

        :return: ``(products valued, products still to be valued)``
        """
        pending = self._pending_products()
        chunk = pending[:limit]
        self._take(chunk)
        return len(chunk), len(pending) - len(chunk)

    @api.model
    def _pending_products(self):
        """Ids of products with stock in a warehouse for which today's row is missing."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT stock.product_id
                  FROM (%s) stock
                  JOIN (%s) today ON today.warehouse_id = stock.warehouse_id
                 WHERE stock.quantity != 0
                   AND NOT EXISTS (
                       SELECT FROM inventory_value_snapshot snapshot
                        WHERE snapshot.date = today.day
                          AND snapshot.warehouse_id = stock.warehouse_id
                          AND snapshot.product_id = stock.product_id)
                 ORDER BY stock.product_id
                """,
                self._stock_sql(),
                self._warehouse_day_sql(),
            )
        )
        return [product_id for (product_id,) in rows]

    @api.model
    def _take(self, product_ids):
        """Write today's rows of these products; rows of today that exist are replaced."""
        if not product_ids:
            return
        self.env.flush_all()
        costs = self._unit_costs(product_ids)
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_value_snapshot snapshot
                 USING (%s) today
                 WHERE today.warehouse_id = snapshot.warehouse_id AND today.day = snapshot.date
                   AND snapshot.product_id = ANY(%s)
                """,
                self._warehouse_day_sql(),
                list(product_ids),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_value_snapshot
                    (date, product_id, warehouse_id, company_id, categ_id, quantity, unit_cost, value, computed_at)
                SELECT today.day, stock.product_id, stock.warehouse_id, stock.company_id, template.categ_id,
                       stock.quantity, COALESCE(cost.unit_cost, 0),
                       round((stock.quantity * COALESCE(cost.unit_cost, 0))::numeric,
                             COALESCE(currency.decimal_places, 2)),
                       %(now)s
                  FROM (%(stock)s) stock
                  JOIN (%(today)s) today ON today.warehouse_id = stock.warehouse_id
                  JOIN product_product product ON product.id = stock.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN res_company company ON company.id = stock.company_id
                  JOIN res_currency currency ON currency.id = company.currency_id
                  LEFT JOIN unnest(%(companies)s::int[], %(products)s::int[], %(costs)s::numeric[])
                         AS cost(company_id, product_id, unit_cost)
                         ON cost.company_id = stock.company_id AND cost.product_id = stock.product_id
                 WHERE stock.quantity != 0
                """,
                now=fields.Datetime.now(),
                stock=self._stock_sql(product_ids),
                today=self._warehouse_day_sql(),
                companies=[company_id for company_id, _product_id in costs],
                products=[product_id for _company_id, product_id in costs],
                costs=list(costs.values()),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _unit_costs(self, product_ids):
        """Odoo's unit cost per (company, product), recomputed only where a movement or a price could have changed it.

        Odoo finds the average of a product by replaying its moves in Python, one product at a time; a product that
        has not moved since its last row keeps that row's cost.
        """
        costs = {}
        for company in self.env["res.company"].sudo().search([]):
            known = self._known_costs(company, product_ids)
            costs |= {(company.id, product_id): cost for product_id, cost in known.items()}
            products = (
                self.env["product.product"]
                .sudo()
                .with_company(company)
                .with_context(allowed_company_ids=company.ids, active_test=False)
            )
            stocked = self._stocked(company, product_ids)
            for product in products.browse([pid for pid in product_ids if pid in stocked and pid not in known]):
                # Core values one product at a time; there is no set-based form of it.
                costs[company.id, product.id] = self._odoo_unit_cost(product)
        return costs

    @api.model
    def _odoo_unit_cost(self, product):
        """Unit cost behind ``product.total_value``; ``avg_cost`` is the same rounded to the currency, too coarse."""
        quantity = product._with_valuation_context().qty_available
        if product.cost_method == "standard" or product.uom_id.is_zero(quantity):
            return product.standard_price
        return product.total_value / quantity

    @api.model
    def _stocked(self, company, product_ids):
        """Ids among ``product_ids`` with stock in the company's warehouses."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT product_id FROM (%s) stock WHERE company_id = %s",
                self._stock_sql(product_ids),
                company.id,
            )
        )
        return {product_id for (product_id,) in rows}

    @api.model
    def _known_costs(self, company, product_ids):
        """Unit costs of the last rows that no movement, valuation or price change has touched since."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT last.product_id, last.unit_cost
                  FROM (SELECT DISTINCT ON (product_id) product_id, unit_cost, computed_at
                          FROM inventory_value_snapshot
                         WHERE company_id = %(company)s AND product_id = ANY(%(products)s)
                         ORDER BY product_id, date DESC) last
                  JOIN product_product product ON product.id = last.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  LEFT JOIN product_category category ON category.id = template.categ_id
                 WHERE product.write_date < last.computed_at
                   AND template.write_date < last.computed_at
                   AND (category.id IS NULL OR category.write_date < last.computed_at)
                   AND NOT EXISTS (SELECT FROM stock_move move
                                    WHERE move.product_id = last.product_id AND move.company_id = %(company)s
                                      AND move.state = 'done' AND move.write_date >= last.computed_at)
                   AND NOT EXISTS (SELECT FROM product_value value
                                    WHERE value.product_id = last.product_id AND value.write_date >= last.computed_at)
                """,
                company=company.id,
                products=list(product_ids),
            )
        )
        return {product_id: float(cost) for product_id, cost in rows}
