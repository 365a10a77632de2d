"""Kits over the channels' methods and on orders: their components are promised."""

from odoo.addons.inventory_plus.exceptions import GuardError
from odoo.addons.inventory_plus.tests.channels.channel_case import ChannelCase
from odoo.addons.inventory_plus.tests.channels.test_sale_promise import SaleCase
from odoo.tests import tagged


class KitCase(ChannelCase):
    """12 of ``product`` and 20 of ``other``; ``kit``, by two of which a bill counts, takes 2 and 1 of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_product(name="Other part", default_code="OTHER")
        cls.kit = cls.make_kit("KIT", {cls.product: 4, cls.other: 2}, product_qty=2)

    @classmethod
    def make_kit(cls, code, parts, product=None, is_storable=False, **values):
        """A kit of ``{component: quantity}``."""
        product = product or cls.make_product(name=code, default_code=code, is_storable=is_storable)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    (0, 0, {"product_id": component.id, "product_qty": quantity})
                    for component, quantity in parts.items()
                ],
                **values,
            }
        )
        return product

    def setUp(self):
        super().setUp()
        self.put(self.other, 20)
        self.commit()


@tagged("post_install", "-at_install")
class TestKitPromise(KitCase, SaleCase):
    def test_a_kit_promises_its_components(self):
        answer = self.reserve(3, sku="KIT")
        self.assertEqual((answer["state"], answer["lines"][0]["reserved"]), ("soft", 3))
        self.assertEqual((self.free(), self.free(self.other)), (6, 17))
        self.assertEqual(self.reserve(4, "k2", sku="KIT")["state"], "rejected")
        self.assertEqual((self.free(), self.free(self.other)), (6, 17))
        answer = self.reserve(4, "k3", sku="KIT", mode="partial")
        self.assertEqual(answer["lines"][0]["reserved"], 3, "as many as the scarcest component makes")
        self.api.release([{"channel": "shop", "key": key} for key in ("k1", "k3")])
        self.assertEqual((self.free(), self.free(self.other)), (12, 20))

    def test_kits_within_kits(self):
        outer = self.make_kit("OUTER", {self.kit: 2, self.other: 1})
        answer = self.reserve(2, sku="OUTER")
        self.assertEqual((answer["state"], answer["lines"][0]["reserved"]), ("soft", 2))
        self.assertEqual((self.free(), self.free(self.other)), (4, 14))
        other = self.env["res.company"].create({"name": "Other"})
        self.make_kit("OUTER", {self.other: 1}, product=outer, company_id=other.id, sequence=-1)
        self.reserve(1, "k2", sku="OUTER")
        self.assertEqual((self.free(), self.free(self.other)), (0, 11), "the bill of another company is not ours")

    def test_queries_do_not_grow_with_kits(self):
        self.reserve(1, sku="KIT")
        self.put(self.product, 1000)
        self.put(self.other, 1000)
        self.commit()
        kits = [self.make_kit(f"K{number}", {self.kit: 1, self.other: 1}) for number in range(40)]
        lines = [{"sku": kit.default_code, "quantity": 1} for kit in kits]
        self.queries_of(lines[:5])
        few = self.queries_of(lines[:5])
        self.assertEqual(self.queries_of(lines), few)

    def test_an_order_of_kits(self):
        order = self.confirmed(3, product=self.kit)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 9))
        self.assertEqual((self.free(), self.free(self.other)), (6, 17))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order)[:3], ("fulfilled", 0, 9))
        self.assertInStep()

    def test_a_line_tells_how_many_kits_the_channel_may_have(self):
        stored = self.make_kit("STORED", {self.product: 5}, is_storable=True)
        thing = self.make_product(name="Consumable", is_storable=False)
        lines = self.env["sale.order.line"]
        for product in (self.kit, stored, thing):
            lines |= self.order(1, channel=self.shop, product=product).order_line
        self.assertEqual(lines.mapped("inventory_channel_available"), [6, 2, 0])
        self.assertEqual(lines.mapped("inventory_channel_name"), ["Shop", "Shop", False])

    def test_a_channel_that_refuses_confirms_the_kits_that_can_be_made(self):
        self.shop.shortage = "refuse"
        for code in ("STORED", "NOTSTORED"):
            with self.subTest(code):
                kit = self.make_kit(code, {self.product: 4, self.other: 1}, is_storable=code == "STORED")
                order = self.order(4, product=kit, channel=self.shop)
                with self.assertRaisesRegex(GuardError, "1.0 of 4.0"), self.env.cr.savepoint():
                    order.action_confirm()
                self.env.invalidate_all()
                order = self.confirmed(3, product=kit, channel=self.shop)
                self.assertEqual(self.promise_of(order)[:2], ("firm", 15))
                self.assertEqual((self.free(), self.free(self.other)), (0, 17))
                order._action_cancel()
                self.commit()
                self.assertEqual((self.free(), self.free(self.other)), (12, 20))

    def test_a_channel_that_orders_a_part_orders_whole_kits(self):
        self.shop.shortage = "part"
        kit = self.make_kit("STORED", {self.product: 5, self.other: 1}, is_storable=True)
        order = self.confirmed(4, product=kit, channel=self.shop)
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 12))
        self.assertEqual((self.free(), self.free(self.other)), (2, 18))

    def test_a_kit_comes_from_one_warehouse(self):
        self.put(self.product, 8, self.second.lot_stock_id)
        self.put(self.other, 100, self.second.lot_stock_id)
        self.commit()
        for name, values in {"whole": {}, "split": {"allow_split": True}}.items():
            with self.subTest(name):
                channel = self.make_channel(name, self.second | self.warehouse, shortage="refuse", **values)
                kit = self.make_kit(name.upper(), {self.product: 3, self.other: 1}, is_storable=True)
                order = self.confirmed(3, product=kit, channel=channel)
                self.assertEqual(order.picking_ids.picking_type_id.warehouse_id, self.warehouse)
                self.assertEqual((self.free(), self.free(warehouse=self.second)), (3, 8))
                order._action_cancel()
                self.commit()
        lines = [(0, 0, {"product_id": kit.id, "product_uom_qty": 4}) for kit in (kit, kit)]
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "inventory_channel_id": channel.id, "order_line": lines}
        )
        with self.assertRaisesRegex(GuardError, "2.0 of 4.0"), self.env.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        order.order_line[1].product_uom_qty = 2
        order.action_confirm()
        self.commit()
        self.assertEqual((self.free(), self.free(warehouse=self.second)), (0, 2))
        self.assertEqual(self.promise_of(order)[:2], ("firm", 24))
