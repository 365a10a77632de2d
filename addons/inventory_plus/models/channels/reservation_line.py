"""A line of a reservation: so much of an item."""

from odoo import fields, models


class InventoryReservationLine(models.Model):
    """Quantities are in the product's unit. ``reserved = open + incoming + fulfilled + released + short`` at any
    time."""

    _name = "inventory.reservation.line"
    _description = "Line of a Reservation"
    _order = "reservation_id, line_no, id"

    reservation_id = fields.Many2one(
        "inventory.reservation", required=True, index=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one("inventory.channel", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="reservation_id.company_id", store=True)
    line_no = fields.Integer("Line", readonly=True, help="Place of the line in the request, from 0.")
    product_id = fields.Many2one("product.product", required=True, index=True, readonly=True, ondelete="restrict")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, readonly=True, ondelete="restrict")
    requested = fields.Float(digits="Product Unit", readonly=True)
    reserved = fields.Float("Promised", digits="Product Unit", readonly=True)
    open_quantity = fields.Float(
        "Open", digits="Product Unit", readonly=True, help="Promised and not yet reserved for a transfer."
    )
    incoming_quantity = fields.Float(
        "On Incoming",
        digits="Product Unit",
        readonly=True,
        default=0.0,
        help="Promised of goods that are on their way; an ordinary promise as soon as they have come.",
    )
    asked_date = fields.Date(readonly=True, help="The last day on which the goods may come, as it was asked.")
    due_date = fields.Date(
        "Due On", readonly=True, help="The day on which the goods on their way are due, as the receipts stand now."
    )
    fulfilled = fields.Float(digits="Product Unit", readonly=True, help="Reserved for the transfer or delivered.")
    released = fields.Float(digits="Product Unit", readonly=True, help="Given free again.")
    short = fields.Float(
        digits="Product Unit", readonly=True, help="Promised once, and taken away by a loss or a hold (law 1)."
    )
    state = fields.Selection(related="reservation_id.state")
    expires_at = fields.Datetime(related="reservation_id.expires_at")

    _item_index = models.Index("(product_id, warehouse_id, channel_id)")
    _incoming_index = models.Index("(product_id, warehouse_id) WHERE incoming_quantity > 0")
    _open_index = models.Index("(product_id, warehouse_id) WHERE open_quantity > 0")
