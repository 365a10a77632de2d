"""The replenishment's settings of the current company."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_replenish_trigger = fields.Selection(related="company_id.inventory_replenish_trigger", readonly=False)
    inventory_transfer_worth = fields.Monetary(related="company_id.inventory_transfer_worth", readonly=False)
    inventory_slow_months = fields.Integer(related="company_id.inventory_slow_months", readonly=False)
    inventory_sales_user_id = fields.Many2one(related="company_id.inventory_sales_user_id", readonly=False)
