"""Locations: what lies in them is ours or not by their kind, and whose by their place."""

from odoo import api, models


class StockLocation(models.Model):
    _inherit = "stock.location"

    @api.model_create_multi
    def create(self, vals_list):
        locations = super().create(vals_list)
        locations._inventory_note_open_gates()
        return locations

    def write(self, vals):
        if "inventory_gate" in vals:
            self._inventory_note_gate(vals)
        if "usage" in vals or "location_id" in vals:
            self.env["inventory.gate"]._check_locations(self, vals)
        return super().write(vals)
