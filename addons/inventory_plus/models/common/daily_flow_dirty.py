"""What the daily facts have to look at again."""

from odoo import fields, models


class InventoryDailyFlowDirty(models.Model):
    """Append-only notes of the triggers; a refresh takes rows away and recomputes the days that they name.

    There is no key and no foreign key on purpose: writers of stock only ever insert here, so that two of them
    never wait for each other. A note becomes visible with the commit of the change that it stands for, so that a
    change that commits late is picked up late, but never lost. Several notes of one day cost one recomputation.
    """

    _name = "inventory.daily.flow.dirty"
    _description = "Daily Fact to Recompute"
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Integer(help="Product whose day changed.")
    day = fields.Date(help="Day in UTC; local days that touch it are recomputed.")
    move_id = fields.Integer("Origin Move", help="A delivery or consumption whose day a return changed.")
    sale_line_id = fields.Integer("Sale Line", help="Every day on which this line was delivered or returned.")
