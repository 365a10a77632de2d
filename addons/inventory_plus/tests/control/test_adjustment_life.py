"""The life of an adjustment: compared with the books of the count, applied whole or in parts, never twice."""

import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.addons.inventory_plus.models.control import adjustment_apply
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged


class LifeCase(ControlCase):
    def _approve(self, adjustment, **kwargs):
        return self._as("approver", adjustment).action_approve(**kwargs)

    def _move(self, quantity, product=None, ago=None, source=None):
        """A delivery (negative) or receipt that is done, ``ago`` before now."""
        product = product or self.product
        outside = self.env.ref("stock.stock_location_customers")
        source, dest = (self.stock, outside) if quantity < 0 else (outside, self.stock)
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": abs(quantity),
                "location_id": source.id,
                "location_dest_id": dest.id,
                "origin": "Meanwhile",
            }
        )
        move._action_confirm()
        move._action_assign()
        move.quantity = abs(quantity)
        move.picked = True
        move._action_done()
        if ago is not None:
            move.move_line_ids.date = fields.Datetime.now() - ago
            self.env.flush_all()
        return move

    def _many(self, number, role="operator"):
        """A pending adjustment of that many products, 10 of each in stock, 7 counted."""
        products = self.env["product.product"].create([{"name": f"P{n}", "is_storable": True} for n in range(number)])
        for product in products:
            self.env["stock.quant"]._update_available_quantity(product, self.stock, 10)
        return self._pending(*(self._line(7, product) for product in products), role=role), products

    def _stock_of(self, products):
        return [self._on_hand(product) for product in products]


@tagged("post_install", "-at_install")
class TestAdjustmentLife(LifeCase):
    def test_states(self):
        adjustment = self._adjustment(self._line(7))
        self.assertEqual(adjustment.state, "draft")
        adjustment.action_request_approval()
        self.assertEqual(adjustment.state, "submitted")
        self._approve(adjustment)
        self.assertEqual(
            (adjustment.state, adjustment.line_ids.state, adjustment.progress), ("applied", "applied", 100)
        )
        self.assertTrue(adjustment.applied_at)
        rejected, cancelled = self._pending(self._line(1)), self._pending(self._line(2, location=self.shelf))
        self._as("approver", rejected).action_reject()
        cancelled.action_cancel()
        self.assertEqual((rejected.state, cancelled.state), ("rejected", "cancelled"))

    def test_nobody_writes_the_life(self):
        adjustment = self._adjustment(self._line(7))
        for vals in (
            {"state": "applied"},
            {"apply_state": "applied"},
            {"value": 5},
            {"applied_at": "2026-01-01 00:00:00"},
            {"effects_note": "nobody"},
        ):
            for record in (adjustment, self._as("manager", adjustment), adjustment.sudo()):
                with self.assertRaises(AccessError):
                    record.write(vals)
            with self.assertRaises(AccessError):
                self._as("manager").create({"reason": "x", **vals})
        made = self._as("manager").with_context(default_state="applied", default_value=9).create({"reason": "x"})
        self.assertEqual((made.state, made.value), ("draft", 0))
        for vals in (
            {"state": "applied"},
            {"value": 3},
            {"difference": 3},
            {"failure": "x"},
            {"book_at": "2026-01-01"},
        ):
            with self.assertRaises(AccessError):
                self._as("manager", adjustment.line_ids).write(vals)

    # --------------------------------------------------------------------- book

    def test_moves_since_the_count_are_no_difference(self):
        """Counted 7 of 10 an hour ago, 4 delivered since: 3 are missing, not 1."""
        adjustment = self._adjustment(self._line(7), counted_at=fields.Datetime.now() - timedelta(hours=1))
        self._move(-4, ago=timedelta(minutes=30))
        self._move(2, ago=timedelta(hours=2))  # before the count: it saw 12
        adjustment.action_request_approval()
        self.assertEqual((adjustment.line_ids.book_quantity, adjustment.line_ids.difference), (12, -5))
        self.assertEqual((adjustment.line_ids.moved_since, adjustment.line_ids.quantity_after), (-4, 3))
        told = self._as("approver", adjustment)
        self.assertEqual(told.moves_since_count, 1)
        self.assertIn("-4 Units of Bolt in", told.moves_since)
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 3)

    def test_moves_since_the_request(self):
        adjustment = self._pending()
        adjustment.line_ids.sudo()._note({"book_at": [fields.Datetime.now() - timedelta(minutes=1)]})
        self._move(-2)
        self.assertEqual(adjustment.moves_since_count, 1)
        action = adjustment.action_open_moves_since()
        self.assertEqual(self.env["stock.move.line"].search(action["domain"]).quantity, 2)
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 5, "the counted difference of -3 is applied to what is there now")

    def test_counted_in_the_future(self):
        with self.assertRaisesRegex(UserError, "in the future"):
            self._adjustment(self._line(7), counted_at=fields.Datetime.now() + timedelta(days=1))

    def test_from_count(self):
        """The books of the count are kept, whatever moved until the request."""
        moment = fields.Datetime.now() - timedelta(hours=3)
        counter = self.users["counter"]
        reason = self.env.ref("inventory_plus.reason_count_difference")
        keys = {"product_id": self.product.id, "location_id": self.stock, "counted_quantity": 8}
        adjustment = self._as("operator")._from_count(
            {"reason_id": reason.id, "counted_at": moment, "counter_ids": counter, "origin": "COUNT/1"},
            [{**keys, "book_quantity": 9, "book_at": moment}],
        )
        self.assertEqual((adjustment.state, adjustment.reason, adjustment.origin), ("draft", reason.name, "COUNT/1"))
        self.assertEqual(adjustment._approval_counters(), counter)
        adjustment.action_request_approval()
        self.assertEqual((adjustment.line_ids.book_quantity, adjustment.line_ids.difference), (9, -1))
        self._approve(adjustment)
        self.assertEqual(self._on_hand(), 9, "10 now, one less than the books said at the count")

    def test_another_stock_has_other_books(self):
        moment = fields.Datetime.now() - timedelta(hours=3)
        adjustment = self._as("operator")._from_count(
            {"reason": "count"},
            [
                {
                    "product_id": self.product.id,
                    "location_id": self.stock.id,
                    "counted_quantity": 8,
                    "book_quantity": 99,
                    "book_at": moment,
                }
            ],
        )
        adjustment.line_ids.location_id = self.shelf
        adjustment.action_request_approval()
        self.assertEqual(adjustment.line_ids.book_quantity, 0)

    # -------------------------------------------------------------------- value

    def test_value(self):
        self.product.standard_price = 2.5
        adjustment = self._pending(self._line(7), self._line(3, location=self.shelf))
        self._as("approver", adjustment)
        lines = self._as("approver", adjustment.line_ids)
        self.assertEqual((lines.mapped("value"), lines[0].unit_cost), ([-7.5, 7.5], 2.5))
        decided = self._as("approver", adjustment)
        self.assertEqual((decided.value, decided.value_changed), (0, 15))
        for role in ("operator", "counter"):
            for record in (self._as(role, adjustment.line_ids), self._as(role, adjustment)):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    record.read(["value"])

    def test_goods_of_others_and_lots_with_a_cost(self):
        self.product.standard_price = 2.5
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.lotted.categ_id = self.env["product.category"].create({"name": "Dear", "property_cost_method": "average"})
        self.lotted.product_tmpl_id.lot_valuated = True
        self.lot.standard_price = 11
        adjustment = self._pending(
            self._line(4, location=self.shelf, owner_id=owner.id),
            self._line(4, self.lotted, self.shelf, lot_id=self.lot.id),
        )
        self.assertEqual(self._as("approver", adjustment.line_ids).mapped("value"), [0, -11])

    def test_measures(self):
        self.product.standard_price = 2
        adjustment = self._pending(self._line(7), self._line(6, self.lotted, self.shelf, lot_id=self.lot.id))
        measures = adjustment._approval_measures()
        self.assertEqual((measures["value"], measures["quantity"], measures["percentage"]), (6, 4, 30))
        self.assertEqual((measures["products"], measures["direction"]), (self.product | self.lotted, "both"))
        self.assertEqual(measures["warehouses"], self.warehouse)
        self.assertEqual(self._pending(self._line(7))._approval_measures()["direction"], "out")

    # ------------------------------------------------------------------ effects

    def test_who_loses_reserved_goods_is_seen_before_and_kept(self):
        early, late = (self._reserved(5, days) for days in (1, 2))
        adjustment = self._pending(self._line(4))
        told = self._as("approver", adjustment).reservation_conflicts
        self.assertLess(told.index(late.name), told.index(early.name), "the latest loses first")
        self.assertIn("5.0 Units of Bolt", told)
        self.assertIn("1.0 Units of Bolt", told)
        self._approve(adjustment)
        self.assertEqual((late.move_ids.quantity, early.move_ids.quantity), (0, 4))
        self.assertIn(late.name, self._as("auditor", adjustment).effects_note)
        with self.assertRaises(AccessError):
            adjustment.read(["effects_note"])

    def test_nothing_is_said_where_nothing_is_lost(self):
        self._reserved(5, 1)
        adjustment = self._as("approver", self._pending(self._line(6)))
        self.assertFalse(adjustment.reservation_conflicts)

    def _reserved(self, quantity, days):
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "scheduled_date": fields.Datetime.now() + timedelta(days=days),
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "location_id": self.stock.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, quantity)
        return picking

    # ------------------------------------------------------------------- photos

    def test_photos_are_seen_by_who_decides(self):
        operator = self.env["ir.attachment"].with_user(self.users["operator"])
        photo = operator.create({"name": "aisle.png", "raw": b"x", "res_model": "inventory.adjustment"})
        adjustment = self._adjustment(self._line(7), photo_ids=[Command.set(photo.ids)])
        adjustment.action_request_approval()
        self.assertEqual(photo.with_user(self.users["approver"]).read(["name"])[0]["name"], "aisle.png")
        pixel = base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        )
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            adjustment.line_ids.photo = base64.b64encode(pixel)
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            adjustment.photo_ids = [Command.clear()]


@tagged("post_install", "-at_install")
class TestAdjustmentParts(LifeCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(adjustment_apply, "WHOLE", 4))
        self.startPatcher(patch.object(adjustment_apply, "PART", 3))

    def _jobs(self, adjustment):
        return self.env["queue.job"].search([("identity_key", "=", adjustment._apply_key())])

    def _work(self, adjustment, parts=None):
        """Run the jobs of an adjustment as the runner would."""
        done = 0
        while (job := self._jobs(adjustment).filtered(lambda job: job.state == "pending")) and done != parts:
            job.write({"state": "done"})
            self.assertEqual((job.model_name, job.method_name), ("inventory.adjustment", "_job_apply"))
            adjustment.sudo()._job_apply()
            done += 1
        return done

    def test_parts(self):
        adjustment, products = self._many(8)
        self._approve(adjustment)
        self.assertEqual((adjustment.approval_state, adjustment.state), ("approved", "approved"))
        self.assertEqual(self._stock_of(products), [10] * 8, "the decision itself changes nothing")
        self.assertFalse(adjustment.apply_stalled)
        self._work(adjustment, 1)
        self.assertEqual((adjustment.state, adjustment.applied_count, adjustment.progress), ("applying", 3, 37.5))
        self.assertEqual(sum(self._stock_of(products)), 71)
        self.assertEqual(self._work(adjustment), 2)
        self.assertEqual((adjustment.state, adjustment.progress), ("applied", 100))
        self.assertEqual(self._stock_of(products), [7] * 8)
        # Once more, as a job that was thought dead would: nothing happens twice.
        adjustment.sudo()._job_apply()
        self.assertEqual(self._stock_of(products), [7] * 8)

    def test_a_line_that_fails_leaves_the_others_alone(self):
        adjustment, products = self._many(8)
        self.env["stock.quant"]._update_available_quantity(products[1], self.stock, -9)  # 1 left, 3 are to go
        broken = products[4]
        apply = type(adjustment.line_ids)._apply

        def refuse(lines, changes):
            if broken in lines.product_id:
                raise UserError("The shelf is on fire")
            return apply(lines, changes)

        self._approve(adjustment)
        with patch.object(type(adjustment.line_ids), "_apply", refuse):
            self._work(adjustment)
        self.assertEqual((adjustment.state, adjustment.applied_count, adjustment.failed_count), ("partly", 6, 2))
        failed = adjustment.line_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual(failed.product_id, products[1] | broken)
        self.assertIn("less than nothing", failed[0].failure)
        self.assertEqual(failed[1].failure, "The shelf is on fire")
        self.assertEqual(self._stock_of(products), [7, 1, 7, 7, 10, 7, 7, 7])
        # The fire is out; the other one still cannot be.
        with self.assertRaises(AccessError):
            self._as("viewer", adjustment).action_apply_rest()
        self._as("approver", adjustment).action_apply_rest()
        self.assertEqual(adjustment.state, "applying")
        self._work(adjustment)
        self.assertEqual((adjustment.state, adjustment.failed_count), ("partly", 1))
        self.assertEqual(self._stock_of(products), [7, 1, 7, 7, 7, 7, 7, 7])
        self.env["stock.quant"]._update_available_quantity(products[1], self.stock, 9)
        adjustment.action_apply_rest()
        self._work(adjustment)
        self.assertEqual((adjustment.state, self._on_hand(products[1])), ("applied", 7))
        with self.assertRaisesRegex(UserError, "nothing left"):
            adjustment.action_apply_rest()

    def test_small_ones_are_whole(self):
        adjustment, products = self._many(4)
        self.env["stock.quant"]._update_available_quantity(products[1], self.stock, -9)
        with self.assertRaisesRegex(UserError, "less than nothing"):
            self._approve(adjustment)
        self.assertEqual(adjustment.state, "submitted")
        self.assertEqual(self._stock_of(products), [10, 1, 10, 10])

    def test_an_interrupted_application_is_seen_and_goes_on(self):
        adjustment, products = self._many(8)
        self._approve(adjustment)
        self._jobs(adjustment).write({"state": "failed"})
        adjustment.invalidate_recordset()
        self.assertTrue(adjustment.apply_stalled)
        adjustment.action_apply_rest()
        adjustment.invalidate_recordset()
        self.assertFalse(adjustment.apply_stalled)
        self._work(adjustment)
        self.assertEqual((adjustment.state, self._stock_of(products)), ("applied", [7] * 8))

    def test_refused_where_something_moved(self):
        adjustment, products = self._many(8)
        self.env["stock.quant"]._update_available_quantity(products[1], self.stock, 1)
        with self.assertRaisesRegex(UserError, "10.0 then, 11.0 now"):
            self._approve(adjustment, moved="refuse")
        self.assertEqual(adjustment.state, "submitted")

    def test_not_approved_is_not_applied(self):
        adjustment, products = self._many(8)
        adjustment.sudo()._job_apply()
        self.assertEqual((adjustment.state, self._stock_of(products)), ("submitted", [10] * 8))
        self.assertEqual(set(adjustment.line_ids.mapped("state")), {"waiting"})
        self.assertFalse(adjustment.apply_state)

    def test_requests_of_before_get_their_difference(self):
        """What waited for a decision when differences were not kept yet is applied as it was asked for."""
        dozen = self.env.ref("uom.product_uom_dozen")
        adjustment = self._pending(self._line(2, product_uom_id=dozen.id))
        adjustment.flush_recordset()
        adjustment.line_ids.sudo()._note({"difference": [None], "book_at": [None]})
        adjustment.line_ids.init()
        adjustment.line_ids.invalidate_recordset()
        self.assertEqual((adjustment.line_ids.difference, adjustment.line_ids.book_at), (14, adjustment.requested_at))

    def test_queries_of_a_part_do_not_grow_with_the_document(self):
        counts = []
        for number in (9, 30):
            adjustment, _products = self._many(number)
            self._approve(adjustment)
            self._work(adjustment, 1)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._work(adjustment, 1)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)
