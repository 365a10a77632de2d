"""A shop's order and one of the back office compete for the last units, on desktop and phone; then the number's story.

An error on the browser's console fails it.
"""

from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCompeteTour(HttpCase):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        company = self.env.ref("base.main_company")
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.warehouse.out_type_id.reservation_method = "manual"
        new_test_user(
            self.env,
            "compete_seller",
            groups="sales_team.group_sale_manager,inventory_plus.group_sales",
            company_id=company.id,
        )
        self.product = self.env["product.product"].create({"name": "A: Last units", "is_storable": True})
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 10)
        domain = [("product_id", "=", self.product.id), ("warehouse_id", "=", self.warehouse.id)]
        items = self.env["inventory.item"]
        items.search(domain) or items.create({"product_id": self.product.id, "warehouse_id": self.warehouse.id})
        self.shop = self.env["inventory.channel"].create(
            {
                "name": "Tour shop",
                "code": "tour_shop",
                "keep_back": "nothing",
                "warehouse_line_ids": [(0, 0, {"warehouse_id": self.warehouse.id})],
            }
        )
        office = self.env["inventory.channel"]._back_office(company)
        office.write({"keep_back": "nothing", "may_wait": True, "may_part": True})
        customer = self.env["res.partner"].create({"name": "Competing customer"})
        self.shop_order, self.office_order = self.env["sale.order"].create(
            [
                {
                    "partner_id": customer.id,
                    "warehouse_id": self.warehouse.id,
                    "inventory_channel_id": channel,
                    "order_line": [(0, 0, {"product_id": self.product.id, "product_uom_qty": quantity})],
                }
                for channel, quantity in ((self.shop.id, 8), (False, 5))
            ]
        )

    def _compete(self):
        self.start_tour(f"/odoo/sales/{self.shop_order.id}", "inventory_compete_shop", login="compete_seller")
        self.assertEqual(self.shop_order.state, "sale")
        self.start_tour(f"/odoo/sales/{self.office_order.id}", "inventory_compete_office", login="compete_seller")
        self.env.invalidate_all()
        self.assertEqual((self.office_order.state, self.office_order.order_line.product_uom_qty), ("sale", 2))
        reservations = self.env["inventory.reservation"].search(
            [("res_model", "=", "sale.order"), ("res_id", "in", (self.shop_order | self.office_order).ids)]
        )
        self.assertEqual(sorted(reservations.line_ids.mapped("open_quantity")), [2, 8])
        self.start_tour(
            f"/odoo/inventory-channels/{self.shop.id}",
            "inventory_compete_explain",
            login="compete_seller",
        )
        self.start_tour("/odoo/availability-by-channel", "inventory_compete_matrix", login="compete_seller")

    def test_desktop(self):
        self._compete()

    def test_phone(self):
        self.browser_size = "390x844"
        self.touch_enabled = True
        self._compete()
