"""Held 40 of 100: every number says 60, and who had the goods loses them in order."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .hold_case import HoldCase


@tagged("post_install", "-at_install")
class TestHoldNumbers(HoldCase):
    def test_every_number_says_sixty(self):
        self.assertEqual(self.shown(), 100)
        self.env["inventory.hold"].with_user(self.operator).hold(
            [{"product_id": self.product.id, "location_id": self.stock.id, "quantity": 40}]
        )
        product = self.product.with_context(warehouse_id=self.warehouse.id)
        self.env.flush_all()
        product.invalidate_recordset()
        self.assertEqual(product.qty_available, 100, "the goods are there")
        self.assertEqual(product.free_qty, 60)
        self.assertEqual(product.virtual_available, 60)
        self.assertEqual(self.env["stock.quant"]._get_available_quantity(self.product, self.stock), 60)
        self.assertEqual(sum(self.quant().mapped("available_quantity")), 60)
        self.assertEqual(self.free(), 60)
        self.assertEqual(self.shown(), 60)
        self.commit()
        self.assertEqual(self.shown(), 60)
        row = self.env.execute_query(
            self.env["inventory.scope"]._item_quantities_sql([self.product.id], [self.warehouse.id])
        )[0]
        self.assertEqual([float(part) for part in row[2:]], [100, 100, 40, 60])

    def test_reservations_and_forecast(self):
        self.hold_of(40)
        picking = self.delivery([(self.product, 100)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 60)
        report = self.env["stock.forecasted_product_product"].with_context(warehouse_id=self.warehouse.id)
        lines = report.get_report_values(docids=self.product.ids)["docs"]["lines"]
        free = [line["quantity"] for line in lines if not line["document_out"] and not line["reservation"]]
        self.assertLessEqual(sum(free), 60)
        self.commit()

    def test_a_channel_gets_sixty(self):
        self.hold_of(40)
        self.assertEqual(self.reserve(61, "k1")["state"], "rejected")
        self.assertEqual(self.reserve(60, "k2")["state"], "soft")

    def test_planning_knows_it(self):
        held = dict(  # noqa: C402
            (tuple(row[:2]), float(row[2]))
            for row in self.env.execute_query(self.env["inventory.hold"]._held_sql([self.product.id]))
        )
        self.assertEqual(held, {})
        self.hold_of(40)
        self.env.flush_all()
        rows = self.env.execute_query(self.env["inventory.hold"]._held_sql([self.product.id]))
        self.assertEqual([(row[1], float(row[2])) for row in rows], [(self.warehouse.id, 40)])
        open_rows = self.env.execute_query(self.env["inventory.item"]._open_moves_sql([self.product.id]))
        self.assertEqual([row for row in open_rows if row[3] or row[4]], [], "a hold is neither demand nor supply")


@tagged("post_install", "-at_install")
class TestHoldTakes(HoldCase):
    def test_soft_then_firm_then_reserved(self):
        picking = self.delivery([(self.product, 50)])
        picking.action_assign()
        self.commit()
        self.reserve(20, "firm")
        self.api.confirm([{"channel": "shop", "key": "firm"}])
        self.reserve(20, "soft", "market")
        self.hold_of(25)  # 10 are free
        line = self.status("soft", "market")["lines"][0]
        self.assertEqual((line["open"], line["short"]), (5, 15))
        self.hold_of(15)
        self.assertEqual(self.status("soft", "market")["lines"][0]["short"], 20)
        self.assertEqual(self.status("firm")["lines"][0]["short"], 10)
        self.assertEqual(picking.move_ids.quantity, 50)
        self.hold_of(20)
        self.assertEqual(self.status("firm")["lines"][0]["short"], 20)
        self.assertEqual(picking.move_ids.quantity, 40)
        self.assertEqual(self.held(), 60)
        self.assertEqual(sum(self.quant().mapped("reserved_quantity")), 100)
        self.assertIn("HOLD", " ".join(str(body) for body in picking.message_ids.mapped("body")))

    def test_by_priority(self):
        late, urgent = self.delivery([(self.product, 50)]), self.delivery([(self.product, 50)])
        urgent.priority = "1"
        urgent.move_ids.date = fields.Datetime.add(fields.Datetime.now(), days=30)
        (late | urgent).action_assign()
        self.commit()
        hold = self.hold_of(60)
        self.assertEqual((late.move_ids.quantity, urgent.move_ids.quantity), (0, 40))
        self.assertIn(late.name, hold.lost)

    def test_losers_find_other_goods(self):
        self.put(self.product, 30, self.shelf)
        picking = self.delivery([(self.product, 100)], location=self.stock)
        picking.action_assign()
        self.commit()
        self.hold_of(20, location_id=self.quant().location_id.id)
        self.assertEqual(picking.move_ids.quantity, 100 if self.held() <= 30 else 80)

    def test_an_order_loses_visibly(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Buyer"}).id,
                "warehouse_id": self.warehouse.id,
                "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": 90})],
            }
        )
        order.action_confirm()
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.move_ids.quantity, 90)
        self.hold_of(30)
        self.assertEqual(order.picking_ids.move_ids.quantity, 70)
        line = self.env["inventory.reservation"].search([("res_model", "=", "sale.order"), ("res_id", "=", order.id)])
        self.assertEqual(sum(line.line_ids.mapped("short")), 20)
        self.assertEqual(self.env["inventory.verify"]._check_oversold()["differences"], 0)

    def test_what_is_picked_stays(self):
        picking = self.delivery([(self.product, 70)])
        picking.action_assign()
        picking.move_ids.picked = True
        self.commit()
        with self.assertRaisesRegex(UserError, "70 picked"), self.env.cr.savepoint():
            self.hold_of(40)
        self.hold_of(30)
        self.assertEqual(picking.move_ids.quantity, 70)

    def test_more_than_there_is(self):
        for quantity in (101, 1e12, 0, -1, float("nan"), float("inf")):
            with self.subTest(quantity=quantity), self.assertRaises(UserError), self.env.cr.savepoint():
                self.hold_of(quantity)
        self.hold_of(60)
        with self.assertRaisesRegex(UserError, "60 of them are on hold"), self.env.cr.savepoint():
            self.hold_of(41)
        self.assertEqual(self.held(), 60)

    def test_bad_content(self):
        other = self.env["res.company"].create({"name": "Other"})
        place = self.env["stock.warehouse"].search([("company_id", "=", other.id)]).lot_stock_id
        holds = self.env["inventory.hold"].with_user(self.operator)
        for vals in (
            {"kind": "quantity", "quantity": 1},
            {"kind": "quantity", "product_id": self.product.id, "quantity": 1},
            {"kind": "quantity", "product_id": self.product.id, "location_id": place.id, "quantity": 1},
            {"kind": "quantity", "product_id": self.product.id, "lot_id": self.lot1.id, "quantity": 1},
            {"kind": "lot"},
            {"kind": "location"},
            {"kind": "location", "location_id": self.customers.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError), self.env.cr.savepoint():
                holds.create(vals).action_hold()

    def test_key_holds_once(self):
        holds = self.env["inventory.hold"].with_user(self.operator)
        request = {"key": "wms-1", "product_id": self.product.id, "location_id": self.stock.id, "quantity": 40}
        [first] = holds.hold([request])
        [again] = holds.hold([request])
        self.assertEqual((first["id"], first["held"], again["repeated"]), (again["id"], 40, True))
        self.assertEqual(self.held(), 40)
        with self.assertRaises(UserError):
            holds.hold([{**request, "quantity": 41}])
        with self.assertRaises(UserError):
            holds.hold([{**request, "key": "wms-2", "state": "active"}])


@tagged("post_install", "-at_install")
class TestHoldRelease(HoldCase):
    def test_holder_asks_and_another_decides(self):
        hold = self.hold_of(40)
        [answer] = hold.with_user(self.operator).release(10)
        self.assertEqual((answer["state"], self.held()), ("pending", 40))
        outcome = self.env["inventory.hold.outcome"].browse(answer["id"])
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            outcome.with_user(self.operator).action_approve()
        outcome.with_user(self.approver).action_approve()
        self.commit()
        self.assertEqual((self.held(), hold.state, self.shown()), (30, "active", 70))
        [answer] = hold.with_user(self.approver).release()
        self.commit()
        self.assertEqual((answer["state"], self.held(), hold.state, self.shown()), ("approved", 0, "released", 100))
        self.assertEqual(hold.move_ids.state, "cancel")

    def test_an_approver_who_held_it_does_not_decide(self):
        both = self.env["res.users"].create(
            {
                "name": "Both",
                "login": "hold_both",
                "group_ids": [(6, 0, self.env.ref("inventory_plus.group_manager").ids)],
            }
        )
        hold = self.hold_of(40, user=both)
        [answer] = hold.with_user(both).release()
        self.assertEqual((answer["state"], self.held()), ("pending", 40))
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["inventory.hold.outcome"].browse(answer["id"]).with_user(both).action_approve()

    def test_who_waits_gets_it(self):
        self.env["stock.picking.type"].search([]).reservation_method = "at_confirm"
        hold = self.hold_of(40)
        picking = self.delivery([(self.product, 100)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 60)
        hold.with_user(self.approver).release()
        self.assertEqual(picking.move_ids.quantity, 100)

    def test_outcomes(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        repair = self.env["stock.location"].create(
            {"name": "Repair", "location_id": self.warehouse.view_location_id.id}
        )
        hold = self.hold_of(40)
        quarantine = self.warehouse.inventory_quarantine_id
        self.assertTrue(quarantine)
        for outcome, place, more in (
            ("quarantine", quarantine, {}),
            ("rework", repair, {"location_dest_id": repair.id}),
            ("return", vendor.property_stock_supplier, {"partner_id": vendor.id}),
        ):
            with self.subTest(outcome=outcome):
                before = sum(
                    self.env["stock.quant"]
                    .search([("product_id", "=", self.product.id), ("location_id", "=", place.id)])
                    .mapped("quantity")
                )
                hold.with_user(self.approver).release(10, outcome, **more)
                self.commit()
                after = sum(
                    self.env["stock.quant"]
                    .search([("product_id", "=", self.product.id), ("location_id", "=", place.id)])
                    .mapped("quantity")
                )
                self.assertEqual(after - before, 10)
        self.assertEqual((self.held(), hold.state), (10, "active"))
        hold.with_user(self.approver).release(None, "scrap")
        self.commit()
        self.assertEqual((self.held(), hold.state), (0, "released"))
        self.assertEqual(sum(self.quant().mapped("quantity")), 60)
        self.assertEqual(self.shown(), 60)
        self.assertEqual(self.env["stock.scrap"].search([("origin", "=", hold.name)]).state, "done")
        quants = self.env["inventory.verify"]._check_quants_equal_moves()
        self.assertFalse([line for line in quants["sample"] if repair.name in line or quarantine.name in line])

    def test_outcomes_behind_the_gate(self):
        """A decision is a permit for exactly what it says, where stock changes with a permit only."""
        self.env["ir.config_parameter"].set_param("inventory_plus.gate", "on")
        hold = self.hold_of(40)
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        for outcome, more in (("quarantine", {}), ("return", {"partner_id": vendor.id}), ("scrap", {})):
            hold.with_user(self.approver).release(10, outcome, **more)
            self.commit()
        self.assertEqual((self.held(), sum(self.quant().mapped("quantity"))), (10, 70))
        [answer] = hold.with_user(self.operator).release(10, "scrap")
        self.env["inventory.hold.outcome"].browse(answer["id"]).with_user(self.approver).action_approve()
        self.assertEqual((hold.state, sum(self.quant().mapped("quantity"))), ("released", 60))

    def test_bad_outcomes(self):
        hold = self.hold_of(40).with_user(self.approver)
        for quantity, outcome in (
            (41, "release"),
            (-1, "release"),
            (float("nan"), "release"),
            (1, "rework"),
            (1, "return"),
            (1e12, "scrap"),
        ):
            with (
                self.subTest(quantity=quantity, outcome=outcome),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                hold.release(quantity, outcome)
        hold.release()
        with self.assertRaises(UserError):
            hold.release()

    def test_rights(self):
        hold = self.hold_of(40)
        for user in (self.operator, self.approver):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                hold.with_user(user).write({"state": "released"})
            with self.assertRaises(UserError), self.env.cr.savepoint():
                hold.with_user(user).write({"quantity": 1})
            with self.assertRaises(UserError), self.env.cr.savepoint():
                hold.with_user(user).unlink()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            hold.with_user(self.operator).write({"date_expiry": "2020-01-01", "release_on_expiry": True})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["inventory.hold"].with_user(self.operator).create({"kind": "quantity", "state": "active"})

    def test_expiry(self):
        told = self.hold_of(10, date_expiry="2020-01-01 00:00:00")
        self.env["inventory.hold"]._cron_expiry()
        self.env["inventory.hold"]._cron_expiry()
        self.assertEqual((told.state, told.is_expired), ("active", True))
        self.assertEqual(told.activity_ids.user_id, self.operator)
        self.assertEqual(len(told.activity_ids), 1)
        self.assertIn(told, self.env["inventory.hold"].search([("is_expired", "=", True)]))

    def test_end_of_the_addon(self):
        hold = self.hold_of(40)
        self.env["inventory.hold"]._release_all()
        self.assertEqual((hold.state, self.held(), sum(self.quant().mapped("reserved_quantity"))), ("released", 0, 0))
