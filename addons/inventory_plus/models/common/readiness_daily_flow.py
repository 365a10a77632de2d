"""What is said while the daily facts are built."""

from odoo import api, models

from .daily_flow_refresh import COMPONENT


class InventoryReadiness(models.Model):
    _inherit = "inventory.readiness"

    @api.model
    def _names(self):
        return {**super()._names(), COMPONENT: self.env._("Daily facts")}

    def _explain(self):
        if self.component != COMPONENT or self.state == "failed":
            return super()._explain()
        data = self.data or {}
        if self.state == "ready":
            return self.env._("Every stock move is in the daily facts.")
        if self.state == "running" and "parts" in data:
            return self.env._(
                "Computing demand from past stock moves: part %(done)s of %(all)s.",
                done=min(data["next"] + 1, len(data["parts"])),
                all=len(data["parts"]),
            )
        if data.get("locked"):
            return self.env._("Waiting for a moment in which nobody writes stock moves.")
        return self.env._("Demand is going to be computed from past stock moves in the background.")
