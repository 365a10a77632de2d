"""What a count found against the books: the analysis of differences and the figures of accuracy."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .adjustment_line import KEY
from .reason import ROOT_CAUSES

OPEN_TO_PEOPLE = {"cause", "note"}


class InventoryCountResult(models.Model):
    """One counted line against the book quantity of the moment in which it was counted; product's unit, company money.

    Written by counting; the last count of a line stands. Who counts blind does not get to see it: see
    ``inventory.count.blind``, and a counter has no right on this model at all.
    """

    _name = "inventory.count.result"
    _description = "Difference of a Count"
    _order = "id desc"
    _rec_name = "product_id"

    task_id = fields.Many2one(
        "inventory.count.task", "Count", required=True, index=True, ondelete="cascade", readonly=True
    )
    line_id = fields.Many2one("inventory.count.line", required=True, index=True, ondelete="cascade", readonly=True)
    state = fields.Selection(related="task_id.state", store=True)
    company_id = fields.Many2one(related="task_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    plan_id = fields.Many2one(related="task_id.plan_id", store=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    product_id = fields.Many2one("product.product", required=True, index=True, readonly=True, ondelete="cascade")
    categ_id = fields.Many2one(related="product_id.categ_id", store=True, string="Product Category")
    abc = fields.Selection([("A", "A"), ("B", "B"), ("C", "C")], "ABC Class", readonly=True)
    location_id = fields.Many2one("stock.location", required=True, index=True, readonly=True, ondelete="cascade")
    lot_id = fields.Many2one("stock.lot", "Lot/Serial Number", readonly=True)
    package_id = fields.Many2one("stock.package", readonly=True)
    owner_id = fields.Many2one("res.partner", readonly=True)
    supplier_id = fields.Many2one("res.partner", "Supplier", readonly=True, help="The first one of the product.")
    user_id = fields.Many2one("res.users", "Counter", readonly=True)
    round = fields.Integer("Count No.", readonly=True, aggregator="max")
    counted_at = fields.Datetime("Counted on", readonly=True, index=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    book_quantity = fields.Float("Book", digits="Product Unit", readonly=True, help="When it was counted.")
    counted_quantity = fields.Float("Counted", digits="Product Unit", readonly=True)
    first_quantity = fields.Float(
        "First Count", digits="Product Unit", readonly=True, aggregator=None, help="Before it was counted again."
    )
    difference = fields.Float(digits="Product Unit", readonly=True)
    absolute_difference = fields.Float(digits="Product Unit", readonly=True)
    book_value = fields.Monetary("Value in the Books", readonly=True)
    value_difference = fields.Monetary("Difference in Value", readonly=True)
    absolute_value = fields.Monetary("Absolute Difference in Value", readonly=True)
    is_within = fields.Boolean("Within", readonly=True, help="The difference is one that the plan allows.")
    accuracy = fields.Float(
        "Accuracy (%)", readonly=True, aggregator="avg", help="100 if the difference is allowed, else 0."
    )
    quantity_accuracy = fields.Float("Accuracy of Quantity (%)", readonly=True, aggregator="avg")
    is_last = fields.Boolean(
        "Stands",
        default=True,
        readonly=True,
        index=True,
        help="The last count of a line stands.",
    )
    cause = fields.Selection(ROOT_CAUSES, index="btree_not_null")
    note = fields.Char()

    _line_once = models.UniqueIndex("(line_id)")

    def write(self, vals):
        if vals.keys() - OPEN_TO_PEOPLE:
            raise AccessError(self.env._("What was counted stays: only the cause and a note are entered here."))
        return super().write(vals)

    @api.model
    def _note(self, lines, book):
        """Keep these counted lines against the books.

        :param lines: counted lines, as the system
        :param dict book: on hand by key of the line, product's unit
        """
        known = {result.line_id: result for result in self.sudo().search([("line_id", "in", lines.ids)])}
        items = self._items(lines)
        first = self._first_counts(lines)
        created = []
        for line in lines:
            vals = self._values(line, book.get(line._key(), 0.0), items.get(line._key()[:2], (None, None)))
            vals["first_quantity"] = first.get((line.task_id.id, *line._key()), vals["counted_quantity"])
            if line in known:
                super(InventoryCountResult, known[line]).write(vals)
            else:
                created.append(vals)
        made = self.sudo().create(created)
        super(InventoryCountResult, made._earlier()).write({"is_last": False})

    def _earlier(self):
        """Results of earlier rounds that these take the place of."""
        again = self.filtered(lambda result: result.round > 1)
        keys = {(result.task_id, *(result[name] for name in KEY)): result.round for result in again}
        others = self.sudo().search([("task_id", "in", again.task_id.ids), ("is_last", "=", True)])
        return others.filtered(
            lambda result: result.round < keys.get((result.task_id, *(result[name] for name in KEY)), 0)
        )

    @api.model
    def _values(self, line, book, item):
        product = line.product_id.with_company(line.company_id)
        counted = line._counted()
        difference = product.uom_id.round(counted - book)
        value = difference * product.standard_price
        within = product.uom_id.is_zero(difference) or line.task_id.plan_id.tolerance_ids._allows(
            item[1], difference, book, value
        )
        if book > 0:
            close = 100 * max(0.0, 1 - abs(difference) / book)
        else:
            close = 100.0 if product.uom_id.is_zero(difference) else 0.0
        return {
            "task_id": line.task_id.id,
            "line_id": line.id,
            "warehouse_id": item[0],
            "abc": item[1],
            "supplier_id": product.seller_ids[:1].partner_id.id,
            **{name: line[name].id for name in KEY},
            "user_id": line.user_id.id,
            "round": line.round,
            "counted_at": line.counted_at,
            "book_quantity": book,
            "counted_quantity": counted,
            "difference": difference,
            "absolute_difference": abs(difference),
            "book_value": book * product.standard_price,
            "value_difference": value,
            "absolute_value": abs(value),
            "is_within": within,
            "accuracy": 100.0 if within else 0.0,
            "quantity_accuracy": close,
        }

    @api.model
    def _first_counts(self, lines):
        """What the first count of these lines said, where they are counted again."""
        again = lines.filtered(lambda line: line.round > 1)
        if not again:
            return {}
        earlier = lines.search([("task_id", "in", again.task_id.ids), ("round", "=", 1)])
        return {(line.task_id.id, *line._key()): line._counted() for line in earlier}

    @api.model
    def _items(self, lines):
        """``{(product id, location id): (warehouse id, class)}``; one query."""
        self.env["inventory.item"].flush_model(["abc"])
        rows = self.env.execute_query(
            self.env["inventory.scope"]._count_items_sql(lines.product_id.ids, lines.location_id.ids)
        )
        return {(product, location): (warehouse, abc) for product, location, warehouse, abc in rows}
