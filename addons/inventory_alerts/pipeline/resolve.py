"""Stage 2: what is no longer true is over."""

from odoo.tools import SQL


def run(batch):
    """Resolve the alerts whose condition ended; forget those that were still waiting out their duration.

    Also ends the alerts of archived rules, of archived or deleted records, and of a repaired rule. Alerts about the
    records of a broken rule stay as they are: nobody knows whether they still hold.
    """
    cr = batch.env.cr
    judged = [rule.id for rule in batch.rules if rule.id not in batch.broken]
    over = SQL(
        """
        alert.rule_id = ANY(%s)
        AND alert.state != 'resolved'
        AND (alert.rule_id = ANY(%s) OR alert.subject_model = 'inventory.alert.rule')
        AND NOT EXISTS (SELECT FROM inventory_alert_match match WHERE match.fingerprint = alert.fingerprint)
        """,
        batch.rules.ids,
        judged,
    )
    cr.execute(SQL("DELETE FROM inventory_alert alert WHERE alert.state = 'pending' AND %s", over))
    cr.execute(
        SQL(
            """
            UPDATE inventory_alert alert
               SET state = 'resolved', resolved_at = %(now)s, last_seen_at = rule.evaluated_before,
                   write_date = %(now)s
              FROM inventory_alert_rule rule
             WHERE rule.id = alert.rule_id AND %(over)s
            """,
            now=batch.now,
            over=over,
        )
    )
    batch.resolved = cr.rowcount
    # From now on this run is "the last time it was seen" for what is still true.
    cr.execute(
        SQL("UPDATE inventory_alert_rule SET evaluated_before = %s WHERE id = ANY(%s)", batch.now, judged or [0])
    )
    batch.env["inventory.alert"].invalidate_model(flush=False)
