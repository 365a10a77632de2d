"""A till has one channel."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from .till_case import TillCase


class TestTillChannel(TillCase):
    def test_a_till_has_one_channel(self):
        self.assertEqual(self.till._inventory_sells_in(), self.branch)
        with self.assertRaisesRegex(ValidationError, f"{self.till.name}.* sells in Branch already"):
            self.market.pos_config_ids = self.till | self.pos_config_eur
        self.market.pos_config_ids = self.pos_config_eur
        self.branch.active = False
        self.assertFalse(self.till._inventory_sells_in())
        self.market.pos_config_ids = self.till
        with self.assertRaisesRegex(ValidationError, "sells in Market already"):
            self.branch.active = True

    def test_of_one_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids |= company
        foreign = self.make_channel("foreign", company_id=company.id, warehouse_line_ids=False, user_ids=False)
        with self.assertRaises(UserError):
            foreign.pos_config_ids = self.pos_config_eur

    def test_who_sees_it(self):
        manager = new_test_user(self.env, "till_manager", groups="inventory_plus.group_manager")
        with self.assertRaises(AccessError):
            self.branch.with_user(manager).read(["pos_config_ids"])
        self.assertNotIn("pos_config_ids", self.branch.with_user(manager).read()[0])
        self.branch.with_user(manager).name = "Renamed"
        keeper = new_test_user(self.env, "till_keeper", groups="point_of_sale.group_pos_user")
        self.assertNotIn("inventory_channel_ids", self.till.with_user(keeper).fields_get(), "what the till loads")
