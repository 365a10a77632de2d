"""Overselling is a promise, not goods: it takes nothing from whoever was promised what is there (law 1)."""

from odoo.tests import tagged

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
