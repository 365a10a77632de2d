"""The dialog in which an approver gives a comment with a decision."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class InventoryApprovalDecision(models.TransientModel):
    _name = "inventory.approval.decision"
    _description = "Decision on Requests"

    res_model = fields.Char(required=True)
    res_ids = fields.Char(required=True)
    decision = fields.Selection([("approved", "Approve"), ("rejected", "Reject")], required=True, default="approved")
    comment = fields.Text()
    ask_moved = fields.Boolean(compute="_compute_ask_moved")
    moved = fields.Selection(
        [
            ("difference", "Apply the counted difference to what is there now"),
            ("counted", "Set what was counted, whatever moved since"),
            ("refuse", "Refuse, and let it be counted again"),
        ],
        string="If stock moved since the count",
        default="difference",
        required=True,
    )

    @api.depends("res_model", "decision")
    def _compute_ask_moved(self):
        for wizard in self:
            wizard.ask_moved = wizard.res_model == "inventory.adjustment" and wizard.decision == "approved"

    def _documents(self):
        """The documents to decide on; only models with the approval mixin, checked as the user."""
        self.ensure_one()
        model = self.env.get(self.res_model)
        if model is None or not hasattr(model, "_approval_decide"):
            raise UserError(self.env._("There is nothing to decide on."))
        try:
            ids = [int(part) for part in self.res_ids.split(",")]
        except ValueError:
            raise UserError(self.env._("There is nothing to decide on.")) from None
        return model.browse(ids).exists()

    def action_decide(self):
        documents = self._documents()
        if self.decision == "rejected":
            documents.action_reject(self.comment)
        elif self.ask_moved:
            documents.action_approve(self.comment, moved=self.moved)
        else:
            documents.action_approve(self.comment)
        return {"type": "ir.actions.act_window_close"}
