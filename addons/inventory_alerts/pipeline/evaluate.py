"""Stage 1: which rules are true for which records, with one query a rule."""

import logging
import time

from odoo.exceptions import UserError
from odoo.tools import SQL
from psycopg2 import DataError, ProgrammingError

from . import fingerprint

_logger = logging.getLogger(__name__)

BROKEN = (ValueError, KeyError, TypeError, UserError, DataError, ProgrammingError)
"""What a wrong domain or a vanished field raises. Serialization failures are not among them: they are retried."""

MATCH_COLUMNS = SQL(
    "rule_id, fingerprint, subject_model, subject_id, subject_name, company_id, product_id, warehouse_id, details"
)


def run(batch):
    """Fill ``inventory_alert_match``; a rule that cannot be evaluated is noted and the others go on."""
    cr = batch.env.cr
    batch.env.flush_all()
    cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_alert_match")
    cr.execute(
        """
        CREATE TEMPORARY TABLE inventory_alert_match (
            rule_id integer, fingerprint text, subject_model text, subject_id integer, subject_name text,
            company_id integer, product_id integer, warehouse_id integer, details jsonb
        ) ON COMMIT DROP
        """
    )
    for rule in batch.rules.filtered("active"):
        _evaluate_rule(batch, rule)
    # Planner statistics for the joins of the next stages; autovacuum never sees a temporary table.
    cr.execute("ANALYZE inventory_alert_match")
    _store_outcome(batch)


def _evaluate_rule(batch, rule):
    """Insert the matches of one rule, or note why that is impossible."""
    cr = batch.env.cr
    start = time.perf_counter()
    try:
        with cr.savepoint(flush=False):
            cr.execute(_match_query(rule))
            batch.matches[rule.id] = cr.rowcount
    except BROKEN as error:
        _logger.warning("Alert rule %s (%s) cannot be evaluated: %s", rule.name, rule.id, error)
        batch.broken[rule.id] = str(error).strip().split("\n")[0]
        cr.execute(_broken_query(rule))
    batch.seconds[rule.id] = time.perf_counter() - start


def _match_query(rule):
    """One INSERT .. SELECT over the subjects of ``rule``."""
    model = rule._subject().sudo()
    query = rule._watched()._search(rule._evaluation_domain())
    alias = query.table
    subject_id = SQL.identifier(alias, "id")
    rows = query.select(
        SQL("%s::int", rule.id),
        fingerprint.of_subject(rule.id, model._name, subject_id),
        SQL("%s::text", model._name),
        subject_id,
        model._alert_name_sql(alias),
        model._alert_column_sql(alias, "company_id"),
        model._alert_column_sql(alias, "product_id"),
        model._alert_column_sql(alias, "warehouse_id"),
        model._alert_snapshot_sql(alias),
    )
    return SQL("INSERT INTO inventory_alert_match (%s) %s", MATCH_COLUMNS, rows)


def _broken_query(rule):
    """The rule itself becomes the subject of an alert: a rule that silently stops watching loses alerts (law 8)."""
    return SQL(
        """
        INSERT INTO inventory_alert_match (%s)
        VALUES (%s, %s, 'inventory.alert.rule', %s, %s, %s, NULL, NULL, '{}'::jsonb)
        """,
        MATCH_COLUMNS,
        rule.id,
        fingerprint.of_broken_rule(rule.id),
        rule.id,
        rule.with_context(lang=None).name,
        rule.company_id.id or None,
    )


def _store_outcome(batch):
    """Write each rule's figures of this run, so that a planner sees that it watches, and how much it costs."""
    ids = batch.rules.ids
    if not ids:
        return
    batch.env.cr.execute(
        SQL(
            """
            UPDATE inventory_alert_rule rule
               SET evaluated_at = %s,
                   duration = outcome.seconds,
                   error = outcome.error
              FROM unnest(%s::int[], %s::float8[], %s::text[]) AS outcome(id, seconds, error)
             WHERE rule.id = outcome.id
            """,
            batch.now,
            ids,
            [batch.seconds.get(rule_id, 0.0) for rule_id in ids],
            [batch.broken.get(rule_id) for rule_id in ids],
        )
    )
    batch.rules.invalidate_recordset(["evaluated_at", "duration", "error"], flush=False)
