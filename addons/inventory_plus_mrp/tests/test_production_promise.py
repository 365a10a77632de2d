"""Components of production orders are promised as soon as Odoo would reserve them."""

from odoo.addons.inventory_plus.tests.channels.test_sale_promise import SaleCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestProductionPromise(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = cls.make_product(name="Made", default_code="MADE")
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.made.product_tmpl_id.id,
                "product_qty": 1,
                "bom_line_ids": [(0, 0, {"product_id": cls.product.id, "product_qty": 2})],
            }
        )
        cls.warehouse.manu_type_id.reservation_method = "at_confirm"

    def tearDown(self):
        self.commit()
        self.assertInStep()
        super().tearDown()

    def production(self, quantity):
        order = self.env["mrp.production"].create(
            {
                "product_id": self.made.id,
                "product_qty": quantity,
                "picking_type_id": self.warehouse.manu_type_id.id,
            }
        )
        order.action_confirm()
        self.commit()
        return order

    def promised(self, order):
        reservation = self.env["inventory.reservation"].search(
            [("res_model", "=", "mrp.production"), ("res_id", "=", order.id)]
        )
        return sum(reservation.line_ids.mapped("open_quantity"))

    def test_components_that_come_are_promised(self):
        order = self.production(10)
        self.assertEqual((order.move_raw_ids.quantity, self.promised(order), self.shown()), (12, 0, 0))
        self.put(self.product, 5)
        self.commit()
        self.assertEqual(self.shown(), 5)
        self.top_up()
        self.assertEqual((self.promised(order), self.shown()), (5, 0))
        order.action_assign()
        self.commit()
        self.assertEqual((order.move_raw_ids.quantity, self.promised(order)), (17, 0))

    def test_unreserved_produced_and_cancelled(self):
        order, other = self.production(3), self.production(2)
        (order | other).do_unreserve()
        self.commit()
        self.assertEqual((self.promised(order), self.promised(other), self.shown()), (6, 4, 2))
        other.action_cancel()
        self.commit()
        self.assertEqual((self.promised(other), self.shown()), (0, 6))
        order.qty_producing = 3
        order._set_qty_producing()
        order.move_raw_ids.picked = True
        order.button_mark_done()
        self.commit()
        self.assertEqual(order.state, "done")
        self.assertEqual((self.promised(order), self.shown()), (0, 6))

    def test_split_orders_split_the_promise(self):
        order = self.production(4)
        order.do_unreserve()
        self.commit()
        self.assertEqual(self.promised(order), 8)
        orders = order._split_productions({order: [1, 3]})
        self.commit()
        secured = [self.promised(part) + sum(part.move_raw_ids.mapped("quantity")) for part in orders]
        self.assertEqual(secured, [2, 6])
        self.assertEqual(self.shown(), 4)
