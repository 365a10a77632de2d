"""Whoever changes calendars, categories above others or costs is named; what is remembered does not pile up."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import tagged

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestInputAuthors(FourEyesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.changes = cls.env["inventory.plan.change"]
        cls.calendars = cls.env["resource.calendar"]
        cls.calendar = cls._calendar("Monday to Friday", range(5))

    @classmethod
    def _calendar(cls, name, days):
        hours = [Command.create({"name": "Day", "dayofweek": str(day), "hour_from": 8, "hour_to": 16}) for day in days]
        return cls.calendars.create(
            {"name": name, "tz": "UTC", "company_id": False, "attendance_ids": [Command.clear(), *hours]}
        )

    def _noted(self, product, change, user=None):
        """Users of the changes of this product's item that ``change`` notes, with their kinds."""
        item = self._item(product)
        self.changes.search([]).unlink()
        change()
        self.env.flush_all()
        return {(row.user_id, row.kind) for row in self.changes.search([("item_id", "=", item.id)])}

    # ------------------------------------------------------------ calendars

    def test_the_delivery_days_of_a_vendor(self):
        product = self._planned_product()
        self.vendor.with_user(self.both).sudo().inventory_calendar_id = self._calendar("Mondays", [0])
        self._sell(product, 20)
        self._assert_barred(self._waiting(product), self.both)

    def test_the_open_days_of_a_warehouse(self):
        product = self._planned_product()
        self.warehouse.with_user(self.both).sudo().inventory_calendar_id = self.calendar
        self._sell(product, 20)
        self._assert_barred(self._waiting(product), self.both)

    def test_what_is_in_a_calendar(self):
        product, stranger = self._planned_product(), self._planned_product("Made here")
        stranger.seller_ids.unlink()
        self.vendor.inventory_calendar_id = self.calendar
        other = self._calendar("Used nowhere", range(5))
        mine = self.calendar.with_user(self.both).sudo()
        leave = {
            "name": "Closed",
            "date_from": datetime.combine(self.today, datetime.min.time()),
            "date_to": datetime.combine(self.today + timedelta(days=9), datetime.min.time()),
        }
        person = self.env["resource.resource"].create({"name": "Somebody", "calendar_id": self.calendar.id})
        day = {"name": "Saturday", "dayofweek": "5", "hour_from": 8, "hour_to": 12}
        by_them = {(self.both, "calendar")}
        for name, change, expected in (
            ("leave", lambda: mine.leave_ids.create({**leave, "calendar_id": mine.id}), by_them),
            ("moved leave", lambda: mine.leave_ids[:1].write({"date_to": self.today + timedelta(days=30)}), by_them),
            ("leave elsewhere", lambda: mine.leave_ids[:1].write({"calendar_id": other.id}), by_them),
            ("another's leave", lambda: other.with_user(self.both).sudo().leave_ids[:1].unlink(), set()),
            (
                "one person's leave",
                lambda: mine.leave_ids.create({**leave, "calendar_id": mine.id, "resource_id": person.id}),
                set(),
            ),
            ("new day", lambda: mine.attendance_ids.create({**day, "calendar_id": mine.id}), by_them),
            ("day gone", lambda: mine.attendance_ids[:1].unlink(), by_them),
            ("form", lambda: mine.write({"attendance_ids": [Command.create({**day, "dayofweek": "6"})]}), by_them),
            ("name", lambda: mine.write({"name": "Other name"}), set()),
            ("elsewhere", lambda: other.with_user(self.both).sudo().write({"tz": "Asia/Tokyo"}), set()),
        ):
            with self.subTest(name):
                self.assertEqual(self._noted(product, change), expected)
                self.assertFalse(self.changes.search([("item_id", "=", self._item(stranger).id)]))

    # ---------------------------------------------------- categories, costs

    def test_a_category_that_moves(self):
        above, below = self.env["product.category"].create([{"name": "Above"}, {"name": "Below"}])
        product = self._product("Moved", categ_id=below.id)
        self._facts(product, [0, 0, 14, 0, 3, 0, 9] * 60)
        policies = self.env["inventory.policy"]
        policies.create({"name": "Dear", "target_cycle": 99.5, "categ_ids": [Command.set(above.ids)]})
        policies.create({"name": "All", "target_cycle": 60})
        self._plan()
        below.with_user(self.both).sudo().parent_id = above
        self._assert_barred(self._waiting(product), self.both)

    def test_costs_count_where_stock_is_weighed_against_money(self):
        product = self._planned_product()
        cheaper = product.with_user(self.both).sudo()
        self.assertFalse(self._noted(product, lambda: cheaper.write({"standard_price": 1})))
        self.company.inventory_order_cost = 50
        self.assertEqual(self._noted(product, lambda: cheaper.write({"standard_price": 2})), {(self.both, "cost")})
        template = cheaper.product_tmpl_id
        self.assertEqual(self._noted(product, lambda: template.write({"standard_price": 3})), {(self.both, "cost")})
        average = cheaper.with_context(disable_auto_revaluation=True)
        self.assertFalse(self._noted(product, lambda: average.write({"standard_price": 4})))
        self.company.inventory_order_cost = 0
        self.env["inventory.policy"].create({"name": "Cost", "target": "cost", "target_cost": 5})
        self._plan()
        self.assertEqual(self._noted(product, lambda: cheaper.write({"standard_price": 5})), {(self.both, "cost")})

    # -------------------------------------------------------------- keeping

    def test_an_event_notes_an_item_once(self):
        first, second = self._planned_product("First"), self._planned_product("Second")
        event = self.env["inventory.demand.event"].create(
            {"name": "Fair", "date_start": self.today, "date_end": self.today, "product_ids": first.ids}
        )
        self.changes.search([]).unlink()
        event.with_user(self.both).uplift = 70
        noted = self.changes.search([])
        self.assertEqual(noted.mapped("item_id"), self._item(first))
        self.assertEqual(len(noted), 1)
        event.with_user(self.both).product_ids = second
        noted = self.changes.search([]) - noted
        self.assertEqual(sorted(noted.mapped("item_id.id")), sorted((self._item(first) | self._item(second)).ids))
        self.assertEqual(len(noted), 2)
        event.with_user(self.both).product_ids = False
        everywhere = self.changes.search([], limit=2)
        self.assertEqual(everywhere.mapped("item_id"), self._item(second))

    def test_what_nobody_needs_is_removed(self):
        product = self._planned_product()
        item = self._item(product)
        policy = self.env["inventory.policy"].create({"name": "Often"})
        until = self.today + timedelta(days=30)
        item.with_user(self.both).write({"pin_reorder_point": True, "pinned_reorder_point": 300, "pinned_until": until})
        for target in (91, 92, 93):
            policy.with_user(self.both).target_cycle = target
        policy.with_user(self.colleague).target_cycle = 94
        item.with_user(self.colleague).pinned_reorder_point = 500
        before = self.changes.search([])
        self.changes._gc()
        self.assertEqual(self.changes.search([]), before, "plans may be under way that have not read them")
        self.env.cr.execute("UPDATE inventory_plan_change SET changed_at = changed_at - INTERVAL '2 days'")
        self.changes._gc()
        left = self.changes.search([])
        self.assertEqual(len(before) - len(left), 2, "one of each person about each")
        waiting = self._waiting(product)
        self._assert_barred(waiting, self.both, self.colleague)
        waiting.with_user(self.other_approver).action_apply()
        self.changes._gc()
        left = self.changes.search([])
        self.assertFalse(left.item_id, "decided")
        self.assertEqual(left.user_id, self.both | self.colleague, "other items may not have seen it")

    def test_what_ran_beside_a_plan_stays(self):
        product = self._planned_product()
        item = self._item(product)
        item.with_user(self.both).like_factor = 2
        row = self.changes.search([("item_id", "=", item.id)], limit=1)
        self.env.cr.execute(
            """UPDATE inventory_item SET base_data = base_data || jsonb_build_object('seen', %s + 9, 'running',
                      jsonb_build_array(%s)) WHERE id = %s""",
            [row.id, row.transaction, item.id],
        )
        self.env.cr.execute("UPDATE inventory_plan_change SET changed_at = changed_at - INTERVAL '2 days'")
        self.changes._gc()
        self.assertTrue(row.exists())
