"""What the planning reads: items, their value and dates, lead times, vendors, daily history."""

from datetime import timedelta

import numpy as np
from odoo import api, models
from odoo.tools import SQL

from . import bulk
from .lead_time import MOST_LEAD_DAYS

#: Days of receipts that lead times are measured on.
LEAD_HISTORY_DAYS = 730
#: Fewer receipts than this say too little; the vendor's, then the agreed lead time take over.
MIN_RECEIPTS = 3
#: Where a lead time comes from, in the order tried; stored as position.
LEAD_SOURCES = ("receipts", "vendor", "agreed", "default")

#: Quantity that was asked for, before returns: what order patterns and idle time are judged by.
GROSS = "flow.sold + flow.consumed + flow.resupply_out"
#: The same as a condition, without adding up: sums of numeric are what a scan of millions of rows spends its time on.
ASKED = "(flow.sold > 0 OR flow.consumed > 0 OR flow.resupply_out > 0)"
#: Demand net of returns, resupply of other warehouses included: what a warehouse plans for.
NET = "flow.demand + flow.resupply_out"


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _create_missing(self, warehouse_ids=None):
        """Make the items that something speaks of: facts, stock, reordering rules, open moves, requests, successors.

        Archived products and warehouses keep their items, archived. A product of another company gets none.

        :return: number of new items
        """
        products, warehouses = self._read_missing(warehouse_ids)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_item (product_id, warehouse_id, company_id, categ_id, active, status_sequence,
                                            create_uid, create_date, write_uid, write_date)
                     SELECT product.id, warehouse.id, warehouse.company_id, template.categ_id,
                            product.active AND warehouse.active, 99,
                            %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                       FROM unnest(%(products)s::int[], %(warehouses)s::int[]) AS missing(product_id, warehouse_id)
                       JOIN product_product product ON product.id = missing.product_id
                       JOIN product_template template ON template.id = product.product_tmpl_id
                       JOIN stock_warehouse warehouse ON warehouse.id = missing.warehouse_id
                ON CONFLICT (product_id, warehouse_id) DO NOTHING
                """,
                products=products.tolist(),
                warehouses=warehouses.tolist(),
                uid=self.env.uid,
            )
        )
        created = self.env.cr.rowcount
        self.env.cr.execute(
            """
            UPDATE inventory_item item SET active = product.active AND warehouse.active AND template.is_storable
              FROM product_product product, product_template template, stock_warehouse warehouse
             WHERE product.id = item.product_id AND warehouse.id = item.warehouse_id
               AND template.id = product.product_tmpl_id
               AND item.active IS DISTINCT FROM (product.active AND warehouse.active AND template.is_storable)
            """
        )
        self._archive_rules()
        return created

    @api.model
    def _read_missing(self, warehouse_ids=None):
        """What is spoken of and has no item: arrays ``(products, warehouses)``.

        Read before it is written: PostgreSQL shares the reading of the facts among workers only where nothing is
        inserted.
        """
        query = SQL(
            """
            WITH scope AS MATERIALIZED (%(scope)s),
            seen AS (
                SELECT product_id, warehouse_id FROM inventory_daily_flow
                 GROUP BY product_id, warehouse_id
                 UNION
                SELECT quant.product_id, scope.warehouse_id
                  FROM stock_quant quant JOIN scope ON scope.location_id = quant.location_id
                 UNION
                SELECT rule.product_id, rule.warehouse_id
                  FROM stock_warehouse_orderpoint rule WHERE rule.active
                 UNION
                SELECT move.product_id, scope.warehouse_id
                  FROM stock_move move
                  JOIN scope ON scope.location_id IN (move.location_id, move.location_dest_id)
                 WHERE move.state IN ('waiting', 'confirmed', 'partially_available', 'assigned')
                 UNION
                SELECT request.product_id, request.warehouse_id FROM (%(requests)s) request
                 UNION
                SELECT wish.product_id, wish.warehouse_id FROM (%(wishes)s) wish
            )
            SELECT product.id, warehouse.id
              FROM seen
              JOIN product_product product ON product.id = seen.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN stock_warehouse warehouse ON warehouse.id = seen.warehouse_id
             WHERE template.is_storable
               AND (template.company_id IS NULL OR template.company_id = warehouse.company_id)
               AND NOT EXISTS (SELECT FROM inventory_item item
                                WHERE item.product_id = seen.product_id AND item.warehouse_id = seen.warehouse_id)
               AND %(restriction)s
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            requests=self._requested_sql(),
            wishes=self._requested_by_planners_sql(),
            restriction=SQL("warehouse.id = ANY(%s)", list(warehouse_ids))
            if warehouse_ids is not None
            else SQL("TRUE"),
        )
        return bulk.read(self.env.cr, query, "ii")

    @api.model
    def _read_profiles(self, company, as_of, warehouse_ids, product_ids=None):
        """One row an item: what the engine needs beside the daily history.

        :param product_ids: restrict to these products; None means all
        :return: dict of arrays: ``id``, ``product``, ``warehouse``; ``value`` (money in the class window: revenue;
            where moves carry no price, list price; consumption and resupply at cost); ``first_demand``,
            ``last_demand``, ``first_seen`` (days since 1970, nan for never); ``lead_mean`` (at most
            :data:`MOST_LEAD_DAYS`), ``lead_std`` (days),
            ``lead_source`` (position in :data:`LEAD_SOURCES`), ``receipts``; ``lead_calendar`` (days of it
            that the vendor's weekends and closures add); ``vendor`` (partner, 0 for none),
            ``minimum``, ``multiple`` (product units), ``cost``
        """
        start, end = self._class_window(as_of)
        history = self.env["inventory.daily.flow"]._effective_sql(
            date_to=as_of - timedelta(days=1), warehouse_ids=warehouse_ids, product_ids=product_ids
        )
        query = SQL(
            """
            WITH flow AS (
                SELECT flow.product_id, flow.warehouse_id,
                       MIN(flow.date) AS first_seen,
                       MIN(flow.date) FILTER (WHERE %(asked)s) AS first_demand,
                       MAX(flow.date) FILTER (WHERE %(asked)s) AS last_demand,
                       SUM(flow.revenue) FILTER (WHERE flow.date BETWEEN %(start)s AND %(end)s) AS revenue,
                       SUM(flow.sold - flow.returned) FILTER (
                           WHERE flow.revenue = 0 AND flow.date BETWEEN %(start)s AND %(end)s AND flow.source = 'moves'
                       ) AS unpriced,
                       SUM(flow.consumed + flow.resupply_out) FILTER (
                           WHERE (flow.consumed <> 0 OR flow.resupply_out <> 0)
                             AND flow.date BETWEEN %(start)s AND %(end)s) AS used
                  FROM (%(history)s) flow
                 GROUP BY flow.product_id, flow.warehouse_id
            ),
            vendor AS (%(vendor)s),
            lead AS (%(lead)s),
            maker AS (
                SELECT partner_id, SUM(number) AS number, SUM(total) / SUM(number) AS mean,
                       CASE WHEN SUM(number) > 1 THEN sqrt(GREATEST(
                           SUM(squares) - SUM(total) ^ 2 / SUM(number), 0) / (SUM(number) - 1)) ELSE 0 END AS deviation
                  FROM lead GROUP BY partner_id
            )
            SELECT item.id, item.product_id, item.warehouse_id,
                   COALESCE(flow.revenue, 0) + COALESCE(flow.unpriced, 0) * COALESCE(template.list_price, 0)
                       + COALESCE(flow.used, 0) * cost.price,
                   COALESCE((flow.first_demand - DATE '1970-01-01')::float8, 'NaN'),
                   COALESCE((flow.last_demand - DATE '1970-01-01')::float8, 'NaN'),
                   COALESCE((flow.first_seen - DATE '1970-01-01')::float8, 'NaN'),
                   LEAST(%(most)s, %(purchase)s + CASE WHEN lead.number >= %(least)s THEN lead.total / lead.number
                        WHEN maker.number >= %(least)s THEN maker.mean
                        ELSE COALESCE(vendor.delay, %(default)s) END),
                   CASE WHEN lead.number >= %(least)s
                        THEN sqrt(GREATEST(lead.squares - lead.total ^ 2 / lead.number, 0) / (lead.number - 1))
                        WHEN maker.number >= %(least)s THEN maker.deviation ELSE 0 END,
                   CASE WHEN lead.number >= %(least)s THEN 0 WHEN maker.number >= %(least)s THEN 1
                        WHEN vendor.partner_id IS NOT NULL THEN 2 ELSE 3 END,
                   COALESCE(CASE WHEN lead.number >= %(least)s THEN lead.number
                        WHEN maker.number >= %(least)s THEN maker.number END, 0),
                   COALESCE(vendor.partner_id, 0), COALESCE(vendor.minimum, 0), COALESCE(vendor.multiple, 0),
                   cost.price
              FROM inventory_item item
              JOIN product_product product ON product.id = item.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             CROSS JOIN LATERAL (
                   SELECT COALESCE((product.standard_price ->> %(company)s)::float8, 0) AS price) cost
              LEFT JOIN flow ON flow.product_id = item.product_id AND flow.warehouse_id = item.warehouse_id
              LEFT JOIN vendor ON vendor.product_id = item.product_id
              LEFT JOIN lead ON lead.product_id = item.product_id AND lead.warehouse_id = item.warehouse_id
                            AND lead.partner_id = vendor.partner_id
              LEFT JOIN maker ON maker.partner_id = vendor.partner_id
             WHERE item.warehouse_id = ANY(%(warehouses)s) AND %(products)s
             ORDER BY item.warehouse_id, item.product_id
            """,
            products=SQL("TRUE") if product_ids is None else SQL("item.product_id = ANY(%s)", list(product_ids)),
            asked=SQL(ASKED),
            start=start,
            end=end,
            history=history,
            vendor=self._main_vendor_sql(company, as_of),
            lead=self._lead_time_sql(as_of, warehouse_ids),
            purchase=company.days_to_purchase or 0.0,
            default=float(company.inventory_lead_days),
            least=MIN_RECEIPTS,
            most=float(MOST_LEAD_DAYS),
            company=str(company.id),
            warehouses=list(warehouse_ids),
        )
        names = [
            "id",
            "product",
            "warehouse",
            "value",
            "first_demand",
            "last_demand",
            "first_seen",
            "lead_mean",
            "lead_std",
            "lead_source",
            "receipts",
            "vendor",
            "minimum",
            "multiple",
            "cost",
        ]
        profile = dict(zip(names, bulk.read(self.env.cr, query, "iiiffffffiiifff"), strict=True))
        profile["lead_calendar"] = self._lead_by_calendar(company, as_of, profile)
        profile["lead_mean"] = np.minimum(profile["lead_mean"] + profile["lead_calendar"], MOST_LEAD_DAYS)
        return profile

    @api.model
    def _main_vendor_sql(self, company, as_of):
        """Rows ``(product_id, partner_id, delay, minimum, multiple)``: the vendor that Odoo would ask first.

        The order is the vendor list's; of one vendor's lines the one with the smallest minimum. ``multiple`` is the
        purchase unit in product units, 0 where both are the same unit.
        """
        return SQL(
            """
            SELECT DISTINCT ON (product.id)
                   product.id AS product_id, line.partner_id, line.delay::float8 AS delay,
                   (line.min_qty * unit.factor / own.factor)::float8 AS minimum,
                   CASE WHEN unit.id = own.id THEN 0 ELSE unit.factor / own.factor END::float8 AS multiple
              FROM product_supplierinfo line
              JOIN product_template template ON template.id = line.product_tmpl_id
              JOIN product_product product ON product.product_tmpl_id = template.id
              JOIN res_partner partner ON partner.id = line.partner_id AND partner.active
              JOIN uom_uom own ON own.id = template.uom_id
              JOIN uom_uom unit ON unit.id = line.product_uom_id
             WHERE (line.product_id IS NULL OR line.product_id = product.id)
               AND (line.company_id IS NULL OR line.company_id = %(company)s)
               AND (line.date_start IS NULL OR line.date_start <= %(day)s)
               AND (line.date_end IS NULL OR line.date_end >= %(day)s)
             ORDER BY product.id, line.sequence, line.min_qty, line.price, line.id
            """,
            company=company.id,
            day=as_of,
        )

    @api.model
    def _lead_time_sql(self, as_of, warehouse_ids):
        """Rows ``(product_id, warehouse_id, partner_id, number, total, squares)`` of days from order to receipt.

        A receipt is a done move from a vendor of a confirmed purchase order; partial receipts count one each, since
        the planning needs the days until goods are there. Receipts dated before their confirmation are left out, and
        so are the vendor's closures, which are no part of what he usually takes.
        """
        return SQL(
            """
            SELECT product_id, warehouse_id, partner_id, COUNT(*) AS number,
                   SUM(days) AS total, SUM(days ^ 2) AS squares
              FROM (SELECT move.product_id, scope.warehouse_id, purchase.partner_id,
                           GREATEST(EXTRACT(EPOCH FROM move.date - purchase.date_approve) / 86400
                               - %(closures)s, 0)::float8 AS days
                      FROM stock_move move
                      JOIN purchase_order_line line ON line.id = move.purchase_line_id
                      JOIN purchase_order purchase ON purchase.id = line.order_id
                      JOIN stock_location source ON source.id = move.location_id
                                                AND source.usage IN ('supplier', 'transit')
                      JOIN (%(scope)s) scope ON scope.location_id = move.location_dest_id
                     WHERE move.state = 'done'
                       AND move.date >= %(start)s AND move.date < %(end)s
                       AND move.date >= purchase.date_approve
                       AND scope.warehouse_id = ANY(%(warehouses)s)) receipt
             GROUP BY product_id, warehouse_id, partner_id
            """,
            closures=self._closures_sql(),
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            start=as_of - timedelta(days=LEAD_HISTORY_DAYS),
            end=as_of + timedelta(days=1),
            warehouses=list(warehouse_ids),
        )

    @api.model
    def _read_history(self, batch, first, as_of):
        """Daily demand of a batch of items from ``first`` up to the day before ``as_of``.

        A day may come in several rows (channels, imports); adding them up here is three times as fast as there. So is
        finding the item of a fact: a join has no idea how many items it is given, and sorts the facts.

        :param batch: dict with arrays ``id``, ``product``, ``warehouse``
        :return: arrays ``(row, day, net, gross)``: row in the batch, days since ``first``, units
        """
        products, warehouses = np.unique(batch["product"]).tolist(), np.unique(batch["warehouse"]).tolist()
        keys = _key(batch["product"], batch["warehouse"])
        query = SQL(
            """
            SELECT flow.product_id, flow.warehouse_id, flow.date - %(first)s, %(net)s, %(gross)s
              FROM (%(flow)s) flow
             WHERE (flow.demand <> 0 OR flow.resupply_out <> 0 OR flow.sold <> 0) AND %(pairs)s
            """,
            first=first,
            net=SQL(NET),
            # Where nothing came back both are the same, and making a float of a numeric is what most time goes into.
            gross=SQL("CASE WHEN flow.returned = 0 THEN 'NaN' ELSE (%s)::float8 END", SQL(GROSS)),
            flow=self.env["inventory.daily.flow"]._effective_sql(
                date_from=first,
                date_to=as_of - timedelta(days=1),
                warehouse_ids=warehouses,
                product_ids=products,
            ),
            pairs=SQL("(flow.product_id::int8 << 32 | flow.warehouse_id) = ANY(%s)", keys.tolist())
            if len(warehouses) > 1
            else SQL("TRUE"),
        )
        product, warehouse, day, net, gross = bulk.read(self.env.cr, query, "iiiff")
        order = np.argsort(keys).astype(np.int32)
        row = order[np.searchsorted(keys[order], _key(product, warehouse))]
        return row, day, net, np.where(np.isnan(gross), net, gross)


def _key(product, warehouse):
    """One number for each product and warehouse: shape (n,)."""
    return np.asarray(product, np.int64) << 32 | np.asarray(warehouse, np.int64)
