"""What the places were when the facts were computed."""

from odoo import fields, models


class InventoryDailyFlowPlace(models.Model):
    """The boundary as the stored facts know it: a row per location.

    The refresh compares it with the tree of today. Whatever moved a location (form, import, SQL), changed its
    usage or company, moved a warehouse's view or its time zone shows here, and the days of the moves that
    touched the place are recomputed.
    """

    _name = "inventory.daily.flow.place"
    _description = "Place as Known by the Daily Facts"
    _log_access = False
    _rec_name = "location_id"

    location_id = fields.Integer(index=True)
    warehouse_id = fields.Integer()
    company_id = fields.Integer()
    side = fields.Char()
    tz = fields.Char()
