"""Whose wish a proposal is: everybody who changed an input of the item's plan since its values were decided."""

from odoo import api, fields, models
from odoo.tools import SQL


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
                       AND (change.kind = 'company' OR (change.moved AND ground.moved)
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
