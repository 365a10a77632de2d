"""Production in the need to buy: components are open demand, output is supply, drafts are asked for already."""

from odoo import Command
from odoo.addons.inventory_plus.tests.planning.common import PlanningCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestNeedMrp(PlanningCase):
    """A table takes four legs; neither was ever sold, so that only what is open counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table, cls.leg = cls._product("Table", vendor=False), cls._product("Leg")
        cls.bom = cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.table.product_tmpl_id.id,
                "company_id": cls.company.id,
                "bom_line_ids": [Command.create({"product_id": cls.leg.id, "product_qty": 4})],
            }
        )

    def _order(self, quantity, **values):
        return self.env["mrp.production"].create(
            {
                "product_id": self.table.id,
                "product_qty": quantity,
                "picking_type_id": self.warehouse.manu_type_id.id,
                "company_id": self.company.id,
                "date_start": f"{self.today} 12:00:00",
                **values,
            }
        )

    def _figures(self, product):
        self.env.flush_all()
        self.item_model._create_missing(self.warehouse.ids)
        self.item_model._refresh(warehouse_ids=self.warehouse.ids)
        item = self._item(product)
        self.assertFalse(self.env["inventory.verify"]._check_item_snapshot()["sample"])
        return item

    def test_components_are_open_demand(self):
        self._stock(self.leg, 5)
        self._order(3).action_confirm()
        item = self._figures(self.leg)
        self.assertEqual((item.open_demand, item.need_to_buy), (12, 7))

    def test_reserved_components_count_once(self):
        self._stock(self.leg, 5)
        order = self._order(3)
        order.action_confirm()
        order.action_assign()
        item = self._figures(self.leg)
        self.assertEqual((item.reserved, item.open_demand, item.need_to_buy), (5, 12, 7))

    def test_components_picked_first(self):
        """In two and three steps what leaves the stock for the shop floor is the demand, once."""
        for steps in ("pbm", "pbm_sam"):
            self.warehouse.manufacture_steps = steps
            order = self._order(3)
            order.action_confirm()
            self.assertEqual(self._figures(self.leg).open_demand, 12, steps)
            order.action_cancel()

    def test_output_is_supply(self):
        self._order(3).action_confirm()
        item = self._figures(self.table)
        self.assertEqual((item.incoming, item.requested), (3, 0))

    def test_a_draft_asks_already_and_takes_nothing_yet(self):
        self._stock(self.table, 1)
        self._move(self.table, 10, self.warehouse.lot_stock_id, self.customers)
        order = self._order(4)
        self._stock(self.leg, 1)
        table, leg = self._figures(self.table), self._figures(self.leg)
        self.assertEqual((table.need_to_buy, table.requested, table.incoming), (9, 4, 0))
        self.assertEqual(table.suggested_order, 5)
        self.assertEqual((leg.open_demand, leg.need_to_buy), (0, 0))
        self.env["inventory.item.dirty"]._take()
        order.action_cancel()
        self.item_model._refresh_dirty()
        self.assertEqual((table.requested, table.suggested_order), (0, 9))

    def test_a_kit_is_its_components(self):
        self.bom.type = "phantom"
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "commitment_date": f"{self.today} 12:00:00",
                "order_line": [Command.create({"product_id": self.table.id, "product_uom_qty": 2})],
            }
        )
        order.action_confirm()
        self.assertEqual(self._figures(self.leg).open_demand, 8)
        self.assertFalse(self._item(self.table).open_demand)
