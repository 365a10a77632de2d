"""Transfers of tills: they know their channel, and state what was handed over."""

from odoo import fields, models
from odoo.addons.inventory_plus.models.common.grant import TRUTH


class StockPicking(models.Model):
    _inherit = "stock.picking"

    inventory_channel_id = fields.Many2one(
        "inventory.channel",
        "Sold in Channel",
        readonly=True,
        index="btree_not_null",
        help="The channel of the point of sale that sold the goods.",
    )

    def _create_picking_from_pos_order_lines(self, location_dest_id, lines, picking_type, partner=False):
        """What a till has sold is handed over: it asks nobody, and promises that lose their ground by it are short."""
        till = self.with_context(
            inventory_truth=TRUTH,
            inventory_stated=TRUTH,
            inventory_handed_over=TRUTH,
            inventory_till=lines.order_id.config_id[:1]._inventory_sells_in().id,
        )
        pickings = super(StockPicking, till)._create_picking_from_pos_order_lines(
            location_dest_id, lines, picking_type, partner
        )
        return pickings.with_env(self.env)

    def _inventory_moves_approved(self):
        """What a till handed over has its order behind it; Odoo notes that on the transfer when it is done already."""
        return super()._inventory_moves_approved() or self.env.context.get("inventory_handed_over") is TRUTH

    def _prepare_picking_vals(self, partner, picking_type, location_id, location_dest_id):
        vals = super()._prepare_picking_vals(partner, picking_type, location_id, location_dest_id)
        if self.env.context.get("inventory_truth") is TRUTH:
            vals["inventory_channel_id"] = self.env.context.get("inventory_till")
        return vals
