"""A loss takes the ground from promises: the right ones are marked short, in the loss's own transaction."""

from odoo.tests import tagged

from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestShortage(SaleCase):
    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def count(self, quantity, product=None):
        """An approved count: what is there is there."""
        quant = self.env["stock.quant"].search(
            [("product_id", "=", (product or self.product).id), ("location_id", "=", self.stock.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = quantity
        quant.action_apply_inventory()
        self.commit()

    def states(self, *keys):
        """``[(state, open, short)]`` of promises of one line."""
        answers = [self.status(key, channel) for channel, key in keys]
        return [(answer["state"], answer["lines"][0]["open"], answer["lines"][0]["short"]) for answer in answers]

    def test_soft_before_firm_last_channel_first_newest_first(self):
        self.reserve(2, "a", firm=True)
        self.reserve(2, "b", channel="market", firm=True)
        self.reserve(2, "c")
        self.reserve(2, "d", channel="market")
        self.reserve(2, "e", channel="market", firm=True)
        order = [("shop", "a"), ("market", "b"), ("shop", "c"), ("market", "d"), ("market", "e")]
        self.count(9)
        self.assertEqual(
            self.states(*order),
            [("firm", 2, 0), ("firm", 2, 0), ("soft", 2, 0), ("soft", 1, 1), ("firm", 2, 0)],
        )
        self.assertEqual(self.free(), 0)
        self.count(5)
        self.assertEqual(
            self.states(*order),
            [("firm", 2, 0), ("firm", 2, 0), ("soft", 0, 2), ("soft", 0, 2), ("firm", 1, 1)],
        )
        self.count(0)
        self.assertEqual([line[1] for line in self.states(*order)], [0] * 5)
        self.assertEqual(self.free(), 0)
        self.assertTrue(self.env["inventory.reservation"].search([("key", "=", "a")]).is_short)
        found = self.env["inventory.reservation"].search([("is_short", "=", True)])
        self.assertEqual(set(found.mapped("key")), set("abcde"))

    def test_what_is_free_is_lost_first(self):
        self.reserve(5, "a")
        self.count(6)
        self.assertEqual(self.states(("shop", "a")), [("soft", 5, 0)])
        self.assertEqual(self.free(), 1)

    def test_an_order_is_told_and_gets_the_next_goods(self):
        order = self.confirmed(10)
        self.count(7)
        self.assertEqual(self.promise_of(order), ("firm", 7, 0, 3))
        self.assertIn("have been lost", "".join(order.message_ids.mapped("body")))
        self.put(self.product, 5)
        self.commit()
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order), ("fulfilled", 0, 10, 0))
        self.assertEqual(self.free(), 2)

    def test_many_losers_are_told_in_one_go(self):
        def queries(orders):
            product = self.make_product()
            self.put(product, orders)
            self.commit()
            lost = [self.confirmed(1, product=product) for _number in range(orders)]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.count(0, product)
            used = self.env.cr.sql_log_count - before
            for order in lost:
                self.assertEqual(self.promise_of(order)[3], 1)
                self.assertIn("have been lost", order.message_ids[0].body)
            return used

        few = queries(2)
        self.assertLess(queries(12) - few, 12, "less than one for each")

    def test_scrap_takes_promised_goods(self):
        self.reserve(12, "a", firm=True)
        scrap = self.env["stock.scrap"].create(
            {"product_id": self.product.id, "scrap_qty": 4, "location_id": self.stock.id}
        )
        scrap.do_scrap()
        self.commit()
        self.assertEqual(self.states(("shop", "a")), [("firm", 8, 4)])
        self.assertEqual(self.free(), 0)

    def test_overselling_that_is_allowed_is_no_loss(self):
        self.shop.oversell_limit = 3
        self.env.flush_all()
        self.reserve(14, "a")
        self.count(11)
        self.assertEqual(self.states(("shop", "a")), [("soft", 14, 0)])
        self.count(10)
        self.assertEqual(self.states(("shop", "a")), [("soft", 13, 1)])

    def test_a_lot_that_passes_its_removal_date(self):
        product = self.make_product(name="Perishable", default_code="PERISH", tracking="lot", use_expiration_date=True)
        lot = self.env["stock.lot"].create({"name": "L", "product_id": product.id})
        lot.removal_date = "2099-01-01"
        self.put(product, 6, lot_id=lot)
        self.commit()
        self.reserve(5, "p", sku="PERISH")
        lot.removal_date = "2020-01-01"
        self.env.flush_all()
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.states(("shop", "p")), [("soft", 0, 5)])
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.states(("shop", "p")), [("soft", 0, 5)])
