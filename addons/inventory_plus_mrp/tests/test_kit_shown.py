"""Kits in what channels are shown: as many as their components make, told whenever that changes."""

from datetime import timedelta

from odoo import Command, fields
from odoo.addons.inventory_plus.tests.channels.test_changes import FeedCase
from odoo.tests import tagged

from .test_kit_promise import KitCase


@tagged("post_install", "-at_install")
class TestKitShown(KitCase, FeedCase):
    """A kit takes 2 of ``product`` (12 there) and 1 of ``other`` (20 there)."""

    def test_what_is_available_of_a_kit_is_what_is_promised_of_it(self):
        stored = self.make_kit("STORED", {self.product: 5, self.other: 1}, is_storable=True)
        outer = self.make_kit("OUTER", {self.kit: 2, self.other: 3})
        nothing = self.make_kit("NOTHING", {self.make_product(name="Thing", is_storable=False): 1})
        thing = self.make_product(name="Consumable", default_code="CONSUMABLE", is_storable=False)
        shown = self.api.available("shop", ["KIT", "STORED", "OUTER", "NOTHING", "CONSUMABLE"])
        self.assertEqual({sku: entry["available"] for sku, entry in shown.items()}, {"KIT": 6, "STORED": 2, "OUTER": 3})
        self.assertEqual(shown["KIT"]["warehouses"], {"GUARD": 6})
        for product, most in ((self.kit, 6), (stored, 2), (outer, 3)):
            key = product.default_code
            self.assertEqual(self.reserve(most + 1, f"{key} more", sku=key)["state"], "rejected")
            self.assertEqual(self.reserve(most, key, sku=key)["state"], "soft")
            self.assertEqual(self.shown(sku=key), 0)
            self.api.release([{"channel": "shop", "key": key}])
        self.assertIn("KIT", self.api.available("shop"))
        for product in (nothing, thing):
            self.assertNotIn(product.default_code, self.api.available("shop"))

    def test_rules_of_the_components_hold(self):
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.shop.id, "applied_on": "product", "product_id": self.product.id, "keep_back": "fixed"}
        ).keep_quantity = 3
        self.assertEqual(self.shown(sku="KIT"), 4, "of 9 by 2")

    def test_shelf_lives_of_the_components_hold(self):
        food = self.make_product(name="Food", tracking="lot", use_expiration_date=True)
        for name, days, quantity in (("OLD", 10, 4), ("NEW", 100, 7)):
            lot = self.env["stock.lot"].create({"name": name, "product_id": food.id})
            lot.expiration_date = fields.Datetime.now() + timedelta(days=days)
            lot.removal_date = lot.expiration_date
            self.put(food, quantity, lot_id=lot)
        self.make_kit("BASKET", {food: 2, self.other: 1})
        self.make_channel("fresh", shelf_life=30)
        self.commit()
        self.assertEqual([self.shown(channel, "BASKET") for channel in ("shop", "fresh")], [5, 3])
        self.assertEqual(self.reserve(4, "more", "fresh", "BASKET")["state"], "rejected")
        self.assertEqual(self.reserve(3, "some", "fresh", "BASKET")["state"], "soft")
        self.assertEqual([self.shown(channel, "BASKET") for channel in ("shop", "fresh")], [2, 0])

    def test_warehouses_and_splitting(self):
        self.put(self.product, 100, self.second.lot_stock_id)
        self.put(self.other, 3, self.second.lot_stock_id)
        self.commit()
        self.make_channel("one", self.warehouse | self.second)
        self.make_channel("split", self.warehouse | self.second, allow_split=True)
        numbers = [self.api.available(code, ["KIT"])["KIT"] for code in ("one", "split")]
        self.assertEqual([entry["available"] for entry in numbers], [6, 9])
        self.assertEqual(numbers[0]["warehouses"], {"GUARD": 6, "SECON": 3})

    def test_units_variants_and_bills_of_others(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        kit = self.make_kit("BOXED", {self.product: 1}, product_uom_id=dozen.id, product_qty=0.5)
        self.assertEqual(self.shown(sku="BOXED"), 72, "six of them take one")
        kit.bom_ids.bom_line_ids.product_uom_id = dozen
        self.assertEqual(self.shown(sku="BOXED"), 6)
        other = self.env["res.company"].create({"name": "Other"})
        self.make_kit("BOXED", {self.other: 1}, product=kit, company_id=other.id, sequence=-1)
        self.assertEqual(self.shown(sku="BOXED"), 6)
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [Command.create({"name": name}) for name in ("S", "L")]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Sized",
                "type": "consu",
                "attribute_line_ids": [
                    Command.create({"attribute_id": attribute.id, "value_ids": [Command.set(attribute.value_ids.ids)]})
                ],
            }
        )
        small, large = template.product_variant_ids
        small.default_code, large.default_code = "SMALL", "LARGE"
        self.make_kit("SIZED", {self.product: 3, self.other: 1}, product=small)
        lines = template.bom_ids.bom_line_ids
        values = template.attribute_line_ids.product_template_value_ids
        lines[0].bom_product_template_attribute_value_ids = values[1]
        self.assertEqual((self.shown(sku="SMALL"), self.shown(sku="LARGE")), (20, 4))
        for sku in ("SMALL", "LARGE", "BOXED"):
            self.assertEqual(self.reserve(self.shown(sku=sku), sku, sku=sku)["state"], "soft")
            self.assertEqual(self.shown(sku=sku), 0)
            self.api.release([{"channel": "shop", "key": sku}])

    def test_changes_tell_of_kits(self):
        self.cursor = None
        stored = self.make_kit("STORED", {self.kit: 2}, is_storable=True)
        everything = dict(self.news())
        self.assertEqual((everything["KIT"], everything["STORED"]), (6, 3))
        self.reserve(5)
        self.assertEqual(dict(self.news()), {"GUARDED": 7, "KIT": 3, "STORED": 1})
        self.reserve(1, "kit", sku="STORED")
        self.assertEqual(dict(self.news()), {"GUARDED": 3, "OTHER": 18, "KIT": 1, "STORED": 0})
        line = self.kit.bom_ids.bom_line_ids[0]
        line.product_qty = 2
        self.assertEqual(dict(self.news()), {"KIT": 3, "STORED": 1})
        line.unlink()
        self.assertEqual(dict(self.news()), {"KIT": 18, "STORED": 9})
        stored.bom_ids.active = False
        self.assertEqual(dict(self.news()), {"STORED": 0})
        self.kit.bom_ids.type = "normal"
        self.assertEqual(dict(self.news()), {"KIT": 0})
        self.assertEqual(self.env["inventory.verify"]._check_feed()["differences"], 0)

    def test_without_this_addon_no_kits_are_known(self):
        self.assertEqual(dict(self.news())["KIT"], 6)
        self.env["inventory.kit"]._drop()
        self.assertEqual(dict(self.news()), {"KIT": 0})
        self.assertEqual(self.api.available("shop", ["KIT"]), {})
