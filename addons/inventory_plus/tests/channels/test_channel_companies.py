"""Law 10: nobody gets into a channel of another company, whatever he writes (record rules look before, not after)."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestChannelCompanies(ChannelCase):
    """``far`` is a channel of another company with 9 of ``secret`` (sku SECRET) in its warehouse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.place = cls.env["stock.warehouse"].create({"name": "Far", "code": "FARAW", "company_id": cls.company.id})
        cls.secret = cls.make_product(default_code="SECRET", company_id=cls.company.id)
        cls.far = cls.make_channel("far", cls.place, company_id=cls.company.id, user_ids=False)
        cls.manager = new_test_user(
            cls.env, "near_manager", groups="inventory_plus.group_manager,sales_team.group_sale_manager"
        )
        cls.near = cls.shop.with_user(cls.manager)
        cls.near.rule_ids = [Command.create({"keep_back": "nothing"})]
        cls.near.webhook_ids = [Command.create({"url": "https://shop.example.com/", "secret": "s" * 20})]

    def setUp(self):
        super().setUp()
        self.put(self.secret, 9, self.place.lot_stock_id)
        self.commit()

    def assertRefused(self, record, vals):
        with self.subTest(model=record._name, vals=vals), self.assertRaises(UserError), self.env.cr.savepoint():
            record.write(vals)
            self.env.flush_all()

    def test_a_channel_stays_with_its_company(self):
        self.assertRefused(self.near, {"company_id": self.company.id})
        self.assertRefused(self.shop, {"company_id": self.company.id})
        self.near.write({"company_id": self.near.company_id.id, "name": "As it was"})

    def test_what_belongs_to_a_channel_stays_with_it(self):
        for part in (self.near.rule_ids, self.near.warehouse_line_ids, self.near.webhook_ids):
            self.assertRefused(part, {"channel_id": self.far.id})
            self.assertRefused(part, {"channel_id": self.market.id})
            self.assertRefused(part, {"company_id": self.company.id})
            part.write({"channel_id": self.shop.id})

    def test_a_code_is_one_short_line(self):
        for code in ("a\nb", "a\tb", "x" * 65, " a", ""):
            self.assertRefused(self.near, {"code": code})

    def test_no_relation_leads_to_another_company(self):
        team = self.env["crm.team"].create({"name": "Far team", "company_id": self.company.id})
        user = new_test_user(
            self.env, "far_api", groups="base.group_user", company_id=self.company.id, company_ids=self.company.ids
        )
        rule = self.env["inventory.channel.rule"].create({"channel_id": self.far.id})
        for record, vals in (
            (self.near, {"team_ids": [Command.link(team.id)]}),
            (self.near, {"user_ids": [Command.link(user.id)]}),
            (self.near, {"lends_to_ids": [Command.link(self.far.id)]}),
            (self.near, {"borrows_from_ids": [Command.link(self.far.id)]}),
            (self.near, {"rule_ids": [Command.link(rule.id)]}),
            (self.near, {"rule_ids": [Command.update(rule.id, {"pool_quantity": 9})]}),
            (self.near.rule_ids, {"product_id": self.secret.id}),
            (self.near.rule_ids, {"product_tmpl_id": self.secret.product_tmpl_id.id}),
            (self.near.rule_ids, {"warehouse_id": self.place.id}),
            (self.near.warehouse_line_ids, {"warehouse_id": self.place.id}),
        ):
            self.assertRefused(record, vals)

    def test_nothing_is_made_in_a_channel_of_another_company(self):
        webhook = {"url": "https://shop.example.com/", "secret": "s" * 20}
        for model, vals in (
            ("inventory.channel", {"name": "Trojan", "code": "trojan", "company_id": self.company.id}),
            ("inventory.channel.rule", {"channel_id": self.far.id}),
            ("inventory.channel.warehouse", {"channel_id": self.far.id, "warehouse_id": self.second.id}),
            ("inventory.channel.webhook", {"channel_id": self.far.id, **webhook}),
            ("inventory.channel.webhook", {"channel_id": self.far.id, "company_id": self.env.company.id, **webhook}),
        ):
            with self.subTest(model=model), self.assertRaises(UserError), self.env.cr.savepoint():
                self.env[model].with_user(self.manager).create(vals)
                self.env.flush_all()

    def test_a_channel_of_another_company_is_not_explained(self):
        seller = new_test_user(self.env, "near_seller", groups="inventory_plus.group_sales")
        question = self.env["inventory.channel.explanation"].with_user(seller)
        near = question.create({"channel_id": self.shop.id, "product_id": self.product.id})
        self.assertEqual(near.available, 12)
        product = self.make_product()
        self.put(product, 7, self.place.lot_stock_id)
        self.commit()
        shown = {"company_id": {}, "available": {}, "steps": {}}
        for values in (
            {"channel_id": self.far.id, "product_id": product.id},
            {"channel_id": self.far.id, "product_id": self.secret.id},
            {"channel_id": self.shop.id, "product_id": self.secret.id},
        ):
            for read in (
                lambda values=values: question.create(values).available,
                lambda values=values: question.create(values).read(["company_id", "available", "steps"]),
                lambda values=values: question.onchange(dict(values), [], shown),
                lambda values=values: near.onchange(dict(values), list(values), shown),
            ):
                self.far.name, self.secret.name  # noqa: B018  remembered, as another reader may have left them
                with self.subTest(values=values), self.assertRaises(AccessError):
                    read()

    def test_a_promise_of_another_company_is_not_shown(self):
        self.manager.company_ids = [Command.link(self.company.id)]
        self.far.user_ids = self.manager
        self.api.with_user(self.manager).with_company(self.company).with_context(
            allowed_company_ids=self.company.ids
        ).reserve([{"key": "far", "channel": "far", "lines": [{"sku": "SECRET", "quantity": 4}]}])
        line = self.env["inventory.reservation"].search([("key", "=", "far")]).line_ids
        self.assertEqual(line.open_quantity, 4)
        self.far.user_ids = False
        self.manager.company_ids = self.env.company
        transfer = self.env["inventory.promise.transfer"].with_user(self.manager)
        with self.assertRaises(AccessError):
            transfer.new({"line_id": line.id}).open_quantity  # noqa: B018

    def test_an_api_user_acts_in_his_companies_alone(self):
        self.assertEqual(self.reserve(1)["state"], "soft")
        self.env.cr.execute(
            "INSERT INTO inventory_channel_user_rel (channel_id, user_id) VALUES (%s, %s)",
            [self.far.id, self.api_user.id],
        )
        self.far.invalidate_recordset()
        answer = self.reserve(1, "k2", "far", "SECRET")
        self.assertEqual(answer["reason"]["code"], "unknown_channel")
        self.api_user.company_ids = [Command.link(self.company.id)]
        self.assertEqual(self.reserve(1, "k2", "far", "SECRET")["state"], "soft")

    def test_a_promise_is_not_moved_to_an_order_of_another_company(self):
        self.reserve(2)
        partner = self.env["res.partner"].create({"name": "Buyer"})
        order = self.env["sale.order"].create({"partner_id": partner.id, "company_id": self.company.id})
        line = self.env["inventory.reservation"].search([("key", "=", "k1")]).line_ids
        transfer = self.env["inventory.promise.transfer"].with_user(self.manager)
        with self.assertRaisesRegex(UserError, "another company"):
            transfer.create(
                {"line_id": line.id, "quantity": 1, "order_id": order.id, "reason": "by mistake"}
            ).action_transfer()
