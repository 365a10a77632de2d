"""Every change of a reservation: when, by whom, why."""

from odoo import fields, models

from .webhook import BigInteger


class InventoryReservationEvent(models.Model):
    """Append-only."""

    _name = "inventory.reservation.event"
    _description = "History of a Reservation"
    _order = "id"
    _log_access = False
    _rec_name = "event"

    reservation_id = fields.Many2one(
        "inventory.reservation", required=True, index=True, readonly=True, ondelete="cascade"
    )
    at = fields.Datetime(required=True, readonly=True)
    user_id = fields.Integer("User", readonly=True)
    event = fields.Char(required=True, readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    reason = fields.Char(readonly=True)
    to_tell = fields.Boolean(readonly=True, help="The channel has not been told yet.")
    told = BigInteger("Told as", readonly=True, help="Its number among all that channels were told.")

    _to_tell_index = models.Index("(id) WHERE to_tell")
    _told_index = models.Index("(told) WHERE told IS NOT NULL")
