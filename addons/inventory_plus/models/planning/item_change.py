"""From a computed plan to parameters in force: what changes at once, what waits, what is not worth a change."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .item_pin import PINS
from .proposal import PARAMETERS

#: A change below this percentage of what is in force proposes nothing: it is noise of the data, and a night that
#: moved every reorder point by one unit would teach people to approve unread.
DEAD_PERCENT = 2.0
#: The percentage that stands for "more than that" and for a change from nothing.
MOST_PERCENT = 999.0
#: What was rejected or rolled back is not proposed again for this long, unless the plan has moved on from it; then
#: it waits for an approver, however small.
REFUSED_DAYS = 30
#: What an explanation record says about the target.
TARGET_KEYS = ("service_target", "target", "target_value")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _judge_plan(self, company, explanation, digits):
        """Decide on the plans in ``inventory_plan_stage``, into the temporary table ``inventory_plan_verdict``.

        Rows are there for items whose parameters in force would change beyond the dead band. Verdicts: ``applied``
        (at once), ``waiting`` (for an approver), ``kept`` (the same proposal waits already), ``refused`` (it was
        refused lately).

        At once applies what is within the limits from the values that a person approved last (law 4): from those in
        force, ten changes of 19 % would pass below a limit of 20 %.

        :param SQL explanation: the record of the plan, over the alias ``plan``
        """
        self.env.cr.execute("DROP TABLE IF EXISTS inventory_plan_verdict")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE inventory_plan_verdict ON COMMIT DROP AS
                WITH fresh AS MATERIALIZED (
                    SELECT plan.id, %(new)s, %(old)s, %(base)s, plan.cost, plan.policy, plan.auto_percent,
                           plan.auto_value, item.explanation_data AS old_explanation, item.base_data
                      FROM inventory_plan_stage plan
                      JOIN inventory_item item ON item.id = plan.id
                ),
                sized AS (
                    SELECT fresh.*,
                           old_explanation IS NULL
                               OR (old_explanation ->> 'method' = 'none' AND old_order_up_to = 0) AS first,
                           %(change)s AS change_percent, %(drift)s AS base_percent,
                           round((%(cost)s)::numeric, %(money)s) AS cost_difference, abs(%(base_cost)s) AS base_cost
                      FROM fresh
                     WHERE (%(new_names)s) IS DISTINCT FROM (%(old_names)s)
                ),
                -- Materialized: or each look into an explanation would make it anew.
                told AS MATERIALIZED (
                    SELECT sized.*, %(explanation)s AS explanation
                      FROM sized
                      JOIN inventory_plan_stage plan ON plan.id = sized.id
                     WHERE sized.first OR sized.change_percent >= %(dead)s
                ),
                %(wished)s
                SELECT told.id, %(new_told)s, %(old_told)s, told.explanation, told.old_explanation, told.change_percent,
                       told.first, told.base_data, told.base_percent, told.cost_difference, %(cause)s AS reason,
                       CASE WHEN %(as_refused)s THEN 'refused'
                            WHEN ((told.first AND told.auto_percent >= 0 AND wished.id IS NULL
                                   AND NULLIF(told.explanation -> 'pins', 'null') IS NULL)
                                  OR (told.base_percent <= told.auto_percent
                                  AND (told.auto_value = 0 OR told.base_cost <= told.auto_value)))
                                 AND refused.id IS NULL AND %(untouched)s THEN 'applied'
                            WHEN %(as_waiting)s AND asked.policy_ref = told.policy AND %(same_approvers)s THEN 'kept'
                            ELSE 'waiting' END AS verdict
                  FROM told
                  LEFT JOIN wished ON wished.id = told.id
                  LEFT JOIN inventory_proposal asked ON asked.item_id = told.id AND asked.state = 'waiting'
                  LEFT JOIN LATERAL (
                       SELECT * FROM inventory_proposal past
                        WHERE past.item_id = told.id AND past.state IN ('rejected', 'rolled_back')
                          AND past.decided_at > %(since)s
                        ORDER BY past.decided_at DESC LIMIT 1) refused ON TRUE
                """,
                new=SQL(", ").join(
                    SQL(
                        "round(plan.%s::numeric, %s) AS %s",
                        SQL.identifier(name),
                        digits,
                        SQL.identifier(f"new_{name}"),
                    )
                    for name in PARAMETERS
                ),
                old=SQL(", ").join(
                    SQL("COALESCE(item.%s, 0) AS %s", SQL.identifier(name), SQL.identifier(f"old_{name}"))
                    for name in PARAMETERS
                ),
                base=SQL(", ").join(
                    SQL(
                        "COALESCE((item.base_data ->> %s)::numeric, item.%s, 0) AS %s",
                        name,
                        SQL.identifier(name),
                        SQL.identifier(f"base_{name}"),
                    )
                    for name in PARAMETERS
                ),
                new_names=_names("new_"),
                old_names=_names("old_"),
                new_told=_names("new_", "told"),
                old_told=_names("old_", "told"),
                dead=DEAD_PERCENT,
                change=_change("old_"),
                drift=_change("base_"),
                cost=_worth("old_"),
                base_cost=_worth("base_"),
                money=company.currency_id.decimal_places,
                explanation=explanation,
                cause=self._cause_sql(),
                as_refused=_as_before("refused"),
                as_waiting=_as_asked("asked"),
                same_approvers=self._same_approvers_sql(SQL("asked"), SQL("told.policy")),
                untouched=self._untouched_sql(),
                wished=self._wished_sql(company),
                since=fields.Datetime.now() - timedelta(days=REFUSED_DAYS),
            )
        )
        self.env.cr.execute("ANALYZE inventory_plan_verdict")

    @api.model
    def _cause_sql(self):
        """The main cause of a change: the input whose difference moves the most units; see ``REASONS``.

        Reads the two explanation records, so that it names nothing that the records do not show. The effect of demand
        is its difference over the old interval, that of the lead time its difference at the new demand; of safety
        stock and order quantity only what does not simply follow demand counts.
        """

        def figure(record, name, default=0):
            return SQL("COALESCE((%s ->> %s)::numeric, %s)", SQL.identifier("told", record), name, default)

        old = {name: figure("old_explanation", name) for name in ("demand_daily", "lead_time_mean", "review_days")}
        new = {name: figure("explanation", name) for name in ("demand_daily", "lead_time_mean", "review_days")}
        grown = SQL(
            "COALESCE(%s / NULLIF(%s, 0), 1)",
            new["demand_daily"],
            old["demand_daily"],
        )
        retargeted = SQL(
            "(%s) IS DISTINCT FROM (%s)",
            SQL(", ").join(SQL("told.explanation -> %s", name) for name in TARGET_KEYS),
            SQL(", ").join(SQL("told.old_explanation -> %s", name) for name in TARGET_KEYS),
        )
        uncertain = SQL("abs(told.new_safety_stock - told.old_safety_stock * %s)", grown)
        seasonal = SQL(
            "abs(ln(GREATEST(%s, 0.01) / GREATEST(%s, 0.01))) > abs(ln(GREATEST(%s, 0.001)))  / 2",
            figure("explanation", "season_factor", 1),
            figure("old_explanation", "season_factor", 1),
            grown,
        )
        return SQL(
            """
            CASE WHEN NULLIF(told.explanation -> 'pins', 'null') - %(computed)s::text[] IS DISTINCT FROM
                      NULLIF(told.old_explanation -> 'pins', 'null') - %(computed)s::text[] THEN 'pinned'
                 WHEN told.first THEN 'first'
                 WHEN told.explanation ->> 'method' IN ('idle', 'none') THEN 'phase_out'
                 ELSE (SELECT effect.name FROM (VALUES
                      (CASE WHEN %(seasonal)s THEN 'season' ELSE 'demand' END,
                       abs(%(new_rate)s - %(old_rate)s) * (%(old_lead)s + %(old_review)s)),
                      ('lead_time', abs(%(new_lead)s - %(old_lead)s) * %(new_rate)s),
                      ('review', abs(%(new_review)s - %(old_review)s) * %(new_rate)s),
                      ('target', CASE WHEN %(retargeted)s THEN %(uncertain)s ELSE 0 END),
                      ('variation', CASE WHEN %(retargeted)s THEN 0 ELSE %(uncertain)s END),
                      ('order_size', abs(told.new_order_quantity - told.old_order_quantity * %(grown)s))
                      ) AS effect(name, units)
                      ORDER BY effect.units DESC LIMIT 1) END
            """,
            computed=[f"computed_{name}" for name in PINS],
            seasonal=seasonal,
            new_rate=new["demand_daily"],
            old_rate=old["demand_daily"],
            new_lead=new["lead_time_mean"],
            old_lead=old["lead_time_mean"],
            new_review=new["review_days"],
            old_review=old["review_days"],
            retargeted=retargeted,
            uncertain=uncertain,
            grown=grown,
        )

    @api.model
    def _write_proposals(self, run):
        """Write the verdicts as proposals of ``run``; what waited for items that were planned anew is superseded."""
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_proposal proposal
                   SET state = 'superseded', decided_at = %s
                  FROM inventory_plan_stage plan
                 WHERE proposal.state = 'waiting' AND proposal.item_id = plan.id
                   AND NOT EXISTS (SELECT FROM inventory_plan_verdict verdict
                                    WHERE verdict.id = plan.id AND verdict.verdict = 'kept')
                """,
                now,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_proposal (
                    run_id, item_id, product_id, warehouse_id, company_id, %(new_names)s, %(old_names)s, change_percent,
                    cost_difference, base_percent, base_data, reason, explanation_data, old_explanation_data, state,
                    automatic, decided_at, policy_id, policy_ref, approvers_named,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(run)s, item.id, item.product_id, item.warehouse_id, item.company_id, %(new)s, %(old)s,
                       round(verdict.change_percent, 1), verdict.cost_difference, round(verdict.base_percent, 1),
                       verdict.base_data, verdict.reason, verdict.explanation, verdict.old_explanation,
                       verdict.verdict, verdict.verdict = 'applied',
                       CASE WHEN verdict.verdict = 'applied' THEN %(now)s::timestamp END, policy.id, plan.policy,
                       EXISTS (SELECT FROM inventory_policy_approver_rel named WHERE named.policy_id = policy.id),
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM inventory_plan_verdict verdict
                  JOIN inventory_item item ON item.id = verdict.id
                  JOIN inventory_plan_stage plan ON plan.id = verdict.id
                  LEFT JOIN inventory_policy policy ON policy.id = plan.policy
                 WHERE verdict.verdict IN ('applied', 'waiting')
                 ORDER BY item.id
                RETURNING id
                """,
                new_names=_names("new_"),
                old_names=_names("old_"),
                new=_names("new_", "verdict"),
                old=_names("old_", "verdict"),
                run=run.id,
                uid=self.env.uid,
                now=now,
            )
        )
        proposed = [row[0] for row in self.env.cr.fetchall()]
        self._name_authors(proposed)
        self._name_approvers(proposed)
        self.env["inventory.proposal"].invalidate_model()


def _names(prefix, alias=None):
    """``prefix_safety_stock, ...`` for SQL."""
    return SQL(", ").join(
        SQL.identifier(alias, f"{prefix}{name}") if alias else SQL.identifier(f"{prefix}{name}") for name in PARAMETERS
    )


def _change(prefix):
    """The largest change in percent from the values with this prefix to the new ones."""

    def share(name, base):
        new, old, base = (SQL.identifier(text) for text in (f"new_{name}", f"{prefix}{name}", f"{prefix}{base}"))
        return _share(SQL("%s - %s", new, old), base)

    return SQL(
        "LEAST(%s, 100 * GREATEST(%s, %s, %s))",
        MOST_PERCENT,
        share("reorder_point", "reorder_point"),
        share("safety_stock", "reorder_point"),
        share("order_up_to", "order_up_to"),
    )


def _worth(prefix):
    """What the average stock is worth more under the new values than under those with this prefix."""
    return SQL(
        "cost * (new_safety_stock - %s + (new_order_quantity - %s) / 2)",
        SQL.identifier(f"{prefix}safety_stock"),
        SQL.identifier(f"{prefix}order_quantity"),
    )


def _share(difference, base):
    """``|difference| / base``; from nothing to something is more than any limit, and nothing is no difference."""
    return SQL(
        "CASE WHEN %(difference)s = 0 THEN 0 WHEN %(base)s > 0 THEN abs(%(difference)s) / %(base)s ELSE %(most)s END",
        difference=difference,
        base=base,
        most=MOST_PERCENT,
    )


def _near(left, right):
    """Two quantities within the dead band of each other."""
    return SQL("abs(%s - %s) <= %s * GREATEST(abs(%s), abs(%s))", left, right, DEAD_PERCENT / 100, left, right)


def _as_before(alias):
    """The plan comes to what the proposal ``alias`` wanted, within the dead band."""
    pairs = [
        (SQL.identifier("told", f"new_{name}"), SQL.identifier(alias, f"new_{name}"))
        for name in ("reorder_point", "order_up_to")
    ]
    return SQL("COALESCE(%s AND %s, FALSE)", *(_near(*pair) for pair in pairs))


def _as_asked(alias):
    """The proposal ``alias`` asks for exactly this change."""
    return SQL(
        "COALESCE((%s, %s) = (%s, %s), FALSE)",
        _names("new_", "told"),
        _names("old_", "told"),
        _names("new_", alias),
        _names("old_", alias),
    )
