"""One person asked in a turn, and what he said."""

from odoo import api, fields, models
from odoo.exceptions import AccessError


class InventoryApprovalVoice(models.Model):
    """A voice belongs to whom the rule asked; he speaks, or his deputy, or he forwards it to somebody else.

    Written like the turns: by the mixin alone.
    """

    _name = "inventory.approval.voice"
    _description = "Person Asked in a Request"
    _order = "id"
    _rec_name = "user_id"

    turn_id = fields.Many2one("inventory.approval.turn", required=True, index=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="turn_id.company_id", store=True)
    requester_id = fields.Many2one(related="turn_id.requester_id")
    user_id = fields.Many2one("res.users", "Asked", required=True, index=True, readonly=True)
    state = fields.Selection(
        [("asked", "Asked"), ("approved", "Approved"), ("rejected", "Rejected"), ("forwarded", "Forwarded")],
        default="asked",
        readonly=True,
    )
    spoken_by_id = fields.Many2one("res.users", "By", readonly=True, index="btree_not_null")
    spoken_at = fields.Datetime("On", readonly=True)
    comment = fields.Text(readonly=True)
    forwarded_from_id = fields.Many2one("res.users", "Forwarded by", readonly=True)
    alone = fields.Boolean("Decides alone", readonly=True, help="Asked by escalation: decides in place of all.")

    @api.model
    def _make(self, vals_list):
        return super(InventoryApprovalVoice, self.sudo()).create(vals_list)

    def _set(self, vals):
        return super(InventoryApprovalVoice, self.sudo()).write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env["inventory.approval.turn"]._closed_text())

    def write(self, vals):
        raise AccessError(self.env["inventory.approval.turn"]._closed_text())

    def unlink(self):
        raise AccessError(self.env["inventory.approval.turn"]._closed_text())
