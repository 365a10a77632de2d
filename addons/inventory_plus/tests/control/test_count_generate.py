"""Plans make the right tasks, once."""

from datetime import date, timedelta

from odoo import Command, fields
from odoo.addons.inventory_plus.tests.control.test_count import CountCase
from odoo.exceptions import ValidationError
from odoo.tests import tagged

DAY = date(2030, 5, 6)  # a Monday


@tagged("post_install", "-at_install")
class TestCountGenerate(CountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hall = cls.env["stock.location"].create({"name": "Hall", "location_id": cls.stock.id})
        cls.bins = cls.env["stock.location"].create(
            [{"name": f"Bin {number}", "location_id": cls.hall.id} for number in range(4)]
        )
        cls.goods = cls.env["product.product"].create(
            [{"name": f"Good {number}", "is_storable": True} for number in range(8)]
        )
        for number, product in enumerate(cls.goods):
            cls.env["stock.quant"]._update_available_quantity(product, cls.bins[number % 4], 10 + number)
        cls.env["inventory.item"].create(
            [
                {
                    "product_id": product.id,
                    "warehouse_id": cls.warehouse.id,
                    "abc": "AABBCCC"[number] if number < 7 else False,
                }
                for number, product in enumerate(cls.goods)
            ]
        )
        cls.plan = cls.env["inventory.count.plan"].create(
            {
                "name": "Hall",
                "location_ids": [Command.set(cls.hall.ids)],
                "user_ids": [Command.set((cls.users["counter"] | cls.counter2).ids)],
            }
        )

    def _pairs(self, tasks):
        return {(task.location_ids.id, product.id) for task in tasks for product in task.product_ids}

    def _all(self):
        return {(self.bins[number % 4].id, product.id) for number, product in enumerate(self.goods)}

    def _count(self, tasks, day):
        """Have them counted as booked, on a day."""
        for task in tasks:
            user = task.user_id or self.users["counter"]
            mine = task.with_user(user)
            mine.start()
            for line in task.line_ids:
                quantity = (
                    self.env["stock.quant"]
                    .search([("product_id", "=", line.product_id.id), ("location_id", "=", line.location_id.id)])
                    .quantity
                )
                mine.count([{"line": line.id, "quantity": quantity}], f"k{line.id}")
            mine.finish()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE inventory_count_result SET counted_at = %s WHERE task_id = ANY(%s)", [day, tasks.ids]
        )
        self.env.invalidate_all()

    def test_abc(self):
        tasks = self.plan._generate(DAY)
        self.assertEqual(self._pairs(tasks), self._all(), "never counted is due")
        self.assertEqual(set(tasks.mapped("state")), {"open"})
        self.assertEqual(tasks.user_id, self.users["counter"] | self.counter2)
        self.assertEqual(set(tasks.mapped("due_date")), {DAY + timedelta(days=1)})
        self.assertTrue(all(task.activity_ids.user_id == task.user_id for task in tasks))
        self._count(tasks, DAY)
        self.assertEqual(set(tasks.mapped("state")), {"done"})
        due = {}
        for days in (29, 30, 90, 180):
            with self.env.cr.savepoint() as savepoint:
                found = self.plan._generate(DAY + timedelta(days=days)).product_ids
                due[days] = sorted(found.mapped("name"))
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(due[29], [])
        self.assertEqual(due[30], ["Good 0", "Good 1"])
        self.assertEqual(due[90], ["Good 0", "Good 1", "Good 2", "Good 3"])
        self.assertEqual(len(due[180]), 8)

    def test_twice_the_same_day(self):
        for basis in ("abc", "interval", "random", "opportunity"):
            with self.subTest(basis=basis):
                plan = self.plan.copy({"basis": basis, "daily_limit": 3, "sample_size": 3})
                with self.env.cr.savepoint() as savepoint:
                    self.assertTrue(plan._generate(DAY))
                    if basis == "opportunity":
                        plan.daily_limit = 100
                        plan._generate(DAY)
                    self.assertFalse(plan._generate(DAY))
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_nothing_while_it_is_open(self):
        self.plan._generate(DAY)
        other = self.plan.copy({"basis": "interval", "interval_days": 1})
        self.assertFalse(other._generate(DAY), "all of it is in open counts")

    def test_task_size_and_limit(self):
        self.plan.write({"task_size": 1, "daily_limit": 5})
        tasks = self.plan._generate(DAY)
        self.assertEqual([len(task.product_ids) for task in tasks], [1] * 5)

    def test_calendar(self):
        plan = self.plan.copy({"basis": "calendar", "weekday": "1"})
        self.assertFalse(plan._generate(DAY))
        self.assertTrue(plan._generate(DAY + timedelta(days=1)))
        plan = self.plan.copy({"basis": "calendar", "calendar": "month", "month_day": 7})
        self.env["inventory.count.task"].search([]).sudo()._set({"state": "cancelled"})
        self.assertFalse(plan._generate(DAY))
        self.assertTrue(plan._generate(DAY + timedelta(days=1)))

    def test_interval(self):
        plan = self.plan.copy({"basis": "interval", "interval_days": 3})
        made = [bool(plan._generate(DAY))]
        for days in range(1, 5):
            self.env["inventory.count.task"].search([]).sudo()._set({"state": "cancelled"})
            made.append(bool(plan._generate(DAY + timedelta(days=days))))
        self.assertEqual(made, [True, False, False, True, False])

    def test_random_is_drawn_by_its_seed(self):
        plan = self.plan.copy({"basis": "random", "sample_size": 3, "seed": "x"})
        drawn = plan._candidates(DAY)
        self.assertEqual(len(drawn), 3)
        self.assertEqual(plan._candidates(DAY), drawn)
        self.assertNotEqual(plan._candidates(DAY + timedelta(days=1)), drawn)
        plan.seed = "y"
        self.env.flush_all()
        self.assertNotEqual(plan._candidates(DAY), drawn)

    def _occasion(self, name):
        occasions = dict.fromkeys(("on_empty", "on_negative", "on_shortage", "on_long"), False)
        return self.plan.copy({"basis": "opportunity", **occasions, name: True})

    def test_emptied(self):
        plan = self._occasion("on_empty")
        self.assertFalse(plan._generate())
        move = self._deliver_from(self.bins[0], self.goods[0], 10)
        self.assertEqual(self._pairs(plan._generate()), {(self.bins[0].id, self.goods[0].id)})
        self.assertEqual(move.state, "done")

    def _deliver_from(self, location, product, quantity, demand=None):
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": location.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": demand or quantity,
                            "location_id": location.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking.move_ids

    def test_negative(self):
        plan = self._occasion("on_negative")
        self.assertFalse(plan._generate())
        self.env["stock.quant"]._update_available_quantity(self.goods[1], self.bins[1], -50)
        self.assertEqual(self._pairs(plan._generate()), {(self.bins[1].id, self.goods[1].id)})

    def test_shortage(self):
        plan = self._occasion("on_shortage")
        self.assertFalse(plan._candidates(DAY))
        self._deliver_from(self.bins[2], self.goods[2], 4, demand=9)
        self.assertEqual(self._pairs(plan._generate()), {(self.bins[2].id, self.goods[2].id)})

    def test_long_uncounted(self):
        plan = self._occasion("on_long")
        self.assertEqual(self._pairs(plan._generate()), self._all())

    def test_categories(self):
        category = self.env["product.category"].create({"name": "Counted"})
        self.goods[3].categ_id = category
        self.plan.categ_ids = category
        self.assertEqual(self.plan._generate(DAY).product_ids, self.goods[3])

    def test_bad_plans(self):
        for vals in (
            {"days_a": 0},
            {"daily_limit": -1},
            {"task_size": 10**9},
            {"month_day": 31},
            {"location_ids": [Command.clear()]},
            {"basis": "opportunity", "on_empty": False, "on_negative": False, "on_shortage": False, "on_long": False},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.plan.write(vals)

    def test_one_failing_plan_stops_no_other(self):
        broken = self.plan.copy({"name": "Broken", "sequence": 1})
        original = type(self.plan)._make_tasks
        (self.env["inventory.count.plan"].search([]) - self.plan - broken).active = False

        def fail(plan, *args):
            if plan == broken:
                raise ValueError("broken")
            return original(plan, *args)

        self.patch(type(self.plan), "_make_tasks", fail)
        with self.assertLogs("odoo.addons.inventory_plus.models.control.count_generate", "ERROR"):
            self.env["inventory.count.plan"]._cron_generate()
        self.assertTrue(self.plan.task_ids)
        self.assertFalse(broken.task_ids)
        self.assertEqual(self.plan.last_run, fields.Date.context_today(self.plan))
