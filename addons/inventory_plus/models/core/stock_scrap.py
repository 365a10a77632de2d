"""Scrap: goods that are broken are broken, whoever they were promised to."""

from odoo import models

from ..common.grant import TRUTH


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    def do_scrap(self):
        if gated := self._inventory_gated():
            if open_ones := self - gated:
                super(StockScrap, open_ones.with_context(inventory_stated=TRUTH)).do_scrap()
            return gated._inventory_request_scrap()
        return super(StockScrap, self.with_context(inventory_stated=TRUTH)).do_scrap()
