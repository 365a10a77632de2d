"""Settings of the alerts."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The company's responsible for alerts, in the Inventory settings."""

    _inherit = "res.config.settings"

    inventory_alert_user_id = fields.Many2one(related="company_id.inventory_alert_user_id", readonly=False)
