"""Nothing takes what is held, on whatever way; each test is one way."""

from odoo.exceptions import UserError
from odoo.tests import HttpCase, get_db_name, new_test_user, tagged

from ...exceptions import GuardError
from .hold_case import HoldCase


@tagged("post_install", "-at_install")
class TestHoldGuard(HoldCase):
    def setUp(self):
        super().setUp()
        self.hold = self.hold_of(40)
        self.move = self.hold.sudo().move_ids
        self.line = self.move.move_line_ids

    def validated(self, quantity, **place):
        picking = self.delivery([(self.product, quantity)])
        self.env["stock.move.line"].create(
            {
                "move_id": picking.move_ids.id,
                "picking_id": picking.id,
                "product_id": self.product.id,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
                "quantity": quantity,
                "picked": True,
                **place,
            }
        )
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def test_free_goods_go(self):
        picking = self.delivery([(self.product, 60)])
        picking.action_assign()
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.commit()
        self.assertEqual((picking.state, self.held()), ("done", 40))

    def test_unreserve(self):
        self.move._do_unreserve()
        self.assertEqual(self.held(), 40)
        self.assertEqual(self.move.state, "assigned")

    def test_assign_of_the_hold(self):
        self.move._action_assign()
        self.assertEqual(self.held(), 40)

    def test_forced_quantity(self):
        with self.refused():
            self.validated(61)

    def test_forced_quantity_on_the_move(self):
        picking = self.delivery([(self.product, 100)])
        picking.action_assign()
        with self.refused():
            picking.move_ids.quantity = 100
            picking.move_ids.picked = True
            picking.with_context(skip_backorder=True).button_validate()

    def test_cancel_done_unlink(self):
        for way in (
            self.move._action_cancel,
            self.move._action_done,
            self.move.unlink,
            self.line.unlink,
            lambda: self.move.write({"state": "draft"}),
        ):
            with self.refused():
                way()

    def test_writes_on_the_reservation(self):
        for record, vals in (
            (self.move, {"product_uom_qty": 1}),
            (self.move, {"quantity": 1}),
            (self.move, {"location_dest_id": self.customers.id}),
            (self.move, {"picked": True}),
            (self.move, {"inventory_hold_id": False}),
            (self.move, {"picking_id": self.delivery([(self.product, 1)]).id}),
            (self.move, {"move_line_ids": [(5, 0, 0)]}),
            (self.line, {"quantity": 1}),
            (self.line, {"location_id": self.shelf.id}),
            (self.line, {"picking_id": self.delivery([(self.product, 1)]).id}),
            (self.line, {"move_id": self.delivery([(self.product, 1)]).move_ids.id}),
            (self.line, {"owner_id": self.env.user.partner_id.id}),
            (self.line, {"picked": True}),
        ):
            with self.refused():
                record.write(vals)

    def test_nobody_joins_a_hold(self):
        delivery = self.delivery([(self.product, 1)])
        vals = {
            "product_id": self.product.id,
            "location_id": self.stock.id,
            "location_dest_id": self.customers.id,
            "product_uom_qty": 1,
        }
        with self.refused():
            self.env["stock.move"].create({**vals, "inventory_hold_id": self.hold.id})
        with self.refused():
            self.env["stock.move"].with_context(default_inventory_hold_id=self.hold.id).create(vals)
        with self.refused():
            delivery.move_ids.inventory_hold_id = self.hold
        with self.refused():
            self.env["stock.move.line"].create(
                {
                    "move_id": self.move.id,
                    "picking_id": delivery.id,
                    "product_id": self.product.id,
                    "location_id": self.stock.id,
                    "location_dest_id": self.customers.id,
                    "quantity": 1,
                }
            )

    def test_a_copy_holds_nothing(self):
        self.assertFalse(self.move.copy().inventory_hold_id)

    def test_merge(self):
        quarantine = self.warehouse.inventory_quarantine_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": quarantine.id,
            }
        )
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "picking_id": picking.id,
                "location_id": self.stock.id,
                "location_dest_id": quarantine.id,
            }
        )
        merged = move._action_confirm()
        self.assertTrue(merged)
        self.assertNotEqual(merged, self.move)
        with self.refused():
            (move | self.move)._merge_moves()
            self.assertEqual(self.held(), 40)
            raise GuardError("kept apart")

    def test_count(self):
        quant = self.quant().with_context(inventory_mode=True)
        quant.inventory_quantity = 50
        quant.action_apply_inventory()
        self.commit()
        self.assertEqual((sum(self.quant().mapped("quantity")), self.held(), self.shown()), (50, 40, 10))
        with self.refused():
            quant.inventory_quantity = 39
            quant.action_apply_inventory()

    def test_adjustment(self):
        adjustment = self.env["inventory.adjustment"].create(
            {
                "reason": "Found broken",
                "line_ids": [
                    (0, 0, {"product_id": self.product.id, "location_id": self.stock.id, "quantity": 39}),
                ],
            }
        )
        adjustment.action_request_approval()
        with self.refused():
            adjustment.with_user(self.approver).action_approve()

    def test_scrap(self):
        def scrap(quantity):
            self.env["stock.scrap"].create(
                {"product_id": self.product.id, "scrap_qty": quantity, "location_id": self.stock.id}
            ).do_scrap()

        scrap(60)
        self.assertEqual(self.held(), 40)
        with self.refused():
            scrap(1)

    def test_relocation(self):
        with self.refused():
            self.quant().move_quants(location_dest_id=self.shelf)

    def test_relocation_of_a_package_and_unpacking(self):
        package = self.env["stock.package"].create({"name": "PACK"})
        self.put(self.product, 5, package_id=package)
        self.commit()
        self.hold_of(5, package_id=package.id)
        packed = self.quant(package_id=package.id)
        with self.refused(45):
            packed.move_quants(location_dest_id=self.shelf)
        with self.refused(45):
            package.unpack()

    def test_done_line_is_edited(self):
        picking = self.delivery([(self.product, 50)])
        picking.action_assign()
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        with self.refused():
            picking.move_line_ids.quantity = 61

    def test_direct_writes_on_quants(self):
        quant = self.quant().sudo()
        for vals in (
            {"reserved_quantity": 0},
            {"quantity": 39},
            {"location_id": self.shelf.id},
            {"owner_id": self.env.user.partner_id.id},
            {"product_id": self.make_product().id},
        ):
            with self.refused():
                quant.write(vals)
        with self.refused():
            quant.unlink()
        with self.refused():
            self.env["stock.quant"].sudo().create(
                {"product_id": self.product.id, "location_id": self.stock.id, "quantity": -61}
            )
        quant.write({"quantity": 41})

    def test_a_zeroed_reserved_quantity_books_nothing_twice(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_quant SET reserved_quantity = 0 WHERE id = %s", [self.quant().id])
        self.env.invalidate_all()
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            self.validated(100)
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            self.delivery([(self.product, 100)]).action_assign()
        self.env["stock.quant"]._quant_tasks()
        self.assertEqual(sum(self.quant().mapped("reserved_quantity")), 40)

    def test_scheduler_and_quant_tasks(self):
        picking = self.delivery([(self.product, 100)])
        self.env["stock.quant"]._quant_tasks()
        self.env["stock.rule"].run_scheduler()
        picking.action_assign()
        self.commit()
        self.assertEqual((self.held(), picking.move_ids.quantity), (40, 60))
        self.assertEqual(sum(self.quant().mapped("reserved_quantity")), 100)

    def test_forged_marks(self):
        for mark in (True, 1, {"hold_ids": [self.hold.id]}, [self.hold.id]):
            with self.refused():
                self.move.with_context(inventory_hold_work=mark)._action_cancel()
        with self.refused():
            # The mark of another hold opens nothing here.
            other = self.env["inventory.hold"].create({"kind": "quantity"})
            self.move.with_context(other._working().env.context)._action_cancel()

    def test_lots(self):
        self.put(self.lotted, 10, lot_id=self.lot1)
        self.put(self.lotted, 10, lot_id=self.lot2)
        self.commit()
        self.hold_of(4, product_id=self.lotted.id, lot_id=self.lot1.id)
        picking = self.delivery([(self.lotted, 20)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 16)
        self.commit()
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            line = picking.move_line_ids.filtered(lambda line: line.lot_id == self.lot1)
            line.quantity = 7
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            line = picking.move_line_ids.filtered(lambda line: line.lot_id == self.lot2)
            line.lot_id = self.lot1
        with self.assertRaises(GuardError), self.env.cr.savepoint():
            self.lot1.location_id = self.shelf
        self.assertEqual(self.held(self.lotted), 4)


@tagged("post_install", "-at_install")
class TestHoldOverRpc(HttpCase):
    """A stock user with the calls that any client can make."""

    def test_every_way(self):
        env = self.env
        user = new_test_user(env, "hold_rpc", password="hold_rpc_12", groups="inventory_plus.group_operator")
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        stock = warehouse.lot_stock_id
        product = env["product.product"].create({"name": "Rpc", "is_storable": True})
        env["stock.quant"]._update_available_quantity(product, stock, 100)
        hold = (
            env["inventory.hold"]
            .with_user(user)
            .create({"kind": "quantity", "product_id": product.id, "location_id": stock.id, "quantity": 40})
        )
        hold.action_hold()
        env.flush_all()
        move = hold.sudo().move_ids
        quant = env["stock.quant"].search([("product_id", "=", product.id), ("location_id", "=", stock.id)])
        customers = env.ref("stock.stock_location_customers").id

        def call(model, method, *args, **named):
            return self.xmlrpc_object.execute_kw(get_db_name(), user.id, "hold_rpc_12", model, method, args, named)

        ways = {
            "write line": ("stock.move.line", "write", move.move_line_ids.ids, {"quantity": 1}),
            "unlink line": ("stock.move.line", "unlink", move.move_line_ids.ids),
            "write move": ("stock.move", "write", move.ids, {"product_uom_qty": 1}),
            "state": ("stock.move", "write", move.ids, {"state": "cancel"}),
            "free": ("stock.move", "write", move.ids, {"inventory_hold_id": False}),
            "unlink move": ("stock.move", "unlink", move.ids),
            "quant": ("stock.quant", "write", quant.ids, {"reserved_quantity": 0}),
            "quant quantity": ("stock.quant", "write", quant.ids, {"inventory_quantity_auto_apply": 1}),
            "state of the hold": ("inventory.hold", "write", hold.ids, {"state": "released"}),
            "delete the hold": ("inventory.hold", "unlink", hold.ids),
            "a line on the hold": (
                "stock.move.line",
                "create",
                {
                    "move_id": move.id,
                    "product_id": product.id,
                    "location_id": stock.id,
                    "location_dest_id": customers,
                    "quantity": 1,
                },
            ),
        }
        for way, arguments in ways.items():
            with self.subTest(way=way), self.assertRaises(Exception):  # noqa: B017 - a fault of any kind
                call(*arguments, context={"inventory_hold_work": True, "inventory_mode": True})
        answer = call("inventory.hold", "release", hold.ids)
        self.assertEqual(answer[0]["state"], "pending")
        env.invalidate_all()
        self.assertEqual((hold.state, hold.held_quantity), ("active", 40))
        self.assertEqual((quant.quantity, quant.reserved_quantity), (100, 40))
        with self.assertRaises(UserError):
            quant.move_quants(location_dest_id=env["stock.location"].create({"name": "X", "location_id": stock.id}))
