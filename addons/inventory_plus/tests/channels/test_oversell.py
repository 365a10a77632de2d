"""Overselling is a promise, not goods: it takes nothing from whoever was promised what is there (law 1)."""

from odoo.tests import tagged

from ...exceptions import GuardError
from .test_sale_promise import SaleCase


class LawCase(SaleCase):
    def tearDown(self):
        self.commit()
        self.assertInStep()
        self.assertEqual(self.oversold()["differences"], 0)
        super().tearDown()

    def oversold(self):
        self.env.flush_all()
        return self.env["inventory.verify"]._check_oversold()

    def assigned(self, picking):
        """What the picking has reserved after an attempt at all of it."""
        picking.action_assign()
        self.commit()
        return sum(picking.move_ids.mapped("quantity"))


@tagged("post_install", "-at_install")
class TestHouseWork(LawCase):
    """Transfers, deliveries without an order, production: bound by what is ring-fenced, and by no other rule."""

    def setUp(self):
        super().setUp()
        self.back_office = self.env["inventory.channel"]._back_office(self.env.company)
        other = self.make_product(default_code="OTHER")
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.shop.id, "applied_on": "product", "product_id": other.id, "pool_quantity": 1}
        )

    def test_it_oversells_nothing(self):
        self.back_office.oversell_limit = 5
        self.assertEqual(self.reserve(12, firm=True)["state"], "firm")
        self.assertEqual(self.assigned(self.delivery([(self.product, 5)])), 0)

    def test_nothing_is_kept_back_from_it(self):
        self.back_office.write({"keep_back": "fixed", "keep_quantity": 4})
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.back_office.id, "has_maximum": True, "maximum": 2, "has_end": True, "end_when": 12}
        )
        self.assertEqual(self.assigned(self.delivery([(self.product, 12)])), 12)

    def test_a_transfer_that_waits_is_promised_by_the_same_rules(self):
        self.back_office.write({"keep_back": "fixed", "keep_quantity": 4, "oversell_limit": 5})
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.market.id, "applied_on": "product", "product_id": self.product.id, "pool_quantity": 2}
        )
        self.env.flush_all()
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        picking = self.delivery([(self.product, 20)])
        picking.do_unreserve()
        self.commit()
        self.assertEqual(self.free(), 2, "all but what is ring-fenced is promised to it")

    def test_what_each_company_has_ring_fenced(self):
        company = self.env["res.company"].create({"name": "Sister"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        sister = self.env["inventory.channel"].create({"name": "S", "code": "sister", "company_id": company.id})
        self.env["inventory.channel.rule"].create({"channel_id": sister.id, "pool_quantity": 5})
        self.env["inventory.channel.rule"].create({"channel_id": self.market.id, "pool_quantity": 2})
        self.put(self.product, 10, warehouse.lot_stock_id)
        self.commit()
        grant = self.env["inventory.grant"]
        items = [(self.product.id, place.id) for place in (self.warehouse, warehouse)]
        state = grant._state()
        grant._touch(state, self.product.ids)
        answers = grant._ask(state, dict.fromkeys(items, 20))
        self.assertEqual([answers[item].quantity for item in items], [10, 5])


@tagged("post_install", "-at_install")
class TestOversell(LawCase):
    """Channel ``over`` may promise 5 more than there is; ``shop`` and ``market`` may not. 12 are there."""

    def setUp(self):
        super().setUp()
        self.over = self.make_channel("over", oversell_limit=5)

    def reserved(self, order):
        return self.assigned(order.picking_ids)

    def test_what_is_oversold_reserves_nothing_of_others(self):
        self.assertEqual(self.reserve(12, firm=True)["state"], "firm")
        order = self.confirmed(5, channel=self.over)
        self.assertEqual(self.promise_of(order)[1], 5)
        self.assertEqual(self.reserved(order), 0)
        self.assertEqual((self.promise_of(order)[1], self.free()), (5, -5))
        with self.assertRaises(GuardError):
            order.picking_ids.move_ids.quantity = 1
            self.env.cr.flush()
        self.env.cr.clear()
        self.env.invalidate_all()
        self.put(self.product, 2)
        self.commit()
        self.assertEqual(self.reserved(order), 2, "goods that come are for it")
        self.assertEqual((self.promise_of(order)[1:3], self.free()), ((3, 2), -3))

    def test_what_is_reserved_in_the_confirmation(self):
        self.warehouse.out_type_id.reservation_method = "at_confirm"
        self.reserve(10, firm=True)
        for shortage, quantities in (("wait", (2, 3)), ("part", (0, 2))):
            with self.subTest(shortage=shortage):
                self.over.shortage = shortage
                order = self.confirmed(5, channel=self.over)
                moves = order.picking_ids.move_ids
                self.assertEqual((sum(moves.mapped("quantity")), self.promise_of(order)[1]), quantities)

    def test_beyond_its_promise_nothing_is_taken_either(self):
        self.reserve(12, firm=True)
        order = self.confirmed(20, channel=self.over)
        self.assertEqual(self.promise_of(order)[1], 5)
        self.assertEqual(self.reserved(order), 0)

    def test_the_goods_go_to_those_who_come_first(self):
        self.reserve(4, firm=True)
        first = self.confirmed(8, channel=self.over)
        late = self.confirmed(5, channel=self.over)
        self.assertEqual((self.promise_of(first)[1], self.promise_of(late)[1], self.free()), (8, 5, -5))
        self.assertEqual(self.reserved(late), 0)
        self.assertEqual(self.reserved(first), 8)
        self.assertEqual((self.promise_of(late)[1], self.free()), (5, -5))

    def test_both_in_one_go(self):
        self.reserve(4, firm=True)
        first = self.confirmed(6, channel=self.over)
        late = self.confirmed(7, channel=self.over)
        self.assigned(late.picking_ids | first.picking_ids)
        self.assertEqual([sum(order.picking_ids.move_ids.mapped("quantity")) for order in (first, late)], [6, 2])

    def test_taken_and_given_back_and_taken_again(self):
        self.reserve(10, firm=True)
        order = self.confirmed(7, channel=self.over)
        picking = order.picking_ids
        picking.action_assign()
        picking.do_unreserve()
        self.env.cr.flush()
        picking.action_assign()
        try:
            with self.env.cr.savepoint():
                picking.do_unreserve()
                self.env.cr.flush()
                raise ValueError
        except ValueError:
            pass
        self.env.invalidate_all()
        self.assertEqual(self.reserved(order), 2)
        self.assertEqual((self.promise_of(order)[1:3], self.free()), ((5, 2), -5))
        self.assertEqual([key for key in self.ledger() if key.startswith("native")], [])

    def test_a_loss_is_borne_where_the_goods_were(self):
        """Who oversells stands on nothing that could be lost; who does not has lost it."""
        self.reserve(12, "a", firm=True)
        self.reserve(5, "b", channel="over", firm=True)
        quant = self.product.stock_quant_ids.filtered(lambda quant: quant.location_id == self.stock)
        quant.with_context(inventory_mode=True).inventory_quantity = 8
        quant.action_apply_inventory()
        self.commit()
        shorts = [self.status(key, channel)["lines"][0]["short"] for key, channel in (("a", "shop"), ("b", "over"))]
        self.assertEqual((shorts, self.free()), ([4, 0], -5))
        quant.with_context(inventory_mode=True).inventory_quantity = 10
        quant.action_apply_inventory()
        self.commit()
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.free(), -3)

    def test_verify_looks_at_each_limit(self):
        self.reserve(12, firm=True)
        self.reserve(1, "b", channel="over")
        quant = self.product.stock_quant_ids.filtered(lambda quant: quant.location_id == self.stock)
        self.env.cr.execute("UPDATE stock_quant SET quantity = 9 WHERE id = %s", quant.ids)
        self.assertIn("12", self.oversold()["sample"][0])
        self.env["inventory.shortage"]._cron_mark()
        self.assertEqual(self.oversold()["differences"], 0)
        self.assertEqual(self.status()["lines"][0]["short"], 3)


@tagged("post_install", "-at_install")
class TestForced(LawCase):
    """A person reserves more than there is; what comes back of that are no goods."""

    def forced(self):
        order = self.order(14)
        order.action_confirm()
        order.picking_ids.move_ids.quantity = 14
        self.commit()
        self.assertEqual((self.free(), self.promise_of(order)[1]), (-2, 0))
        return order

    def test_given_back_in_whole(self):
        order = self.forced()
        order.picking_ids.do_unreserve()
        self.commit()
        self.assertEqual((self.promise_of(order)[1], self.free()), (12, 0))

    def test_given_back_in_part(self):
        order = self.forced()
        order.picking_ids.move_ids.quantity = 13
        self.commit()
        self.assertEqual((self.promise_of(order)[1], self.free()), (0, -1))
        order.picking_ids.move_ids.quantity = 11
        self.commit()
        self.assertEqual((self.promise_of(order)[1], self.free()), (1, 0))

    def test_goods_that_come_fill_the_hole_first(self):
        self.forced()
        waiting = self.confirmed(5)
        self.put(self.product, 3)
        self.commit()
        waiting.picking_ids.action_assign()
        self.commit()
        self.assertEqual(waiting.picking_ids.move_ids.quantity, 1)

    def test_delivered_and_given_back(self):
        order = self.forced()
        picking = order.picking_ids
        picking.move_ids.quantity = 11
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.commit()
        self.assertEqual((self.promise_of(order)[1], self.free()), (1, 0))
