"""Writing the plans of a batch of items in one statement, each with its explanation."""

import numpy as np
from odoo import api, models
from odoo.tools import SQL
from psycopg2.extras import Json

from ...planning_engine import distributions, plan, targets
from ...planning_engine.demand import life
from . import bulk
from .item_pin import PINS
from .item_plan_read import LEAD_SOURCES
from .proposal import PARAMETERS

ABC = ("A", "B", "C")
XYZ = ("X", "Y", "Z")
PATTERNS = ("smooth", "erratic", "intermittent", "lumpy", "few")
METHODS = (plan.METHOD_CUMULATIVE, plan.METHOD_SHORT, plan.METHOD_IDLE, plan.METHOD_NONE, life.METHOD_ENDED)
DISTRIBUTIONS = (distributions.STUDENT, distributions.GAMMA, distributions.NEGATIVE_BINOMIAL)

#: Quantities stored with the precision of "Product Unit".
QUANTITIES = (*PARAMETERS, "forecast_30")
#: Bounds of the safety stock that a policy may set.
BOUNDS = ("least_units", "most_units", "least_days", "most_days")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _write_plan(self, company, as_of, found):
        """Store the plans of a batch: figures that describe at once, parameters in force as the proposals say.

        The explanation in force stays that of the values in force: it is renewed where a plan comes to the same
        values, and changes with them otherwise.

        :param found: dict of arrays from :meth:`_compute_plan`
        """
        self._stage_plan(company, found)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        explanation = self._explanation_sql(company, as_of, digits)
        self._judge_plan(company, explanation, digits)
        run = self.env["inventory.plan.run"]._current() or self._run_of(company, found)
        self._write_proposals(run)
        same = SQL(
            "(%s) = (%s)",
            SQL(", ").join(SQL("COALESCE(item.%s, 0)", SQL.identifier(name)) for name in PARAMETERS),
            SQL(", ").join(SQL("round(plan.%s::numeric, %s)", SQL.identifier(name), digits) for name in PARAMETERS),
        )
        parameters = SQL(", ").join(
            SQL(
                "%(name)s = CASE WHEN verdict.verdict = 'applied' THEN verdict.%(new)s "
                "ELSE COALESCE(item.%(name)s, 0) END",
                name=SQL.identifier(name),
                new=SQL.identifier(f"new_{name}"),
            )
            for name in PARAMETERS
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_item item
                   SET %(parameters)s,
                       base_data = CASE WHEN verdict.verdict = 'applied' AND verdict.first THEN %(first_base)s
                                        WHEN verdict.verdict = 'applied' THEN COALESCE(item.base_data, %(old_base)s)
                                        ELSE item.base_data END,
                       explanation_data = CASE WHEN verdict.verdict = 'applied' THEN verdict.explanation
                                               WHEN verdict.id IS NULL AND %(same)s THEN %(explanation)s
                                               ELSE item.explanation_data END,
                       forecast_30 = round(plan.forecast_30::numeric, %(digits)s),
                       abc = (%(abc_names)s::text[])[plan.abc],
                       xyz = (%(xyz_names)s::text[])[plan.xyz],
                       demand_class = (%(pattern_names)s::text[])[plan.pattern],
                       method = (%(method_names)s::text[])[plan.method],
                       demand_daily = round(plan.demand_daily::numeric, 6),
                       demand_std = round(plan.demand_std::numeric, 6),
                       lost_std = round(plan.lost_std::numeric, 6),
                       lead_time_mean = round(plan.lead_mean::numeric, 2),
                       lead_time_std = round(plan.lead_std::numeric, 2),
                       vendor_id = NULLIF(plan.vendor, 0),
                       vendor_minimum = round(plan.minimum::numeric, %(digits)s),
                       vendor_multiple = plan.multiple::numeric,
                       review_days = plan.review,
                       policy_id = NULLIF(plan.policy, 0),
                       policy_data = %(policy_data)s,
                       target = (%(target_names)s::text[])[plan.target],
                       target_value = plan.target_shown,
                       first_seen_date = DATE '1970-01-01' + NULLIF(plan.first_seen, 'NaN')::int,
                       last_demand_date = DATE '1970-01-01' + NULLIF(plan.last_demand, 'NaN')::int,
                       plan_date = %(as_of)s,
                       planned_at = now() AT TIME ZONE 'UTC',
                       write_date = now() AT TIME ZONE 'UTC', write_uid = %(uid)s
                  FROM inventory_plan_stage plan
                  JOIN inventory_plan_run run ON run.id = %(run)s
                  LEFT JOIN inventory_plan_verdict verdict ON verdict.id = plan.id
                 WHERE item.id = plan.id
                """,
                parameters=parameters,
                run=run.id,
                first_base=self._base_sql("new_", "verdict", SQL("plan.policy"), SQL("run")),
                # In force since before there were approved values: whatever was changed counts.
                old_base=SQL(
                    """%s || '{"seen": 0}'""",
                    self._base_sql("old_", "verdict", SQL("COALESCE(item.policy_id, 0)"), SQL("run")),
                ),
                same=same,
                abc_names=list(ABC),
                xyz_names=list(XYZ),
                pattern_names=list(PATTERNS),
                method_names=list(METHODS),
                digits=digits,
                policy_data=self._policy_data_sql(company),
                target_names=list(targets.KINDS),
                as_of=as_of,
                uid=self.env.uid,
                explanation=explanation,
            )
        )

    @api.model
    def _run_of(self, company, found):
        """A run for plans that were computed outside one."""
        run = self.env["inventory.plan.run"]._open(company, np.unique(found["warehouse"]).tolist())
        run._note_reading()
        return run

    @api.model
    def _stage_plan(self, company, found):
        """Fill the temporary table of plans; names become positions in the tuples above."""
        whole = (
            "id",
            "lead_source",
            "receipts",
            "vendor",
            "window",
            "days",
            "policy",
            "policy_next",
            "review",
            "pinned_by",
        )
        real = [
            "value",
            "demand_daily",
            "demand_std",
            "lost_std",
            "lead_mean",
            "lead_std",
            "lead_calendar",
            "minimum",
            "multiple",
            "first_seen",
            "last_demand",
            "first_demand",
            "degrees",
            "interval_sigma",
            "lead_sigma",
            "undershoot",
            "undershoot_sigma",
            "season_weight",
            "season_slope",
            "season_factor",
            "cycle_days",
            "target_shown",
            "critical_ratio",
            "expected_cycle",
            "expected_fill",
            "skewness",
            *BOUNDS,
            "pinned_until",
            *(f"{kind}_{name}" for name in PINS for kind in ("pin", "computed")),
            "cost",
        ]
        columns = {name: np.asarray(found[name], np.int32) for name in whole}
        columns |= {name: np.asarray(found[name], float) for name in (*real, *QUANTITIES)}
        columns["abc"] = bulk.codes(ABC, found["abc"])
        columns["xyz"] = bulk.codes(XYZ, found["xyz"])
        columns["pattern"] = bulk.codes(PATTERNS, found["demand_class"])
        columns["target"] = bulk.codes(targets.KINDS, found["target"])
        columns["method"] = bulk.codes(METHODS, found["method"])
        columns["distribution"] = bulk.codes(DISTRIBUTIONS, found["distribution"])
        columns["economic"] = np.asarray(found["economic"], np.int32)
        columns |= self._demand_columns(found)
        # Limits of automatic changes; a value of 0 means no limit by value, a negative one that nothing is automatic.
        for name in ("auto_percent", "auto_value"):
            limit = np.asarray(found.get(name, np.nan), float)
            columns[name] = np.broadcast_to(
                np.where(np.isnan(limit), company[f"inventory_{name}"], limit), found["id"].shape
            )
        bulk.stage(self.env.cr, "inventory_plan_stage", columns)

    @api.model
    def _explanation_sql(self, company, as_of, digits):
        """The record of how a plan came about (law 6): data window, inputs, formula, figures, as jsonb."""
        start, end = self._class_window(as_of)
        quantity = ("safety_stock", "reorder_point", "order_quantity", "order_up_to")
        rounded = SQL(", ").join(
            SQL("%s, round(plan.%s::numeric, %s)", name, SQL.identifier(name), digits) for name in quantity
        )
        figures = SQL(", ").join(
            SQL("%s, round(plan.%s::numeric, 4)", name, SQL.identifier(column))
            for name, column in (
                ("demand_daily", "demand_daily"),
                ("demand_std", "demand_std"),
                ("lost_std", "lost_std"),
                ("interval_sigma", "interval_sigma"),
                ("lead_sigma", "lead_sigma"),
                ("undershoot", "undershoot"),
                ("undershoot_sigma", "undershoot_sigma"),
                ("season_weight", "season_weight"),
                ("season_slope", "season_slope"),
                ("season_factor", "season_factor"),
                ("lead_time_mean", "lead_mean"),
                ("lead_time_std", "lead_std"),
                ("lead_calendar", "lead_calendar"),
                ("class_value", "value"),
                ("vendor_minimum", "minimum"),
                ("vendor_multiple", "multiple"),
            )
        )
        return SQL(
            """
            jsonb_build_object(
                'version', 2, 'as_of', %(as_of)s::date, 'class_from', %(start)s::date, 'class_to', %(end)s::date,
                'method', (%(methods)s::text[])[plan.method],
                'distribution', (%(distributions)s::text[])[plan.distribution],
                'abc', (%(abc)s::text[])[plan.abc], 'xyz', (%(xyz)s::text[])[plan.xyz],
                'demand_class', (%(patterns)s::text[])[plan.pattern],
                'history_days', plan.days, 'mean_days', plan.window,
                'degrees', round(LEAST(plan.degrees, 1e6)::numeric, 1),
                'first_demand', DATE '1970-01-01' + NULLIF(plan.first_demand, 'NaN')::int,
                'last_demand', DATE '1970-01-01' + NULLIF(plan.last_demand, 'NaN')::int,
                'lead_source', (%(sources)s::text[])[plan.lead_source + 1], 'receipts', plan.receipts,
                'target', (%(targets)s::text[])[plan.target], 'target_value', plan.target_shown,
                'review_days', plan.review, 'cycle_days', plan.cycle_days,
                'slow_months', %(slow)s::int,
                'days_to_purchase', %(purchase)s::float8, 'economic', plan.economic = 1
            ) || jsonb_build_object(%(rounded)s, %(figures)s)
              || jsonb_build_object('policy', %(policy_data)s, 'pins', %(pins)s, %(shares)s) || %(history)s
            """,
            as_of=as_of,
            start=start,
            end=end,
            methods=list(METHODS),
            distributions=list(DISTRIBUTIONS),
            abc=list(ABC),
            xyz=list(XYZ),
            patterns=list(PATTERNS),
            sources=list(LEAD_SOURCES),
            targets=list(targets.KINDS),
            policy_data=self._policy_data_sql(company),
            pins=self._pins_sql(digits),
            shares=SQL(", ").join(
                SQL("%s, round(NULLIF(plan.%s, 'NaN')::numeric, 4)", name, SQL.identifier(name))
                for name in ("critical_ratio", "expected_cycle", "expected_fill", "skewness", *BOUNDS)
            ),
            slow=company.inventory_slow_months,
            purchase=company.days_to_purchase or 0.0,
            rounded=rounded,
            figures=figures,
            history=self._demand_record_sql(),
        )

    @api.model
    def _policy_data_sql(self, company):
        """What of the policy's segment matched, and the name of the policy that would have been next; jsonb or NULL."""
        reasons = Json(self._policy_reasons(company))
        return SQL(
            """
            (%(reasons)s::jsonb -> plan.policy::text)
            || jsonb_build_object('next', %(reasons)s::jsonb -> plan.policy_next::text -> 'name')
            """,
            reasons=reasons,
        )
