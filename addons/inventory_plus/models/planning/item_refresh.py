"""The dated snapshot of an item: quantities, dates, need and colour (law 2)."""

from datetime import timedelta

import numpy as np
import pytz
from odoo import api, fields, models
from odoo.tools import SQL

from ...planning_engine import projection, snapshot, status
from ..common.item import SEES_MONEY, SEES_NEED, SEES_SUPPLY
from . import bulk
from .item_plan_read import ASKED

#: Advisory lock (transaction) held by the one refresh that takes notes off the queue.
REFRESH_LOCK = 7305112900421010
#: A screen refreshes up to this many notes by itself; more are left to the scheduled action.
SCREEN_LIMIT = 2000
#: Below this many items the refresh also looks for demand that was booked since the last plan.
FACTS_LIMIT = 20000
COLOURS = (status.RED, status.YELLOW, status.GREEN, status.BLUE, status.GREY)
EPOCH = fields.Date.to_date("1970-01-01")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    open_demand = fields.Float(
        digits="Product Unit",
        readonly=True,
        groups=SEES_SUPPLY,
        help="Confirmed moves that will leave the stock, reserved ones included, and draft transfers to other "
        "warehouses that the planning proposed.",
    )
    requested = fields.Float(
        "On Requests",
        digits="Product Unit",
        readonly=True,
        groups=SEES_NEED,
        help="On requests for quotation that are not confirmed yet.",
    )
    suggested_order = fields.Float(
        digits="Product Unit",
        readonly=True,
        groups=SEES_NEED,
        help="What 'Make RFQ' asks for: need to buy plus order quantity, less later receipts and what is already "
        "requested, raised to the vendor's minimum and pack.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_at_risk = fields.Monetary(
        readonly=True,
        groups=SEES_NEED,
        help="Sales price of what will be asked for within lead time and review and is neither in stock nor due by "
        "then: (need to buy - safety stock) x sales price.",
    )
    excess_value = fields.Monetary(
        readonly=True,
        groups=SEES_MONEY,
        help="Cost of what is more than the plan wants: of a slow item all of its stock, otherwise stock and supply "
        "above open demand and the order-up-to level.",
    )
    snapshot_date = fields.Date("Figures as of", readonly=True)

    # ---------------------------------------------------------------- refresh

    @api.model
    def _refresh(self, items=None, as_of=None, warehouse_ids=None):
        """Take the snapshot anew from quants, open moves and requests.

        :param items: records or ids; None takes all items (of ``warehouse_ids``, if given)
        :param as_of: planning date; default each company's planning date
        :return: number of items written
        """
        self.env.flush_all()
        ids = None
        if items is not None:
            ids = sorted(set(items.ids if isinstance(items, models.BaseModel) else items))
            if not ids:
                return 0
            self.env.cr.execute("SELECT DISTINCT warehouse_id FROM inventory_item WHERE id = ANY(%s)", [ids])
            warehouse_ids = [row[0] for row in self.env.cr.fetchall()]
        written = 0
        for _company, date, group in self.sudo()._planning_groups(as_of, warehouse_ids):
            written += self.sudo()._refresh_group(date, group, ids)
        self.invalidate_model()
        return written

    @api.model
    def _refresh_group(self, as_of, warehouse_ids, ids=None):
        """Refresh the items of warehouses that share a planning date; returns how many were written."""
        rows = self._read_stock(as_of, warehouse_ids, ids)
        count = rows["id"].size
        if not count:
            return 0
        narrow = None if ids is None else np.unique(rows["product"]).tolist()
        events = self._read_events(as_of, warehouse_ids, rows, narrow)
        last = rows["last_demand"]
        if count <= FACTS_LIMIT:
            last = np.fmax(last, self._read_recent_demand(as_of, warehouse_ids, rows, narrow))
        today = (as_of - EPOCH).days
        company = self.env["stock.warehouse"].browse(warehouse_ids[0]).company_id
        slow_before = (self._slow_before(as_of, company) - EPOCH).days
        never = np.isnan(last)
        # Stock that never saw demand is slow when it has been around that long.
        slow = np.where(never, (rows["on_hand"] > 0) & (rows["first_seen"] < slow_before), last < slow_before)
        found = snapshot.figures(
            rows,
            rows,
            events,
            rows["requested"],
            today - last,
            slow,
            rows["minimum"],
            rows["multiple"],
            self._read_paths(company, as_of, rows),
        )
        since = np.where(never, rows["first_seen"], last)
        found["idle_days"] = np.where(np.isnan(since), 0, np.maximum(today - since, 0)).astype(np.int32)
        found["last_demand"] = last
        found["stock_value"] = np.round(rows["on_hand"] * rows["cost"], company.currency_id.decimal_places)
        self._write_snapshot(as_of, rows, found)
        self.env["stock.warehouse.orderpoint"]._inventory_figures()
        return count

    @api.model
    def _read_stock(self, as_of, warehouse_ids, ids=None):
        """Arrays of the items' stock and parameters; names as :func:`snapshot.figures` wants them."""
        where = SQL("item.warehouse_id = ANY(%s)", list(warehouse_ids))
        product_ids = None
        if ids is not None:
            where = SQL("%s AND item.id = ANY(%s)", where, ids)
            self.env.cr.execute("SELECT array_agg(DISTINCT product_id) FROM inventory_item WHERE id = ANY(%s)", [ids])
            product_ids = self.env.cr.fetchone()[0] or []
        query = SQL(
            """
            SELECT item.id, item.product_id, item.warehouse_id,
                   COALESCE(stock.on_hand, 0), COALESCE(stock.usable, 0), COALESCE(stock.reserved, 0),
                   COALESCE(request.quantity, 0),
                   COALESCE(item.demand_daily, 0), COALESCE(item.lead_time_mean, 0), COALESCE(item.review_days, 1),
                   COALESCE(item.safety_stock, 0), COALESCE(item.order_quantity, 0), COALESCE(item.order_up_to, 0),
                   COALESCE(item.vendor_minimum, 0), COALESCE(item.vendor_multiple, 0),
                   COALESCE((item.last_demand_date - DATE '1970-01-01')::float8, 'NaN'),
                   COALESCE((item.first_seen_date - DATE '1970-01-01')::float8, 'NaN'),
                   COALESCE(template.list_price, 0),
                   COALESCE((product.standard_price ->> item.company_id::text)::float8, 0),
                   COALESCE(promise.quantity, 0), COALESCE(item.lost_std, 0), COALESCE(hold.quantity, 0)
              FROM inventory_item item
              JOIN product_product product ON product.id = item.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN (%(stock)s) stock
                     ON stock.product_id = item.product_id AND stock.warehouse_id = item.warehouse_id
              LEFT JOIN (%(requested)s) request
                     ON request.product_id = item.product_id AND request.warehouse_id = item.warehouse_id
              LEFT JOIN (SELECT product_id, warehouse_id, SUM(open_quantity) AS quantity
                           FROM inventory_reservation_line WHERE open_quantity > 0
                          GROUP BY product_id, warehouse_id) promise
                     ON promise.product_id = item.product_id AND promise.warehouse_id = item.warehouse_id
              LEFT JOIN (%(held)s) hold
                     ON hold.product_id = item.product_id AND hold.warehouse_id = item.warehouse_id
             WHERE %(where)s
             ORDER BY item.warehouse_id, item.product_id
            """,
            stock=self.env["inventory.scope"]._item_quantities_sql(product_ids, warehouse_ids),
            requested=self._requested_sql(product_ids),
            held=self.env["inventory.hold"]._held_sql(product_ids),
            where=where,
        )
        names = [
            "id",
            "product",
            "warehouse",
            "on_hand",
            "usable",
            "reserved",
            "requested",
            "demand_daily",
            "lead_time_mean",
            "review",
            "safety_stock",
            "order_quantity",
            "order_up_to",
            "minimum",
            "multiple",
            "last_demand",
            "first_seen",
            "price",
            "cost",
            "promised",
            "lost_std",
            "held",
        ]
        return dict(zip(names, bulk.read(self.env.cr, query, "iii" + "f" * (len(names) - 3)), strict=True))

    @api.model
    def _read_events(self, as_of, warehouse_ids, rows, product_ids=None):
        """Open supply and demand of the items, by day from the planning date.

        :return: dict of arrays ``item`` (row), ``day``, ``supply``, ``demand``
        """
        zones = {zone for zone in self.env["stock.warehouse"].browse(warehouse_ids).mapped("inventory_tz") if zone}
        query = SQL(
            """
            SELECT event.product_id, event.warehouse_id,
                   ((event.date AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(warehouse.inventory_tz, 'UTC'))::date
                       - %(as_of)s::date)::float8 AS day,
                   SUM(event.supply), SUM(event.demand)
              FROM (%(open)s) event
              JOIN stock_warehouse warehouse ON warehouse.id = event.warehouse_id
             WHERE event.warehouse_id = ANY(%(warehouses)s)
             GROUP BY event.product_id, event.warehouse_id, day
            """,
            as_of=as_of,
            open=self._open_moves_sql(product_ids),
            warehouses=list(warehouse_ids),
        )
        assert all(zone in pytz.all_timezones_set for zone in zones)
        product, warehouse, day, supply, demand = bulk.read(self.env.cr, query, "iifff")
        row = _rows_of(rows, product, warehouse)
        known = row >= 0
        return {"item": row[known], "day": day[known], "supply": supply[known], "demand": demand[known]}

    @api.model
    def _read_recent_demand(self, as_of, warehouse_ids, rows, product_ids=None):
        """Day (since 1970) of the last demand booked in the last weeks, nan for none: the plan may be a day old."""
        flow = self.env["inventory.daily.flow"]._effective_sql(
            date_from=as_of - timedelta(days=31),
            date_to=as_of,
            warehouse_ids=warehouse_ids,
            product_ids=product_ids,
        )
        query = SQL(
            """
            SELECT flow.product_id, flow.warehouse_id, (MAX(flow.date) - DATE '1970-01-01')::float8
              FROM (%s) flow WHERE %s GROUP BY flow.product_id, flow.warehouse_id
            """,
            flow,
            SQL(ASKED),
        )
        product, warehouse, day = bulk.read(self.env.cr, query, "iif")
        row = _rows_of(rows, product, warehouse)
        last = np.full(rows["id"].size, np.nan)
        last[row[row >= 0]] = day[row >= 0]
        return last

    # ------------------------------------------------------------------ write

    @api.model
    def _write_snapshot(self, as_of, rows, found):
        """Store the snapshot of a group of items in one statement."""
        available = rows["usable"] - rows["reserved"] - rows["promised"]
        columns = {
            "id": rows["id"],
            "stockout_day": found["stockout_day"].astype(np.int32),
            "order_day": found["order_day"].astype(np.int32),
            "idle_days": found["idle_days"],
            "colour": bulk.codes(COLOURS, found["status"]),
            "status_sequence": found["status_sequence"].astype(np.int32),
            "last_demand": found["last_demand"],
            "cover_days": found["cover_days"],
            "stock_value": found["stock_value"],
        }
        quantities = {
            "on_hand": rows["on_hand"],
            "usable": rows["usable"],
            "reserved": rows["reserved"],
            "held": rows["held"],
            "promised": rows["promised"],
            "free": available,
            # A target that lets some units wait has a safety stock below zero: nobody is promised more for that.
            "available": np.maximum(available - np.maximum(rows["safety_stock"], 0.0), 0.0),
            "requested": rows["requested"],
            "incoming": found["incoming"],
            "open_demand": found["open_demand"],
            "need_to_buy": found["need_to_buy"],
            "suggested_order": found["suggested_order"],
        }
        money = {
            "value_at_risk": np.maximum(found["need_to_buy"] - rows["safety_stock"], 0.0) * rows["price"],
            "excess_value": found["excess"] * rows["cost"],
        }
        bulk.stage(self.env.cr, "inventory_snapshot_stage", columns | quantities | money)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_item item
                   SET %(quantities)s,
                       %(money)s,
                       stockout_date = CASE WHEN fresh.stockout_day <= %(horizon)s
                                            THEN %(as_of)s::date + fresh.stockout_day END,
                       best_order_date = CASE WHEN fresh.order_day <= %(horizon)s
                                              THEN %(as_of)s::date + fresh.order_day END,
                       last_demand_date = DATE '1970-01-01' + NULLIF(fresh.last_demand, 'NaN')::int,
                       cover_days = round(fresh.cover_days::numeric, 1),
                       stock_value = fresh.stock_value::numeric,
                       idle_days = fresh.idle_days,
                       status = (%(colours)s::text[])[fresh.colour],
                       status_sequence = fresh.status_sequence,
                       snapshot_date = %(as_of)s,
                       computed_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM inventory_snapshot_stage fresh
                 WHERE item.id = fresh.id
                """,
                quantities=SQL(", ").join(
                    SQL(
                        "%(name)s = round(fresh.%(name)s::numeric, %(digits)s)",
                        name=SQL.identifier(name),
                        digits=digits,
                    )
                    for name in quantities
                ),
                money=SQL(", ").join(
                    SQL("%(name)s = round(fresh.%(name)s::numeric, 2)", name=SQL.identifier(name)) for name in money
                ),
                horizon=projection.HORIZON,
                as_of=as_of,
                colours=list(COLOURS),
            )
        )


def _rows_of(rows, product, warehouse):
    """Row of each (product, warehouse) in ``rows`` (sorted by warehouse, product), -1 where it is none."""
    if not rows["id"].size:
        return np.full(product.shape, -1)
    keys = rows["warehouse"].astype(np.int64) << 32 | rows["product"].astype(np.int64)
    wanted = warehouse.astype(np.int64) << 32 | product.astype(np.int64)
    position = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.where(keys[position] == wanted, position, -1)
