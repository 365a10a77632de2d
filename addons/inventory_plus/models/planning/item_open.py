"""What is open on an item: supply on its way, demand to come, requests not confirmed."""

from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

#: Before any planning date: what is due whenever one looks.
LONG_DUE = datetime(2000, 1, 1)


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _open_moves_sql(self, product_ids=None):
        """Rows ``(product_id, warehouse_id, date, supply, demand)`` of open moves, in the product's unit.

        Every delivery counts once whatever its number of steps: as demand by the move that leaves the stock location,
        as supply by the move that enters it, or, while the following step does not exist yet, by the step before it
        that is bound for it. Goods in Input or inspection are supply. Moves within the stock location are neither.
        A move whose quantity is partly done has been split by Odoo; what is open is the whole of the open move.
        A draft transfer that the planning proposed counts too, so that what is to be moved is not bought as well.
        What a channel promised without an order is due already, or on its day; what orders are promised is in their
        moves. What is on hold is no demand; while it is examined, it is expected to come back.
        """
        narrow = SQL("TRUE") if product_ids is None else SQL("move.product_id = ANY(%s)", list(product_ids))
        return SQL(
            """
            WITH scope AS MATERIALIZED (%(scope)s),
            open AS (
                SELECT move.id, move.product_id, move.date, COALESCE(move.product_qty, 0) AS quantity,
                       source.warehouse_id AS source_id, COALESCE(source.in_stock, FALSE) AS from_stock,
                       target.warehouse_id AS target_id, COALESCE(target.in_stock, FALSE) AS to_stock,
                       final.warehouse_id AS final_id, COALESCE(final.in_stock, FALSE) AS final_stock,
                       move.location_final_id
                  FROM stock_move move
                  LEFT JOIN scope source ON source.location_id = move.location_id
                  LEFT JOIN scope target ON target.location_id = move.location_dest_id
                  LEFT JOIN scope final ON final.location_id = move.location_final_id
                 WHERE (move.state IN ('waiting', 'confirmed', 'partially_available', 'assigned')
                        OR move.state = 'draft' AND move.inventory_item_id IS NOT NULL)
                   AND move.location_id <> move.location_dest_id
                   AND move.inventory_hold_id IS NULL
                   AND %(narrow)s
            )
            SELECT product_id, target_id AS warehouse_id, date, quantity AS supply, 0 AS demand
              FROM open
             WHERE to_stock AND NOT (from_stock AND source_id = target_id)
             UNION ALL
            SELECT product_id, final_id, date, quantity, 0
              FROM open
             WHERE NOT to_stock AND final_stock AND target_id = final_id
               AND NOT (from_stock AND source_id = final_id)
               AND NOT EXISTS (SELECT FROM stock_move_move_rel link JOIN open next ON next.id = link.move_dest_id
                                WHERE link.move_orig_id = open.id)
             UNION ALL
            SELECT product_id, source_id, date, 0, quantity
              FROM open
             WHERE from_stock AND NOT (to_stock AND target_id = source_id)
               AND (target_id IS DISTINCT FROM source_id
                    OR (location_final_id IS NOT NULL AND final_id IS DISTINCT FROM source_id)
                    OR EXISTS (SELECT FROM stock_move_move_rel link JOIN open next ON next.id = link.move_dest_id
                                WHERE link.move_orig_id = open.id AND next.target_id IS DISTINCT FROM open.source_id))
             UNION ALL
            %(examined)s
             UNION ALL
            SELECT move.product_id, move.warehouse_id, %(due)s, 0,
                   move.open_quantity + move.short
              FROM inventory_reservation_line move
              JOIN inventory_reservation promise ON promise.id = move.reservation_id
             WHERE promise.res_id IS NULL AND promise.state IN ('soft', 'firm')
               AND move.open_quantity + move.short > 0 AND %(narrow)s
             UNION ALL
            SELECT move.product_id, move.warehouse_id, move.due_date, 0, move.incoming_quantity
              FROM inventory_reservation_line move
              JOIN inventory_reservation promise ON promise.id = move.reservation_id
             WHERE promise.res_id IS NULL AND promise.state IN ('soft', 'firm')
               AND move.incoming_quantity > 0 AND %(narrow)s
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            narrow=narrow,
            due=LONG_DUE,
            examined=self.env["inventory.hold"]._examined_sql(narrow),
        )

    @api.model
    def _requested_sql(self, product_ids=None):
        """Rows ``(product_id, warehouse_id, quantity)`` on requests for quotation that are not confirmed yet."""
        narrow = SQL("TRUE") if product_ids is None else SQL("line.product_id = ANY(%s)", list(product_ids))
        return SQL(
            """
            SELECT line.product_id, place.warehouse_id, SUM(line.product_uom_qty)::float8 AS quantity
              FROM purchase_order_line line
              JOIN purchase_order purchase ON purchase.id = line.order_id
              JOIN stock_picking_type kind ON kind.id = purchase.picking_type_id
              LEFT JOIN stock_warehouse_orderpoint rule ON rule.id = line.orderpoint_id
              JOIN (%(scope)s) place ON place.location_id = COALESCE(
                       rule.location_id, line.location_final_id, kind.default_location_dest_id)
             WHERE purchase.state IN ('draft', 'sent', 'to approve')
               AND line.product_id IS NOT NULL
               AND %(narrow)s
             GROUP BY line.product_id, place.warehouse_id
            """,
            scope=self.env["inventory.scope"]._location_warehouse_sql(),
            narrow=narrow,
        )
