"""Production orders are promised their components."""

from odoo import api, models
from odoo.addons.inventory_plus.models.channels.keeper_documents import RESERVATION_DATE_REACHED, Kind
from odoo.tools import SQL


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _kinds(self):
        kinds = super()._kinds()
        kinds["mrp.production"] = Kind(
            owner=SQL("move.raw_material_production_id"),
            join=SQL(),
            where=SQL("move.raw_material_production_id IS NOT NULL AND move.sale_line_id IS NULL"),
            is_due=RESERVATION_DATE_REACHED,
            age=SQL("move.date"),
        )
        # The components' transfer to a place before production is a transfer; a move on both sides is one document's.
        transfer = kinds["stock.picking"]
        kinds["stock.picking"] = transfer._replace(
            where=SQL("%s AND move.raw_material_production_id IS NULL", transfer.where)
        )
        return kinds

    @api.model
    def _drop(self):
        """Leave a function that looks for no production order; called at uninstall."""
        self._make_owed(super()._kinds())

    @api.model
    def _document_of(self, move):
        production = move.sudo().raw_material_production_id
        if production and not move.sudo().sale_line_id:
            return ("mrp.production", production.id)
        return super()._document_of(move)


class StockMove(models.Model):
    _inherit = "stock.move"

    _inventory_owner_fields = frozenset({"sale_line_id", "picking_id", "raw_material_production_id"})
