"""Scrap: goods that are broken are broken, whoever they were promised to."""

from odoo import models

from ..common.grant import TRUTH


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    def do_scrap(self):
        return super(StockScrap, self.with_context(inventory_stated=TRUTH)).do_scrap()
