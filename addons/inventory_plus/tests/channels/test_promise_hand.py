"""What managers do by hand: take short promises again, give them up, move one to another order, and see conflicts."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestPromiseHand(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "hand_manager", groups="inventory_plus.group_manager,sales_team.group_sale_manager"
        )
        cls.seller = new_test_user(cls.env, "hand_seller", groups="inventory_plus.group_sales")

    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def lose(self, left):
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = left
        quant.action_apply_inventory()
        self.commit()

    def line(self, key, user=None):
        found = self.env["inventory.reservation"].search([("key", "=", key)]).line_ids
        return found.with_user(user or self.manager)

    def of_order(self, order, user=None):
        domain = [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        return self.env["inventory.reservation"].search(domain).line_ids.with_user(user or self.manager)

    def test_taking_again_what_was_lost(self):
        self.reserve(10, "a", firm=True)
        self.lose(4)
        line = self.line("a")
        self.assertEqual((line.open_quantity, line.short), (4, 6))
        with self.assertRaises(UserError):
            line.action_retake()
        self.commit()
        self.put(self.product, 4)
        self.commit()
        line.action_retake()
        self.commit()
        self.assertEqual((line.open_quantity, line.short), (8, 2))
        self.assertEqual(self.free(), 0)

    def test_a_firm_promise_gets_its_goods_when_they_come(self):
        self.reserve(10, "a", firm=True)
        self.reserve(2, "m", "market", firm=True)
        self.lose(0)
        self.put(self.product, 11)
        self.commit()
        # Each is served in a transaction of its own.
        alone = patch.object(
            self.registry["inventory.job"], "_retrying", lambda job, func: (func(job.env), self.commit())
        )
        with alone:
            self.env["inventory.keeper"]._cron_top_up()
        lines = self.line("a"), self.line("m")
        self.assertEqual([(line.open_quantity, line.short) for line in lines], [(10, 0), (1, 1)])
        self.assertEqual(self.free(), 0)
        [line] = self.status("a")["lines"]
        self.assertEqual((line["open"], line["short"]), (10, 0))

    def test_a_soft_one_does_not_wait(self):
        self.reserve(10, "a")
        self.lose(0)
        self.put(self.product, 11)
        self.commit()
        self.env["inventory.keeper"]._cron_top_up()
        self.commit()
        self.assertEqual(self.line("a").short, 10)

    def test_taking_again_for_an_order_and_within_the_rules(self):
        self.shop.write({"keep_back": "fixed", "keep_quantity": 2})
        order = self.confirmed(10, channel=self.shop)
        self.lose(6)
        self.put(self.product, 5)
        self.commit()
        line = self.of_order(order)
        line.action_retake()
        self.commit()
        self.assertEqual((line.open_quantity, line.short), (9, 1))
        self.assertEqual(self.free(), 2)

    def test_a_channel_with_open_promises_is_not_archived(self):
        self.reserve(2, "a", firm=True)
        self.reserve(1, "b", ttl=60)
        shop = self.shop.with_user(self.manager)
        with self.assertRaisesRegex(ValidationError, "2 of its promises"), self.env.cr.savepoint():
            shop.active = False
        self.api.release([{"channel": "shop", "key": "a"}])
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "1 of its promises"), self.env.cr.savepoint():
            shop.action_archive()
        self.env.cr.execute("UPDATE inventory_reservation SET expires_at = '2020-01-01' WHERE key = 'b'")
        self.env.invalidate_all()
        shop.action_archive()
        self.assertFalse(shop.active)
        order = self.confirmed(3, channel=self.market)
        with self.assertRaisesRegex(ValidationError, "1 of its promises"), self.env.cr.savepoint():
            self.market.active = False
        self.env.invalidate_all()
        order._action_cancel()
        self.commit()
        self.market.active = False

    def test_what_an_archived_channel_promised_can_be_read_and_given_back(self):
        self.reserve(2, "a", firm=True)
        self.env.cr.execute("UPDATE inventory_channel SET active = FALSE WHERE id = %s", [self.shop.id])
        self.env.invalidate_all()
        self.assertEqual(self.status("a")["state"], "firm")
        self.assertEqual(self.api.release([{"channel": "shop", "key": "a"}])[0]["state"], "released")
        self.assertEqual(self.free(), 12)
        self.assertEqual(self.reserve(1, "c")["reason"]["code"], "unknown_channel")

    def test_a_promise_that_was_moved_away_whole_is_over(self):
        self.reserve(12, "a")
        waiting = self.confirmed(12)
        transfer = self.env["inventory.promise.transfer"].with_user(self.manager)
        values = {"line_id": self.line("a").id, "order_id": waiting.id, "reason": "the better customer"}
        transfer.create({**values, "quantity": 5}).action_transfer()
        self.commit()
        self.assertEqual(self.status("a")["state"], "soft")
        transfer.create({**values, "quantity": 7}).action_transfer()
        self.commit()
        answer = self.api.confirm([{"channel": "shop", "key": "a"}])[0]
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("released", "not_possible"))
        self.assertEqual(self.promise_of(waiting)[:2], ("firm", 12))

    def test_a_promise_that_was_given_up_whole_is_over(self):
        self.reserve(12, "a", firm=True)
        self.lose(0)
        self.line("a").action_give_up()
        self.commit()
        self.assertEqual(self.status("a")["state"], "released")

    def test_giving_up(self):
        self.reserve(10, "a")
        self.lose(4)
        self.line("a").action_give_up()
        self.commit()
        self.assertEqual(self.status("a")["lines"][0]["short"], 0)
        self.assertEqual(self.status("a")["lines"][0]["released"], 6)

    def test_moving_a_promise_to_another_order(self):
        order, waiting = self.confirmed(12), self.confirmed(5)
        self.assertEqual(self.promise_of(waiting)[1], 0)
        transfer = self.env["inventory.promise.transfer"].with_user(self.manager)
        values = {"line_id": self.of_order(order).id, "order_id": waiting.id, "reason": "the better customer"}
        transfer.create({**values, "quantity": 3}).action_transfer()
        self.commit()
        self.assertEqual((self.promise_of(order)[1], self.promise_of(waiting)[1]), (9, 3))
        self.assertEqual(self.free(), 0)
        self.assertIn("the better customer", "".join(waiting.message_ids.mapped("body")))
        self.assertTrue(self.env["inventory.audit.entry"].sudo().search([("event", "=", "promise.moved")]))
        for wrong in ({"quantity": 0}, {"quantity": -1}, {"quantity": 10}, {"quantity": 1, "reason": " "}):
            with self.subTest(**wrong), self.assertRaises(UserError):
                transfer.create({**values, **wrong}).action_transfer()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            transfer.create({**values, "quantity": 3}).action_transfer()
        with self.assertRaises(UserError):
            transfer.create({**values, "order_id": order.id, "quantity": 1}).action_transfer()

    def test_a_promise_whose_time_is_over_is_neither_moved_nor_taken_again(self):
        self.reserve(10, "late")
        self.lose(8)
        waiting = self.confirmed(5)
        line = self.line("late")
        self.assertEqual((line.open_quantity, line.short), (8, 2))
        line.reservation_id.sudo().expires_at = "2020-01-01 00:00:00"
        self.env.flush_all()
        values = {"line_id": line.id, "order_id": waiting.id, "reason": "x", "quantity": 3}
        transfer = self.env["inventory.promise.transfer"].with_user(self.manager).create(values)
        for method in (transfer.action_transfer, line.action_retake):
            with self.assertRaisesRegex(UserError, "expired"):
                method()
        line.action_give_up()
        self.assertEqual(line.short, 0)

    def test_only_managers(self):
        self.reserve(10, "a")
        self.lose(4)
        line = self.line("a", self.seller)
        for method in (line.action_retake, line.action_give_up):
            with self.assertRaises(UserError):
                method()
        with self.assertRaises(AccessError):
            self.env["inventory.promise.transfer"].with_user(self.seller).create({"line_id": line.id})
        with self.assertRaises(AccessError):
            line.write({"open_quantity": 99})

    def test_who_would_become_short_is_seen_before_the_approval(self):
        self.reserve(5, "soft", reference="Web 5")
        order = self.confirmed(4)
        adjustment = self.env["inventory.adjustment"].create(
            {
                "reason": "Water damage",
                "line_ids": [
                    (0, 0, {"product_id": self.product.id, "location_id": self.stock.id, "quantity": 2}),
                ],
            }
        )
        adjustment.action_request_approval()
        told = adjustment.promise_conflicts
        self.assertIn("Web 5 (Shop): 5", told)
        self.assertIn(f"{order.name} (Back Office): 2", told)
        self.commit()
        self.assertEqual(self.status("soft")["lines"][0]["short"], 0, "only looked at")
        harmless = self.env["inventory.adjustment"].create(
            {
                "reason": "Found some",
                "line_ids": [(0, 0, {"product_id": self.product.id, "location_id": self.stock.id, "quantity": 20})],
            }
        )
        self.assertFalse(harmless.promise_conflicts)

    def test_the_channel_explains_its_number(self):
        self.shop.write({"keep_back": "fixed", "keep_quantity": 3})
        self.env["inventory.channel.rule"].create({"channel_id": self.market.id, "pool_quantity": 2})
        self.reserve(1, "a")
        question = self.env["inventory.channel.explanation"].with_user(self.seller)
        asked = question.create({"channel_id": self.shop.id, "product_id": self.product.id})
        self.assertEqual(asked.available, 6)
        for part in ("Ring-fenced for other channels", "a fixed quantity", "No rule applies"):
            self.assertIn(part, asked.steps)
        self.assertFalse(question.create({"channel_id": self.shop.id}).steps)
        pool = self.market.rule_ids.with_user(self.seller)
        self.reserve(1, "m", channel="market")
        self.assertEqual((pool.pool_used, pool.pool_left), (1, 1))

    def test_a_channel_of_another_company_explains_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        warehouse = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR", "company_id": company.id})
        foreign = self.env["inventory.channel"]._back_office(company)
        foreign.warehouse_line_ids = [(0, 0, {"warehouse_id": warehouse.id})]
        self.env.flush_all()
        question = self.env["inventory.channel.explanation"].with_user(self.seller)
        with self.assertRaises(AccessError):
            asked = question.create({"channel_id": foreign.id, "product_id": self.product.id})
            self.env.invalidate_all()
            asked.read(["available", "steps"])

    def test_the_promise_of_an_order_is_not_released_by_hand(self):
        order = self.confirmed(5)
        promise = self.env["inventory.reservation"].search([("res_id", "=", order.id)]).with_user(self.manager)
        with self.assertRaisesRegex(UserError, f"{order.name}.*Cancel the order"):
            promise.action_release()
        self.assertEqual((self.promise_of(order)[:2], self.free()), (("firm", 5), 7))
        self.reserve(3)
        client = self.env["inventory.reservation"].search([("key", "=", "k1")]).with_user(self.manager)
        client.action_release()
        self.assertEqual(self.free(), 7)
