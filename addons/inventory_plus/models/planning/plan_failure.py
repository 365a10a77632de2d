"""What a planning run could not plan, and why."""

from odoo import fields, models


class InventoryPlanFailure(models.Model):
    """A company, policy or item that was left out of a run; the others were planned."""

    _name = "inventory.plan.run.failure"
    _description = "Failure of a Planning Run"
    _order = "id"

    run_id = fields.Many2one("inventory.plan.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    name = fields.Char("What", required=True, readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Integer("Record Id", readonly=True, aggregator=None)
    sentence = fields.Text("Why", required=True, readonly=True)

    def action_open_record(self):
        """Open what could not be planned."""
        self.ensure_one()
        self.check_access("read")
        if not self.res_id or self.res_model not in self.env:
            return False
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
