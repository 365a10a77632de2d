"""The planning's settings of the current company."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_as_of = fields.Date(related="company_id.inventory_as_of", readonly=False)
    inventory_service_target = fields.Float(related="company_id.inventory_service_target", readonly=False)
    inventory_review_days = fields.Integer(related="company_id.inventory_review_days", readonly=False)
    inventory_cycle_days = fields.Integer(related="company_id.inventory_cycle_days", readonly=False)
    inventory_lead_days = fields.Integer(related="company_id.inventory_lead_days", readonly=False)
    inventory_order_cost = fields.Monetary(related="company_id.inventory_order_cost", readonly=False)
    inventory_holding_rate = fields.Float(related="company_id.inventory_holding_rate", readonly=False)
    inventory_auto_percent = fields.Float(related="company_id.inventory_auto_percent", readonly=False)
    inventory_auto_value = fields.Monetary(related="company_id.inventory_auto_value", readonly=False)
