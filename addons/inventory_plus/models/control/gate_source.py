"""Source documents: why goods come in or leave."""

from odoo import models

from .gate import STOCK


def _same_goods(move, product):
    """Whether a line of a document is about the goods of the move: the same product, or a part of its kit."""
    return move.product_id == product or bool("bom_line_id" in move._fields and move.bom_line_id)


def _goes_with(move, quantity, inwards):
    """Whether a move goes the way in which a line's goods go: the other way when its quantity is below zero."""
    comes_in = move.location_dest_id.usage in STOCK
    return comes_in == (inwards if quantity >= 0 else not inwards)


def _is_return(move, returned):
    """Whether a move brings back what moved, through the gate itself, and no more than that."""
    if not (
        returned.state == "done"
        and returned.product_id == move.product_id
        and returned.location_dest_id.usage == move.location_id.usage
        and returned.location_id.usage == move.location_dest_id.usage
    ):
        return False
    others = returned.returned_move_ids.filtered(lambda other: other.state == "done" and other != move)
    back = sum((others | move).move_line_ids.mapped("quantity_product_uom"))
    there = sum(returned.move_line_ids.mapped("quantity_product_uom"))
    return move.product_id.uom_id.compare(back, there) <= 0


#: Field of a move -> whether the document behind it is one by which these goods may move.
SOURCES = {
    "sale_line_id": lambda move, line: (
        line.order_id.state == "sale"
        and _same_goods(move, line.product_id)
        and _goes_with(move, line.product_uom_qty, inwards=False)
    ),
    "purchase_line_id": lambda move, line: (
        line.order_id.state in ("purchase", "done")
        and _same_goods(move, line.product_id)
        and _goes_with(move, line.product_qty, inwards=True)
    ),
    "production_id": lambda move, order: order.state not in ("draft", "cancel"),
    "raw_material_production_id": lambda move, order: order.state not in ("draft", "cancel"),
    "unbuild_id": lambda move, order: True,
    "consume_unbuild_id": lambda move, order: True,
    "repair_id": lambda move, order: order.state not in ("draft", "cancel"),
    "origin_returned_move_id": _is_return,
}
#: The same for fields of its transfer: what tills sold.
PICKING_SOURCES = {
    "pos_order_id": lambda move, order: (
        order.state not in ("draft", "cancel") and any(_same_goods(move, line.product_id) for line in order.lines)
    ),
    "pos_session_id": lambda move, session: any(
        _same_goods(move, line.product_id)
        for order in session.order_ids
        if order.state not in ("draft", "cancel")
        for line in order.lines
    ),
}


class StockMove(models.Model):
    _inherit = "stock.move"

    def _inventory_without_source(self):
        """Those of these moves that no document stands behind. Addons with documents of their own extend this."""
        asked = self.sudo().filtered(lambda move: move.company_id.inventory_gate_sourceless)
        return (asked - asked._inventory_sources()).with_env(self.env)

    def _inventory_sources(self):
        """Those of these moves that have a document of their own."""
        names = [name for name in SOURCES if name in self._fields]
        tills = [name for name in PICKING_SOURCES if name in self.env["stock.picking"]._fields]
        return self.filtered(
            lambda move: (
                any(move[name] and SOURCES[name](move, move[name]) for name in names)
                or any(move.picking_id[name] and PICKING_SOURCES[name](move, move.picking_id[name]) for name in tills)
                or move.picking_id._inventory_moves_approved()
            )
        )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _inventory_moves_approved(self):
        """Whether this transfer may move goods without a source document because somebody approved it."""
        return False
