"""Sale orders: what is promised at confirmation; ledger and stock keep in step whatever happens to the order."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ...exceptions import GuardError
from ...models.common.job import InventoryJob
from .channel_case import ChannelCase


class SaleCase(ChannelCase):
    """Orders are taken in the back office, which keeps nothing back; deliveries are reserved by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Buyer"})

    def order(self, quantity, channel=None, product=None, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "inventory_channel_id": channel.id if channel else False,
                "order_line": [(0, 0, {"product_id": (product or self.product).id, "product_uom_qty": quantity})],
                **values,
            }
        )

    def confirmed(self, quantity, **values):
        order = self.order(quantity, **values)
        order.action_confirm()
        self.commit()
        return order

    def promise_of(self, order):
        """``(state, open, fulfilled, short)`` of the order's reservation."""
        reservation = self.env["inventory.reservation"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        )
        lines = reservation.line_ids
        return (
            reservation.state,
            sum(lines.mapped("open_quantity")),
            sum(lines.mapped("fulfilled")),
            sum(lines.mapped("short")),
        )

    def top_up(self):
        """Run the scheduled action; each order has a transaction of its own."""

        def run(job, func):
            func(job.env)
            self.commit()

        with patch.object(InventoryJob, "_retrying", run):
            self.env["inventory.keeper"]._cron_top_up()

    def assertInStep(self):
        """What the ledger says is what the lines say, and nothing of a transaction is left."""
        self.env.cr.execute(
            """
            SELECT COALESCE(l.key, 'promise:' || r.reservation_id), l.qty, r.opened
              FROM (SELECT key, product_id, warehouse_id, SUM(qty) AS qty FROM inventory_ledger GROUP BY 1, 2, 3) l
              FULL JOIN (SELECT reservation_id, product_id, warehouse_id, SUM(open_quantity) AS opened
                           FROM inventory_reservation_line GROUP BY 1, 2, 3) r
                ON l.key = 'promise:' || r.reservation_id AND l.product_id = r.product_id
               AND l.warehouse_id = r.warehouse_id
             WHERE abs(COALESCE(l.qty, 0) - COALESCE(r.opened, 0)) > 0.00001
            """
        )
        self.assertEqual(self.env.cr.fetchall(), [])


@tagged("post_install", "-at_install")
class TestSalePromise(SaleCase):
    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def test_confirming_promises_and_assigning_reserves(self):
        order = self.confirmed(5)
        self.assertEqual(self.promise_of(order), ("firm", 5, 0, 0))
        self.assertEqual((self.free(), self.shown()), (7, 7))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 7)

    def test_an_order_assigned_at_once(self):
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        order = self.confirmed(5)
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 7)

    def test_an_order_finds_its_promise_when_all_else_is_taken(self):
        order = self.confirmed(5)
        self.assertEqual(self.reserve(7)["state"], "soft")
        other = self.delivery([(self.product, 3)])
        other.action_assign()
        self.assertEqual(other.move_ids.quantity, 0, "others get nothing of it")
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(self.free(), 0)

    def test_a_picker_writes_the_promised_quantity(self):
        order = self.confirmed(5)
        self.reserve(7)
        order.picking_ids.move_ids.quantity = 5
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 0)

    def test_a_picker_may_not_take_the_promise_of_another(self):
        order, other = self.confirmed(5), self.confirmed(7)
        with self.assertRaisesRegex(GuardError, other.name):
            order.picking_ids.move_ids.quantity = 6
            self.env.cr.flush()
        self.env.cr.clear()
        self.env.invalidate_all()

    def test_one_batch_of_orders_takes_each_its_own(self):
        orders = self.confirmed(5) | self.confirmed(4) | self.confirmed(3)
        self.assertEqual(self.free(), 0)
        orders.picking_ids.action_assign()
        self.commit()
        self.assertEqual(set(orders.picking_ids.mapped("state")), {"assigned"})
        for order, quantity in zip(orders, (5, 4, 3), strict=True):
            self.assertEqual(self.promise_of(order), ("fulfilled", 0, quantity, 0))

    def test_unreserving_gives_the_promise_back(self):
        order = self.confirmed(5)
        order.picking_ids.action_assign()
        self.commit()
        order.picking_ids.do_unreserve()
        self.commit()
        self.assertEqual(self.promise_of(order), ("firm", 5, 0, 0))
        self.assertEqual(self.free(), 7)

    def test_delivering_in_parts(self):
        order = self.confirmed(5)
        picking = order.picking_ids
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        picking._action_done()
        self.commit()
        self.assertEqual(order.picking_ids.filtered(lambda p: p.state != "done").move_ids.product_uom_qty, 3)
        self.assertEqual(self.promise_of(order), ("firm", 3, 2, 0))
        self.assertEqual(self.free(), 7)
        rest = order.picking_ids - picking
        rest.action_assign()
        rest.button_validate()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 7)

    def test_no_backorder_gives_the_rest_free(self):
        order = self.confirmed(5)
        order.picking_ids.move_ids.quantity = 2
        order.picking_ids.move_ids.picked = True
        picking = order.picking_ids
        picking.with_context(skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 2, 0))
        self.assertEqual(self.free(), 10)

    def test_cancelling(self):
        order = self.confirmed(5)
        order._action_cancel()
        self.commit()
        self.assertEqual(self.promise_of(order), ("released", 0, 0, 0))
        self.assertEqual(self.free(), 12)

    def test_cancelled_and_confirmed_again_takes_a_new_promise(self):
        order = self.confirmed(12)
        order._action_cancel()
        order.action_draft()
        self.commit()
        self.assertEqual(self.reserve(10)["state"], "soft")
        order.action_confirm()
        self.commit()
        self.assertEqual(self.free(), 0)
        firm = self.env["inventory.reservation"].search([("res_id", "=", order.id), ("state", "=", "firm")])
        self.assertEqual(sum(firm.line_ids.mapped("open_quantity")), 2)

    def test_changing_quantities_of_a_confirmed_order(self):
        order = self.confirmed(5)
        order.order_line.product_uom_qty = 8
        self.commit()
        self.assertEqual(self.promise_of(order)[:2], ("firm", 8))
        order.order_line.product_uom_qty = 2
        self.commit()
        self.assertEqual(self.promise_of(order)[:2], ("firm", 2))
        self.assertEqual(self.free(), 10)
        order.order_line.product_uom_qty = 20
        self.commit()
        self.assertEqual(self.promise_of(order)[:2], ("firm", 12), "as far as there is")
        self.assertEqual(self.free(), 0)

    def test_waiting_for_goods(self):
        order = self.confirmed(20)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 12))
        other = self.confirmed(3)
        self.assertEqual(self.promise_of(other)[:2], ("firm", 0))
        self.put(self.product, 5)
        self.commit()
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order)[:3], ("firm", 0, 17))
        self.assertEqual(self.free(), 0)

    def test_duplicate_and_return(self):
        order = self.confirmed(5)
        copy = order.copy()
        self.assertEqual(self.promise_of(copy)[1], 0)
        picking = order.picking_ids
        picking.action_assign()
        picking.button_validate()
        self.commit()
        wizard = self.env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking")
        back = wizard.create({})
        back.product_return_moves.quantity = 2
        returned = back._create_return()
        returned.action_assign()
        returned.button_validate()
        self.commit()
        self.assertEqual(self.free(), 9)
        self.assertEqual(self.promise_of(order)[:2], ("fulfilled", 0))

    def test_two_steps_promise_the_picking_from_stock(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.env["stock.picking.type"].search([]).reservation_method = "manual"
        order = self.confirmed(5)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 5))
        pick = order.picking_ids.filtered(lambda p: p.location_id == self.stock)
        pick.action_assign()
        pick.button_validate()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 7)
        ship = order.picking_ids - pick
        ship.action_assign()
        ship.button_validate()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))

    def test_a_channel_with_rules_promises_within_them(self):
        self.shop.write({"keep_back": "fixed", "keep_quantity": 5})
        order = self.confirmed(12, channel=self.shop)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 7))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order)[:3], ("firm", 0, 7))
        self.assertEqual(self.free(), 5)

    def test_ring_fenced_quantities_are_kept_from_natives_and_other_orders(self):
        self.env["inventory.channel.rule"].create({"channel_id": self.market.id, "pool_quantity": 5})
        self.env.flush_all()
        order = self.confirmed(12)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 7))
        native = self.delivery([(self.product, 3)])
        native.action_assign()
        self.assertEqual(native.move_ids.quantity, 0)
        self.commit()
        own = self.confirmed(4, channel=self.market)
        self.assertEqual(self.promise_of(own)[:2], ("firm", 4))
        self.assertEqual(self.free(), 1)

    def test_a_savepoint_that_is_rolled_back(self):
        order = self.confirmed(5)
        try:
            with self.env.cr.savepoint():
                order.picking_ids.action_assign()
                self.env.cr.flush()
                raise ValueError
        except ValueError:
            pass
        self.env.invalidate_all()
        self.assertEqual(self.promise_of(order), ("firm", 5, 0, 0))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 5, 0))
        self.assertEqual(self.free(), 7)

    def test_deleting_the_moves_of_a_cancelled_order(self):
        order = self.confirmed(5)
        order.picking_ids.move_ids._action_cancel()
        order.picking_ids.move_ids.unlink()
        self.commit()
        self.assertEqual(self.free(), 12)

    def test_goods_that_come_are_promised_to_those_who_wait(self):
        late, first = self.order(20), self.order(3, channel=self.shop)
        self.shop.priority = 1
        for order in (late, first):
            order.action_confirm()
            self.commit()
        self.assertEqual((self.promise_of(late)[1], self.promise_of(first)[1]), (12, 0))
        self.put(self.product, 5)
        self.commit()
        self.top_up()
        self.assertEqual((self.promise_of(late)[1], self.promise_of(first)[1]), (14, 3))
        self.assertEqual(self.free(), 0)

    def test_orders_from_before_the_installation(self):
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        order = self.order(5)
        order.action_confirm()
        self.env.flush_all()
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        self.commit()
        self.assertEqual(self.free(), 12)
        self.top_up()
        self.assertEqual(self.promise_of(order)[:2], ("firm", 5))
        self.assertEqual(self.free(), 7)

    def lapse(self, quantity, key):
        """A soft promise whose time is over and that nobody has closed yet."""
        number = self.reserve(quantity, key)["reservation_id"]
        reservation = self.env["inventory.reservation"].browse(number)
        reservation.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.commit()
        return reservation

    def test_goods_whose_promise_expired_are_free_at_once(self):
        first, second = self.lapse(7, "first"), self.lapse(5, "second")
        order = self.confirmed(10)
        self.assertEqual((first.state, second.state), ("expired", "expired"))
        self.assertEqual((self.promise_of(order)[1], self.free()), (10, 2))

    def test_a_transfer_takes_goods_whose_promise_expired(self):
        self.lapse(12, "first")
        picking = self.delivery([(self.product, 5)])
        picking.action_assign()
        self.commit()
        self.assertEqual((picking.move_ids.quantity, self.free()), (5, 7))

    def test_work_done_while_the_locks_were_off_is_made_up_for(self):
        cancelled, smaller = self.confirmed(5), self.confirmed(4)
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        cancelled._action_cancel()
        smaller.picking_ids.move_ids.product_uom_qty = 3
        self.env.flush_all()
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        self.commit()
        self.assertEqual(self.free(), 3)
        self.top_up()
        self.assertEqual((self.promise_of(cancelled)[:2], self.promise_of(smaller)[:2]), (("released", 0), ("firm", 3)))
        self.assertEqual(self.free(), 9)

    def test_a_transfer_that_leaves_its_order_takes_the_promise_along(self):
        order = self.confirmed(5)
        picking = order.picking_ids
        picking.move_ids.sale_line_id = False
        self.commit()
        self.assertEqual(self.promise_of(order)[1], 0)
        self.assertEqual(self.free(), 12, "reserved by hand, the transfer alone is promised nothing before its day")
        order._action_cancel()
        self.commit()
        self.assertEqual(self.promise_of(order)[0], "released")

    def test_verify_finds_nothing_and_finds_what_was_spoilt(self):
        verify = self.env["inventory.verify"]
        order = self.confirmed(5)
        self.reserve(3)
        for check in (verify._check_promises, verify._check_ledger, verify._check_oversold):
            self.assertEqual(check()["differences"], 0)
        line = self.env["inventory.reservation"].search([("res_id", "=", order.id)]).line_ids
        self.env.cr.execute("UPDATE inventory_reservation_line SET open_quantity = 4 WHERE id = %s", line.ids)
        found = verify._check_promises()
        self.assertEqual(found["differences"], 1)
        self.assertIn("4.0 open, ledger says 5.0", found["sample"][0])
        self.env.cr.execute("UPDATE inventory_reservation_line SET open_quantity = 5 WHERE id = %s", line.ids)
        self.env.invalidate_all()
