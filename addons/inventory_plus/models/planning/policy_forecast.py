"""A policy may name the forecast method of its items."""

from odoo import api, fields, models

from .item_forecast import FORECASTS


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    forecast_method = fields.Selection(
        [("auto", "Automatic: the best by past errors"), *FORECASTS],
        "Forecast",
        required=True,
        default="auto",
        help="How demand is forecast. Automatic chooses for each item every week, and leaves the simple mean only for "
        "a method that is better by more than chance explains.",
    )


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _company_targets(self, company):
        return {**super()._company_targets(company), "forecast_asked": "auto"}

    @api.model
    def _policy_targets(self, policy):
        return {**super()._policy_targets(policy), "forecast_asked": policy.forecast_method}
