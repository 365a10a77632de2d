"""A policy may say that customers do not wait for what has run out."""

from odoo import api, fields, models


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    shortage = fields.Selection(
        [("wait", "Customers wait"), ("lost", "Customers do not wait: the sale is lost")],
        "If Stock Runs Out",
        required=True,
        default="wait",
        help='For the target "Cost of a missing unit". Customers wait: what is missing is delivered later, so that an '
        "order makes up for it. Customers do not wait: what was not there is owed to nobody; an order covers what will "
        "be sold until it arrives and weighs what a unit too many and one too few cost after that.",
    )

    @api.onchange("target")
    def _onchange_target_shortage(self):
        if self.target != "cost":
            self.shortage = "wait"

    @api.constrains("target", "shortage")
    def _check_shortage(self):
        self._check_values()

    def _target_error(self):
        if self.shortage == "lost" and self.target != "cost":
            return self.env._(
                "Customers who do not wait are planned for by the cost of a missing unit: choose that target, or let "
                "customers wait."
            )
        return super()._target_error()


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    lost_std = fields.Float(
        "Daily Deviation, Sales Lost",
        digits=(16, 6),
        readonly=True,
        aggregator=None,
        groups="inventory_plus.group_planner,inventory_plus.group_approver,inventory_plus.group_auditor",
        help="Where customers do not wait: standard deviation of a day's demand, by which the sales expected to be "
        "lost until an order arrives are taken off the need to buy. 0 where they wait.",
    )

    @api.model
    def _company_targets(self, company):
        return {**super()._company_targets(company), "lost_asked": False}

    @api.model
    def _policy_targets(self, policy):
        return {**super()._policy_targets(policy), "lost_asked": policy.shortage == "lost"}

    def _explain_lost(self, data):
        """What is planned otherwise where customers do not wait; maybe nothing."""
        if not data.get("lost_std"):
            return []
        text = [
            self.env._(
                "Customers do not wait: recent weeks weigh more in the mean (each %(share)s %% of the next), and the "
                "days before the last order arrives count with their mean. The need to buy leaves out what is expected "
                "to be asked for in vain until an order arrives (daily deviation %(deviation)s).",
                share=95,
                deviation=self._number(data["lost_std"], 3),
            )
        ]
        if not self._computed(data, "order_quantity"):
            text.append(
                self.env._("An order lasts no longer than to the next look: each look orders up to the reorder point.")
            )
        return text
