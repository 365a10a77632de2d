"""Held stock in the figures of the planning: it cannot be used, and comes back while it is only examined."""

from odoo import api, fields, models
from odoo.tools import SQL

from .hold_guard import OPEN


class InventoryHold(models.Model):
    _inherit = "inventory.hold"

    is_inspection = fields.Boolean(
        "Under Inspection",
        readonly=True,
        copy=False,
        help="Received and not examined yet: the planning expects it to become usable.",
    )

    @api.model
    def _held_sql(self, product_ids=None):
        """Rows ``(product_id, warehouse_id, quantity)`` of what is on hold within usable stock, per item."""
        narrow = SQL("TRUE") if product_ids is None else SQL("move.product_id = ANY(%s)", list(product_ids))
        return SQL(
            "SELECT quant.product_id, scope.warehouse_id, SUM(quant.quantity_product_uom)::float8 AS quantity %s"
            " GROUP BY quant.product_id, scope.warehouse_id",
            self._held_rows_sql(narrow),
        )

    @api.model
    def _examined_sql(self, narrow):
        """Rows ``(product_id, warehouse_id, date, supply, demand)`` of what is held for inspection, expected now.

        :param narrow: condition on ``move``
        """
        return SQL(
            "SELECT quant.product_id, scope.warehouse_id, hold.held_at, quant.quantity_product_uom, 0 %s"
            " AND hold.is_inspection",
            self._held_rows_sql(narrow),
        )

    @api.model
    def _held_rows_sql(self, narrow):
        return SQL(
            """
            FROM stock_move move
            JOIN inventory_hold hold ON hold.id = move.inventory_hold_id
            JOIN stock_move_line quant ON quant.move_id = move.id
            JOIN (%(scope)s) scope ON scope.location_id = quant.location_id
            LEFT JOIN stock_lot lot ON lot.id = quant.lot_id
            WHERE %(open)s AND %(narrow)s AND %(usable)s
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(
                SQL(
                    "SELECT held.location_id FROM stock_move move JOIN stock_move_line held ON held.move_id = move.id"
                    " WHERE %s",
                    OPEN,
                )
            ),
            open=OPEN,
            narrow=narrow,
            usable=self.env["inventory.scope"]._usable_condition_sql(),
        )
