"""Who answers for alerts of a company when nobody nearer is named."""

from odoo import fields, models


class ResCompany(models.Model):
    """Company default of the responsible for alerts."""

    _inherit = "res.company"

    inventory_alert_user_id = fields.Many2one(
        "res.users",
        string="Responsible for Alerts",
        domain="[('share', '=', False)]",
        help="Gets the alerts of items that name no responsible themselves, nor through their product or warehouse. "
        "Empty: the planners get them.",
    )
