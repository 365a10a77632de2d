"""Transfers of tills belong to their channel, within its rules, and count in what it has sold."""

from odoo import api, models


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _sells(self, document):
        if document[0] != "stock.picking":
            return super()._sells(document)
        return bool(self.env["stock.picking"].sudo().browse(document[1]).inventory_channel_id)

    @api.model
    def _needing_reservation(self, wanted, demand):
        # Read for all of them at once.
        numbers = {number for (model, number), _item in demand if model == "stock.picking"}
        self.env["stock.picking"].sudo().browse(numbers).fetch(["inventory_channel_id"])
        return super()._needing_reservation(wanted, demand)

    @api.model
    def _channels_of(self, documents):
        channels = super()._channels_of(documents)
        numbers = [number for model, number in channels if model == "stock.picking"]
        for picking in self.env["stock.picking"].sudo().browse(numbers):
            if picking.inventory_channel_id:
                channels["stock.picking", picking.id] = picking.inventory_channel_id.id
        return channels
