"""Which stock counts: the item (product x warehouse) and the usable part of it."""

from odoo import api, models
from odoo.tools import SQL


class InventoryScope(models.AbstractModel):
    """One place that says which location belongs to which warehouse and which quants a picking may take.

    Every number of ours (locks, items, reports, ``verify``) is built on these two fragments, so that no two
    screens can disagree about what "usable" means.
    """

    _name = "inventory.scope"
    _description = "Scope of stock figures"

    @api.model
    def _location_warehouse_sql(self, location_ids=None):
        """Rows ``(location_id, warehouse_id, in_stock, usage, partner_id)`` for every location under a warehouse view.

        :param location_ids: restrict to these locations, as :class:`SQL` that stands after ``loc.id IN``; a
            caller that looks at a few products pays for their locations only. None means all.

        A location belongs to the nearest warehouse view above it (longest path), so that a warehouse nested in
        another one keeps its own stock. ``stock_location.warehouse_id`` is not used: it goes stale for
        grandchildren when a location is moved in the tree. ``in_stock`` is true under the warehouse's
        ``lot_stock_id``; ``partner_id`` is that of the warehouse's company.
        """
        return SQL(
            """
            SELECT DISTINCT ON (loc.id)
                   loc.id AS location_id,
                   wh.id AS warehouse_id,
                   loc.parent_path LIKE stock.parent_path || '%%' AS in_stock,
                   loc.usage,
                   company.partner_id
              FROM stock_location loc
              JOIN stock_location view ON loc.parent_path LIKE view.parent_path || '%%'
              JOIN stock_warehouse wh ON wh.view_location_id = view.id
              JOIN res_company company ON company.id = wh.company_id
              JOIN stock_location stock ON stock.id = wh.lot_stock_id
             WHERE %s
             ORDER BY loc.id, length(view.parent_path) DESC, wh.id
            """,
            SQL("TRUE") if location_ids is None else SQL("loc.id IN (%s)", location_ids),
        )

    @api.model
    def _usable_condition_sql(self):
        """Condition on ``quant`` (stock_quant), ``scope`` (rows above) and ``lot`` for usable stock.

        Usable is what a picking may take: internal, under the stock location, no owner but the company itself,
        lot not past its removal date. Capabilities that freeze stock add their condition here.
        """
        return SQL(
            """
            scope.in_stock
            AND scope.usage = 'internal'
            AND (quant.owner_id IS NULL OR quant.owner_id = scope.partner_id)
            AND (lot.removal_date IS NULL OR lot.removal_date > (now() AT TIME ZONE 'UTC'))
            """
        )

    @api.model
    def _item_quantities_sql(self, product_ids=None, warehouse_ids=None):
        """Rows ``(product_id, warehouse_id, on_hand, usable, reserved, unreserved)`` per item that has quants.

        ``unreserved`` is usable - reserved, but a lot of which more was booked out than was there takes nothing
        away from the others: nobody can deliver another lot in its stead, and core does not let it either.

        :param product_ids: restrict to these products; None means all. An :class:`SQL` is an array expression, for
            use inside a function.
        :param warehouse_ids: restrict to these warehouses; None means all
        :return: a query as :class:`SQL`; quantities in the product's unit. Null quantities, which core creates
            when it skips a locked quant, count as zero.
        """
        where = [SQL("scope.usage = 'internal'")]
        locations = None
        if product_ids is not None:
            products = product_ids if isinstance(product_ids, SQL) else SQL("%s", list(product_ids))
            where.append(SQL("quant.product_id = ANY(%s)", products))
            locations = SQL(
                "SELECT place.location_id FROM stock_quant place WHERE place.product_id = ANY(%s)", products
            )
        if warehouse_ids is not None:
            where.append(SQL("scope.warehouse_id = ANY(%s)", list(warehouse_ids)))
        usable = self._usable_condition_sql()
        return SQL(
            """
            SELECT part.product_id,
                   part.warehouse_id,
                   SUM(part.on_hand) AS on_hand,
                   SUM(part.usable) AS usable,
                   SUM(part.reserved) AS reserved,
                   SUM(CASE WHEN part.lot_id IS NULL THEN part.usable - part.reserved
                            ELSE GREATEST(0, part.usable - part.reserved) END) AS unreserved
              FROM (
                    SELECT quant.product_id,
                           scope.warehouse_id,
                           quant.lot_id,
                           SUM(COALESCE(quant.quantity, 0)) AS on_hand,
                           SUM(CASE WHEN %(usable)s THEN COALESCE(quant.quantity, 0) ELSE 0 END) AS usable,
                           SUM(CASE WHEN %(usable)s THEN COALESCE(quant.reserved_quantity, 0) ELSE 0 END) AS reserved
                      FROM stock_quant quant
                      JOIN (%(scope)s) scope ON scope.location_id = quant.location_id
                      LEFT JOIN stock_lot lot ON lot.id = quant.lot_id
                     WHERE %(where)s
                     GROUP BY quant.product_id, scope.warehouse_id, quant.lot_id
                   ) part
             GROUP BY part.product_id, part.warehouse_id
            """,
            usable=usable,
            scope=self._location_warehouse_sql(locations),
            where=SQL(" AND ").join(where),
        )

    @api.model
    def _unreserved_sql(self, products):
        """Rows ``(product_id, warehouse_id, unreserved)`` as :meth:`_item_quantities_sql`, for a few products at once.

        This is what is read while an item is locked, so it pays for the usable quants of these products only: their
        places are found by the index on (product, location), stock at customers is not visited, and lots are told
        apart only where more of one was booked out than was there.

        :param products: array expression as :class:`SQL`; it may stand in the query several times
        """
        rows = SQL(
            """
            FROM place scope
            JOIN stock_quant quant ON quant.location_id = scope.location_id AND quant.product_id = ANY(%(products)s)
            LEFT JOIN stock_lot lot ON lot.id = quant.lot_id AND %(matters)s
            """,
            products=products,
            matters=self._lot_matters_sql(),
        )
        unreserved = SQL("COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0)")
        usable = self._usable_condition_sql()
        return SQL(
            """
            WITH place AS MATERIALIZED (
                SELECT loc.id AS location_id, nearest.warehouse_id, nearest.in_stock, loc.usage, nearest.partner_id
                  FROM (SELECT DISTINCT used.location_id FROM stock_quant used
                         WHERE used.product_id = ANY(%(products)s)) used
                  JOIN stock_location loc ON loc.id = used.location_id AND loc.usage = 'internal'
                 CROSS JOIN LATERAL (
                       SELECT wh.id AS warehouse_id, company.partner_id,
                              loc.parent_path LIKE stock.parent_path || '%%' AS in_stock
                         FROM stock_warehouse wh
                         JOIN stock_location view ON view.id = wh.view_location_id
                         JOIN stock_location stock ON stock.id = wh.lot_stock_id
                         JOIN res_company company ON company.id = wh.company_id
                        WHERE loc.parent_path LIKE view.parent_path || '%%'
                        ORDER BY length(view.parent_path) DESC, wh.id
                        LIMIT 1
                       ) nearest
                 WHERE nearest.in_stock
            ), item AS (
                SELECT quant.product_id, scope.warehouse_id, SUM(%(unreserved)s) AS unreserved,
                       bool_or(quant.lot_id IS NOT NULL AND %(unreserved)s < 0) AS owes
                %(rows)s
                 WHERE %(usable)s
                 GROUP BY quant.product_id, scope.warehouse_id
            )
            SELECT item.product_id, item.warehouse_id,
                   item.unreserved + CASE WHEN NOT item.owes THEN 0 ELSE (
                       SELECT COALESCE(SUM(GREATEST(0, -of_lot.unreserved)), 0)
                         FROM (SELECT SUM(%(unreserved)s) AS unreserved
                               %(rows)s
                                WHERE %(usable)s AND quant.lot_id IS NOT NULL
                                  AND quant.product_id = item.product_id AND scope.warehouse_id = item.warehouse_id
                                GROUP BY quant.lot_id) of_lot
                   ) END AS unreserved
              FROM item
            """,
            products=products,
            rows=rows,
            unreserved=unreserved,
            usable=usable,
        )

    @api.model
    def _short_dated_sql(self, products, terms):
        """Rows ``(product_id, warehouse_id, life, short)``: usable and unreserved goods of lots that expire too early.

        Goods without a lot, and lots without an expiration date, last for ever. As everywhere, a lot of which more was
        booked out than was there takes nothing away from the others.

        :param products: array expression as :class:`SQL`
        :param terms: query of the minimum shelf lives to compare with, rows ``(life)`` in days
        """
        return SQL(
            """
            SELECT part.product_id, part.warehouse_id, part.life, SUM(GREATEST(0, part.unreserved)) AS short
              FROM (
                    SELECT quant.product_id, scope.warehouse_id, term.life,
                           SUM(COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0)) AS unreserved
                      FROM stock_quant quant
                      JOIN (%(scope)s) scope ON scope.location_id = quant.location_id
                      JOIN stock_lot lot ON lot.id = quant.lot_id
                      JOIN (%(terms)s) term
                        ON lot.expiration_date < (now() AT TIME ZONE 'UTC') + make_interval(days => term.life)
                     WHERE quant.product_id = ANY(%(products)s) AND %(usable)s
                     GROUP BY quant.product_id, scope.warehouse_id, term.life, quant.lot_id
                   ) part
             GROUP BY part.product_id, part.warehouse_id, part.life
            """,
            scope=self._location_warehouse_sql(
                SQL("SELECT place.location_id FROM stock_quant place WHERE place.product_id = ANY(%s)", products)
            ),
            terms=terms,
            products=products,
            usable=self._usable_condition_sql(),
        )

    @api.model
    def _lot_matters_sql(self):
        """Whether ``lot`` can make a quant unusable at all; belongs to :meth:`_usable_condition_sql`.

        Most lots cannot, and 10,000 serial numbers are not looked up one by one while their item is locked.
        """
        return SQL("lot.removal_date IS NOT NULL")

    @api.model
    def _warehouse_places(self):
        """Warehouses as ``(view path, stock path, warehouse id, company partner id)``, the nearest view first.

        The Python side of :meth:`_location_warehouse_sql`, for code that asks for a location at a time and has
        already paid for reading it.
        """
        warehouses = self.env["stock.warehouse"].sudo().with_context(active_test=False).search([])
        places = [
            (wh.view_location_id.parent_path, wh.lot_stock_id.parent_path, wh.id, wh.company_id.partner_id.id)
            for wh in warehouses
            if wh.view_location_id.parent_path and wh.lot_stock_id.parent_path
        ]
        return sorted(places, key=lambda place: (-len(place[0]), place[2]))

    @api.model
    def _usable_warehouse(self, places, location):
        """Warehouse whose usable stock ``location`` belongs to, as ``(warehouse id, company partner id)`` or None.

        :param places: answer of :meth:`_warehouse_places`
        """
        if location.usage != "internal" or not location.parent_path:
            return None
        for view_path, stock_path, warehouse_id, partner_id in places:
            if location.parent_path.startswith(view_path):
                return (warehouse_id, partner_id) if location.parent_path.startswith(stock_path) else None
        return None

    @api.model
    def _is_usable(self, partner_id, lot, owner):
        """Whether stock of ``lot`` and ``owner`` in a usable location may be taken: as :meth:`_usable_condition_sql`.

        :param partner_id: partner of the warehouse's company, whose own stock has that owner or none
        """
        if owner and owner.id != partner_id:
            return False
        return not (lot and lot.removal_date and lot.removal_date <= self.env.cr.now())
