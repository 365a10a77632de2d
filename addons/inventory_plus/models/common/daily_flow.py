"""Daily facts: what crossed a warehouse's boundary, per product, warehouse and day (laws 2 and 7)."""

from odoo import api, fields, models
from odoo.tools import SQL

from .item import SEES_MONEY

#: Quantity columns, in the product's unit, each zero or more when the books are in order.
KINDS = (
    "sold",
    "returned",
    "consumed",
    "transfer_in",
    "transfer_out",
    "resupply_out",
    "purchased",
    "vendor_returned",
    "produced",
    "adjusted_in",
    "adjusted_out",
    "procured_to_order",
    "dropshipped",
)


class InventoryDailyFlow(models.Model):
    """One row per product, warehouse, local day, source, channel and import.

    Rows with ``source = 'moves'`` are derived: the refresh deletes and recomputes whole days of a product from done
    stock moves, it never adds to a row. Rows with ``source = 'import'`` are brought by a history import and stand
    for the days before the warehouse's cut-over date; planning and reports read :meth:`_effective_sql` or
    :meth:`_demand_sql`, which know that. Nobody writes here by hand.
    """

    _name = "inventory.daily.flow"
    _description = "Daily Stock Flow"
    _order = "date desc, product_id, warehouse_id, id"
    _rec_name = "product_id"
    _log_access = False

    product_id = fields.Many2one("product.product", required=True, index=False, ondelete="cascade", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    categ_id = fields.Many2one(related="product_id.categ_id", string="Product Category")
    date = fields.Date("Day", required=True, readonly=True, help="Day in the warehouse's time zone.")
    source = fields.Selection(
        [("moves", "Stock moves"), ("import", "Imported history")], required=True, default="moves", readonly=True
    )
    channel = fields.Char(required=True, default="", readonly=True)
    import_id = fields.Many2one("inventory.history.import", "Import", index=True, ondelete="cascade", readonly=True)

    sold = fields.Float(
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Left the warehouse to a customer or another company, once whatever the number of steps.",
    )
    returned = fields.Float(
        "Returned by Customers",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Came back from customers, on the day and in the warehouse of the original delivery.",
    )
    consumed = fields.Float(
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Went into production as a component, less what an unbuild gave back, on the day of the consumption.",
    )
    transfer_in = fields.Float(
        "Transferred in", digits="Product Unit", readonly=True, default=0.0, help="Came from another warehouse."
    )
    transfer_out = fields.Float(
        "Transferred out",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Went to another place of the company, not along a resupply route. No demand.",
    )
    resupply_out = fields.Float(
        "Resupplied to Warehouses",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Went to another warehouse along a resupply route: demand of this warehouse, not of the company.",
    )
    purchased = fields.Float(
        digits="Product Unit", readonly=True, default=0.0, help="Came from a vendor or another company."
    )
    vendor_returned = fields.Float(
        "Returned to Vendors",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Went back to a vendor. No demand.",
    )
    produced = fields.Float(
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Came out of production or of an unbuild.",
    )
    adjusted_in = fields.Float(
        "Adjusted up",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Found by a count.",
    )
    adjusted_out = fields.Float(
        "Adjusted down",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Lost by a count, scrapped, or taken apart by an unbuild. No demand.",
    )
    procured_to_order = fields.Float(
        "Procured to Order",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Sold or consumed out of goods bought or made for that very order, net of returns. Not demand on stock.",
    )
    dropshipped = fields.Float(
        "Dropshipped",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Went from the vendor straight to the customer, net of returns. Not demand on stock.",
    )
    demand = fields.Float(
        digits="Product Unit", readonly=True, help="Sold - returned by customers + consumed. The database computes it."
    )
    revenue = fields.Monetary(
        readonly=True,
        groups=SEES_MONEY,
        default=0.0,
        help="Untaxed amount of what was sold from stock, less what came back, in the company's currency.",
    )
    lines = fields.Integer("Movements", readonly=True, default=0, help="Move lines behind this row.")
    is_effective = fields.Boolean(
        "Counts",
        compute="_compute_is_effective",
        search="_search_is_effective",
        help="Imported history counts before the warehouse's cut-over date, stock moves from that date on.",
    )

    _flow_key = models.UniqueIndex(
        "(product_id, date, warehouse_id, source, channel, COALESCE(import_id, 0))",
        "A day of a product in a warehouse stands once per source, channel and import.",
    )
    _warehouse_date_index = models.Index("(warehouse_id, date)")

    def init(self):
        """Give columns defaults for set-based writers and let the database compute the demand."""
        super().init()
        cr = self.env.cr
        # Only what is missing: each of these waits for everybody who reads the facts.
        cr.execute(
            """
            SELECT column_name FROM information_schema.columns
             WHERE table_schema = current_schema AND table_name = %s AND column_default IS NOT NULL
            """,
            [self._table],
        )
        present = {name for (name,) in cr.fetchall()}
        for name, default in {**dict.fromkeys((*KINDS, "revenue", "lines"), 0), "channel": ""}.items():
            if name not in present:
                cr.execute(
                    SQL(
                        "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s",
                        SQL.identifier(self._table),
                        SQL.identifier(name),
                        default,
                    )
                )
        cr.execute(
            """
            SELECT attgenerated FROM pg_attribute
             WHERE attrelid = 'inventory_daily_flow'::regclass AND attname = 'demand' AND NOT attisdropped
            """
        )
        if cr.fetchone() != ("s",):
            cr.execute(
                """
                ALTER TABLE inventory_daily_flow
                    DROP COLUMN IF EXISTS demand,
                    ADD COLUMN demand numeric GENERATED ALWAYS AS
                        (COALESCE(sold, 0) - COALESCE(returned, 0) + COALESCE(consumed, 0)) STORED
                """
            )

    @api.depends("date", "source", "warehouse_id.inventory_cutover_date")
    def _compute_is_effective(self):
        for flow in self:
            cutover = flow.warehouse_id.sudo().inventory_cutover_date
            flow.is_effective = (flow.source == "moves") == (not cutover or flow.date >= cutover)

    def _search_is_effective(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = set(value)
        if wanted >= {True, False}:
            return [(1, "=", 1)]
        effective = SQL("SELECT flow.id FROM (%s) flow", self._effective_sql())
        return [("id", "in" if True in wanted else "not in", effective)]

    @api.model
    def _effective_sql(self, date_from=None, date_to=None, warehouse_ids=None, product_ids=None):
        """All columns of the facts that count: imports before the warehouse's cut-over date, moves from it on.

        Without a cut-over date only moves count, since nothing says where the imported history ends.

        :param date_from: first local day, inclusive; None means all
        :param date_to: last local day, inclusive; None means all
        :param warehouse_ids: ids of warehouses; None means all
        :param product_ids: ids of products; None means all
        :return: a query as :class:`SQL`; quantities in the product's unit, revenue in the company's currency
        """
        where = [self._counting_sql(warehouse_ids)]
        if date_from is not None:
            where.append(SQL("flow.date >= %s", fields.Date.to_date(date_from)))
        if date_to is not None:
            where.append(SQL("flow.date <= %s", fields.Date.to_date(date_to)))
        if product_ids is not None:
            where.append(SQL("flow.product_id = ANY(%s)", list(product_ids)))
        warehouses = SQL(" JOIN stock_warehouse wh ON wh.id = flow.warehouse_id") if warehouse_ids is None else SQL()
        return SQL("SELECT flow.* FROM inventory_daily_flow flow%s WHERE %s", warehouses, SQL(" AND ").join(where))

    @api.model
    def _counting_sql(self, warehouse_ids):
        """Condition on the facts ``flow`` that count: imports before the cut-over date, moves from it on.

        The dates of given warehouses are looked up now: a join with the warehouses costs as much as reading the facts.

        :param warehouse_ids: ids of warehouses; None means all, whose table is joined as ``wh``
        """
        if warehouse_ids is None:
            return SQL(
                """((flow.source = 'moves' AND (wh.inventory_cutover_date IS NULL
                                               OR flow.date >= wh.inventory_cutover_date))
                    OR (flow.source = 'import' AND flow.date < wh.inventory_cutover_date))"""
            )
        warehouse = self.env["stock.warehouse"].sudo().with_context(active_test=False)
        by_date = warehouse.search_fetch([("id", "in", list(warehouse_ids))], ["inventory_cutover_date"]).grouped(
            "inventory_cutover_date"
        )
        parts = [
            SQL("flow.warehouse_id = ANY(%s) AND flow.source = 'moves'", warehouses.ids)
            if not date
            else SQL(
                "flow.warehouse_id = ANY(%(ids)s) AND ((flow.source = 'moves' AND flow.date >= %(date)s)"
                " OR (flow.source = 'import' AND flow.date < %(date)s))",
                ids=warehouses.ids,
                date=date,
            )
            for date, warehouses in by_date.items()
        ]
        if len(parts) < 2:
            return parts[0] if parts else SQL("FALSE")
        # The index on warehouses knows nothing of alternatives.
        return SQL(
            "flow.warehouse_id = ANY(%s) AND (%s)",
            list(warehouse_ids),
            SQL(" OR ").join(SQL("(%s)", part) for part in parts),
        )

    @api.model
    def _demand_sql(self, date_from=None, date_to=None, warehouse_ids=None, product_ids=None, dependent=False):
        """Demand per product, warehouse and local day, out of the facts that count.

        :param dependent: True adds what left along resupply routes, for a warehouse's own planning; company totals
            leave it out. Other parameters as in :meth:`_effective_sql`.
        :return: rows ``(product_id, warehouse_id, company_id, date, quantity, revenue)`` as :class:`SQL`; days
            without a fact have no row
        """
        quantity = SQL("flow.sold - flow.returned + flow.consumed")
        if dependent:
            quantity = SQL("%s + flow.resupply_out", quantity)
        return SQL(
            """
            SELECT flow.product_id, flow.warehouse_id, flow.company_id, flow.date,
                   SUM(%s) AS quantity, SUM(flow.revenue) AS revenue
              FROM (%s) flow
             GROUP BY flow.product_id, flow.warehouse_id, flow.company_id, flow.date
            """,
            quantity,
            self._effective_sql(date_from, date_to, warehouse_ids, product_ids),
        )
