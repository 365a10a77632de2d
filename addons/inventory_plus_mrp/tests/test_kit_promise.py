"""Kits over the channels' methods and on orders: their components are promised."""

from odoo.addons.inventory_plus.tests.channels.test_sale_promise import SaleCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestKitPromise(SaleCase):
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
