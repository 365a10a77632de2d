"""Requests of other systems: carried out once, each by itself, with a sentence for what cannot be."""

from datetime import timedelta

from odoo import fields
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestAdjustmentSubmit(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.default_code = "BOLT"
        cls.lotted.default_code = "MILK"
        cls.shelf.barcode = "SHELF-1"
        cls.place = cls.stock.complete_name

    def _request(self, key="k1", *lines, **more):
        lines = lines or ({"sku": "BOLT", "location": self.place, "counted": 7},)
        return {"key": key, "reason": "DAMAGE", "lines": list(lines), **more}

    def _submit(self, *requests, role="operator"):
        return self._as(role).submit(list(requests))

    def _code(self, request, role="operator"):
        """The code of the reason for which a request is rejected; nothing of it is there afterwards."""
        before = self.env["inventory.adjustment"].search_count([])
        [answer] = self._submit(request, role=role)
        self.assertEqual((answer["state"], answer["adjustment_id"], answer["name"]), ("rejected", False, False), answer)
        self.assertEqual(self.env["inventory.adjustment"].search_count([]), before)
        self.assertTrue(answer["reason"]["message"])
        return answer["reason"]["code"]

    def test_submitted_and_applied_by_somebody_else(self):
        [answer] = self._submit(
            self._request(
                "k1",
                {"sku": "BOLT", "location": self.place, "counted": 7},
                {"product_id": self.lotted.id, "location": "SHELF-1", "lot": "L1", "difference": -2},
                note="Fell off the fork",
                origin="Drone 7",
            )
        )
        adjustment = self.env["inventory.adjustment"].browse(answer["adjustment_id"])
        self.assertEqual(
            answer, {"key": "k1", "state": "submitted", "adjustment_id": adjustment.id, "name": adjustment.name}
        )
        self.assertEqual(adjustment.requester_id, self.users["operator"])
        self.assertEqual((adjustment.reason_id.code, adjustment.reason), ("DAMAGE", "Fell off the fork"))
        self.assertEqual((adjustment.root_cause, adjustment.origin), ("handling", "Drone 7"))
        self.assertEqual(adjustment.line_ids.mapped("difference"), [-3, -2])
        with self.assertRaises(AccessError):
            self._as("operator", adjustment).action_approve()
        self._as("approver", adjustment).action_approve()
        self.assertEqual((self._on_hand(), self._on_hand(self.lotted, self.shelf)), (7, 3))
        [status] = self._as("operator").submit_status([{"key": "k1"}])
        self.assertEqual((status["state"], status["applied"], status["failed"]), ("applied", 2, []))

    def test_the_same_key_again(self):
        first = self._submit(self._request())
        self.assertEqual(self._submit(self._request()), first)
        # Written in another way it is the same, and what the world is like now does not matter.
        self.product.active = False
        self.assertEqual(
            self._submit(self._request("k1", {"counted": 7.0, "location": self.place, "sku": "BOLT"})), first
        )
        [other] = self._submit(self._request("k1", {"sku": "BOLT", "location": self.place, "counted": 8}))
        self.assertEqual((other["state"], other["reason"]["code"]), ("rejected", "key_conflict"))
        self.assertEqual(self.env["inventory.adjustment"].search_count([("request_key", "=", "k1")]), 1)

    def test_the_same_key_twice_in_a_call(self):
        first, second, third = self._submit(self._request(), self._request(), self._request("k1", note="other"))
        self.assertEqual(first, second)
        self.assertEqual(third["reason"]["code"], "key_conflict")

    def test_another_user_gets_the_first_answer(self):
        first = self._submit(self._request())
        self.assertEqual(self._submit(self._request(), role="manager"), first)

    def test_a_mistake_touches_no_other_and_uses_up_no_key(self):
        answers = self._submit(
            self._request("a"),
            self._request("b", {"sku": "NONE", "location": self.place, "counted": 1}),
            self._request("c"),
        )
        self.assertEqual([answer["state"] for answer in answers], ["submitted", "rejected", "submitted"])
        self.assertEqual(answers[1]["reason"]["code"], "unknown_sku")
        self.assertEqual(self._submit(self._request("b"))[0]["state"], "submitted")

    def test_counted_at(self):
        moment = fields.Datetime.now() - timedelta(hours=1)
        out = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 4,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        out._action_confirm()
        out._action_assign()
        out.picked = True
        out._action_done()
        asked = moment.isoformat() + "Z"
        [counted] = self._submit(self._request("c", counted_at=asked))
        line = self.env["inventory.adjustment"].browse(counted["adjustment_id"]).line_ids
        self.assertEqual((line.book_quantity, line.difference), (10, -3))
        lines = {"sku": "BOLT", "location": self.place, "difference": 2}
        [found] = self._submit(self._request("d", lines, counted_at=asked.replace("Z", "+00:00")))
        line = self.env["inventory.adjustment"].browse(found["adjustment_id"]).line_ids
        self.assertEqual((line.quantity, line.difference), (12, 2))

    def test_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        line = {"sku": "BOLT", "location": self.place, "counted": 2, "uom": dozen.name}
        [answer] = self._submit(self._request("u", line))
        self.assertEqual(self.env["inventory.adjustment"].browse(answer["adjustment_id"]).line_ids.quantity, 24)

    def test_bad_input(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1).lot_stock_id
        serial = self.env["product.product"].create({"name": "Phone", "is_storable": True, "tracking": "serial"})
        self.env["stock.lot"].create({"name": "S1", "product_id": serial.id})
        line = {"sku": "BOLT", "location": self.place, "counted": 7}
        milk = {"sku": "MILK", "location": self.place, "counted": 7}
        later = (fields.Datetime.now() + timedelta(days=1)).isoformat()
        hold = self.env["inventory.reason"].create(
            {"code": "HX", "name": "H", "for_adjustment": False, "for_hold": True}
        )
        cases = [
            ("bad_quantity", self._request("x", {**line, "counted": -1})),
            ("bad_quantity", self._request("x", {**line, "counted": 1e12})),
            ("bad_quantity", self._request("x", {**line, "counted": float("nan")})),
            ("bad_quantity", self._request("x", {**line, "counted": float("inf")})),
            ("bad_quantity", self._request("x", {**line, "counted": "7"})),
            ("bad_quantity", self._request("x", {**line, "counted": True})),
            ("bad_quantity", self._request("x", {**line, "difference": 1})),
            ("bad_quantity", self._request("x", {"sku": "BOLT", "location": self.place})),
            ("bad_quantity", self._request("x", {**line, "counted": 0.0001})),
            ("unknown_location", self._request("x", {**line, "location": elsewhere.complete_name + "?"})),
            ("unknown_location", self._request("x", {**line, "location": elsewhere.id})),
            ("unknown_location", self._request("x", {"sku": "BOLT", "counted": 1})),
            ("refused", self._request("x", {**line, "location": self.env.ref("stock.stock_location_customers").id})),
            ("unknown_lot", self._request("x", {**line, "lot": "L1"})),
            ("unknown_lot", self._request("x", {**milk, "lot": "S1"})),
            ("refused", self._request("x", milk)),
            ("refused", self._request("x", line, line)),
            ("refused", self._request("x", {"sku": "BOLT", "location": self.place, "difference": -11})),
            ("unknown_owner", self._request("x", {**line, "owner": "Nobody at all"})),
            ("unknown_package", self._request("x", {**line, "package": "P?"})),
            ("bad_uom", self._request("x", {**line, "uom": "kg"})),
            ("bad_request", self._request("x", {**line, "quantity": 3})),
            ("bad_request", self._request("x", colour="red")),
            ("bad_lines", {"key": "x", "reason": "DAMAGE", "lines": []}),
            ("bad_lines", {"key": "x", "reason": "DAMAGE", "lines": ["BOLT"]}),
            ("bad_reason", self._request("x", reason="")),
            ("bad_reason", self._request("x", reason=hold.code)),
            ("bad_key", self._request("")),
            ("bad_key", self._request(5)),
            ("bad_date", self._request("x", counted_at="yesterday")),
            ("bad_date", self._request("x", counted_at=later)),
            ("unknown_company", self._request("x", company=other.id)),
        ]
        for code, request in cases:
            with self.subTest(code=code, request=str(request)):
                self.assertEqual(self._code(request), code)
        for requests in ("x", [1], {"key": "x"}, [{}] * 1001):
            with self.assertRaises(UserError):
                self._as("operator").submit(requests)

    def test_free_text_is_a_reason(self):
        [answer] = self._submit(self._request("f", reason="As the drone saw it"))
        adjustment = self.env["inventory.adjustment"].browse(answer["adjustment_id"])
        self.assertEqual((adjustment.reason, adjustment.reason_id.id), ("As the drone saw it", False))

    def test_a_counter_learns_no_book(self):
        """Not by a difference, whose counted quantity would tell, and not by the answer."""
        line = {"sku": "BOLT", "location": self.place, "difference": 0}
        self.assertEqual(self._code(self._request("x", line), role="counter"), "not_allowed")
        [answer] = self._submit(self._request("x"), role="counter")
        self.assertEqual(answer["state"], "submitted")
        self.assertNotIn("10", str({**answer, "adjustment_id": 0, "name": ""}))

    def test_who_may_not_ask(self):
        for role in ("viewer", "sales", "approver", "auditor"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._submit(self._request(), role=role)

    def test_the_key_is_the_systems_to_write(self):
        [answer] = self._submit(self._request())
        with self.assertRaises(AccessError):
            self._as("manager").create({"reason": "x", "request_key": "k2"})
        self.assertEqual(self._as("operator").submit_status([{"key": "k2"}])[0]["state"], "unknown")
        adjustment = self.env["inventory.adjustment"].browse(answer["adjustment_id"])
        self.assertFalse(adjustment.copy().request_key)

    def test_lines_are_read_at_once(self):
        products = self.env["product.product"].create(
            [{"name": f"P{n}", "is_storable": True, "default_code": f"P{n}"} for n in range(40)]
        )
        counts = []
        for number in (4, 40):
            lines = [{"sku": p.default_code, "location": self.place, "counted": 1} for p in products[:number]]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._submit(self._request(f"q{number}", *lines))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 10, counts)
