"""Whose wish a proposal is: everybody who changed an input of the item's plan since its values were decided."""

from odoo import api, fields, models
from odoo.tools import SQL

#: Changes of an item, and of all items, that first values do not apply at once with: they make up demand, or stand in
#: its place. What vendors ask for and what was sold in the past every new item has from somebody.
WISHES = ("pin", "link", "event")


class InventoryProposal(models.Model):
    _inherit = "inventory.proposal"

    author_ids = fields.Many2many(
        "res.users",
        "inventory_proposal_author_rel",
        "proposal_id",
        "user_id",
        "Caused by",
        readonly=True,
        help="Who changed an input of this item's plan since its values were approved last: its policy or which one "
        "applies, a pinned value, an event, a like item, a successor, its vendor, the company's settings. None of them "
        "decides on it.",
    )


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _wished_sql(self, company):
        """Common table expressions after ``told`` that end in ``wished``: ids whose first values a person wished for.

        An item that was never decided about has not seen anything. A policy that some item was decided with since its
        last change was before another person's eyes, and new items come into it unasked; so it was with events of
        the whole company. The company's own settings are its managers' and stop nothing.
        """
        change = self.env["inventory.plan.change"]
        return SQL(
            """
            news AS MATERIALIZED (
                SELECT item.id, item.product_id, item.warehouse_id, told.policy,
                       COALESCE((told.base_data ->> 'seen')::int, 0) AS seen, told.base_data -> 'running' AS running
                  FROM told
                  JOIN inventory_item item ON item.id = told.id
                 WHERE told.first
            ),
            asking AS MATERIALIZED (
                SELECT id, kind, policy_ref, moved, transaction
                  FROM inventory_plan_change
                 WHERE company_id = %(company)s AND item_id IS NULL AND kind <> 'company' AND EXISTS (SELECT FROM news)
            ),
            decided AS MATERIALIZED (
                SELECT DISTINCT ON (policy) policy, seen, running
                  FROM (SELECT (base_data ->> 'policy')::int AS policy, (base_data ->> 'seen')::int AS seen,
                               base_data -> 'running' AS running
                          FROM inventory_item
                         WHERE company_id = %(company)s AND base_data IS NOT NULL AND EXISTS (SELECT FROM asking)) base
                 WHERE seen > 0
                 ORDER BY policy, seen DESC
            ),
            wanted AS MATERIALIZED (
                SELECT ground.policy
                  FROM (SELECT DISTINCT policy FROM news) ground
                  LEFT JOIN decided ON decided.policy = ground.policy
                 WHERE EXISTS (SELECT FROM asking
                                WHERE (asking.kind = 'event'
                                       OR (ground.policy > 0
                                           AND (asking.moved OR asking.policy_ref = ground.policy)))
                                  AND %(unseen_policy)s)
            ),
            wished AS MATERIALIZED (
                SELECT news.id FROM news JOIN wanted ON wanted.policy = news.policy
                 UNION
                SELECT news.id
                  FROM news
                  JOIN inventory_plan_change change ON change.item_id = news.id
                 WHERE (change.kind = ANY(%(wishes)s) OR (change.kind = 'category' AND news.policy > 0))
                   AND %(unseen)s
                 UNION
                -- Named as a successor before it was an item.
                SELECT news.id
                  FROM news
                  JOIN inventory_item older ON older.successor_id = news.product_id
                                           AND older.warehouse_id = news.warehouse_id
                  JOIN inventory_plan_change change ON change.item_id = older.id
                 WHERE change.kind = 'link' AND %(unseen)s
            )
            """,
            company=company.id,
            wishes=list(WISHES),
            unseen_policy=change._unseen_sql(SQL("asking"), SQL("COALESCE(decided.seen, 0)"), SQL("decided.running")),
            unseen=change._unseen_sql(SQL("change"), SQL("news.seen"), SQL("news.running")),
        )

    @api.model
    def _name_authors(self, proposed):
        """Name the authors of what has just been proposed, of older proposals that were found right as well.

        One statement a batch. Items are grouped by what they were last approved with, so that changes of a policy or
        a company are not compared with every item.

        :param list proposed: ids of the proposals
        """
        change = self.env["inventory.plan.change"]
        unseen = {
            alias: change._unseen_sql(SQL("change"), SQL("%s.seen", SQL(alias)), SQL("%s.running", SQL(alias)))
            for alias in ("ground", "asked")
        }
        self.env.cr.execute(
            SQL(
                """
                WITH proposal AS MATERIALIZED (
                    SELECT id, item_id FROM inventory_proposal WHERE id = ANY(%(proposed)s)
                     UNION ALL
                    SELECT kept.id, kept.item_id
                      FROM inventory_plan_verdict verdict
                      JOIN inventory_proposal kept ON kept.item_id = verdict.id AND kept.state = 'waiting'
                     WHERE verdict.verdict = 'kept'
                ), asked AS MATERIALIZED (
                    SELECT proposal.id, item.id AS item_id, item.company_id, plan.policy,
                           COALESCE((item.base_data ->> 'seen')::int, 0) AS seen,
                           item.base_data -> 'running' AS running,
                           (item.base_data ->> 'policy')::int IS DISTINCT FROM plan.policy AS moved
                      FROM proposal
                      JOIN inventory_plan_stage plan ON plan.id = proposal.item_id
                      JOIN inventory_item item ON item.id = proposal.item_id
                ), ground AS (
                    SELECT DISTINCT company_id, policy, seen, running, moved FROM asked
                ), author AS (
                    SELECT DISTINCT ground.*, change.user_id
                      FROM ground
                      JOIN inventory_plan_change change ON change.company_id = ground.company_id
                     WHERE change.item_id IS NULL AND %(unseen_ground)s
                       AND (change.kind IN ('company', 'event') OR (change.moved AND ground.moved)
                            OR (change.policy_ref = ground.policy AND ground.policy > 0))
                )
                INSERT INTO inventory_proposal_author_rel (proposal_id, user_id)
                SELECT asked.id, author.user_id
                  FROM asked
                  JOIN author ON author.company_id = asked.company_id AND author.policy = asked.policy
                   AND author.seen = asked.seen AND author.moved = asked.moved
                   AND author.running IS NOT DISTINCT FROM asked.running
                 UNION
                SELECT asked.id, change.user_id
                  FROM asked
                  JOIN inventory_plan_change change ON change.item_id = asked.item_id
                 WHERE %(unseen_item)s
                ON CONFLICT DO NOTHING
                """,
                proposed=proposed,
                unseen_ground=unseen["ground"],
                unseen_item=unseen["asked"],
            )
        )
