"""The channel of a shop's orders: its website's, before its team's."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .shop_case import ShopCase


@tagged("post_install", "-at_install")
class TestShopChannel(ShopCase):
    def test_orders_of_the_website_are_sold_in_its_channel(self):
        cart = self.cart(1)
        self.assertEqual((cart.inventory_channel_id, cart.inventory_channel_by_hand), (self.shop, False))
        cart.website_id = self.other_website
        self.assertFalse(cart.inventory_channel_id)
        self.market.website_ids = self.other_website
        self.assertEqual(self.cart(1, website_id=self.other_website.id).inventory_channel_id, self.market)

    def test_a_website_comes_before_a_team_and_a_hand_before_both(self):
        team = self.env["crm.team"].create({"name": "Market"})
        self.market.team_ids = team
        cart = self.cart(1, team_id=team.id)
        self.assertEqual(cart.inventory_channel_id, self.shop)
        cart.inventory_channel_id = self.market
        cart.team_id = False
        self.assertEqual((cart.inventory_channel_id, cart.inventory_channel_by_hand), (self.market, True))
        self.shop.website_ids = False
        self.assertEqual(self.cart(1, team_id=team.id).inventory_channel_id, self.market)

    def test_a_website_has_one_channel(self):
        with self.assertRaisesRegex(ValidationError, "Shop of the house is sold in Shop already"):
            self.market.website_ids = self.website | self.other_website
        self.market.website_ids = self.other_website
        self.market.active = False
        self.shop.website_ids = self.website | self.other_website
        with self.assertRaisesRegex(ValidationError, "Other shop is sold in Shop already"):
            self.market.active = True
        with self.assertRaisesRegex(ValidationError, "is sold in Shop already"):
            self.make_channel("third", website_ids=[(6, 0, self.website.ids)])
        self.assertFalse(self.shop.copy({"code": "copy"}).website_ids)

    def test_the_website_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["website"].create({"name": "Foreign", "company_id": company.id})
        with self.assertRaises(UserError):
            self.shop.website_ids = foreign
        # A website that moves away leaves its channel behind.
        self.website.company_id = company
        self.assertFalse(self.website._inventory_sells_in())
        self.assertFalse(self.cart(1).inventory_channel_id)

    def test_an_archived_channel_sells_nothing(self):
        self.shop.active = False
        self.assertFalse(self.cart(1).inventory_channel_id)
        self.assertFalse(self.website._inventory_sells_in())

    def test_who_may_choose_a_shops_channel(self):
        open_channel = self.make_channel("open", user_ids=False)
        seller = new_test_user(self.env, "shop_seller", groups="sales_team.group_sale_salesman_all_leads")
        order = self.order(1).with_user(seller)
        order.inventory_channel_id = open_channel
        order.inventory_channel_id = False
        open_channel.website_ids = self.other_website
        with self.assertRaisesRegex(UserError, "own teams"):
            order.inventory_channel_id = open_channel

    def test_minutes_at_checkout(self):
        for minutes in (-1, 1441):
            with self.assertRaisesRegex(ValidationError, "0 to 1440 minutes"), self.env.cr.savepoint():
                self.shop.checkout_minutes = minutes
