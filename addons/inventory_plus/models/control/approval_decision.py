"""The dialog in which an approver gives a comment with a decision."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class InventoryApprovalDecision(models.TransientModel):
    _name = "inventory.approval.decision"
    _description = "Decision on Requests"

    res_model = fields.Char(required=True)
    res_ids = fields.Char(required=True)
    decision = fields.Selection(
        [
            ("approved", "Approve"),
            ("rejected", "Reject"),
            ("forwarded", "Pass on"),
            ("glass", "Apply in an emergency"),
        ],
        required=True,
        default="approved",
    )
    comment = fields.Text()
    forward_to_id = fields.Many2one(
        "res.users", "To", domain=[("share", "=", False)], help="An approver who has no part in the request."
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Attachments", help="Kept with the requests.")
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

    def _attach(self, documents):
        """Put the user's own attachments on each of the requests; the first keeps the files, the others copies."""
        files = self.attachment_ids.sudo().filtered(lambda file: file.create_uid == self.env.user)
        files = files.filtered(lambda file: file.res_model in (False, self._name))
        for number, document in enumerate(documents):
            place = {"res_model": document._name, "res_id": document.id}
            placed = files.copy(place) if number else files
            placed.write(place)
            document.sudo().message_post(
                body=self.env._("Attached to the decision"),
                author_id=self.env.user.partner_id.id,
                attachment_ids=placed.ids,
                subtype_xmlid="mail.mt_note",
            )

    def action_decide(self):
        """Decide on all the documents with one comment: all of them or none."""
        documents = self._documents()
        if not documents:
            raise UserError(self.env._("There is nothing to decide on."))
        if self.attachment_ids:
            documents.check_access("read")
            self._attach(documents)
        if self.decision == "forwarded":
            documents.action_forward(self.forward_to_id.id, self.comment)
        elif self.decision == "glass":
            documents.action_break_glass(self.comment)
        elif self.decision == "rejected":
            documents.action_reject(self.comment)
        elif self.ask_moved:
            documents.action_approve(self.comment, moved=self.moved)
        else:
            documents.action_approve(self.comment)
        return {"type": "ir.actions.act_window_close"}
