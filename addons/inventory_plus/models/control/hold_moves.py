"""Moves and lines of holds change by the hold's own methods and by nobody else."""

from odoo import fields, models
from odoo.tools import SQL, OrderedSet

from ...exceptions import GuardError
from .hold_guard import OPEN
from .hold_state import work_on

#: What makes a hold's move the hold that it is.
MOVE_FIELDS = {
    *("state", "product_id", "product_uom", "product_uom_qty", "quantity", "picked", "company_id", "procure_method"),
    *("location_id", "location_dest_id", "location_final_id", "picking_id", "picking_type_id", "inventory_hold_id"),
    *("move_line_ids", "lot_ids", "move_orig_ids", "move_dest_ids", "restrict_partner_id", "is_inventory", "scrap_id"),
    *("warehouse_id", "rule_id", "origin_returned_move_id", "inventory_outcome_id", "scrapped", "sale_line_id"),
    *("purchase_line_id", "raw_material_production_id", "production_id"),
}
LINE_FIELDS = {
    *(
        "move_id",
        "product_id",
        "product_uom_id",
        "quantity",
        "quantity_product_uom",
        "picked",
        "picking_id",
        "quant_id",
    ),
    *("location_id", "location_dest_id", "lot_id", "lot_name", "package_id", "owner_id", "company_id", "state"),
    *("result_package_id",),
}


class StockMove(models.Model):
    _inherit = "stock.move"

    inventory_hold_id = fields.Many2one(
        "inventory.hold", "Hold", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    inventory_outcome_id = fields.Many2one(
        "inventory.hold.outcome",
        "End of a Hold",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _inventory_held_idx = models.Index(
        "(product_id) WHERE inventory_hold_id IS NOT NULL AND state NOT IN ('done', 'cancel')"
    )

    def _inventory_without_holds(self):
        """Holds are neither assigned nor unreserved: nobody asks for what they have."""
        working = work_on(self.env)
        return self.filtered(lambda move: not move.inventory_hold_id or move.inventory_hold_id.id in working)

    def _inventory_check_hold(self):
        """
        :raise GuardError: one of these moves holds goods and the caller is not the hold
        """
        working = work_on(self.env)
        for move in self:
            hold = move.sudo().inventory_hold_id
            if hold and hold.id not in working:
                raise GuardError(
                    self.env._(
                        "%(product)s is on hold (%(hold)s): release the hold instead of changing its reservation.",
                        product=move.product_id.display_name,
                        hold=hold.name,
                    )
                )
            if move.sudo().inventory_outcome_id and move.state != "done" and not working:
                raise GuardError(self.env._("What becomes of a hold is decided there, not on a movement."))

    def _inventory_check_hold_write(self, vals):
        if not MOVE_FIELDS.isdisjoint(vals):
            self._inventory_check_hold()
            if (vals.get("inventory_hold_id") or vals.get("inventory_outcome_id")) and not work_on(self.env):
                raise GuardError(self.env._("Goods are held by a hold, not by writing its name on a movement."))

    def _inventory_is_hold_work(self):
        """Whether the caller makes or ends the hold that this move belongs to."""
        hold = self.sudo().inventory_hold_id or self.sudo().inventory_outcome_id.hold_id
        return bool(hold and hold.id in work_on(self.env))

    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "inventory_hold_id", "inventory_outcome_id"]

    def action_open_reference(self):
        """A hold's reservation leads to the hold."""
        hold = self.inventory_hold_id
        if hold and hold.has_access("read"):
            return {
                "type": "ir.actions.act_window",
                "res_model": hold._name,
                "res_id": hold.id,
                "views": [[False, "form"]],
            }
        return super().action_open_reference()


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _inventory_check_hold(self):
        self.move_id._inventory_check_hold()

    def _inventory_check_hold_write(self, vals):
        if LINE_FIELDS.isdisjoint(vals):
            return
        moves = self.move_id
        if vals.get("move_id"):
            moves |= moves.browse(vals["move_id"])
        moves._inventory_check_hold()

    def _inventory_ignore_holds(self, product, location, ignored):
        """Lines that core must not take to make room, those of holds among them."""
        ignored = OrderedSet() if ignored is None else ignored
        if product.id in self.env["inventory.hold.guard"]._state().products:
            rows = self.env.execute_query(
                SQL(
                    "SELECT line.id FROM stock_move move JOIN stock_move_line line ON line.move_id = move.id"
                    " WHERE %s AND line.product_id = %s AND line.location_id = %s",
                    OPEN,
                    product.id,
                    location.id,
                )
            )
            for (line_id,) in rows:
                ignored.add(line_id)
        return ignored
