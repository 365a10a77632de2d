"""A warehouse's day, and where its imported history ends."""

from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    inventory_tz = fields.Selection(
        _tz_get,
        "Time Zone",
        compute="_compute_inventory_tz",
        store=True,
        readonly=False,
        precompute=True,
        help="Days of demand and of the planning end at midnight here. Starts as the company's time zone, else UTC.",
    )
    inventory_cutover_date = fields.Date(
        "Cut-over Date",
        help="Demand before this day is read from imported history, from this day on from stock moves. "
        "Empty: stock moves alone count.",
    )

    @api.depends("company_id")
    def _compute_inventory_tz(self):
        for warehouse in self:
            warehouse.inventory_tz = warehouse.inventory_tz or warehouse.company_id.partner_id.sudo().tz or "UTC"

    @api.constrains("inventory_tz")
    def _check_inventory_tz(self):
        """The database decides on days, so that it must know the zone too."""
        zones = {zone for zone in self.mapped("inventory_tz") if zone and zone != "UTC"}
        if not zones:
            return
        rows = self.env.execute_query(SQL("SELECT name FROM pg_timezone_names WHERE name = ANY(%s)", list(zones)))
        unknown = zones - {name for (name,) in rows}
        if unknown:
            raise ValidationError(
                self.env._("The database server does not know the time zone %s. Choose another one.", min(unknown))
            )
