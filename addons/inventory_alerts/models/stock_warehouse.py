"""Who answers for alerts of a warehouse."""

from odoo import fields, models


class StockWarehouse(models.Model):
    """Warehouse default of the responsible for alerts."""

    _inherit = "stock.warehouse"

    inventory_alert_user_id = fields.Many2one(
        "res.users",
        string="Responsible for Alerts",
        domain="[('share', '=', False)]",
        help="Gets the alerts of this warehouse's items that name no responsible themselves or through their product.",
    )
