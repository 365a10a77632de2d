"""What a channel's rules leave of the free stock, and which rule it is."""

from unittest.mock import patch

from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.channels.channel import InventoryChannel
from .channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestChannelRules(ChannelCase):
    def rule(self, channel=None, **values):
        rule = self.env["inventory.channel.rule"].create({"channel_id": (channel or self.shop).id, **values})
        self.env.flush_all()
        return rule

    def room(self, channel=None, warehouse=None):
        item = (self.product.id, (warehouse or self.warehouse).id)
        self.env.flush_all()
        return self.env["inventory.promise"]._rooms(channel or self.shop, [item], whole=True)[item]

    def test_keep_back_of_each_kind_is_shown_and_kept(self):
        for values, shown in (
            ({"keep_back": "nothing"}, 12),
            ({"keep_back": "fixed", "keep_quantity": 5}, 7),
            ({"keep_back": "fixed", "keep_quantity": 50}, 0),
            ({"keep_back": "percent", "keep_percent": 10}, 10),
            ({"keep_back": "percent", "keep_percent": 100}, 0),
            ({"keep_back": "safety"}, 12),
        ):
            with self.subTest(**values):
                self.shop.write(values)
                self.env.flush_all()
                self.assertEqual(self.shown(), shown)
                key = str(values)
                self.assertEqual(self.reserve(shown + 1, key + "more")["state"], "rejected")
                if shown:
                    self.assertEqual(self.reserve(shown, key)["state"], "soft")
                    self.assertEqual(self.shown(), 0)
                    self.api.release([{"channel": "shop", "key": key}])

    def test_the_safety_stock_of_the_item(self):
        self.env["inventory.item"].sudo().create(
            {"product_id": self.product.id, "warehouse_id": self.warehouse.id, "safety_stock": 4}
        )
        self.shop.keep_back = "safety"
        self.env.flush_all()
        self.assertEqual(self.shown(), 8)
        self.assertEqual(self.shown("market"), 12)

    def test_the_most_exact_rule_applies(self):
        parent = self.env["product.category"].create({"name": "Parent"})
        category = self.env["product.category"].create({"name": "Child", "parent_id": parent.id})
        self.product.categ_id = category
        rules = [
            self.rule(applied_on="all", keep_back="fixed", keep_quantity=1),
            self.rule(applied_on="category", categ_id=parent.id, keep_back="fixed", keep_quantity=2),
            self.rule(applied_on="category", categ_id=category.id, keep_back="fixed", keep_quantity=3),
            self.rule(
                applied_on="template",
                product_tmpl_id=self.product.product_tmpl_id.id,
                keep_back="fixed",
                keep_quantity=4,
            ),
            self.rule(applied_on="product", product_id=self.product.id, keep_back="fixed", keep_quantity=5),
            self.rule(
                applied_on="product",
                product_id=self.product.id,
                keep_back="fixed",
                keep_quantity=6,
                warehouse_id=self.warehouse.id,
            ),
        ]
        for rule in reversed(rules):
            self.assertEqual(self.room()["rule_id"], rule.id)
            self.assertEqual(self.shown(), 12 - rule.keep_quantity)
            rule.active = False
        self.assertFalse(self.room()["rule_id"])

    def test_maximum_shown_is_the_most_of_a_request(self):
        self.rule(has_maximum=True, maximum=5)
        self.assertEqual(self.shown(), 5)
        self.assertEqual(self.reserve(6)["state"], "rejected")
        self.assertEqual(self.reserve(5, "k2")["state"], "soft")
        self.assertEqual(self.shown(), 5)

    def test_end_when_so_few_are_left(self):
        self.rule(has_end=True, end_when=4)
        self.assertEqual(self.shown(), 12)
        self.reserve(7)
        self.assertEqual(self.shown(), 5)
        self.reserve(1, "k2")
        self.assertEqual(self.shown(), 0)
        self.assertEqual(self.reserve(1, "k3")["state"], "rejected")
        self.assertEqual(self.shown("market"), 4)

    def test_a_limit_of_overselling(self):
        self.shop.oversell_limit = 3
        self.env.flush_all()
        self.assertEqual(self.shown(), 15)
        self.assertEqual(self.reserve(16)["state"], "rejected")
        self.assertEqual(self.reserve(15, "k2")["state"], "soft")
        self.assertEqual(self.free(), -3)
        self.assertEqual((self.shown(), self.shown("market")), (0, 0))
        self.assertEqual(self.reserve(1, "k3", channel="market")["state"], "rejected")

    def test_a_ring_fenced_quantity_is_for_its_channel_until_used_up(self):
        self.rule(self.market, pool_quantity=5)
        self.assertEqual((self.shown(), self.shown("market")), (7, 12))
        self.assertEqual(self.reserve(8)["state"], "rejected")
        self.reserve(3, "m", channel="market", firm=True)
        self.assertEqual((self.shown(), self.shown("market")), (7, 9))
        self.reserve(7, "k2")
        self.assertEqual((self.shown(), self.shown("market")), (0, 2))
        self.assertEqual(self.reserve(2, "m2", channel="market")["state"], "soft")
        self.assertEqual(self.free(), 0)
        self.api.release([{"channel": "market", "key": "m"}])
        self.assertEqual(self.shown(), 0, "what was given back is ring-fenced again")
        self.assertEqual(self.shown("market"), 3)

    def test_ring_fenced_of_the_item_and_where_the_channel_sells(self):
        self.put(self.product, 10, self.second.lot_stock_id)
        self.commit()
        self.make_channel("both", self.warehouse | self.second, allow_split=True)
        rule = self.rule(self.market, pool_quantity=5)
        shown = {"GUARD": 7, "SECON": 10}
        self.assertEqual(self.api.available("both")["GUARDED"]["warehouses"], shown)
        self.market.warehouse_line_ids = [(0, 0, {"warehouse_id": self.second.id})]
        self.env.flush_all()
        self.assertEqual(self.api.available("both")["GUARDED"]["warehouses"], {"GUARD": 7, "SECON": 5})
        self.reserve(3, "m", channel="market")
        self.assertEqual(self.api.available("both")["GUARDED"]["warehouses"], {"GUARD": 7, "SECON": 5})
        self.assertEqual((rule.pool_used, rule.pool_left), (3, 2))
        lines = [{"sku": "GUARDED", "quantity": 4, "warehouse": "SECON"}]
        self.api.reserve([{"key": "n", "channel": "market", "lines": lines}])
        rule.invalidate_recordset()
        self.assertEqual((rule.pool_used, rule.pool_left), (4, 1), "of each item; the one of which most was promised")
        self.market.warehouse_line_ids = [(5, 0, 0)]
        self.env.flush_all()
        third = self.env["stock.warehouse"].create({"name": "Third", "code": "THIRD"})
        self.put(self.product, 9, third.lot_stock_id)
        self.commit()
        self.assertEqual(self.room(self.shop, third)["fenced"], 5, "without a list it sells from everywhere")

    def test_ring_fenced_by_a_more_exact_rule(self):
        whole = self.rule(self.market, pool_quantity=5)
        own = self.rule(self.market, applied_on="product", product_id=self.product.id, pool_quantity=2)
        self.reserve(1, "m", channel="market")
        self.assertEqual((whole.pool_used, whole.pool_left, own.pool_used, own.pool_left), (0, 5, 1, 1))
        self.assertEqual(self.room()["fenced"], 1)

    def test_a_new_allotment_is_a_whole_one(self):
        rule = self.rule(self.market, pool_quantity=5)
        self.reserve(5, "m", channel="market", firm=True)
        self.assertEqual(self.shown(), 7)
        self.env.cr.execute("UPDATE inventory_reservation_line SET create_date = create_date - interval '1 minute'")
        rule.pool_quantity = 4
        self.env.flush_all()
        self.assertEqual(self.shown(), 3)

    def test_lending(self):
        self.rule(self.market, pool_quantity=5)
        self.market.lends_to_ids = self.shop
        self.env.flush_all()
        self.assertEqual(self.shown(), 12)
        self.assertEqual(self.shop.borrows_from_ids, self.market)
        with self.assertRaises(ValidationError):
            self.shop.lends_to_ids = self.shop

    def test_ring_fenced_beyond_what_there_is(self):
        self.rule(self.market, pool_quantity=50)
        self.assertEqual((self.shown(), self.shown("market")), (0, 12))
        room = self.room()
        self.assertEqual((room["free"], room["fenced"], room["room"]), (12, 50, -38))

    def test_an_archived_channel_keeps_nothing_for_itself(self):
        self.rule(self.market, pool_quantity=5)
        self.market.active = False
        self.env.flush_all()
        self.assertEqual(self.shown(), 12)
        self.assertEqual(self.reserve(1, channel="market")["reason"]["code"], "unknown_channel")

    def test_bad_rules_get_a_sentence(self):
        for values in (
            {"keep_percent": 101},
            {"keep_percent": float("nan")},
            {"keep_quantity": -1},
            {"maximum": -0.5},
            {"applied_on": "product"},
        ):
            with self.subTest(values=str(values)), self.assertRaises(ValidationError):
                self.rule(**values)
        for values in ({"ttl": 0}, {"ttl": 10**9}, {"oversell_limit": -1}, {"keep_percent": -1}, {"code": " "}):
            with self.subTest(values=str(values)), self.assertRaises(ValidationError):
                self.shop.write(values)
        company = self.env["res.company"].create({"name": "Foreign"})
        foreign = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        self.assertTrue(foreign)
        with self.assertRaises(UserError):
            self.make_channel("x", foreign)

    def test_available_by_warehouse_and_next_receipt(self):
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()
        self.make_channel("both", self.warehouse | self.second, allow_split=True)
        answer = self.api.available("both")
        self.assertEqual(answer["GUARDED"]["warehouses"], {"GUARD": 12, "SECON": 5})
        self.assertEqual(answer["GUARDED"]["available"], 17)
        self.assertFalse(answer["GUARDED"]["next_incoming"])
        self.assertEqual(self.api.available("both", ["GUARDED"], ["SECON"])["GUARDED"]["available"], 5)
        self.assertEqual(self.api.available("both", ["NONE"]), {})
        receipt = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
                "date": "2030-05-06 12:00:00",
            }
        )
        receipt._action_confirm()
        self.env.flush_all()
        self.assertEqual(self.api.available("both")["GUARDED"]["next_incoming"], "2030-05-06")

    def test_odd_numbers_are_refused_with_a_sentence(self):
        rule = self.env["inventory.channel.rule"].create({"channel_id": self.shop.id, "applied_on": "all"})
        fields = {
            self.shop: ("keep_quantity", "keep_percent", "oversell_limit", "ttl", "priority"),
            rule: ("keep_quantity", "keep_percent", "maximum", "end_when", "pool_quantity", "sequence"),
        }
        for record, names in fields.items():
            for name in names:
                for value in (float("inf"), -float("inf"), float("nan"), 1e300, 2**40, "many"):
                    if isinstance(value, int) and record._fields[name].type == "float":
                        continue
                    with self.subTest(field=name, value=str(value)), self.assertRaises(ValidationError):
                        record.write({name: value})
                        self.env.flush_all()
        with self.assertRaises(ValidationError):
            self.make_channel("odd", oversell_limit=float("inf"))
        with self.assertRaises(ValidationError):
            rule.copy({"pool_quantity": float("inf")})


@tagged("post_install", "-at_install")
class TestBackOffice(ChannelCase):
    def setUp(self):
        super().setUp()
        self.office = self.env["inventory.channel"]._back_office(self.env.company)

    def test_the_only_one_stays(self):
        for change in (
            lambda: self.office.write({"is_back_office": False}),
            lambda: self.office.write({"active": False}),
            lambda: self.office.action_archive(),
            lambda: self.office.unlink(),
        ):
            with self.assertRaisesRegex(UserError, "back office"), self.env.cr.savepoint():
                change()
                self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.office.is_back_office and self.office.active)

    def test_another_one_takes_over(self):
        self.shop.is_back_office = True
        self.env.flush_all()
        self.assertFalse(self.office.is_back_office)
        self.assertEqual(self.env["inventory.channel"]._back_office(self.env.company), self.shop)
        self.office.unlink()
        third = self.make_channel("third", is_back_office=True)
        self.env.flush_all()
        self.assertEqual(self.env["inventory.channel"]._back_office(self.env.company), third)

    def test_its_code_gives_way(self):
        company = self.env["res.company"].create({"name": "Other"})
        office = self.env["inventory.channel"]._back_office(company)
        self.assertEqual(office.code, "back_office")
        self.env.cr.execute("UPDATE inventory_channel SET is_back_office = FALSE WHERE id = %s", [office.id])
        self.env.invalidate_all()
        made = self.env["inventory.channel"]._back_office(company)
        self.assertEqual((made.code, made.is_back_office), ("back_office_2", True))

    def test_of_two_at_once_one_begins_again(self):
        # The later one does not see what the other has made, only that its own cannot be stored.
        unseen = patch.object(InventoryChannel, "_untick_others", lambda self, companies: None)
        with unseen, self.assertRaises(ConcurrencyError), mute_logger("odoo.sql_db"):
            self.env["inventory.channel"]._make_back_office(self.env.company)
        self.assertEqual(self.env["inventory.channel"]._back_office(self.env.company), self.office)
