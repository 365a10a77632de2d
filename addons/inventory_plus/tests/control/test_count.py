"""Counting: sheet, second count, review, adjustment; rights, freeze, and what is no count."""

from datetime import timedelta

from odoo import Command, fields
from odoo.addons.inventory_plus.exceptions import GuardError
from odoo.addons.inventory_plus.models.control.count_error import CountError
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged


class CountCase(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.counter2 = new_test_user(cls.env, "test_counter2", groups="inventory_plus.group_counter", name="Second")
        cls.serial = cls.env["product.product"].create({"name": "Saw", "is_storable": True, "tracking": "serial"})
        cls.serials = cls.env["stock.lot"].create(
            [{"name": f"S{number}", "product_id": cls.serial.id} for number in (1, 2)]
        )
        cls.plan = cls.env["inventory.count.plan"].create(
            {"name": "Shelves", "location_ids": [Command.set(cls.stock.ids)]}
        )
        cls.product.standard_price = 2.0
        cls.product.barcode = "0123456789012"

    def _task(self, products=None, locations=None, user="counter", opened=True, **more):
        vals = {
            "location_ids": [Command.set((locations or self.stock).ids)],
            "product_ids": [Command.set((self.product if products is None else products).ids)],
            "user_id": self.users[user].id if user else False,
            **more,
        }
        task = self._as("planner", self.env["inventory.count.task"]).create(vals)
        if opened:
            task.action_open()
        return task

    def _counting(self, quantity, role="counter", finish=True, **more):
        task = self._task(user=role, **more)
        mine = self._as(role, task)
        sheet = mine.start()
        if quantity is not None:
            mine.count([{"line": line["id"], "quantity": quantity} for line in sheet["lines"]], "k")
        if finish:
            mine.finish()
        return task

    def _refused(self, code, call, *args):
        with self.assertRaises(CountError) as caught, self.env.cr.savepoint():
            call(*args)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        self.assertEqual(caught.exception.context, {"code": code})
        return str(caught.exception)


@tagged("post_install", "-at_install")
class TestCount(CountCase):
    # -------------------------------------------------------------- the sheet

    def test_sheet_of_a_place(self):
        task = self._task(products=self.env["product.product"])
        sheet = self._as("counter", task).start()
        told = {
            (line["product"]["id"], line["location"]["id"], line["lot"] and line["lot"]["id"])
            for line in sheet["lines"]
        }
        self.assertLessEqual(
            {(self.product.id, self.stock.id, False), (self.lotted.id, self.shelf.id, self.lot.id)}, told
        )
        self.assertTrue(all(line["quantity"] is None for line in sheet["lines"]))
        self.assertEqual(
            (task.state, task.user_id, task.started_at.date()), ("counting", self.users["counter"], fields.Date.today())
        )

    def test_what_is_as_booked_is_done(self):
        task = self._counting(10)
        self.assertEqual((task.state, task.accuracy, task.net_value, task.line_total), ("done", 100, 0, 1))

    def test_an_empty_sheet(self):
        """A place with nothing: handed in as it is, and sound in figures."""
        empty = self.env["stock.location"].create({"name": "Empty", "location_id": self.stock.id})
        task = self._counting(None, products=self.env["product.product"], locations=empty)
        self.assertEqual((task.state, task.line_total, task.accuracy, task.value_accuracy), ("done", 0, 100, 100))

    def test_found_goods(self):
        empty = self.env["stock.location"].create({"name": "Empty", "location_id": self.stock.id})
        task = self._task(products=self.env["product.product"], locations=empty, second_count=False)
        mine = self._as("counter", task)
        mine.start()
        mine.count([{"product": self.product.id, "location": empty.id, "quantity": 3}], "found")
        self.assertTrue(task.line_ids.is_found)
        mine.finish()
        result = task.sudo().result_ids
        self.assertEqual((task.state, result.book_quantity, result.difference, result.accuracy), ("review", 0, 3, 0))
        self.assertEqual(
            (task.accuracy, task.value_accuracy, task.quantity_accuracy, task.absolute_value), (0, 0, 0, 6)
        )

    def test_finish_asks_for_what_is_left(self):
        task = self._task()
        mine = self._as("counter", task)
        mine.start()
        self.assertIn("Bolt", self._refused("not_counted", mine.finish))
        mine.finish(missing="zero")
        self.assertEqual(task.sudo().result_ids.counted_quantity, 0)

    def test_the_same_message_twice(self):
        task = self._task()
        mine = self._as("counter", task)
        line = mine.start()["lines"][0]["id"]
        first = mine.count([{"line": line, "quantity": 4}], "key-1")
        mine.count([{"line": line, "quantity": 6}], "key-2")
        self.assertEqual(mine.count([{"line": line, "quantity": 4}], "key-1"), first)
        self.assertEqual(task.line_ids.quantity, 6, "the repetition did nothing")
        self._refused("key_reused", mine.count, [{"line": line, "quantity": 5}], "key-1")
        for key in ("", None, 7, "x" * 200, "a\x00b"):
            self._refused("bad_key", mine.count, [{"line": line, "quantity": 5}], key)

    def test_a_key_after_the_count(self):
        """A device that lost the answer gets it even when the sheet is handed in already."""
        task = self._task()
        mine = self._as("counter", task)
        line = mine.start()["lines"][0]["id"]
        answer = mine.count([{"line": line, "quantity": 10}], "late")
        mine.finish()
        self.assertEqual(mine.count([{"line": line, "quantity": 10}], "late"), answer)

    def test_bad_quantities(self):
        task = self._task()
        mine = self._as("counter", task)
        line = mine.start()["lines"][0]["id"]
        for value in (-1, float("nan"), float("inf"), 1e12, "many", None, True, [], {}):
            self._refused("bad_quantity", mine.count, [{"line": line, "quantity": value}], "k")
        for lines in ("x", [1], None, {"line": line}):
            self._refused("bad_line", mine.count, lines, "k")
        for one in ({}, {"line": 10**9}, {"line": "x"}, {"product": 10**9, "location": 1}, {"product": "x"}):
            self._refused("bad_line", mine.count, [{**one, "quantity": 1}], "k")
        self.assertFalse(task.line_ids.is_counted)

    def test_all_or_nothing(self):
        task = self._task(products=self.product | self.lotted)
        mine = self._as("counter", task)
        ids = [line["id"] for line in mine.start()["lines"]]
        self._refused(
            "bad_quantity", mine.count, [{"line": ids[0], "quantity": 3}, {"line": ids[1], "quantity": -3}], "k"
        )
        self.assertFalse(any(task.line_ids.mapped("is_counted")))

    def test_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        task = self._task()
        mine = self._as("counter", task)
        line = mine.start()["lines"][0]["id"]
        self._refused(
            "bad_unit", mine.count, [{"line": line, "quantity": 1, "uom": self.env.ref("uom.product_uom_kgm").id}], "a"
        )
        mine.count([{"line": line, "quantity": 2, "uom": dozen.id}], "b")
        self.assertEqual(task.sudo().result_ids.counted_quantity, 24)

    def test_lots(self):
        task = self._task(products=self.lotted, locations=self.shelf)
        mine = self._as("counter", task)
        mine.start()
        place = {"product": self.lotted.id, "location": self.shelf.id, "quantity": 1}
        self._refused("lot_needed", mine.count, [place], "a")
        self._refused("unknown_lot", mine.count, [{**place, "lot_name": "NEW"}], "b")
        self._refused("unknown_lot", mine.count, [{**place, "lot": self.serials[0].id}], "c")
        task.sudo()._set({"create_lots": True})
        mine.count([{**place, "lot_name": "NEW"}], "d")
        self.assertEqual(self.env["stock.lot"].search([("name", "=", "NEW")]).product_id, self.lotted)

    def test_serials_once(self):
        self.env["stock.quant"]._update_available_quantity(self.serial, self.shelf, 1, lot_id=self.serials[0])
        task = self._task(products=self.serial)
        mine = self._as("counter", task)
        line = mine.start()["lines"][0]["id"]
        self._refused("serial_once", mine.count, [{"line": line, "quantity": 2}], "a")
        mine.count([{"line": line, "quantity": 1}], "b")
        again = {"product": self.serial.id, "location": self.stock.id, "lot": self.serials[0].id, "quantity": 1}
        self._refused("serial_once", mine.count, [again], "c")

    def test_outside(self):
        task = self._task(locations=self.shelf)
        mine = self._as("counter", task)
        mine.start()
        self._refused(
            "outside_scope", mine.count, [{"product": self.product.id, "location": self.stock.id, "quantity": 1}], "a"
        )
        self._refused(
            "outside_scope", mine.count, [{"product": self.serial.id, "location": self.shelf.id, "quantity": 1}], "b"
        )

    def test_scan(self):
        self.shelf.barcode = "SHELF"
        self.env["stock.package"].create({"name": "PACK0001"})
        task = self._task(products=self.product | self.lotted)
        mine = self._as("counter", task)
        mine.start()
        found = {code: mine.scan(code) for code in ("0123456789012", "SHELF", "L1", "PACK0001")}
        self.assertEqual([one["kind"] for one in found.values()], ["product", "location", "lot", "package"])
        self.assertEqual(
            found["0123456789012"]["lines"], task.line_ids.filtered(lambda line: line.product_id == self.product).ids
        )
        self.assertEqual(found["L1"]["lines"], task.line_ids.filtered("lot_id").ids)
        self._refused("unknown_code", mine.scan, "nothing")
        self._refused("unknown_code", mine.scan, None)
        self.serial.barcode = "9999"
        self._refused("outside_scope", mine.scan, "9999")

    # ------------------------------------------------------- second count, review

    def test_second_count_by_another(self):
        task = self._counting(7)
        self.assertEqual((task.state, task.round), ("second", 2))
        self.assertIn("counted", self._refused("same_person", self._as("counter", task).start))
        second = self._as(self.counter2, task)
        sheet = second.start()
        self.assertEqual([line["quantity"] for line in sheet["lines"]], [None], "the first count is not told")
        self.assertEqual(
            self.env["inventory.count.line"]
            .with_user(self.counter2)
            .search([("task_id", "=", task.id)])
            .mapped("round"),
            [2],
        )
        self.env.invalidate_all()
        shown = second.web_save(
            {"line_ids": [Command.update(sheet["lines"][0]["id"], {"quantity": 9})]},
            {"has_started": {}, "progress": {}, "line_ids": {"fields": {"quantity": {}}}},
        )
        self.assertEqual([line["quantity"] for line in shown[0]["line_ids"]], [9], "his own line alone")
        second.finish()
        self.assertEqual(task.state, "review")
        result = task.sudo().result_ids
        self.assertEqual((result.counted_quantity, result.first_quantity, result.difference), (9, 7, -1))
        self.assertEqual(self.env["inventory.count.result"].search_count([("task_id", "=", task.id)]), 2)

    def test_tolerance(self):
        """By class, different for plus and minus, by units, percentage and value; every limit that fits must hold."""
        limits = self.env["inventory.count.tolerance"].create(
            [
                {"plan_id": self.plan.id, "kind": "percent", "minus": 10, "plus": 20},
                {"plan_id": self.plan.id, "kind": "percent", "abc": "A", "minus": 1, "plus": 2},
                {"plan_id": self.plan.id, "kind": "value", "minus": 50, "plus": 50},
                {"plan_id": self.plan.id, "kind": "quantity", "abc": "C", "minus": 3, "plus": 0},
            ]
        )
        for abc, difference, book, value, allowed in (
            ("B", -10, 100, -10, True),
            ("B", -11, 100, -11, False),
            ("B", 20, 100, 20, True),
            ("B", 21, 100, 21, False),
            ("A", -1, 100, -1, True),
            ("A", -2, 100, -2, False),
            ("B", -5, 100, -51, False),
            ("C", -3, 100, -3, True),
            ("C", -4, 100, -4, False),
            ("C", 1, 100, 1, False),
            ("B", 1, 0, 1, False),
            (None, -10, 100, -10, True),
        ):
            with self.subTest(abc=abc, difference=difference, book=book, value=value):
                self.assertEqual(limits._allows(abc, difference, book, value), allowed)
        self.assertFalse(limits.browse()._allows("A", 1, 100, 1))

    def test_within_is_not_counted_again(self):
        self.plan.tolerance_ids = [Command.create({"kind": "quantity", "minus": 3, "plus": 1})]
        task = self._counting(8, plan_id=self.plan.id)
        self.assertEqual((task.state, task.accuracy, task.net_value), ("review", 100, -4))
        self._as("planner", task).action_accept()
        self.assertEqual(task.state, "done")

    def test_beyond_is_not_just_closed(self):
        task = self._counting(7, second_count=False)
        with self.assertRaises(UserError):
            self._as("planner", task).action_accept()

    def test_count_again_and_again(self):
        task = self._counting(7, second_count=False)
        self._as("planner", task).action_recount()
        self.assertEqual((task.state, task.round), ("second", 2))
        second = self._as(self.counter2, task)
        second.count([{"line": second.start()["lines"][0]["id"], "quantity": 10}], "k")
        second.finish()
        self.assertEqual((task.state, task.net_value, task.accuracy), ("done", 0, 100))

    def test_to_an_adjustment(self):
        """Applied is the counted difference: what moved since the count moved on the books too."""
        task = self._counting(7, second_count=False)
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, -2)
        self._as("planner", task).action_adjust()
        adjustment = task.sudo().adjustment_id
        self.assertEqual((task.state, adjustment.approval_state), ("done", "pending"))
        self._as("approver", adjustment.sudo(False)).action_approve()
        self.assertEqual(self._on_hand(), 5)

    def test_moves_between_request_and_approval(self):
        task = self._counting(7, second_count=False)
        self._as("planner", task).action_adjust()
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, -2)
        adjustment = task.sudo().adjustment_id.sudo(False)
        self._as("approver", adjustment).action_approve()
        self.assertEqual(self._on_hand(), 5)

    def test_a_counter_never_approves(self):
        counts_too = new_test_user(
            self.env, "both", groups="inventory_plus.group_counter,inventory_plus.group_approver"
        )
        task = self._task(user=None, second_count=False)
        mine = task.with_user(counts_too)
        mine.count([{"line": mine.start()["lines"][0]["id"], "quantity": 1}], "k")
        mine.finish()
        self._as("planner", task).action_adjust()
        adjustment = task.sudo().adjustment_id.sudo(False)
        with self.assertRaises(AccessError):
            adjustment.with_user(counts_too).action_approve()
        self._as("approver", adjustment).action_approve()
        self.assertEqual(self._on_hand(), 1)

    def test_figures(self):
        other = self.env["product.product"].create({"name": "Screw", "is_storable": True, "standard_price": 1.0})
        self.env["stock.quant"]._update_available_quantity(other, self.shelf, 20)
        task = self._task(products=self.product | other, second_count=False)
        mine = self._as("counter", task)
        lines = {line["product"]["id"]: line["id"] for line in mine.start()["lines"]}
        mine.count([{"line": lines[self.product.id], "quantity": 10}, {"line": lines[other.id], "quantity": 25}], "k")
        mine.finish()
        self.assertEqual((task.line_total, task.line_accurate, task.accuracy), (2, 1, 50))
        self.assertEqual((task.location_total, task.location_accurate, task.location_accuracy), (2, 1, 50))
        self.assertEqual((task.book_value, task.net_value, task.absolute_value), (40, 5, 5))
        self.assertAlmostEqual(task.value_accuracy, 87.5)
        self.assertAlmostEqual(task.quantity_accuracy, 87.5)
        groups = self.env["inventory.count.result"]._read_group(
            [("task_id", "=", task.id)], ["location_id"], ["accuracy:avg", "difference:sum"]
        )
        self.assertEqual(sorted(row[1:] for row in groups), [(0.0, 5.0), (100.0, 0.0)])

    # ------------------------------------------------------------------ freeze

    def _deliver(self, quantity, location=None, product=None):
        product, location = product or self.product, location or self.stock
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": location.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        move._action_assign()
        return move

    def test_freeze(self):
        for policy, reserved, moves in (("none", 3, True), ("wait", 0, True), ("refuse", 0, False)):
            with self.subTest(policy=policy), self.env.cr.savepoint() as savepoint:
                before = self._deliver(2)
                self._counting(None, finish=False, freeze_policy=policy)
                after = self._deliver(3)
                self.assertEqual((before.quantity, after.quantity), (2, reserved))
                before.picked = True
                if moves:
                    before._action_done()
                else:
                    with self.assertRaises(GuardError) as caught, self.env.cr.savepoint():
                        before._action_done()
                    self.assertIn("is being counted", str(caught.exception))
                    self.assertEqual(self._on_hand(), 10)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_freeze_ends_with_the_count(self):
        move = self._deliver(2)
        task = self._counting(10, finish=False, freeze_policy="refuse")
        self._as("counter", task).finish()
        move.picked = True
        move._action_done()
        self.assertEqual(self._on_hand(), 8)

    def test_only_the_scope_is_frozen(self):
        self._counting(None, finish=False, freeze_policy="refuse")
        self.env["stock.quant"]._update_available_quantity(self.lotted, self.stock, 1, lot_id=self.lot)
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.wh_input_stock_loc_id, 1)

    # ------------------------------------------------------------------ rights

    def test_who_may_what(self):
        vals = {"location_ids": [Command.set(self.stock.ids)]}
        for role in ("viewer", "sales", "buyer", "operator", "counter", "approver", "auditor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, self.env["inventory.count.task"]).create(vals)
        task = self._task()
        for role in ("operator", "counter", "approver", "auditor"):
            for call in ("action_cancel", "action_adjust", "action_recount", "action_accept"):
                with self.subTest(role=role, call=call), self.assertRaises(AccessError):
                    getattr(self._as(role, task), call)()
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, task).write({"due_date": "2030-01-01"})
        for role in ("viewer", "sales", "buyer"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, task).read(["name"])
        for role in ("counter", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, self.env["inventory.count.result"]).search_count([])

    def test_of_others(self):
        """A counter neither sees nor counts what another one counts."""
        task = self._task()
        other = self._as(self.counter2, task)
        with self.assertRaises(AccessError):
            other.start()
        self.assertFalse(other.search([("id", "=", task.id)]))
        self._refused("not_yours", self._as("manager", task).start)
        free = self._task(user=None, products=self.lotted)
        self._as(self.counter2, free).start()
        self.assertEqual(free.user_id, self.counter2)

    def test_lines_by_hand(self):
        """The screen writes lines; the same checks hold, and nothing else can be written."""
        task = self._counting(None, finish=False)
        line = self._as("counter", task.line_ids)
        line.write({"quantity": 4})
        self.assertEqual((line.is_counted, task.sudo().result_ids.counted_quantity), (True, 4))
        for vals in (
            {"is_counted": False},
            {"product_id": self.lotted.id},
            {"user_id": self.counter2.id},
            {"round": 2},
        ):
            with self.assertRaises(AccessError):
                line.write(vals)
        with self.assertRaises(CountError):
            line.write({"quantity": -1})
        with self.assertRaises(UserError):
            self._as("planner", task.line_ids).write({"quantity": 4})
        with self.assertRaises(AccessError):
            line.unlink()
        self._as("counter", task).write(
            {"line_ids": [Command.create({"product_id": self.product.id, "location_id": self.shelf.id, "quantity": 1})]}
        )
        self.assertEqual(len(task.line_ids), 2)

    def test_system_values(self):
        task = self._task(opened=False)
        for vals in ({"state": "done"}, {"round": 3}, {"accuracy": 100}, {"first_user_id": 1}):
            with self.assertRaises(AccessError):
                self._as("planner", task).write(vals)
            with self.assertRaises(AccessError):
                self._as("planner", self.env["inventory.count.task"]).create(vals)
        made = self._as("planner", self.env["inventory.count.task"]).with_context(default_state="done").create({})
        self.assertEqual(made.state, "draft")
        self.assertTrue(made.location_ids, "without a place all warehouses")
        result = self._counting(7, second_count=False).sudo().result_ids
        with self.assertRaises(AccessError):
            result.with_user(self.users["planner"]).write({"book_quantity": 7})
        result.with_user(self.users["planner"]).write({"cause": "picking"})

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        place = self.env["stock.warehouse"].sudo().search([("company_id", "=", company.id)], limit=1).lot_stock_id
        with self.assertRaises(UserError):
            self._task(locations=place)
        with self.assertRaises(UserError):
            self.env["inventory.count.plan"].create({"name": "X", "location_ids": [Command.set(place.ids)]})
        task = self._task(products=self.env["product.product"])
        mine = self._as("counter", task)
        mine.start()
        elsewhere = [{"product": self.product.id, "location": place.id, "quantity": 1}]
        self._refused("other_company", mine.count, elsewhere, "k")

    def test_reminder(self):
        task = self._task(due_date=fields.Date.today() + timedelta(days=3))
        activity = task.activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.users["counter"], task.due_date))
        mine = self._as("counter", task)
        mine.count([{"line": mine.start()["lines"][0]["id"], "quantity": 10}], "k")
        mine.finish()
        self.assertFalse(task.activity_ids)
