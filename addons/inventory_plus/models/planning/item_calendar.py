"""Working days and closures: of a warehouse, where nobody buys then, and of a vendor, who does not deliver then."""

from datetime import timedelta

import numpy as np
import pytz
from odoo import api, fields, models
from odoo.tools import SQL

from ...planning_engine.demand import calendar

#: Coming days whose closures are looked at.
CLOSURE_DAYS = 1095
#: Position of "agreed with the vendor" in :data:`item_plan_read.LEAD_SOURCES`; the others are measured.
AGREED = 2


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    inventory_calendar_id = fields.Many2one(
        "resource.calendar",
        "Open Days",
        check_company=True,
        help="Weekdays without working hours are closed: the planning takes a day without demand there for no news. "
        "Empty: closed weekdays are found from the demand itself.",
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    inventory_calendar_id = fields.Many2one(
        "resource.calendar",
        "Delivery Days",
        groups="purchase.group_purchase_user,inventory_plus.group_buyer,inventory_plus.group_planner",
        help="The vendor's working calendar: agreed lead times count in its working days, and its closures (time off "
        "of the calendar) lengthen a lead time that falls into them and are left out of measured ones.",
    )

    @api.model
    def _commercial_fields(self):
        return [*super()._commercial_fields(), "inventory_calendar_id"]


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _inventory_open_weekdays(self):
        """Weekdays with working hours, Monday first: shape (7,) of bool; all where there are none at all."""
        self.ensure_one()
        attendances = self.attendance_ids.filtered(lambda line: not line.display_type and line.day_period != "lunch")
        days = {int(line.dayofweek) for line in attendances}
        return np.array([not days or number in days for number in range(7)])

    def _inventory_closures(self, as_of, days, company):
        """Coming days on which everybody has time off, as far as it is no other company's.

        :return: shape (days,) of bool; the first is the day after ``as_of``
        """
        self.ensure_one()
        zone = pytz.timezone(self.tz or "UTC")
        closed = np.zeros(days, bool)
        for leave in self.leave_ids:
            if leave.resource_id or leave.company_id not in (company, company.browse()):
                continue
            first, last = (
                pytz.utc.localize(moment).astimezone(zone).date() - as_of - timedelta(days=1)
                for moment in (leave.date_from, leave.date_to)
            )
            closed[max(first.days, 0) : max(last.days + 1, 0)] = True
        return closed


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _closed_by_calendar(self, warehouse_ids, closed):
        """Closed weekdays of warehouses whose calendar says so.

        :param closed: shape (w, 7), what the demand says
        :return: shape (w, 7)
        """
        for number, warehouse in enumerate(self.env["stock.warehouse"].sudo().browse(warehouse_ids)):
            if warehouse.inventory_calendar_id:
                closed[number] = ~warehouse.inventory_calendar_id._inventory_open_weekdays()
        return closed

    @api.model
    def _lead_by_calendar(self, company, as_of, profile):
        """Days that vendors' weekends and coming closures add to lead times: shape (n,).

        The days to purchase within a lead time are the company's and not the vendor's.

        :param profile: dict of arrays ``vendor``, ``lead_mean``, ``lead_source``
        """
        purchase = company.days_to_purchase or 0.0
        added = np.zeros(profile["vendor"].size)
        vendors = self.env["res.partner"].sudo().browse(np.unique(profile["vendor"][profile["vendor"] > 0]).tolist())
        # One line a calendar, however many vendors keep it.
        for working, partners in vendors.filtered("inventory_calendar_id").grouped("inventory_calendar_id").items():
            mine = np.isin(profile["vendor"], partners.ids) & (profile["lead_mean"] >= 0)
            days = np.maximum(profile["lead_mean"] - purchase, 0.0)
            usual = working._inventory_open_weekdays()
            asked = np.where(profile["lead_source"] == AGREED, days, days * usual.mean())
            first = as_of + timedelta(days=1)
            closures = working._inventory_closures(as_of, CLOSURE_DAYS, company)
            taken = calendar.calendar_days(asked[mine], usual, closures, first.weekday())
            added[mine] = taken - days[mine]
        return added

    @api.model
    def _closures_sql(self):
        """Days of the vendor's closures between order and receipt, over the aliases ``purchase`` and ``move``.

        A day in several closures counts once; closures of other companies do not.
        """
        return SQL(
            """
            COALESCE((SELECT SUM(EXTRACT(EPOCH FROM upper(closed) - lower(closed)) / 86400)
                        FROM unnest((
                             SELECT range_agg(tsrange(GREATEST(leave.date_from, purchase.date_approve),
                                                      LEAST(leave.date_to, move.date)))
                               FROM res_partner maker
                               JOIN resource_calendar_leaves leave ON leave.calendar_id = maker.inventory_calendar_id
                              WHERE maker.id = purchase.partner_id AND leave.resource_id IS NULL
                                AND (leave.company_id IS NULL OR leave.company_id = purchase.company_id)
                                AND leave.date_from < move.date AND leave.date_to > purchase.date_approve
                                AND leave.date_from < leave.date_to)) closed), 0)
            """
        )
