"""Kits have no reordering rules: Odoo refuses them, since a kit is never in stock itself."""

from odoo import api, models
from odoo.tools import SQL


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _may_have_rule_sql(self):
        return SQL(
            """
            %s AND NOT EXISTS (
                SELECT FROM mrp_bom bom
                  JOIN product_product variant ON variant.product_tmpl_id = bom.product_tmpl_id
                 WHERE variant.id = item.product_id AND bom.active AND bom.type = 'phantom'
                   AND (bom.product_id IS NULL OR bom.product_id = item.product_id)
                   AND (bom.company_id IS NULL OR bom.company_id = item.company_id))
            """,
            super()._may_have_rule_sql(),
        )
