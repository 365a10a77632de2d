"""Guards, switched on by warehouse: no stock below zero, nothing done tomorrow."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...exceptions import GuardError
from .gate import STOCK

TOLD = 5  # findings named in a message
#: A clock that runs ahead is no journey through time.
LENIENT = timedelta(minutes=5)


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    inventory_no_negative = fields.Boolean(
        "Refuse Negative Stock",
        help="What is not there does not leave: by product, location, lot, package and owner. Locations may be exempt.",
    )
    inventory_no_future = fields.Boolean(
        "Refuse Dates in the Future", help="What is done was done today or before; nothing done is dated later."
    )

    @api.constrains("inventory_no_negative")
    def _check_inventory_no_negative(self):
        """A guard begins with clean books: what stands below zero already could never be touched again."""
        for warehouse in self.filtered("inventory_no_negative"):
            places = self.env["stock.location"].search(
                [("id", "child_of", warehouse.view_location_id.id), ("usage", "in", STOCK)]
            )
            places = places.filtered(lambda place: place._inventory_guards_negative())
            below = self.env["stock.quant"].sudo()._inventory_below_zero(self.env["product.product"], places)
            if below:
                raise UserError(
                    self.env._(
                        "Stock of %(warehouse)s stands below zero: count it first, then switch the guard on.\n"
                        "%(stock)s",
                        warehouse=warehouse.name,
                        stock=self.env["stock.quant"]._inventory_told(below),
                    )
                )

    @api.constrains("inventory_no_future")
    def _check_inventory_no_future(self):
        for warehouse in self.filtered("inventory_no_future"):
            late = (
                self.env["stock.move"]
                .sudo()
                .search(
                    [
                        ("state", "=", "done"),
                        ("date", ">", fields.Datetime.now() + LENIENT),
                        "|",
                        ("location_id", "child_of", warehouse.view_location_id.id),
                        ("location_dest_id", "child_of", warehouse.view_location_id.id),
                    ],
                    limit=1,
                )
            )
            if late:
                raise UserError(
                    self.env._(
                        "%(move)s is done and dated %(date)s: correct that first, then switch the guard on.",
                        move=late.reference or late.display_name,
                        date=late.date,
                    )
                )


class StockLocation(models.Model):
    _inherit = "stock.location"

    inventory_negative = fields.Selection(
        [("follow", "As the warehouse"), ("allow", "May go below zero")],
        "Negative Stock",
        default="follow",
        required=True,
        help="May go below zero: goods may leave this location before they are booked in, whatever its warehouse says.",
    )

    def _inventory_guards_negative(self):
        """Whether stock in this location may not go below zero."""
        place = self.sudo()
        return place.usage in STOCK and place.inventory_negative != "allow" and place.warehouse_id.inventory_no_negative


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _inventory_below_zero(self, products, locations):
        """``[(key, quantity)]`` of what stands below zero in these locations; of all products if none are given."""
        if not locations:
            return []
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT product_id, location_id, lot_id, package_id, owner_id, SUM(quantity) FROM stock_quant"
                " WHERE location_id = ANY(%s) AND %s GROUP BY 1, 2, 3, 4, 5 HAVING SUM(quantity) < 0 ORDER BY 6, 1, 2",
                locations.ids,
                SQL("product_id = ANY(%s)", products.ids) if products else SQL("TRUE"),
            )
        )
        found = [(tuple(part or False for part in key), float(quantity)) for *key, quantity in self.env.cr.fetchall()]
        product = self.env["product.product"]
        return [(key, quantity) for key, quantity in found if product.browse(key[0]).uom_id.compare(quantity, 0.0) < 0]

    @api.model
    def _inventory_told(self, below):
        """What stands below zero, for a sentence."""
        lines = []
        for (product, location, lot, _package, _owner), quantity in below[:TOLD]:
            lines.append(
                self.env._(
                    "%(product)s%(lot)s in %(location)s: %(quantity)s",
                    product=self.env["product.product"].sudo().browse(product).display_name,
                    lot=f" ({self.env['stock.lot'].sudo().browse(lot).name})" if lot else "",
                    location=self.env["stock.location"].sudo().browse(location).display_name,
                    quantity=round(quantity, 6),
                )
            )
        if len(below) > TOLD:
            lines.append(self.env._("and %s more", len(below) - TOLD))
        return "\n".join(lines)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _inventory_guard_places(self):
        """What these lines took their goods from, as far as a guard stands there; asked before they are done."""
        lines = self.filtered(
            lambda line: line.product_id.is_storable and line.location_id._inventory_guards_negative()
        )
        return lines.product_id, lines.location_id, {(line.product_id.id, line.location_id.id) for line in lines}

    @api.model
    def _inventory_guard_negative(self, products, locations, pairs):
        """Refuse what was done with goods that are not there; the quants are locked, so that the answer holds."""
        if not pairs:
            return
        below = self.env["stock.quant"].sudo()._inventory_below_zero(products, locations)
        below = [(key, quantity) for key, quantity in below if key[:2] in pairs]
        if below:
            raise GuardError(
                self.env._(
                    "There is less than that; nothing was done. This would be left:\n%s",
                    self.env["stock.quant"]._inventory_told(below),
                )
            )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _inventory_guard_date(self, date):
        """Refuse to date what is done later than now, where a guard stands."""
        date = fields.Datetime.to_datetime(date)
        if not date or date <= fields.Datetime.now() + LENIENT:
            return
        for move in self.sudo():
            warehouses = move.location_id.warehouse_id | move.location_dest_id.warehouse_id
            if move.state == "done" and any(warehouses.mapped("inventory_no_future")):
                raise GuardError(
                    self.env._(
                        "%(move)s is done: it is not dated in the future (%(date)s).",
                        move=move.reference or move.display_name,
                        date=date,
                    )
                )
