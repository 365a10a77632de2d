"""Stage 3: open an alert for what is newly true, once."""

from odoo.tools import SQL


def run(batch):
    """Insert new alerts and open those whose duration has passed; their ids end in ``inventory_alert_new``.

    The partial unique index on the fingerprint of alerts that are not resolved makes a second evaluation at the
    same time a no-op (law 8): it finds the row, or fails to serialize and is retried by the caller.
    """
    cr = batch.env.cr
    cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_alert_new")
    cr.execute("CREATE TEMPORARY TABLE inventory_alert_new (id integer) ON COMMIT DROP")
    _insert(batch)
    _open_waiting(batch)
    cr.execute("ANALYZE inventory_alert_new")
    batch.env["inventory.alert"].invalidate_model(flush=False)


def _insert(batch):
    """One row per match without an unresolved alert. The anti-join spares the index what is already known."""
    cr = batch.env.cr
    cr.execute(
        SQL(
            """
            WITH inserted AS (
                INSERT INTO inventory_alert (
                    rule_id, fingerprint, subject_model, subject_id, subject_name, company_id, product_id,
                    warehouse_id, details, severity, severity_rank, state, first_seen_at, opened_at,
                    create_uid, create_date, write_uid, write_date)
                SELECT match.rule_id, match.fingerprint, match.subject_model, match.subject_id, match.subject_name,
                       match.company_id, match.product_id, match.warehouse_id, match.details, rule.severity,
                       CASE rule.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END,
                       CASE WHEN rule.for_minutes > 0 THEN 'pending' ELSE 'open' END,
                       %(now)s,
                       CASE WHEN rule.for_minutes > 0 THEN NULL ELSE %(now)s::timestamp END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM inventory_alert_match match
                  JOIN inventory_alert_rule rule ON rule.id = match.rule_id
                 WHERE NOT EXISTS (
                       SELECT FROM inventory_alert known
                        WHERE known.fingerprint = match.fingerprint AND known.state != 'resolved')
                ON CONFLICT (fingerprint) WHERE state != 'resolved' DO NOTHING
                RETURNING id, state
            ), noted AS (
                INSERT INTO inventory_alert_new SELECT id FROM inserted WHERE state = 'open'
            )
            SELECT count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'pending') FROM inserted
            """,
            now=batch.now,
            uid=batch.env.uid,
        )
    )
    batch.opened, batch.waiting = cr.fetchone()


def _open_waiting(batch):
    """Alerts whose condition has held for the rule's duration become open, with the figures of this moment."""
    cr = batch.env.cr
    cr.execute(
        SQL(
            """
            WITH opened AS (
                UPDATE inventory_alert alert
                   SET state = 'open', opened_at = %(now)s, write_date = %(now)s, details = match.details
                  FROM inventory_alert_rule rule, inventory_alert_match match
                 WHERE rule.id = alert.rule_id
                   AND match.fingerprint = alert.fingerprint
                   AND alert.state = 'pending'
                   AND alert.first_seen_at + rule.for_minutes * interval '1 minute' <= %(now)s
                RETURNING alert.id
            )
            INSERT INTO inventory_alert_new SELECT id FROM opened
            """,
            now=batch.now,
        )
    )
    batch.opened += cr.rowcount
