"""Stock value and alerts on the dashboard."""

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

TREND_DAYS = 90


class InventoryDashboard(models.AbstractModel):
    """Sections read from quants, value snapshots and, where installed, alerts."""

    _inherit = "inventory.dashboard"

    @api.model
    def _section_stock(self, scope):
        """Is there stock; for roles that may read it, in how many products; with money, its value now and by day."""
        items = self.env["inventory.item"]
        if not items._has_field_access(items._fields["on_hand"], "read"):
            return {"has_stock": self._has_stock(scope)}
        row = self.env.execute_query(
            SQL(
                """
                SELECT count(DISTINCT stock.product_id) FILTER (WHERE stock.quantity > 0),
                       SUM(stock.quantity * %(cost)s)
                  FROM (%(stock)s) stock
                  JOIN product_product product ON product.id = stock.product_id
                  JOIN res_company company ON company.id = stock.company_id
                """,
                cost=self._unit_cost_sql(),
                stock=self.env["inventory.value.snapshot"]._stock_sql(warehouse_ids=scope["warehouses"].ids),
            )
        )[0]
        answer = {"has_stock": bool(row[0]), "products": row[0]}
        if scope["money"]:
            answer["value"] = float(row[1] or 0)
            answer["history"] = self._value_history(scope)
        return answer

    @api.model
    def _has_stock(self, scope):
        """Is there anything on hand at all? Tells an empty database from a role that sees little."""
        stock = self.env["inventory.value.snapshot"]._stock_sql(warehouse_ids=scope["warehouses"].ids)
        return bool(self.env.execute_query(SQL("SELECT FROM (%s) stock WHERE quantity > 0 LIMIT 1", stock)))

    @api.model
    def _value_history(self, scope):
        """``[{"date", "value"}]`` of the last 90 days that have a snapshot."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT date, SUM(value) FROM inventory_value_snapshot
                 WHERE warehouse_id = ANY(%s) AND date >= %s GROUP BY date ORDER BY date
                """,
                scope["warehouses"].ids,
                fields.Date.context_today(self) - relativedelta(days=TREND_DAYS),
            )
        )
        return [{"date": fields.Date.to_string(day), "value": float(value or 0)} for day, value in rows]

    @api.model
    def _section_alerts(self, scope):
        """Unresolved alerts of these warehouses, or None where alerts are not installed."""
        if "inventory.alert" not in self.env:
            return None
        groups = self.env["inventory.alert"]._read_group(
            [
                ("state", "in", ("open", "acknowledged")),
                ("company_id", "in", [False, scope["company"].id]),
                ("warehouse_id", "in", [False, *scope["warehouses"].ids]),
            ],
            ["state", "severity"],
            ["__count"],
        )
        return {
            "open": sum(count for state, _severity, count in groups if state == "open"),
            "acknowledged": sum(count for state, _severity, count in groups if state == "acknowledged"),
            "grave": sum(
                count for state, severity, count in groups if state == "open" and severity in ("high", "critical")
            ),
        }
