"""What is made is made by Odoo: the replenishment buys none of it, and asks nobody for a vendor."""

from odoo import Command, fields
from odoo.addons.inventory_plus.tests.planning.common import PlanningCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestReplenishMrp(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo plans production from now on, so that the planning has to look at today as well.
        cls.company.inventory_as_of = cls.today = fields.Date.today()
        route = cls.warehouse.manufacture_pull_id.route_id
        cls.table = cls._product("Table", vendor=False, route_ids=[Command.set(route.ids)])
        cls.leg = cls._product("Leg")
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.table.product_tmpl_id.id,
                "company_id": cls.company.id,
                "bom_line_ids": [Command.create({"product_id": cls.leg.id, "product_qty": 4})],
            }
        )
        cls._facts(cls.table, [10] * 400)

    def _night(self):
        self.item_model._replenish_company(self.company.id)
        return self.item_model._replenish_warehouse(self.warehouse.id)

    def _orders(self):
        return self.env["mrp.production"].search([("product_id", "=", self.table.id)])

    def test_an_automatic_rule_makes_once(self):
        self.env["inventory.policy"].create(
            {"name": "Automatic", "company_id": self.company.id, "trigger": "auto", "auto_percent": 999}
        )
        item = self._planned(self.table)
        wanted = item.suggested_order
        self.assertGreater(wanted, 0)
        for _night in range(2):
            self._night()
            self.env["stock.rule"].run_scheduler(company_id=self.company.id)
        self.assertEqual(sum(self._orders().mapped("product_qty")), wanted)
        self.assertFalse(item.buy_problem)
        self.assertFalse(self.env["purchase.order.line"].search([("product_id", "=", self.table.id)]))

    def test_nobody_misses_a_vendor(self):
        self.company.inventory_replenish_trigger = "auto"
        item = self._planned(self.table)
        self.assertEqual((item.replenish_trigger, item.orderpoint_ids.trigger), ("auto", "manual"))
        self.assertEqual(self._night(), 0)
        self.assertFalse(item.buy_problem)
        self.assertFalse(item.activity_ids)
        self.assertFalse(self._orders(), "a manual rule waits for somebody")
