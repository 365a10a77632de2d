"""What a movement means: the rules of law 7 as one set-based query.

Truths that the rules stand on, each with its reason:

* **Quantity** is the done line's ``quantity_product_uom``; the move's ``product_qty`` is what was asked, not done.
* **Moment** is the move's ``date``. Editing it on a done move drags the lines along, back-dating a transfer writes it,
  Odoo's own valuation and stock at date read it; a line added to a done move later carries the day of the correction.
* **Place** is the line's location, and its warehouse the nearest warehouse view above (:mod:`.scope`). Only places that
  hold stock (internal, transit) are inside; a customer location hung under a warehouse is still outside.
* **Once**: a line counts when it crosses a boundary. Pick, pack, quality and store steps stay inside.
* **Origin**: a return is booked on the day and in the warehouse of the delivery that began its chain, wherever it
  arrives; sending the returned goods out again takes the return back. A return from a customer that names no origin but
  a sale line (Odoo makes such when an order is lowered after delivery) belongs to that line's latest earlier delivery.
* **Procured to order** is a delivery or consumption whose make-to-order chain leads, within the warehouse, to goods
  that came from a vendor or from production. Supply from another warehouse is no procurement: the sale stays demand.
* **Resupply** is told by the rule that made the move (or the next move of its chain), so that a later change of routes
  rewrites no history, and a transfer made by hand stays an ordinary transfer.
* **Another company** is a customer or vendor: the inter-company transit location and places of another company.
* **No warehouse at either end**: vendor to customer is dropshipped; what leaves to customers or production from company
  places outside every warehouse (goods on a lorry, a subcontractor) counts at the order's or operation's warehouse.
* **Foreign owners**: goods owned by others count only when they left on a sale order of ours.
* **Unbuild**: given-back components lower the consumption on its day; the product taken apart is no demand.
* **Revenue** is the untaxed sale line amount per unit, in the company's currency at the order's rate, for what was sold
  from stock less what came back. Kit components share the kit's amount equally by product.
"""

import hashlib

from odoo import api, models
from odoo.tools import SQL

from .daily_flow import KINDS
from .daily_flow_tracking import TRIGGERS


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    # -- places --------------------------------------------------------------------------------------------------

    @api.model
    def _places_sql(self):
        """Rows ``(location_id, warehouse_id, company_id, side, tz)``, one per location.

        ``side`` is ``stock`` for places inside a warehouse, else ``customer``, ``supplier``, ``production``,
        ``inventory``, ``partner`` (inter-company: customer and vendor at once) or ``elsewhere``.
        """
        return SQL(
            """
            SELECT loc.id AS location_id,
                   wh.id AS warehouse_id,
                   COALESCE(wh.company_id, loc.company_id) AS company_id,
                   CASE WHEN wh.id IS NOT NULL THEN 'stock'
                        WHEN loc.usage = 'transit' AND loc.company_id IS NULL THEN 'partner'
                        WHEN loc.usage IN ('customer', 'supplier', 'production', 'inventory') THEN loc.usage
                        ELSE 'elsewhere'
                   END AS side,
                   COALESCE(wh.inventory_tz, 'UTC') AS tz
              FROM stock_location loc
              LEFT JOIN (%s) scope ON scope.location_id = loc.id AND loc.usage IN ('internal', 'transit')
              LEFT JOIN stock_warehouse wh ON wh.id = scope.warehouse_id
            """,
            self.env["inventory.scope"]._location_warehouse_sql(),
        )

    # -- kinds ---------------------------------------------------------------------------------------------------

    @api.model
    def _into_production_kind_sql(self, move):
        """Kind of what goes into production. Manufacturing tells an unbuild from a consumption.

        :param move: alias of ``stock_move`` as :class:`SQL`
        """
        return SQL("'consumed'")

    @api.model
    def _out_kind_sql(self, move, source, dest):
        """Kind of a line at the warehouse that it leaves, or at the order's warehouse when both ends are outside.

        Lines that stay inside a warehouse are none of any kind; the query takes them out before it asks.

        :param move: alias of ``stock_move``; ``source`` and ``dest``: aliases of places; all :class:`SQL`
        :return: expression giving a name out of ``KINDS`` or NULL
        """
        return SQL(
            """
            CASE
                WHEN %(s)s.side = 'stock' THEN
                    CASE
                        WHEN %(d)s.side IN ('customer', 'partner') THEN 'sold'
                        WHEN %(d)s.side = 'production' THEN %(production)s
                        WHEN %(d)s.side = 'supplier' THEN 'vendor_returned'
                        WHEN %(d)s.side = 'inventory' THEN 'adjusted_out'
                        WHEN %(d)s.company_id <> %(s)s.company_id THEN 'sold'
                        WHEN %(resupply)s THEN 'resupply_out'
                        ELSE 'transfer_out'
                    END
                WHEN %(d)s.side = 'stock' THEN NULL
                WHEN %(d)s.side IN ('customer', 'partner') THEN
                    CASE WHEN %(s)s.side IN ('supplier', 'partner') AND %(d)s.side <> %(s)s.side THEN 'dropshipped'
                         WHEN %(s)s.side = 'elsewhere' THEN 'sold' END
                WHEN %(s)s.side = 'elsewhere' AND %(d)s.side = 'production' THEN %(production)s
                WHEN %(s)s.side = 'customer' AND %(d)s.side = 'elsewhere' THEN 'returned'
            END
            """,
            s=source,
            d=dest,
            production=self._into_production_kind_sql(move),
            resupply=self._is_resupply_sql(move),
        )

    @api.model
    def _in_kind_sql(self, source, dest):
        """Kind of a line at the warehouse that it enters; parameters as in :meth:`_out_kind_sql`."""
        return SQL(
            """
            CASE WHEN %(d)s.side = 'stock' THEN
                CASE %(s)s.side
                    WHEN 'customer' THEN 'returned'
                    WHEN 'partner' THEN 'purchased'
                    WHEN 'supplier' THEN 'purchased'
                    WHEN 'production' THEN 'produced'
                    WHEN 'inventory' THEN 'adjusted_in'
                    ELSE CASE WHEN %(s)s.company_id <> %(d)s.company_id THEN 'purchased' ELSE 'transfer_in' END
                END
            END
            """,
            s=source,
            d=dest,
        )

    @api.model
    def _is_resupply_sql(self, move):
        """Whether the rule of the move, or of a next one in its chain, belongs to a resupply route."""
        return SQL(
            """
            (EXISTS (SELECT 1 FROM stock_rule rule JOIN stock_route route ON route.id = rule.route_id
                      WHERE rule.id = %(m)s.rule_id AND route.supplier_wh_id IS NOT NULL)
             OR EXISTS (SELECT 1 FROM stock_move_move_rel rel
                          JOIN stock_move following ON following.id = rel.move_dest_id
                          JOIN stock_rule rule ON rule.id = following.rule_id
                          JOIN stock_route route ON route.id = rule.route_id
                         WHERE rel.move_orig_id = %(m)s.id AND route.supplier_wh_id IS NOT NULL))
            """,
            m=move,
        )

    @api.model
    def _back_kind_sql(self):
        """Column that a return (``s`` to ``d``, of the root ``root``) changes on the root's day, with its sign.

        :return: two expressions: kind or NULL when the movement stands for itself, and sign
        """
        comes_back = SQL("s.side IN ('customer', 'partner') AND d.side NOT IN ('customer', 'partner')")
        goes_again = SQL("d.side IN ('customer', 'partner') AND s.side NOT IN ('customer', 'partner')")
        production = SQL("(s.side = 'production') <> (d.side = 'production')")
        kind = SQL(
            """
            CASE
                WHEN root.kind IN ('sold', 'procured_to_order', 'dropshipped') AND %(comes_back)s
                    THEN CASE root.kind WHEN 'sold' THEN 'returned' ELSE root.kind END
                WHEN root.kind IN ('sold', 'procured_to_order', 'dropshipped') AND %(goes_again)s THEN root.kind
                WHEN root.kind IN ('consumed', 'procured_to_order') AND %(production)s THEN root.kind
                WHEN root.kind = 'resupply_out' AND d.warehouse_id = root.warehouse_id
                     AND s.warehouse_id IS DISTINCT FROM d.warehouse_id THEN root.kind
            END
            """,
            comes_back=comes_back,
            goes_again=goes_again,
            production=production,
        )
        sign = SQL(
            "CASE WHEN root.kind = 'sold' OR d.side = 'production' OR %s THEN 1 ELSE -1 END",
            goes_again,
        )
        return kind, sign

    # -- which movements act on the asked days -------------------------------------------------------------------

    @api.model
    def _effects_sql(self):
        """Common table expressions from ``near`` (done moves of about the asked days) to ``effect`` and ``root``.

        ``effect (move_id, root_id)`` holds every move that may act on the asked days: the near ones and the returns,
        at whatever depth and time, of near ones. ``root`` describes the origins of returns.
        """
        return SQL(
            """
            late AS (
                (
                    SELECT back.id FROM near
                      JOIN stock_move back ON back.origin_returned_move_id = near.id AND back.state = 'done'
                    UNION
                    SELECT back.id FROM near
                      JOIN stock_move back ON back.sale_line_id = near.sale_line_id
                                          AND back.product_id = near.product_id
                                          AND back.origin_returned_move_id IS NULL AND back.state = 'done'
                      JOIN place ON place.location_id = back.location_id AND place.side IN ('customer', 'partner')
                )
                UNION
                SELECT back.id FROM late
                  JOIN stock_move back ON back.origin_returned_move_id = late.id AND back.state = 'done'
            ),
            turned AS (
                SELECT near.id FROM near WHERE near.origin_id IS NOT NULL OR near.side IN ('customer', 'partner')
                UNION SELECT late.id FROM late
            ),
            chain AS (
                SELECT turned.id AS move_id, turned.id AS at_id, 0 AS depth FROM turned
                UNION ALL
                SELECT chain.move_id, origin.id, chain.depth + 1
                  FROM chain
                  JOIN stock_move here ON here.id = chain.at_id
                  JOIN stock_move origin ON origin.id = here.origin_returned_move_id AND origin.state = 'done'
                 WHERE chain.depth < 40
            ),
            top AS (
                SELECT DISTINCT ON (chain.move_id) chain.move_id, chain.at_id FROM chain
                 ORDER BY chain.move_id, chain.depth DESC
            ),
            anchored AS (
                SELECT top.move_id, COALESCE(delivery.id, top.at_id) AS root_id
                  FROM top
                  JOIN stock_move first ON first.id = top.at_id
                  JOIN place source ON source.location_id = first.location_id
                  LEFT JOIN LATERAL (
                       SELECT sent.id
                         FROM stock_move sent
                         JOIN place target ON target.location_id = sent.location_dest_id
                                          AND target.side IN ('customer', 'partner')
                         JOIN place start ON start.location_id = sent.location_id
                                         AND start.side NOT IN ('customer', 'partner')
                        WHERE source.side IN ('customer', 'partner')
                          AND first.origin_returned_move_id IS NULL
                          AND sent.sale_line_id = first.sale_line_id
                          AND sent.product_id = first.product_id
                          AND sent.state = 'done'
                          AND sent.origin_returned_move_id IS NULL
                        ORDER BY sent.date <= first.date DESC,
                                 CASE WHEN sent.date <= first.date THEN first.date - sent.date
                                      ELSE sent.date - first.date END,
                                 sent.id DESC
                        LIMIT 1) delivery ON TRUE
            ),
            effect AS MATERIALIZED (
                SELECT near.id AS move_id, near.id AS root_id FROM near
                 WHERE near.origin_id IS NULL AND near.side NOT IN ('customer', 'partner')
                UNION ALL
                SELECT anchored.move_id, anchored.root_id FROM anchored
            ),
            waiting AS (
                SELECT DISTINCT move.id AS start_id, move.id AS at_id, TRUE AS goes_on, FALSE AS procured
                  FROM effect
                  JOIN stock_move move ON move.id = effect.root_id AND move.procure_method = 'make_to_order'
                  JOIN place dest ON dest.location_id = move.location_dest_id AND dest.side <> 'stock'
                UNION
                SELECT waiting.start_id, fed.id,
                       fed.procure_method = 'make_to_order' AND source.side = 'stock',
                       source.side IN ('supplier', 'production', 'partner')
                  FROM waiting
                  JOIN stock_move_move_rel rel ON rel.move_dest_id = waiting.at_id
                  JOIN stock_move fed ON fed.id = rel.move_orig_id AND fed.state = 'done'
                  JOIN place source ON source.location_id = fed.location_id
                 WHERE waiting.goes_on
            ),
            procured AS MATERIALIZED (SELECT DISTINCT waiting.start_id AS move_id FROM waiting WHERE waiting.procured),
            root AS MATERIALIZED (
                SELECT move.id, move.date, move.sale_line_id, move.picking_type_id, s.warehouse_id,
                       CASE WHEN procured.move_id IS NOT NULL AND %(out_kind)s IN ('sold', 'consumed')
                            THEN 'procured_to_order' ELSE %(out_kind)s END AS kind
                  FROM (SELECT DISTINCT root_id FROM effect WHERE root_id <> move_id) turned_root
                  JOIN stock_move move ON move.id = turned_root.root_id
                  JOIN LATERAL (SELECT line.location_id, line.location_dest_id FROM stock_move_line line
                                 WHERE line.move_id = move.id AND line.quantity_product_uom <> 0
                                 ORDER BY line.id LIMIT 1) line ON TRUE
                  JOIN place s ON s.location_id = line.location_id
                  JOIN place d ON d.location_id = line.location_dest_id
                  LEFT JOIN procured ON procured.move_id = move.id
            )
            """,
            out_kind=self._out_kind_sql(SQL("move"), SQL("s"), SQL("d")),
        )

    # -- amounts -------------------------------------------------------------------------------------------------

    @api.model
    def _unit_revenue_sql(self):
        """Untaxed company-currency amount per unit of the moved product; reads ``part``, ``sol``, ``sale``, uoms.

        Source of the rate: ``sale_order.currency_rate`` (order currency per unit of company currency at the order's
        date). A kit's amount is spread over its components by :meth:`_kit_share_sql`.
        """
        return SQL(
            """
            CASE WHEN sol.product_uom_qty <> 0 THEN sol.price_subtotal / sol.product_uom_qty
                 ELSE sol.price_unit * (1 - COALESCE(sol.discount, 0) / 100) END
            / COALESCE(NULLIF(sale.currency_rate::numeric, 0), 1)
            * CASE WHEN sol.product_id = part.product_id
                   THEN product_uom.factor::numeric / NULLIF(sale_uom.factor::numeric, 0)
                   ELSE %s END
            """,
            self._kit_share_sql(),
        )

    @api.model
    def _kit_share_sql(self):
        """Units of the sale line's product that one unit of another product stands for; nothing without kits."""
        return SQL("0")

    # -- the query -----------------------------------------------------------------------------------------------

    @api.model
    def _flows_sql(self, near, wanted):
        """The facts of the wanted days, aggregated from done moves.

        :param near: query for the done moves ``m`` of about those days: rows of ``stock_move``; must hold every
            move whose own moment lies in a wanted day of any time zone
        :param wanted: condition on ``part.product_id``, ``part.warehouse_id`` and ``part.date`` (local day)
        :return: rows ``(product_id, warehouse_id, company_id, date, *KINDS, revenue, lines)`` as :class:`SQL`
        """
        back_kind, back_sign = self._back_kind_sql()
        sums = SQL(", ").join(
            SQL("COALESCE(SUM(part.quantity) FILTER (WHERE part.kind = %s), 0) AS %s", kind, SQL.identifier(kind))
            for kind in KINDS
        )
        return SQL(
            """
            WITH RECURSIVE place AS MATERIALIZED (%(places)s),
            zone AS MATERIALIZED (
                SELECT wh.id AS warehouse_id, wh.company_id, COALESCE(wh.inventory_tz, 'UTC') AS tz
                  FROM stock_warehouse wh
            ),
            home AS MATERIALIZED (
                SELECT DISTINCT ON (wh.company_id) wh.company_id, wh.id AS warehouse_id
                  FROM stock_warehouse wh ORDER BY wh.company_id, wh.active DESC, wh.sequence, wh.id
            ),
            near AS MATERIALIZED (
                SELECT m.id, m.product_id, m.sale_line_id, m.origin_returned_move_id AS origin_id, place.side
                  FROM (%(near)s) m JOIN place ON place.location_id = m.location_id
            ),
            %(effects)s,
            judged AS (
                SELECT move.product_id, move.date AS moment, move.company_id, line.quantity_product_uom AS quantity,
                       COALESCE(root.sale_line_id, move.sale_line_id) AS sale_line_id,
                       COALESCE(root.picking_type_id, move.picking_type_id) AS picking_type_id,
                       s.warehouse_id AS source_id, d.warehouse_id AS dest_id,
                       root.date AS root_moment, root.warehouse_id AS root_warehouse_id,
                       %(back_kind)s AS back_kind, %(back_sign)s AS back_sign,
                       %(out_kind)s AS out_kind,
                       procured.move_id IS NOT NULL AS is_procured,
                       root.id IS NOT NULL AS is_turned,
                       %(in_kind)s AS in_kind
                  FROM effect
                  JOIN stock_move move ON move.id = effect.move_id
                  JOIN stock_move_line line ON line.move_id = move.id AND line.quantity_product_uom <> 0
                  JOIN place s ON s.location_id = line.location_id
                  JOIN place d ON d.location_id = line.location_dest_id
                  JOIN res_company company ON company.id = move.company_id
                  LEFT JOIN procured ON procured.move_id = effect.root_id
                  LEFT JOIN root ON root.id = effect.root_id AND effect.root_id <> effect.move_id
                 WHERE (s.warehouse_id IS NULL OR s.warehouse_id IS DISTINCT FROM d.warehouse_id)
                   AND (line.owner_id IS NULL OR line.owner_id = company.partner_id OR move.sale_line_id IS NOT NULL)
            ),
            part AS (
                SELECT judged.product_id, zone.warehouse_id, zone.company_id, judged.sale_line_id, role.kind,
                       role.quantity, (role.moment AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS date
                  FROM judged
                  LEFT JOIN sale_order_line ordered ON ordered.id = judged.sale_line_id
                       AND (judged.source_id IS NULL AND judged.dest_id IS NULL
                            OR judged.back_kind IS NOT NULL AND judged.root_warehouse_id IS NULL)
                  LEFT JOIN sale_order buyer ON buyer.id = ordered.order_id
                  LEFT JOIN stock_picking_type operation ON operation.id = judged.picking_type_id
                  LEFT JOIN home ON home.company_id = judged.company_id
                  CROSS JOIN LATERAL (VALUES
                       (judged.back_kind, judged.quantity * judged.back_sign, judged.root_moment,
                        COALESCE(judged.root_warehouse_id, buyer.warehouse_id, operation.warehouse_id,
                                 home.warehouse_id)),
                       (CASE WHEN judged.back_kind IS NOT NULL AND judged.back_kind <> 'resupply_out' THEN NULL
                             WHEN judged.is_procured AND judged.out_kind IN ('sold', 'consumed')
                             THEN 'procured_to_order'
                             WHEN judged.is_procured AND judged.out_kind = 'resupply_out' THEN 'transfer_out'
                             WHEN judged.is_turned AND judged.out_kind = 'consumed' THEN 'adjusted_out'
                             ELSE judged.out_kind END, judged.quantity, judged.moment,
                        COALESCE(judged.source_id, buyer.warehouse_id, operation.warehouse_id, home.warehouse_id)),
                       (CASE WHEN judged.back_kind IS NULL THEN judged.in_kind END, judged.quantity, judged.moment,
                        judged.dest_id)
                  ) role (kind, quantity, moment, warehouse_id)
                  JOIN zone ON zone.warehouse_id = role.warehouse_id
                 WHERE role.kind IS NOT NULL
            )
            SELECT part.product_id, part.warehouse_id, part.company_id, part.date,
                   %(sums)s,
                   COALESCE(SUM(CASE part.kind WHEN 'sold' THEN part.quantity WHEN 'returned' THEN -part.quantity END
                                * %(unit_revenue)s), 0) AS revenue,
                   COUNT(*) AS lines
              FROM part
              LEFT JOIN sale_order_line sol ON sol.id = part.sale_line_id AND part.kind IN ('sold', 'returned')
              LEFT JOIN sale_order sale ON sale.id = sol.order_id
              LEFT JOIN uom_uom sale_uom ON sale_uom.id = sol.product_uom_id
              LEFT JOIN product_product product ON product.id = part.product_id
              LEFT JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN uom_uom product_uom ON product_uom.id = template.uom_id
             WHERE %(wanted)s
             GROUP BY part.product_id, part.warehouse_id, part.company_id, part.date
            """,
            places=self._places_sql(),
            near=near,
            effects=self._effects_sql(),
            back_kind=back_kind,
            back_sign=back_sign,
            out_kind=self._out_kind_sql(SQL("move"), SQL("s"), SQL("d")),
            in_kind=self._in_kind_sql(SQL("s"), SQL("d")),
            sums=sums,
            unit_revenue=self._unit_revenue_sql(),
            wanted=wanted,
        )

    @api.model
    def _formula(self):
        """Fingerprint of the rules and triggers in force: when it changes (an upgrade, mrp), facts are rebuilt."""
        query = self._flows_sql(SQL("SELECT * FROM stock_move"), SQL("TRUE"))
        return hashlib.sha256(f"{query.code}{TRIGGERS}".encode()).hexdigest()[:16]
