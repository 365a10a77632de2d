"""Transfers that the planning proposes: drafts that count as supply of one item and demand of another."""

from odoo import api, fields, models

from .own_links import refuse_links

#: A draft move counts from its proposal on; other drafts are nobody's promise.
PROPOSED = ("draft",)


class StockMove(models.Model):
    _inherit = "stock.move"

    inventory_item_id = fields.Many2one(
        "inventory.item",
        "Proposed for",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups="inventory_plus.group_viewer,stock.group_stock_user",
        help="The item for whose need the planning proposed this transfer. While it is a draft, it counts as incoming "
        "there and as open demand of the warehouse that gives.",
    )

    def _inventory_proposed(self):
        """Moves that are still what the planning proposed."""
        return self.sudo().filtered(lambda move: move.inventory_item_id and move.state in PROPOSED)

    def _action_confirm(self, *args, **kwargs):
        """Who confirms that goods leave confirms that they arrive: the second leg of a transfer over transit."""
        following = self._inventory_proposed().move_dest_ids._inventory_proposed() - self
        moves = super()._action_confirm(*args, **kwargs)
        if following:
            following._action_confirm(merge=False)
        return moves

    def _action_cancel(self):
        """A draft leg without the other one would take goods to nowhere."""
        first = self._inventory_proposed().move_orig_ids._inventory_proposed() - self
        result = super()._action_cancel()
        first = first.filtered(lambda move: all(dest.state == "cancel" for dest in move.move_dest_ids))
        if first:
            first._action_cancel()
        return result

    @api.model
    def _inventory_refuse_link(self, *values):
        """A draft that somebody ties to an item would count as incoming there, and hide what is to be bought."""
        text = self.env._("Which moves the planning proposed, and for which item, is written by the planning alone.")
        refuse_links(self, ("inventory_item_id",), values, text)

    @api.model_create_multi
    def create(self, vals_list):
        self._inventory_refuse_link(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Both legs of a proposed transfer move the same quantity."""
        self._inventory_refuse_link(vals)
        result = super().write(vals)
        if "product_uom_qty" in vals:
            following = self._inventory_proposed().move_dest_ids._inventory_proposed()
            for move in following.filtered(lambda move: move.product_uom_qty != vals["product_uom_qty"]):
                move.product_uom_qty = vals["product_uom_qty"]
        return result

    def unlink(self):
        chain = self._inventory_proposed()
        rest = (chain.move_dest_ids | chain.move_orig_ids)._inventory_proposed() - self
        result = super().unlink()
        if rest:
            rest.exists()._action_cancel()
        return result
