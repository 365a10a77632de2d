"""Documents that are promised goods, and how their moves are found: sale orders, and transfers that belong to none."""

from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Kind(NamedTuple):
    """How the moves of one kind of document are found; all fragments are about ``move``, a row of stock_move."""

    #: The document's id.
    owner: SQL
    #: Joins that ``owner`` needs, or nothing.
    join: SQL
    #: Which moves belong to documents of this kind.
    where: SQL
    #: Whether their demand is to be promised by now.
    is_due: SQL
    #: By what the oldest document is known.
    age: SQL


#: The day from which Odoo itself reserves a move.
RESERVATION_DATE_REACHED = SQL(
    """
    (move.reservation_date <= (now() AT TIME ZONE 'UTC')::date
     OR EXISTS (SELECT FROM stock_picking_type type
                 WHERE type.id = move.picking_type_id AND type.reservation_method = 'at_confirm'))
    """
)


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    @api.model
    def _kinds(self):
        """``{model: Kind}``; each move belongs to one document at the most. Rooms and glue addons add theirs.

        A sale order is promised its goods when it is confirmed, other documents from the day on which Odoo reserves
        for them: that is all that a person who plans a transfer for next month wants.
        """
        return {
            "sale.order": Kind(
                owner=SQL("sale_line.order_id"),
                join=SQL("JOIN sale_order_line sale_line ON sale_line.id = move.sale_line_id"),
                where=SQL("TRUE"),
                is_due=SQL("TRUE"),
                age=SQL("(SELECT date_order FROM sale_order WHERE id = sale_line.order_id)"),
            ),
            "stock.picking": Kind(
                owner=SQL("move.picking_id"),
                join=SQL(),
                where=SQL("move.picking_id IS NOT NULL AND move.sale_line_id IS NULL"),
                is_due=RESERVATION_DATE_REACHED,
                age=SQL("move.date"),
            ),
        }

    @api.model
    def _document_of(self, move):
        """The document as ``(model, id)`` for whose goods ``move`` works, or None; see :meth:`_kinds`."""
        move = move.sudo()
        if order := move.sale_line_id.order_id:
            return ("sale.order", order.id)
        return ("stock.picking", move.picking_id.id) if len(move.picking_id) == 1 and move.picking_id.id else None

    @api.model
    def _documents_sql(self, move_ids):
        """Rows ``(model, id)`` of the documents of those of these moves that take goods out of a warehouse's place.

        :param move_ids: list of ids, or :class:`SQL` that stands within ``ANY()``
        """
        return SQL(" UNION ").join(
            SQL(
                """
                SELECT %(model)s, %(owner)s
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id AND source.usage = 'internal'
                  %(join)s
                 WHERE move.id = ANY(%(moves)s) AND %(where)s
                """,
                model=model,
                owner=kind.owner,
                join=kind.join,
                where=kind.where,
                moves=move_ids,
            )
            for model, kind in self._kinds().items()
        )

    @api.model
    def _channels_of(self, documents):
        """``{(model, id): channel id}``; documents without a channel belong to their company's back office."""
        offices = {}
        channels = {}
        for model, records in self._records(documents):
            for record in records:
                if model == "sale.order":
                    channels[model, record.id] = record._inventory_sold_in().id
                    continue
                if record.company_id not in offices:
                    # Once a company.
                    offices[record.company_id] = self.env["inventory.channel"]._back_office(record.company_id).id
                channels[model, record.id] = offices[record.company_id]
        return channels

    @api.model
    def _names_of(self, documents):
        """``{(model, id): (name, company id)}`` for the reservation."""
        return {
            (model, record.id): (record.display_name, record.company_id.id)
            for model, records in self._records(documents)
            for record in records
        }

    @api.model
    def _records(self, documents):
        """``[(model, records)]`` of those that have not been deleted."""
        ids = defaultdict(list)
        for model, number in documents:
            ids[model].append(number)
        return [
            (model, self.env[model].sudo().search_fetch([("id", "in", numbers)], ["company_id"], order="id"))
            for model, numbers in sorted(ids.items())
        ]

    @api.model
    def _demand_sql(self, documents):
        """Open demand of documents on usable stock.

        :param documents: set of ``(model, id)``
        :return: :class:`SQL` with rows ``(model, id, product_id, warehouse_id, unreserved, secured)``: what is still
            to be reserved of moves that take goods out of the usable stock of a warehouse, and what is reserved or
            done; in the product's unit
        """
        kinds = self._kinds()
        ids = defaultdict(list)
        for model, number in documents:
            ids[model].append(number)
        return SQL(" UNION ALL ").join(
            self._demand_of_kind_sql(model, kinds[model], SQL("%s = ANY(%s)", kinds[model].owner, numbers))
            for model, numbers in sorted(ids.items())
        )

    @api.model
    def _demand_of_kind_sql(self, model, kind, narrow):
        """:param narrow: condition on ``move`` as :class:`SQL`; see :meth:`_demand_sql`"""
        secured = SQL("COALESCE(move.quantity * move.product_qty / NULLIF(move.product_uom_qty, 0), move.quantity, 0)")
        moves = SQL("FROM stock_move move %s WHERE %s AND %s", kind.join, kind.where, narrow)
        return SQL(
            """
            SELECT %(model)s AS model, move.owner AS id, move.product_id, scope.warehouse_id,
                   SUM(CASE WHEN move.state IN ('waiting', 'confirmed', 'partially_available', 'assigned')
                                 AND move.procure_method = 'make_to_stock' AND move.is_due
                            THEN GREATEST(0, move.product_qty - move.secured) ELSE 0 END) AS unreserved,
                   SUM(CASE WHEN move.state NOT IN ('draft', 'cancel') THEN move.secured ELSE 0 END) AS secured
              FROM (SELECT %(owner)s AS owner, move.product_id, move.location_id, move.location_dest_id, move.state,
                           move.procure_method, move.product_qty, %(secured)s AS secured, %(is_due)s AS is_due
                      %(moves)s) move
              JOIN product_product product ON product.id = move.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id AND template.is_storable
              JOIN (%(scope)s) scope ON scope.location_id = move.location_id AND scope.in_stock
              LEFT JOIN (%(scope)s) target ON target.location_id = move.location_dest_id
             WHERE NOT (COALESCE(target.in_stock, FALSE) AND target.warehouse_id = scope.warehouse_id)
             GROUP BY move.owner, move.product_id, scope.warehouse_id
            """,
            model=model,
            owner=kind.owner,
            secured=secured,
            is_due=kind.is_due,
            moves=moves,
            scope=self.env["inventory.scope"]._location_warehouse_sql(
                SQL("SELECT unnest(ARRAY[move.location_id, move.location_dest_id]) %s", moves)
            ),
        )

    @api.model
    def _waiting_sql(self):
        """Rows ``(model, id, age)`` of documents with moves that still have to reserve from stock."""
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT %(model)s AS model, %(owner)s AS id, MIN(%(age)s) AS age
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id AND source.usage = 'internal'
                  %(join)s
                 WHERE move.state IN ('waiting', 'confirmed', 'partially_available')
                   AND move.procure_method = 'make_to_stock' AND %(where)s AND %(is_due)s
                 GROUP BY %(owner)s
                """,
                model=model,
                owner=kind.owner,
                join=kind.join,
                where=kind.where,
                is_due=kind.is_due,
                age=kind.age,
            )
            for model, kind in self._kinds().items()
        )
