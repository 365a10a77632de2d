"""Stage 4: who is responsible for a new alert, and who is told; never nobody."""

from odoo.tools import SQL

FALLBACK_ROLES = ("inventory_plus.group_planner", "inventory_plus.group_manager")
"""Who is told when nobody else can be: the first role that anybody in the company has."""


def run(batch):
    """Set the responsible of the new alerts and fill ``inventory_alert_recipient`` (alert_id, user_id).

    Only active internal users who may see alerts (the viewer role) and the alert's company are taken. Order of the
    responsible: what the subject says (``_alert_responsible_sql``), first wins. Where neither that nor the rule
    names anybody, the planners of the company are told, without planners the managers.
    """
    cr = batch.env.cr
    cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_alert_recipient")
    cr.execute("CREATE TEMPORARY TABLE inventory_alert_recipient (alert_id integer, user_id integer) ON COMMIT DROP")
    if not batch.opened:
        return
    _load_people(batch)
    _set_responsible(batch)
    _add_named(batch)
    for role in FALLBACK_ROLES:
        _add_role_where_nobody(batch, role)


def _members(env, xmlid):
    """Ids of the active internal users with this role, implied ones included."""
    group = env.ref(xmlid)
    return env["res.users"].sudo().search([("all_group_ids", "in", group.ids), ("share", "=", False)]).ids


def fallback_users(env, company):
    """Users who are told when nobody else can be: planners of ``company`` (any, if empty), else managers."""
    for role in FALLBACK_ROLES:
        users = env["res.users"].sudo().browse(_members(env, role))
        users = users.filtered(lambda user: not company or company in user.company_ids)
        if users:
            return users
    return env["res.users"]


def _load_people(batch):
    """Temporary table of (user, company) for everybody who may be told."""
    cr = batch.env.cr
    cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_alert_person")
    cr.execute(
        SQL(
            """
            CREATE TEMPORARY TABLE inventory_alert_person ON COMMIT DROP AS
            SELECT rel.user_id, rel.cid AS company_id
              FROM res_company_users_rel rel
             WHERE rel.user_id = ANY(%s)
            """,
            _members(batch.env, "inventory_plus.group_viewer"),
        )
    )


def _set_responsible(batch):
    """First candidate of the subject who may be told. One query a subject model."""
    cr = batch.env.cr
    for model in {rule.subject_model for rule in batch.rules}:
        subject = batch.env.get(model)
        if subject is None:
            continue
        new_ids = SQL(
            """
            SELECT alert.subject_id FROM inventory_alert alert
              JOIN inventory_alert_new new ON new.id = alert.id
             WHERE alert.subject_model = %s
            """,
            model,
        )
        cr.execute(
            SQL(
                """
                UPDATE inventory_alert alert
                   SET user_id = chosen.user_id
                  FROM (
                      SELECT DISTINCT ON (fresh.id) fresh.id, candidate.user_id
                        FROM inventory_alert fresh
                        JOIN inventory_alert_new new ON new.id = fresh.id
                        JOIN (%(candidates)s) candidate ON candidate.subject_id = fresh.subject_id
                        JOIN inventory_alert_person person ON person.user_id = candidate.user_id
                         AND (fresh.company_id IS NULL OR person.company_id = fresh.company_id)
                       WHERE fresh.subject_model = %(model)s
                       ORDER BY fresh.id, candidate.priority, candidate.user_id
                  ) chosen
                 WHERE chosen.id = alert.id
                """,
                candidates=subject._alert_responsible_sql(new_ids),
                model=model,
            )
        )


def _add_named(batch):
    """The responsible (if the rule says so), the rule's users and the members of its groups."""
    pairs = set()
    for rule in batch.rules:
        # Few rules, fields already in cache; a group's members are looked up once a group.
        pairs |= {(rule.id, user_id) for user_id in (rule.user_ids | rule.group_ids.all_user_ids).ids}
    batch.env.cr.execute(
        SQL(
            """
            INSERT INTO inventory_alert_recipient (alert_id, user_id)
            SELECT alert.id, alert.user_id
              FROM inventory_alert alert
              JOIN inventory_alert_new new ON new.id = alert.id
              JOIN inventory_alert_rule rule ON rule.id = alert.rule_id
             WHERE alert.user_id IS NOT NULL AND rule.notify_responsible
            UNION
            SELECT alert.id, named.user_id
              FROM inventory_alert alert
              JOIN inventory_alert_new new ON new.id = alert.id
              JOIN unnest(%s::int[], %s::int[]) AS named(rule_id, user_id) ON named.rule_id = alert.rule_id
              JOIN inventory_alert_person person ON person.user_id = named.user_id
               AND (alert.company_id IS NULL OR person.company_id = alert.company_id)
            """,
            [rule_id for rule_id, _user_id in pairs],
            [user_id for _rule_id, user_id in pairs],
        )
    )


def _add_role_where_nobody(batch, xmlid):
    """Alerts without any recipient go to everybody with this role in the company."""
    batch.env.cr.execute(
        SQL(
            """
            INSERT INTO inventory_alert_recipient (alert_id, user_id)
            SELECT DISTINCT alert.id, person.user_id
              FROM inventory_alert alert
              JOIN inventory_alert_new new ON new.id = alert.id
              JOIN inventory_alert_person person ON (alert.company_id IS NULL OR person.company_id = alert.company_id)
             WHERE person.user_id = ANY(%s)
               AND NOT EXISTS (SELECT FROM inventory_alert_recipient known WHERE known.alert_id = alert.id)
            """,
            _members(batch.env, xmlid),
        )
    )
