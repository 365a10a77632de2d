"""Demand on the dashboard: the last 30 days, and the months."""

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

DAYS = 30
MONTHS = 12


class InventoryDashboard(models.AbstractModel):
    """Sections read from the daily facts."""

    _inherit = "inventory.dashboard"

    @api.model
    def _section_demand(self, scope):
        """Demand of the 30 days before the planning date, and of the 30 days before those."""
        last_day = scope["as_of"] - relativedelta(days=1)
        middle = last_day - relativedelta(days=DAYS)
        facts = self._facts_sql(scope, middle - relativedelta(days=DAYS - 1), last_day)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(demand) FILTER (WHERE date > %(middle)s), 0),
                       COALESCE(SUM(demand) FILTER (WHERE date <= %(middle)s), 0),
                       COALESCE(SUM(revenue) FILTER (WHERE date > %(middle)s), 0),
                       COALESCE(SUM(revenue) FILTER (WHERE date <= %(middle)s), 0)
                  FROM (%(facts)s) facts
                """,
                middle=middle,
                facts=facts,
            )
        )
        last, previous, revenue, previous_revenue = map(float, rows[0])
        answer = {"last": last, "previous": previous, "days": DAYS}
        if scope["money"]:
            answer |= {"revenue": revenue, "previous_revenue": previous_revenue}
        return answer

    @api.model
    def _section_trend(self, scope):
        """Demand by month: the 12 months up to the planning date, and the same months a year before.

        The running month ends the day before the planning date, and its twin a year earlier on the same day, so
        that the two can be compared. ``has_facts`` says whether there is any demand fact at all.
        """
        last_day = scope["as_of"] - relativedelta(days=1)
        first_month = last_day.replace(day=1) - relativedelta(months=MONTHS - 1)
        twin_first = first_month - relativedelta(years=1)
        twin_last = last_day - relativedelta(years=1)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT date_trunc('month', facts.date)::date AS month, SUM(facts.demand), SUM(facts.revenue)
                  FROM (%(facts)s) facts
                 WHERE facts.date <= %(twin_last)s OR facts.date >= %(first_month)s
                 GROUP BY month
                """,
                facts=self._facts_sql(scope, twin_first, last_day),
                twin_last=twin_last,
                first_month=first_month,
            )
        )
        demand = {month: (float(quantity or 0), float(revenue or 0)) for month, quantity, revenue in rows}
        months = [first_month + relativedelta(months=number) for number in range(MONTHS)]
        twins = [month - relativedelta(years=1) for month in months]
        answer = {
            "months": [fields.Date.to_string(month) for month in months],
            "demand": [demand.get(month, (0, 0))[0] for month in months],
            "previous": [demand.get(month, (0, 0))[0] for month in twins],
            "running": last_day.month == (scope["as_of"]).month,
            "has_facts": bool(demand) or self._has_facts(scope),
        }
        if scope["money"]:
            answer["revenue"] = [demand.get(month, (0, 0))[1] for month in months]
        return answer

    @api.model
    def _facts_sql(self, scope, first, last):
        """Rows (date, demand, revenue) that count in the scope; resupply of own warehouses is no demand."""
        return SQL(
            "SELECT date, demand, revenue FROM (%s) flow",
            self.env["inventory.daily.flow"]._effective_sql(first, last, scope["warehouses"].ids),
        )

    @api.model
    def _has_facts(self, scope):
        """Is there any fact, however old, of these warehouses?"""
        return bool(
            self.env.execute_query(
                SQL("SELECT FROM inventory_daily_flow WHERE warehouse_id = ANY(%s) LIMIT 1", scope["warehouses"].ids)
            )
        )
