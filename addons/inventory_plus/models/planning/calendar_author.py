"""Working calendars that items are planned with, and who chose or changed them (law 4)."""

from odoo import api, models

#: What of a calendar decides on its open days.
PLANNED_WITH = {"tz", "attendance_ids", "leave_ids", "global_leave_ids"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if "inventory_calendar_id" in vals:
            self.env["resource.calendar"]._inventory_note_users(self, self.env["stock.warehouse"])
        return result


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def write(self, vals):
        result = super().write(vals)
        if "inventory_calendar_id" in vals:
            self.env["resource.calendar"]._inventory_note_users(self.env["res.partner"], self)
        return result


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if not PLANNED_WITH.isdisjoint(vals):
            self._inventory_note_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_inventory_noted(self):
        self._inventory_note_changed()

    def _inventory_note_changed(self):
        """The present user changed the open days of these calendars."""
        used = [("inventory_calendar_id", "in", self.ids)]
        vendors = self.env["res.partner"].sudo().with_context(active_test=False).search(used)
        warehouses = self.env["stock.warehouse"].sudo().with_context(active_test=False).search(used)
        self._inventory_note_users(vendors, warehouses)

    @api.model
    def _inventory_note_users(self, vendors, warehouses):
        """The present user changed when these vendors deliver and these warehouses are open."""
        if not vendors and not warehouses:
            return
        terms = self.env["product.supplierinfo"].sudo().with_context(active_test=False)
        products = terms.search([("partner_id", "in", vendors.ids)]).product_tmpl_id if vendors else ()
        model = self.env["inventory.item"].sudo().with_context(active_test=False)
        bought = model.search([("product_id.product_tmpl_id", "in", products.ids)]) if products else model
        kept = model.search([("warehouse_id", "in", warehouses.ids)]) if warehouses else model
        if touched := {*bought.ids, *(kept._fed_by() if kept else ())}:
            self.env["inventory.plan.change"]._note_items("calendar", touched)


class CalendarDay(models.AbstractModel):
    _name = "inventory.calendar.day"
    _description = "Part of a Working Calendar"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._inventory_note_calendars()
        return lines

    def write(self, vals):
        """What passes from one calendar to another is a change of both."""
        before = self.sudo().calendar_id
        result = super().write(vals)
        self._inventory_note_calendars(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_inventory_noted(self):
        self._inventory_note_calendars()

    def _inventory_note_calendars(self, before=None):
        """The time off of one person closes nothing."""
        general = self.sudo()
        if "resource_id" in self._fields:
            general = general.filtered(lambda line: not line.resource_id)
        if general:
            (general.calendar_id | (before or general.calendar_id)).sudo()._inventory_note_changed()


class ResourceCalendarAttendance(models.Model):
    _name = "resource.calendar.attendance"
    _inherit = ["resource.calendar.attendance", "inventory.calendar.day"]


class ResourceCalendarLeaves(models.Model):
    _name = "resource.calendar.leaves"
    _inherit = ["resource.calendar.leaves", "inventory.calendar.day"]
