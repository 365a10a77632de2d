"""Stage 5: one message a rule and person, however many records became short at once."""

from datetime import timedelta

from odoo.tools import SQL

LOST_JOB_AFTER = timedelta(minutes=10)
"""A delivery still pending after this long has lost its job; the retry stage makes a new one."""


def run(batch):
    """Create the deliveries of the new alerts, pending; alerts that nobody can be told of get a failed one."""
    cr = batch.env.cr
    if not batch.opened:
        return
    cr.execute(
        SQL(
            """
            WITH wanted AS (
                SELECT alert.rule_id, recipient.user_id, alert.company_id, recipient.alert_id
                  FROM inventory_alert_recipient recipient
                  JOIN inventory_alert alert ON alert.id = recipient.alert_id
                UNION ALL
                SELECT alert.rule_id, NULL, alert.company_id, alert.id
                  FROM inventory_alert alert
                  JOIN inventory_alert_new new ON new.id = alert.id
                 WHERE NOT EXISTS (SELECT FROM inventory_alert_recipient known WHERE known.alert_id = alert.id)
            ), made AS (
                INSERT INTO inventory_alert_delivery (
                    rule_id, user_id, company_id, state, attempts, next_attempt_at, error,
                    create_uid, create_date, write_uid, write_date)
                SELECT rule_id, user_id, company_id,
                       CASE WHEN user_id IS NULL THEN 'failed' ELSE 'pending' END,
                       0, %(lost)s, CASE WHEN user_id IS NULL THEN %(nobody)s END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM wanted
                 GROUP BY rule_id, user_id, company_id
                RETURNING id, rule_id, user_id, company_id, state
            ), linked AS (
                INSERT INTO inventory_alert_delivery_rel (delivery_id, alert_id)
                SELECT made.id, wanted.alert_id
                  FROM wanted
                  JOIN made ON made.rule_id = wanted.rule_id
                   AND made.user_id IS NOT DISTINCT FROM wanted.user_id
                   AND made.company_id IS NOT DISTINCT FROM wanted.company_id
            )
            SELECT id FROM made WHERE state = 'pending' ORDER BY id
            """,
            now=batch.now,
            lost=batch.now + LOST_JOB_AFTER,
            nobody=batch.env._("Nobody with a role of Inventory Plus works in this company."),
            uid=batch.env.uid,
        )
    )
    batch.delivery_ids = [delivery_id for (delivery_id,) in cr.fetchall()]
    batch.env["inventory.alert.delivery"].invalidate_model(flush=False)
