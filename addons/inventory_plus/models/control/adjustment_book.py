"""What the books say of counted stock: at the count, now, and what moved in between."""

from collections import defaultdict

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import SQL

from .adjustment_terms import KEY, SEES_BOOK

#: Moves since the count that are listed; more are told by their number.
LISTED = 30


class InventoryAdjustmentLine(models.Model):
    _inherit = "inventory.adjustment.line"

    moved_since = fields.Float(
        "Moved Since",
        compute="_compute_moved_since",
        digits="Product Unit",
        groups=SEES_BOOK,
        help="What came in and went out since the count, in the product's unit; it is no difference and stays.",
    )
    quantity_after = fields.Float(
        "Will Be",
        compute="_compute_moved_since",
        digits="Product Unit",
        groups=SEES_BOOK,
        help="On hand after applying the difference to what is there now.",
    )

    @api.depends("book_quantity", "difference", "approval_state")
    def _compute_moved_since(self):
        pending = self.filtered(lambda line: line.approval_state == "pending")
        now = pending.sudo()._book_now()
        for line in self:
            here = now.get(line._key(), 0.0) if line in pending else 0.0
            line.moved_since = here - line.book_quantity if line in pending else 0.0
            line.quantity_after = here + line.difference if line in pending else 0.0

    def _book_now(self):
        """On hand by key of these lines, in the product's unit; one query."""
        return self._books({line._key() for line in self})

    @api.model
    def _books(self, keys):
        """On hand by key, in the product's unit; one query.

        :param keys: tuples of ids in the order of :data:`KEY`
        """
        if not keys:
            return {}
        groups = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("product_id", "in", [key[0] for key in keys]), ("location_id", "in", list({key[1] for key in keys}))],
                KEY,
                ["quantity:sum"],
            )
        )
        return {tuple(record.id for record in key): quantity or 0.0 for *key, quantity in groups}

    @api.model
    def _moves_since(self, asked):
        """Done move lines that changed stock after a moment; one query.

        :param asked: list of ``(key, moment)``
        :return: rows ``(place in asked, move line id, signed quantity in the product's unit)``
        """
        if not asked:
            return []
        self.env["stock.move.line"].flush_model()
        columns = list(zip(*(key for key, _moment in asked), strict=True))
        return self.env.execute_query(
            SQL(
                """
                SELECT asked.n - 1, done.id,
                       SUM(side.sign * COALESCE(done.quantity_product_uom, 0))::double precision
                  FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::integer[],
                              %s::timestamp[]) WITH ORDINALITY AS asked(product, place, lot, package, owner, at, n)
                  JOIN stock_move_line done
                    ON done.product_id = asked.product AND done.state = 'done' AND done.date > asked.at
                   AND COALESCE(done.lot_id, 0) = asked.lot AND COALESCE(done.owner_id, 0) = asked.owner
                 CROSS JOIN LATERAL (
                       VALUES (done.location_id, done.package_id, -1),
                              (done.location_dest_id, done.result_package_id, 1)) AS side(place, package, sign)
                 WHERE side.place = asked.place AND COALESCE(side.package, 0) = asked.package
                 GROUP BY asked.n, done.id, done.date
                HAVING SUM(side.sign * COALESCE(done.quantity_product_uom, 0)) <> 0
                 ORDER BY done.date, done.id
                """,
                *([value or 0 for value in column] for column in columns),
                [moment for _key, moment in asked],
            )
        )

    @api.model
    def _books_at(self, keys, moment):
        """As :meth:`_books`, at a moment that has passed: what is there now less what moved since."""
        keys = list(keys)
        books = defaultdict(float, self._books(keys))
        for place, _line, quantity in self._moves_since([(key, moment) for key in keys]):
            books[keys[place]] -= quantity
        return books

    def _note_book(self):
        """Keep what the books say, to compare with, and what the difference is worth.

        Lines that a count brought have the books of its moment already. Else it is the moment at which the document
        says that it was counted, or now.
        """
        books = {}
        now = fields.Datetime.now()
        for adjustment in self.adjustment_id:
            fresh = self.filtered(lambda line, of=adjustment: line.adjustment_id == of and not line.book_at)
            keys = {line._key() for line in fresh}
            moment = adjustment.counted_at
            found = self._books_at(keys, moment) if moment and moment < now else self._books(keys)
            books.update({line: (found.get(line._key(), 0.0), moment or now) for line in fresh})
        noted = defaultdict(list)
        for line in self:
            unit = line.product_id.uom_id
            book, moment = books.get(line) or (line.book_quantity, line.book_at)
            book = unit.round(book)
            difference = unit.round(line._counted() - book)
            cost = line._cost()
            noted["book_quantity"].append(book)
            noted["book_at"].append(moment)
            noted["difference"].append(difference)
            noted["unit_cost"].append(cost)
            noted["value"].append(line.currency_id.round(difference * cost))
        self._note(noted)

    def _cost(self):
        """What one unit is worth to the company; goods of somebody else nothing."""
        if self.owner_id and self.owner_id != self.company_id.partner_id:
            return 0.0
        product = self.product_id.with_company(self.company_id)
        if product.lot_valuated and self.lot_id:
            return self.lot_id.with_company(self.company_id).standard_price
        return product.standard_price


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    moves_since_count = fields.Integer(
        "Moves since the Count", compute="_compute_moves_since", compute_sudo=True, groups=SEES_BOOK
    )
    moves_since = fields.Html(
        "What Moved since the Count",
        compute="_compute_moves_since",
        compute_sudo=True,
        groups=SEES_BOOK,
        help="Goods that moved between the count and now. They are no difference: what is applied is what the count "
        "found more or less than the books of its moment.",
    )

    def _moves_since_rows(self):
        """``[(line, move line, signed quantity)]`` since the books of the lines were noted."""
        lines = self.sudo().line_ids
        asked = [(line._key(), line.book_at) for line in lines if line.book_at]
        kept = [line for line in lines if line.book_at]
        done = self.env["stock.move.line"].sudo()
        return [(kept[place], done.browse(number), quantity) for place, number, quantity in lines._moves_since(asked)]

    @api.depends("approval_state", "line_ids.book_at")
    def _compute_moves_since(self):
        for adjustment in self:
            rows = adjustment._moves_since_rows() if adjustment.approval_state == "pending" else []
            adjustment.moves_since_count = len(rows)
            adjustment.moves_since = adjustment._told_moves(rows) if rows else False

    def _told_moves(self, rows):
        # One prefetch for all that is told of them.
        done = self.env["stock.move.line"].sudo().browse([line.id for _counted, line, _quantity in rows[:LISTED]])
        texts = [
            self.env._(
                "%(date)s %(reference)s: %(quantity)s %(unit)s of %(product)s in %(location)s",
                date=fields.Datetime.context_timestamp(self, line.date).strftime("%Y-%m-%d %H:%M"),
                reference=line.reference or line.move_id.origin or "",
                quantity=f"{quantity:+g}",
                unit=counted.product_id.uom_id.name,
                product=counted.product_id.display_name,
                location=counted.location_id.display_name,
            )
            for line, (counted, _line, quantity) in zip(done, rows, strict=False)
        ]
        if len(rows) > LISTED:
            texts.append(self.env._("and %s more", len(rows) - LISTED))
        return Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % text for text in texts)

    def action_open_moves_since(self):
        """The moves since the count as a list."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Moves since the count of %s", self.name),
            "res_model": "stock.move.line",
            "view_mode": "list,form",
            "domain": [("id", "in", [line.id for _counted, line, _quantity in self._moves_since_rows()])],
            "context": {"create": False, "edit": False},
        }
