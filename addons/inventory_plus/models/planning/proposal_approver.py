"""Who was named to decide on a proposal when it was made, and who of them is left."""

from odoo import api, fields, models
from odoo.tools import SQL, format_list

from .proposal_apply import APPROVER


class InventoryProposal(models.Model):
    """What becomes of the policy later opens a proposal to nobody: neither another list nor no policy at all."""

    _inherit = "inventory.proposal"

    approver_ids = fields.Many2many(
        "res.users",
        "inventory_proposal_approver_rel",
        "proposal_id",
        "user_id",
        "Approvers",
        readonly=True,
        help="Who the policy named to decide when this was proposed, and to take it back. None: everybody with the "
        "approver's role.",
    )
    # Apart from the list, which a deleted user leaves.
    approvers_named = fields.Boolean("Only Named Approvers", readonly=True)
    barred_ids = fields.Many2many(
        "res.users",
        string="Must Not Decide",
        compute="_compute_parties",
        help="Whoever started the run, or changed something that it was planned with: nobody decides on what he asked "
        "for.",
    )
    awaited_text = fields.Char("Waits for", compute="_compute_parties")

    @api.depends("author_ids", "approver_ids", "approvers_named", "run_id", "state")
    @api.depends_context("lang")
    def _compute_parties(self):
        for proposal in self:
            known = proposal.sudo()
            barred = known.author_ids | known.run_id.user_id
            proposal.barred_ids = barred
            proposal.awaited_text = proposal.state == "waiting" and known._awaited_text(barred)

    def _awaited_text(self, barred):
        """Who may decide, in words."""
        if not self.approvers_named:
            return self.env._("Any approver but those who must not decide") if barred else self.env._("Any approver")
        left = (self.approver_ids - barred).filtered(lambda user: user.active and user.has_group(APPROVER))
        if left:
            return format_list(self.env, left.mapped("name"), style="or")
        return self.env._("Nobody is left of those named: name another approver in the policy and plan again")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _name_approvers(self, proposed):
        """Keep the lists of approvers as they are now with what has just been proposed.

        :param list proposed: ids of the proposals
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_proposal_approver_rel (proposal_id, user_id)
                SELECT proposal.id, named.user_id
                  FROM inventory_proposal proposal
                  JOIN inventory_policy_approver_rel named ON named.policy_id = proposal.policy_id
                 WHERE proposal.id = ANY(%s)
                """,
                proposed,
            )
        )

    @api.model
    def _same_approvers_sql(self, proposal, policy):
        """Whether a proposal asks the people whom the policy names now.

        :param SQL proposal: alias of the table
        :param SQL policy: id of the policy, 0 for none
        """
        return SQL(
            """
            (%(proposal)s.approvers_named = EXISTS (
                SELECT FROM inventory_policy_approver_rel WHERE policy_id = %(policy)s)
             AND NOT EXISTS (
                (SELECT user_id FROM inventory_proposal_approver_rel WHERE proposal_id = %(proposal)s.id)
                EXCEPT (SELECT user_id FROM inventory_policy_approver_rel WHERE policy_id = %(policy)s))
             AND NOT EXISTS (
                (SELECT user_id FROM inventory_policy_approver_rel WHERE policy_id = %(policy)s)
                EXCEPT (SELECT user_id FROM inventory_proposal_approver_rel WHERE proposal_id = %(proposal)s.id)))
            """,
            proposal=proposal,
            policy=policy,
        )
