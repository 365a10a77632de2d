"""Kits over the channels' methods and on orders: their components are promised."""

from odoo.addons.inventory_plus.tests.channels.test_sale_promise import SaleCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestKitPromise(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_product(name="Other part", default_code="OTHER")
        cls.kit = cls.env["product.product"].create({"name": "Kit", "type": "consu", "default_code": "KIT"})
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.kit.product_tmpl_id.id,
                "type": "phantom",
                "product_qty": 2,
                "bom_line_ids": [
                    (0, 0, {"product_id": cls.product.id, "product_qty": 4}),
                    (0, 0, {"product_id": cls.other.id, "product_qty": 2}),
                ],
            }
        )

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

    def test_an_order_of_kits(self):
        order = self.confirmed(3, product=self.kit)
        self.assertEqual(self.promise_of(order)[:2], ("firm", 9))
        self.assertEqual((self.free(), self.free(self.other)), (6, 17))
        order.picking_ids.action_assign()
        self.commit()
        self.assertEqual(self.promise_of(order)[:3], ("fulfilled", 0, 9))
        self.assertInStep()
