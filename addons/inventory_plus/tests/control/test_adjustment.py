"""The thin adjustment: what it applies, what it refuses, and what a counter may not see (laws 10 and 11)."""

from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestAdjustment(ControlCase):
    def _approve(self, adjustment, **kwargs):
        return self._as("approver", adjustment).action_approve(**kwargs)

    def test_lines_are_applied(self):
        owner = self.env["res.partner"].create({"name": "Owner"})
        package = self.env["stock.package"].create({"name": "P1"})
        adjustment = self._pending(
            self._line(7.5),
            self._line(9, self.lotted, self.shelf, lot_id=self.lot.id),
            self._line(4, location=self.shelf, owner_id=owner.id),
            self._line(3, location=self.shelf, package_id=package.id),
        )
        self.assertEqual(adjustment.line_ids.mapped("book_quantity"), [10, 5, 0, 0])
        self.assertEqual(adjustment.line_ids.mapped("difference"), [-2.5, 4, 4, 3])
        self._approve(adjustment)
        self.assertEqual((self._on_hand(), self._on_hand(self.lotted, self.shelf, self.lot)), (7.5, 9))
        quants = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.shelf.id)]
        )
        self.assertEqual(
            sorted((q.owner_id.name or "", q.package_id.name or "", q.quantity) for q in quants),
            [("", "P1", 3), ("Owner", "", 4)],
        )
        self.assertEqual(adjustment.line_ids.mapped("applied_quantity"), [-2.5, 4, 4, 3])
        moves = self.env["stock.move"].search([("product_id", "=", self.product.id), ("is_inventory", "=", True)])
        self.assertTrue(all(adjustment.name in move.inventory_name for move in moves))

    def test_counted_in_another_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        adjustment = self._pending(self._line(2, product_uom_id=dozen.id))
        self.assertEqual(adjustment.line_ids.difference, 14)
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 24)

    def test_counted_nothing_and_counted_what_is_there(self):
        adjustment = self._pending(self._line(0), self._line(5, self.lotted, self.shelf, lot_id=self.lot.id))
        before = self.env["stock.move"].search_count([("product_id", "=", self.lotted.id)])
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 0)
        self.assertEqual(
            self.env["stock.move"].search_count([("product_id", "=", self.lotted.id)]), before, "nothing to move"
        )

    def test_reserved_stock_can_be_counted_away(self):
        out = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 8,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        out._action_confirm()
        out._action_assign()
        self.assertEqual(out.quantity, 8)
        self._approve(self._pending(self._line(5)))
        self.assertEqual(self._on_hand(), 5)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        self.assertLessEqual(sum(quant.mapped("reserved_quantity")), 5)

    def test_duplicate_quants_are_one_stock(self):
        self.env["stock.quant"].create({"product_id": self.product.id, "location_id": self.stock.id, "quantity": -3})
        adjustment = self._pending(self._line(2))
        self.assertEqual(adjustment.line_ids.book_quantity, 7)
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 2)

    def test_stock_moved_since_the_request(self):
        move = {"refuse": None, "difference": 9, "counted": 7}
        for choice, expected in move.items():
            with self.subTest(choice=choice), self.env.cr.savepoint() as savepoint:
                adjustment = self._pending()  # book 10, counted 7
                self.env["stock.quant"]._update_available_quantity(self.product, self.stock, 2)
                if expected is None:
                    with self.assertRaisesRegex(UserError, "10.0 then, 12.0 now"):
                        self._approve(adjustment, moved=choice)
                    self.assertEqual((self._on_hand(), adjustment.approval_state), (12, "pending"))
                else:
                    self._approve(adjustment, moved=choice)
                    self.assertEqual(self._on_hand(), expected)
                    self.assertEqual(adjustment.line_ids.moved, choice)
                savepoint.rollback()

    def test_difference_below_nothing(self):
        adjustment = self._pending(self._line(2))
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, -5)
        with self.assertRaisesRegex(UserError, "less than nothing"):
            self._approve(adjustment, moved="difference")
        with self.assertRaises(UserError):
            self._approve(adjustment, moved="whatever")

    def test_queries_do_not_grow_with_lines(self):
        """Reading the book costs one query whatever the number of lines."""
        products = self.env["product.product"].create([{"name": f"P{n}", "is_storable": True} for n in range(20)])
        adjustment = self._adjustment(*(self._line(1, product) for product in products))
        lines = adjustment.line_ids.sudo()
        lines.mapped("product_id.uom_id")
        with self.assertQueryCount(1):
            lines._book_now()

    # ---------------------------------------------------------------- bad input

    def test_bad_input_gets_a_sentence(self):
        service = self.env["product.product"].create({"name": "Advice", "type": "service"})
        consumable = self.env["product.product"].create({"name": "Glue", "type": "consu"})
        serial = self.env["product.product"].create({"name": "Phone", "is_storable": True, "tracking": "serial"})
        number = self.env["stock.lot"].create({"name": "S1", "product_id": serial.id})
        kilogram = self.env.ref("uom.product_uom_kgm")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1).lot_stock_id
        customers = self.env.ref("stock.stock_location_customers")
        cases = {
            "less than nothing": self._line(-1),
            "typing error": self._line(1e12),
            "not a number": self._line("abc"),
            "is not a number": self._line(float("nan")),
            "nan is not a number": self._line("nan"),
            "inf is not a number": self._line(float("inf")),
            "Advice is not kept": self._line(1, service),
            "Glue is not kept": self._line(1, consumable),
            "belongs to Elsewhere": self._line(1, location=elsewhere),
            "holds no stock of ours": self._line(1, location=customers),
            "not of Bolt": self._line(1, lot_id=self.lot.id),
            "say which lot": self._line(1, self.lotted),
            "exists once": self._line(2, serial, lot_id=number.id),
            "cannot be counted in kg": self._line(1, product_uom_id=kilogram.id),
        }
        before = self.env["inventory.adjustment"].search_count([])
        for text, line in cases.items():
            with self.subTest(text), self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                self._adjustment(line, role="manager")
        with self.assertRaisesRegex(UserError, "on two lines"), self.env.cr.savepoint():
            self._adjustment(self._line(1), self._line(2))
        self.assertEqual(self.env["inventory.adjustment"].search_count([]), before)

    def test_a_lot_of_an_untracked_product(self):
        lot = self.env["stock.lot"].create({"name": "LX", "product_id": self.lotted.id})
        self.lotted.tracking = "none"
        with self.assertRaisesRegex(UserError, "not tracked"):
            self._adjustment(self._line(1, self.lotted, lot_id=lot.id))

    def test_empty(self):
        with self.assertRaisesRegex(UserError, "at least one"):
            self._adjustment().action_request_approval()

    def test_defaults_in_the_context_do_not_get_in(self):
        lines = self._as("operator", self.env["inventory.adjustment.line"])
        adjustment = self._adjustment()
        vals = {**self._line(1)[2], "adjustment_id": adjustment.id}
        line = lines.with_context(default_book_quantity=99, default_applied_quantity=99).create(vals)
        self.assertEqual((line.book_quantity, line.applied_quantity), (0, 0))
        for name in ("book_quantity", "applied_quantity", "moved"):
            with self.assertRaises(AccessError):
                line.sudo().write({name: 5})

    # ------------------------------------------------------------------- rights

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        adjustment = self._pending()
        foreign = self.users["approver"]
        foreign.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        foreign_adjustment = adjustment.with_user(foreign).with_context(allowed_company_ids=other.ids)
        self.assertFalse(foreign_adjustment.search([]))
        with self.assertRaises(AccessError):
            foreign_adjustment.action_approve()
        with self.assertRaises(UserError):
            self._as("operator").create({"reason": "x", "company_id": other.id})
        with self.assertRaises(UserError):
            adjustment.sudo().company_id = other

    def test_counter_reads_no_stock(self):
        """Law 10: the books themselves are closed to who only counts, and open to whoever moves goods as well."""
        quants = self.env["stock.quant"].search([("location_id.usage", "=", "internal")])
        self.assertTrue(quants)
        self.assertFalse(self._as("counter", self.env["stock.quant"]).search([]))
        self.assertTrue(self._as("operator", self.env["stock.quant"]).search([("id", "in", quants.ids)]))
        self.users["counter"].group_ids += self.env.ref("stock.group_stock_user")
        self.assertTrue(self._as("counter", self.env["stock.quant"]).search([("id", "in", quants.ids)]))

    def test_counter_sees_his_own_and_no_book(self):
        """Law 10: not by reading, searching, grouping, sorting, exporting, or in an error."""
        self.users["counter"].group_ids += self.env.ref("base.group_allow_export")
        others = self._adjustment(self._line(1))
        mine = self._pending(role="counter")
        lines = self._as("counter", self.env["inventory.adjustment.line"])
        self.assertNotIn(others, self._as("counter").search([]))
        self.assertEqual(lines.search([]), mine.line_ids)
        self.assertEqual(mine.sudo().line_ids.book_quantity, 10)
        for name in ("book_quantity", "difference", "value", "unit_cost", "moved_since", "applied_quantity", "moved"):
            for way, call in {
                "read": lambda name=name: lines.search([]).read([name]),
                "search": lambda name=name: lines.search([(name, "=", 10)]),
                "search from the header": lambda name=name: self._as("counter").search([(f"line_ids.{name}", "=", 10)]),
                "group": lambda name=name: lines.formatted_read_group([], [name], ["__count"]),
                "sum": lambda name=name: lines.formatted_read_group([], [], [f"{name}:sum"]),
                "sort": lambda name=name: lines.search([], order=name),
                "export": lambda name=name: mine.export_data([f"line_ids/{name}"]),
                "specification": lambda name=name: mine.web_read({"line_ids": {"fields": {name: {}}}}),
            }.items():
                if name == "moved" and way == "sum":
                    continue
                with self.subTest(name=name, way=way):
                    try:
                        result = call()
                    except (AccessError, ValueError):
                        continue
                    self.assertNotIn("10", str(result), f"{way} of {name} told the book quantity")
                    self.assertNotIn("-3", str(result))
        self.assertNotIn("book_quantity", lines.fields_get())
        with self.assertRaises(AccessError):
            lines.search([("book_quantity", ">", 0)])

    def test_operator_and_approver_see_the_book(self):
        adjustment = self._pending()
        for role in ("operator", "approver", "manager", "auditor"):
            self.assertEqual(self._as(role, adjustment.line_ids).read(["book_quantity"])[0]["book_quantity"], 10)
