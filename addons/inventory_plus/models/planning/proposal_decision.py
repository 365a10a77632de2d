"""The dialog in which an approver says why he rejects or rolls back."""

from odoo import api, fields, models


class InventoryProposalDecision(models.TransientModel):
    _name = "inventory.proposal.decision"
    _description = "Decision on Proposals"

    decision = fields.Selection(
        [("rejected", "Reject"), ("rolled_back", "Roll back")], required=True, default="rejected", readonly=True
    )
    proposal_ids = fields.Many2many("inventory.proposal", readonly=True)
    proposal_count = fields.Integer("Proposals", compute="_compute_proposal_count")
    comment = fields.Text("Why")

    @api.depends("proposal_ids")
    def _compute_proposal_count(self):
        for wizard in self:
            wizard.proposal_count = len(wizard.proposal_ids)

    def action_decide(self):
        """Decide; the proposals ask for the rights."""
        self.ensure_one()
        if self.decision == "rejected":
            return self.proposal_ids.action_reject(self.comment)
        return self.proposal_ids.action_roll_back(self.comment)
