"""Working days: closed weekdays of a warehouse from its calendar, lead times by the vendor's."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemCalendar(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hours = [
            Command.create({"name": "Day", "dayofweek": str(day), "hour_from": 8, "hour_to": 16}) for day in range(5)
        ]
        cls.calendar = cls.env["resource.calendar"].create(
            {"name": "Monday to Friday", "tz": "UTC", "company_id": False, "attendance_ids": [Command.clear(), *hours]}
        )

    def _close(self, first, last, company=None):
        """Nobody works from a day to another, counted from the planning date."""
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": self.calendar.id,
                "date_from": datetime.combine(self.today + timedelta(days=first), datetime.min.time()),
                "date_to": datetime.combine(self.today + timedelta(days=last), datetime.max.time()),
            }
        )
        leave.company_id = company or self.company

    def _received(self, product, ordered, days, number=3):
        """Confirmed orders and their receipts, each ``days`` after the order."""
        for back in range(ordered, ordered - number, -1):
            order = self.env["purchase.order"].create(
                {
                    "partner_id": self.vendor.id,
                    "order_line": [Command.create({"product_id": product.id, "product_qty": 5, "price_unit": 1})],
                }
            )
            order.button_confirm()
            picking = order.picking_ids
            picking.move_ids.write({"quantity": 5, "picked": True})
            picking._action_done()
            start = datetime.combine(self.today - timedelta(days=back), datetime.min.time())
            order.date_approve = start
            picking.move_ids.write({"date": start + timedelta(days=days)})

    def test_agreed_lead_times_count_in_working_days(self):
        product = self._product("From the vendor", delay=10)
        self._facts(product, [2] * 400)
        self.assertEqual(self._planned(product).lead_time_mean, 10)
        self.vendor.inventory_calendar_id = self.calendar
        item = self._planned(product)
        self.assertEqual(item.lead_time_mean, 14)
        self.assertIn("delivery days add 4.0", item.explanation)

    def test_coming_closures_lengthen_the_lead_time(self):
        product = self._product("Before the holidays", delay=10)
        self._facts(product, [2] * 400)
        self.vendor.inventory_calendar_id = self.calendar
        # The planning date is a Sunday: from Monday in a week on, two weeks.
        self._close(8, 21)
        item = self._planned(product)
        self.assertEqual(item.lead_time_mean, 28)
        self.assertAlmostEqual(item.reorder_point, item.safety_stock + 2 * 29, 2)
        self.company.inventory_as_of = self.today + timedelta(days=22)
        self.assertEqual(self._planned(product).lead_time_mean, 14, "it is over")

    def test_a_closure_after_the_delivery_does_not_matter(self):
        product = self._product("In time", delay=5)
        self.vendor.inventory_calendar_id = self.calendar
        self._facts(product, [2] * 400)
        self._close(8, 60)
        self.assertEqual(self._planned(product).lead_time_mean, 7)

    def test_measured_lead_times_leave_closures_out(self):
        product = self._product("Measured", delay=5)
        self._facts(product, [2] * 400)
        self._received(product, 60, 26)
        self.assertAlmostEqual(self._planned(product).lead_time_mean, 26, 1)
        self.vendor.inventory_calendar_id = self.calendar
        self._close(-55, -42)
        item = self._planned(product)
        self.assertEqual(item.explanation_data["lead_source"], "receipts")
        self.assertAlmostEqual(item.lead_time_mean, 12, 1)
        # Weekends are in what was measured; coming closures are not.
        self._close(1, 7)
        self.assertAlmostEqual(self._planned(product).lead_time_mean, 19, 1)

    def test_days_in_two_closures_count_once(self):
        """A closure within another, one that overlaps and one of another company: 14 days, not 31."""
        product = self._product("Closed twice", delay=5)
        self._facts(product, [2] * 400)
        self._received(product, 60, 26)
        self.vendor.inventory_calendar_id = self.calendar
        self._close(-55, -45)
        self._close(-50, -48)
        self._close(-48, -42)
        other = self.env["res.company"].create({"name": "Other"})
        self._close(-58, -36, other)
        self.assertAlmostEqual(self._planned(product).lead_time_mean, 12, 1)
        self._close(1, 20, other)
        self.assertAlmostEqual(self._planned(product).lead_time_mean, 12, 1)

    def test_the_calendar_of_a_warehouse_closes_weekdays(self):
        product = self._product("Sold on weekdays")
        # Too few days of demand to find a closed weekday by them.
        self._facts(product, [0 if day % 7 in (4, 5) else 3 for day in range(60)])
        item = self._planned(product)
        self.assertFalse(item.explanation_data.get("closed_days"))
        self.warehouse.inventory_calendar_id = self.calendar
        item = self._planned(product)
        self.assertEqual(item.explanation_data["closed_days"], 0b1100000)
        self.assertIn("Closed weekdays of the warehouse: Saturday, Sunday", item.explanation)
