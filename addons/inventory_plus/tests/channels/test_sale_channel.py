"""The channel of an order: its team's, or one that somebody chose."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestSaleChannel(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team, cls.other_team, cls.plain_team = cls.env["crm.team"].create(
            [{"name": "Shop"}, {"name": "Market"}, {"name": "House"}]
        )
        cls.shop.team_ids = cls.team
        cls.market.team_ids = cls.other_team
        cls.open = cls.make_channel("open", user_ids=False)
        cls.seller = new_test_user(cls.env, "channel_seller", groups="sales_team.group_sale_salesman_all_leads")
        cls.boss = new_test_user(cls.env, "channel_boss", groups="sales_team.group_sale_manager")

    def of_team(self, team, user=None, **values):
        return (
            self.env["sale.order"]
            .with_user(user or self.boss)
            .create({"partner_id": self.partner.id, "team_id": team.id, **values})
        )

    def test_the_channel_follows_the_team(self):
        order = self.of_team(self.team)
        self.assertEqual((order.inventory_channel_id, order.inventory_channel_by_hand), (self.shop, False))
        order.team_id = self.other_team
        self.assertEqual(order.inventory_channel_id, self.market)
        order.team_id = self.plain_team
        self.assertFalse(order.inventory_channel_id)

    def test_a_channel_chosen_by_hand_stays(self):
        order = self.of_team(self.team)
        order.inventory_channel_id = self.open
        order.team_id = self.other_team
        self.assertEqual((order.inventory_channel_id, order.inventory_channel_by_hand), (self.open, True))
        self.assertEqual(order.copy().inventory_channel_id, self.open)
        order.inventory_channel_id = self.market
        order.team_id = self.team
        self.assertEqual((order.inventory_channel_id, order.inventory_channel_by_hand), (self.shop, False))
        order.inventory_channel_id = False
        order.team_id = self.other_team
        self.assertFalse(order.inventory_channel_id, "the back office, by hand")
        made = self.of_team(self.team, inventory_channel_id=self.open.id)
        made.team_id = self.other_team
        self.assertEqual(made.inventory_channel_id, self.open)

    def test_in_the_form(self):
        form = Form(self.env["sale.order"].with_user(self.boss))
        form.partner_id = self.partner
        form.team_id = self.team
        self.assertEqual(form.inventory_channel_id, self.shop)
        form.inventory_channel_id = self.open
        form.team_id = self.other_team
        self.assertEqual(form.inventory_channel_id, self.open)
        order = form.save()
        self.assertEqual((order.inventory_channel_id, order.inventory_channel_by_hand), (self.open, True))
        with Form(order) as form:
            form.inventory_channel_id = self.market
        with Form(order) as form:
            form.team_id = self.team
        self.assertEqual((order.inventory_channel_id, order.inventory_channel_by_hand), (self.shop, False))

    def test_who_may_choose_a_channel(self):
        order = self.of_team(self.team, self.seller)
        order.inventory_channel_id = self.open
        order.inventory_channel_id = False
        order.inventory_channel_id = self.shop
        with self.assertRaisesRegex(UserError, "own teams"):
            order.inventory_channel_id = self.market
        with self.assertRaisesRegex(UserError, "own teams"):
            self.of_team(self.team, self.seller, inventory_channel_id=self.market.id)
        order.with_user(self.boss).inventory_channel_id = self.market
        order.inventory_channel_id = self.shop
        self.market.user_ids = self.seller
        order.inventory_channel_id = self.market
        self.assertEqual(order.inventory_channel_id, self.market)

    def test_what_is_promised_in_one_channel_is_not_taken_by_another(self):
        """The market may oversell, the shop may not: its promises would be drawn as if there were goods for them."""
        self.market.oversell_limit = 5
        order = self.confirmed(15, channel=self.market)
        with self.assertRaisesRegex(UserError, "Market"), self.env.cr.savepoint():
            order.inventory_channel_id = self.shop
        self.assertEqual(order.inventory_channel_id, self.market)
        order._action_cancel()
        self.commit()
        order.inventory_channel_id = self.shop
        self.assertEqual(order.inventory_channel_id, self.shop)

    def test_a_confirmed_order_of_the_back_office_stays_there(self):
        """Without a channel of its own it was promised goods by the back office's rules, which may oversell."""
        order = self.confirmed(5)
        self.assertFalse(order.inventory_channel_id)
        order.team_id = self.team
        self.assertFalse(order.inventory_channel_id)

    def test_a_customer_in_the_portal_reads_nothing_of_it(self):
        """Names of channels and keys of clients are the house's own (law 10)."""
        customer = new_test_user(self.env, "portal_customer", groups="base.group_portal")
        order = self.confirmed(1, channel=self.shop)
        order.message_subscribe(customer.partner_id.ids)
        order.partner_id = customer.partner_id
        self.env.flush_all()
        seen = order.with_user(customer)
        self.assertEqual(seen.read(["name"])[0]["name"], order.name)
        fields = ["inventory_channel_id", "inventory_promise_key", "inventory_reservation_count"]
        for name in fields:
            with self.subTest(name), self.assertRaises(AccessError):
                seen.read([name])
