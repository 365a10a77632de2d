"""Goods are held while the customer pays, taken over by his order, and given back with the cart."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..controllers.shop import Shop
from ..models import checkout_hold
from .shop_case import ShopCase


@tagged("post_install", "-at_install")
class TestCheckoutHold(ShopCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop.write({"checkout_minutes": 10, "shortage": "refuse"})

    def hold(self, cart):
        cart._inventory_hold()
        self.commit()
        self.env.invalidate_all()
        return self.env["inventory.reservation"].browse(cart.sudo().inventory_checkout_hold)

    def expire(self, promise):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE inventory_reservation SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 minute'"
            " WHERE id = %s",
            [promise.id],
        )
        self.env.invalidate_all()

    def test_off_at_first(self):
        self.shop.checkout_minutes = 0
        cart = self.cart(5)
        self.assertFalse(self.hold(cart))
        self.assertFalse(cart.inventory_promise_key)
        self.assertEqual(self.free(), 12)

    def test_held_and_taken_over(self):
        cart = self.cart(12)
        promise = self.hold(cart)
        self.assertEqual((promise.state, promise.reference), ("soft", cart.name))
        left = (promise.expires_at - fields.Datetime.now()).total_seconds()
        self.assertTrue(500 < left <= 600, left)
        self.assertEqual(self.free(), 0)
        self.assertEqual(self.in_shop()["free_qty"], 0, "others see none")
        self.assertEqual(self.in_shop(cart=cart)["free_qty"], 12, "he himself sees his own")
        self.assertTrue(cart.order_line._check_availability())
        self.assertEqual(self.hold(cart), promise, "held on")
        other = self.cart(1)
        with self.assertRaisesRegex(ValidationError, "Guarded"):
            other._inventory_hold()
        self.assertEqual(self.pay(cart), cart)
        self.assertEqual((promise.state, promise.res_id), ("firm", cart.id))
        self.assertEqual(self.promise_of(cart)[:2], ("firm", 12))
        self.assertEqual(self.free(), 0)

    def test_a_changed_cart_sees_its_own_goods_until_the_request_ends(self):
        cart = self.cart(12)
        self.hold(cart)
        # As in a shop: the promise is given back once the request is kept, not before.
        with patch.object(checkout_hold.SaleOrder, "_inventory_release"):
            cart.order_line.product_uom_qty = 9
            self.assertEqual(self.in_shop(cart=cart)["free_qty"], 12)
            self.assertTrue(cart.order_line._check_availability())
            self.assertEqual(self.in_shop()["free_qty"], 0, "others see none")

    def test_what_is_held_for_a_kit_are_its_components(self):
        if "mrp.bom" not in self.env:
            self.skipTest("manufacturing is not installed")
        kit = self.make_product(name="Kit", allow_out_of_stock_order=False)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [(0, 0, {"product_id": self.product.id, "product_qty": 2})],
            }
        )
        cart = self.cart(4, kit)
        self.hold(cart)
        self.assertEqual(self.free(), 4)
        self.assertEqual(self.in_shop(kit)["free_qty"], 2)
        self.assertEqual(self.in_shop(kit, cart)["free_qty"], 6)
        self.assertTrue(cart.order_line._check_availability())

    def test_a_line_from_another_cart_is_held_with_the_rest(self):
        cart, left = self.cart(3), self.cart(2)
        self.hold(cart)
        left.order_line.order_id = cart
        self.assertFalse(self.hold(left))
        self.hold(cart)
        self.assertEqual(self.free(), 7)
        self.assertEqual(sum(self.hold(cart).line_ids.mapped("open_quantity")), 5)

    def test_a_changed_cart_gives_it_back(self):
        cart = self.cart(5)
        promise = self.hold(cart)
        cart.order_line.product_uom_qty = 5
        cart.order_line.price_unit = 7
        self.assertEqual(promise.state, "soft", "nothing has changed")
        cart.order_line.product_uom_qty = 6
        self.env.invalidate_all()
        self.assertEqual(promise.state, "released")
        self.assertFalse(cart.inventory_promise_key)
        self.assertEqual(self.free(), 12)
        again = self.hold(cart)
        self.assertEqual(self.free(), 6)
        cart.order_line = [(0, 0, {"product_id": self.make_product(name="More").id})]
        self.env.invalidate_all()
        self.assertEqual(again.state, "released")
        third = self.hold(cart)
        cart.order_line[0].unlink()
        self.env.invalidate_all()
        self.assertEqual((third.state, self.free()), ("released", 12))

    def test_a_cart_that_goes(self):
        for end in (lambda cart: cart._action_cancel(), lambda cart: cart.unlink()):
            cart = self.cart(5)
            promise = self.hold(cart)
            end(cart)
            self.env.invalidate_all()
            self.assertEqual((promise.state, self.free()), ("released", 12))
        cart = self.cart(5)
        promise = self.hold(cart)
        cart.inventory_channel_id = self.market
        self.env.invalidate_all()
        self.assertEqual((promise.state, self.free()), ("released", 12))

    def test_a_delivery_cost_changes_nothing(self):
        cart = self.cart(5)
        promise = self.hold(cart)
        service = self.env["product.product"].create({"name": "Parcel", "type": "service"})
        cart.order_line = [(0, 0, {"product_id": service.id})]
        self.env.invalidate_all()
        self.assertEqual(promise.state, "soft")

    def test_it_expires_and_the_lock_decides(self):
        cart, other = self.cart(12), self.cart(12)
        promise = self.hold(cart)
        self.expire(promise)
        self.assertEqual(self.in_shop(cart=cart)["free_qty"], 12, "free, and not counted twice")
        self.assertEqual(self.pay(other), other)
        self.assertFalse(self.pay(cart))
        self.assertEqual(cart.state, "sent")
        self.assertEqual(self.free(), 0)
        cart = self.cart(3)
        other._action_cancel()
        self.commit()
        self.expire(self.hold(cart))
        self.assertEqual(self.pay(cart), cart)
        self.assertEqual(self.promise_of(cart)[:2], ("firm", 3))
        self.assertEqual(self.free(), 9)

    def test_held_anew_after_it_expired(self):
        cart = self.cart(5)
        first = self.hold(cart)
        self.expire(first)
        second = self.hold(cart)
        self.assertNotEqual(first, second)
        self.assertEqual((second.state, self.free()), ("soft", 7))

    def test_what_may_be_sold_without_goods_is_held_as_far_as_there_is(self):
        self.product.allow_out_of_stock_order = True
        cart = self.cart(20)
        promise = self.hold(cart)
        self.assertEqual((promise.state, sum(promise.line_ids.mapped("open_quantity"))), ("soft", 12))
        self.shop.shortage = "wait"
        self.pay(cart)
        self.assertEqual(self.promise_of(cart)[:2], ("firm", 12))

    def test_a_client_promised_it(self):
        self.reserve(5)
        cart = self.cart(5, inventory_promise_key="k1")
        self.assertFalse(self.hold(cart))
        self.assertEqual(self.free(), 7)
        cart.order_line.product_uom_qty = 6
        self.assertEqual(cart.inventory_promise_key, "k1")

    def test_the_payment_page(self):
        cart, other = self.cart(12), self.cart(1)
        for order, number in ((cart, 0), (other, 1)):
            with (
                self.request(order) as env,
                patch.object(Shop.__bases__[0], "_get_shop_payment_values", lambda *_args, **_values: {"errors": []}),
            ):
                errors = Shop()._get_shop_payment_values(order.with_env(env))["errors"]
            self.assertEqual(len(errors), number)
        self.assertIn("Guarded", errors[0][1])
        self.assertTrue(cart.sudo().inventory_checkout_hold)
        self.assertFalse(other.sudo().inventory_checkout_hold)

    def test_a_request_that_fails_gives_it_back(self):
        cart = self.cart(5)
        given = []
        with patch.object(checkout_hold, "_release", lambda _registry, number: given.append(number)):
            self.env.cr.postrollback.clear()
            cart._inventory_hold()
            number = cart.sudo().inventory_checkout_hold
            self.env.cr.postrollback.run()
        self.assertEqual(given, [number])
