"""The payment comes in: the lock decides who has the last unit, and the other customer is told."""

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .shop_case import ShopCase


@tagged("post_install", "-at_install")
class TestShopPayment(ShopCase):
    def test_a_paid_order_is_promised(self):
        cart = self.cart(12)
        self.assertEqual(self.pay(cart), cart)
        self.assertEqual(cart.state, "sale")
        self.assertEqual(self.promise_of(cart)[:2], ("firm", 12))
        self.assertEqual(self.free(), 0)

    def test_the_last_unit_went_to_somebody_else(self):
        self.shop.shortage = "refuse"
        seller = new_test_user(self.env, "shop_keeper", groups="sales_team.group_sale_manager")
        self.website.salesperson_id = seller
        first, second = self.cart(12), self.cart(12, user_id=seller.id)
        for cart in (first, second):
            self.assertTrue(cart.order_line._check_availability(), "both were shown all of it")
        self.assertEqual(self.pay(first), first)
        self.assertFalse(self.pay(second))
        self.assertEqual(second.state, "sent")
        self.assertFalse(second.picking_ids)
        self.assertEqual(self.free(), 0)
        self.assertIn("went to another customer", second.shop_warning)
        comment = second.message_ids.filtered(lambda message: message.message_type == "comment" and message.partner_ids)
        self.assertEqual(comment.partner_ids, self.partner)
        self.assertNotIn("missing", comment.body)
        self.assertEqual(second.activity_ids.user_id, seller)
        # As soon as there is some again, the seller confirms it.
        first._action_cancel()
        self.commit()
        second.action_confirm()
        self.commit()
        self.assertEqual(self.promise_of(second)[:2], ("firm", 12))

    def test_waiting_as_the_channel_says(self):
        self.shop.shortage = "wait"
        first, second = self.cart(12), self.cart(5)
        self.pay(first)
        self.assertEqual(self.pay(second), second)
        self.assertEqual(second.state, "sale")
        self.assertEqual(self.free(), 0, "nothing is promised twice")
        self.assertIn("went to another customer", second.shop_warning)
        self.assertNotIn(self.warehouse.name, second.shop_warning)

    def test_before_the_payment(self):
        cart = self.cart(12)
        self.reserve(1, channel="market")
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "only 11"):
            cart._check_cart_is_ready_to_be_paid()

    def test_other_orders_are_confirmed_as_before(self):
        self.reserve(12, channel="market")
        cart = self.cart(5, website_id=self.other_website.id)
        self.assertEqual(self.pay(cart), cart)
        self.assertFalse(cart.shop_warning)
