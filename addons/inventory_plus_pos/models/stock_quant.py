"""Goods that were handed over are taken from where they lay, whoever they were promised to."""

from odoo import models
from odoo.addons.inventory_plus.models.common.grant import TRUTH


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _inventory_cut_to_grant(self, product, chosen, choose):
        if self.env.context.get("inventory_truth") is TRUTH:
            return chosen
        return super()._inventory_cut_to_grant(product, chosen, choose)
