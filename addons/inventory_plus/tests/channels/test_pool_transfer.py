"""What is ring-fenced for one channel and idle is moved to another that lacks it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestPoolTransfer(ChannelCase):
    """5 are ring-fenced for ``shop``, 2 for ``market``."""

    def setUp(self):
        super().setUp()
        self.source, self.target = (
            self.env["inventory.channel.rule"].create(
                {
                    "channel_id": channel.id,
                    "applied_on": "product",
                    "product_id": self.product.id,
                    "pool_quantity": quantity,
                }
            )
            for channel, quantity in ((self.shop, 5), (self.market, 2))
        )
        self.env.flush_all()

    def move(self, **values):
        transfer = self.env["inventory.pool.transfer"]
        transfer = transfer.create({"rule_id": self.source.id, "reason": "The market sells more", **values})
        transfer.action_move()
        self.env.flush_all()
        return transfer

    def pools(self):
        self.env.invalidate_all()
        return [(rule.pool_quantity, rule.pool_used, rule.pool_left) for rule in (self.source, self.target)]

    def test_what_is_proposed(self):
        self.reserve(2, "s")
        self.reserve(4, "m", "market")
        self.env.invalidate_all()
        self.assertEqual((self.source.pool_left, self.target.pool_lacking), (3, 2))
        form = Form(self.env["inventory.pool.transfer"].with_context(default_rule_id=self.source.id))
        self.assertEqual((form.to_channel_id, form.idle, form.lacking, form.quantity), (self.market, 3, 2, 2))
        form.reason = "More is sold there"
        form.save().action_move()
        self.env.flush_all()
        self.assertEqual(self.pools(), [(3, 2, 1), (4, 4, 0)])

    def test_the_numbers_of_the_channels_follow(self):
        self.assertEqual((self.shown("shop"), self.shown("market")), (10, 7))
        self.move(quantity=3)
        self.assertEqual((self.shown("shop"), self.shown("market")), (7, 10))

    def test_all_of_it_there_and_back(self):
        self.move(quantity=5)
        self.source, self.target = self.target, self.source
        self.move(quantity=7)
        self.assertEqual(self.pools(), [(0, 0, 0), (7, 0, 7)])

    def test_no_number(self):
        for quantity in (float("nan"), float("inf")):
            with self.assertRaisesRegex(UserError, "must be a number"):
                self.move(quantity=quantity)

    def test_no_more_than_is_idle(self):
        self.reserve(4, "s")
        for quantity in (2, 0, -1):
            with self.subTest(quantity=quantity), self.assertRaisesRegex(UserError, "Between 0 and 1.0 can be moved"):
                self.move(quantity=quantity)
        self.move(quantity=1)
        self.assertEqual(self.pools(), [(4, 4, 0), (3, 0, 3)])

    def test_what_is_short_is_lacking(self):
        self.reserve(2, "m", "market", firm=True)
        self.env.cr.execute(
            "UPDATE inventory_reservation_line SET short = 1, open_quantity = 1 WHERE channel_id = %s", [self.market.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.target.pool_lacking, 1)

    def test_it_is_told(self):
        self.move(quantity=1)
        entry = self.env["inventory.audit.entry"].search([("event", "=", "pool.moved")], order="id desc", limit=1)
        self.assertIn("The market sells more", entry.summary)
        for channel in (self.shop, self.market):
            self.assertIn("The market sells more", str(channel.message_ids[:1].body))

    def test_a_reason_is_given(self):
        with self.assertRaisesRegex(UserError, "Give a reason"):
            self.move(quantity=1, reason="  ")

    def test_other_goods_are_no_target(self):
        self.target.product_id = self.make_product()
        with self.assertRaisesRegex(UserError, "Choose another channel"):
            self.move(quantity=1, to_channel_id=self.market.id)

    def test_who_may_not_change_rules_moves_nothing(self):
        user = new_test_user(self.env, "pool_planner", groups="inventory_plus.group_planner")
        with self.assertRaises(AccessError):
            self.env["inventory.pool.transfer"].with_user(user).create(
                {"rule_id": self.source.id, "reason": "I like to", "quantity": 1, "to_channel_id": self.market.id}
            )
