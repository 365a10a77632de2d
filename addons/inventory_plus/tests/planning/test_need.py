"""Need to buy, term by term: max(forecast, open demand) + safety stock - (usable - held) - incoming due.

The item sells ten a day for certain: lead time 5 and review 1 make a forecast of 60, safety stock is 0.
"""

import numpy as np
from odoo import Command
from odoo.addons.inventory_plus.planning_engine import reorder, snapshot
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestNeed(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Needed", delay=5)
        cls._facts(cls.product, [10] * 400)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.stock = cls.warehouse.lot_stock_id

    def _now(self):
        item = self._item(self.product)
        self.item_model._refresh(item)
        self.assertEqual(
            item.need_to_buy,
            float(
                reorder.need_to_buy(
                    60.0, min(item.open_demand, 10**6), item.safety_stock, item.usable, item.held, item.incoming
                )
            ),
            "all that is open here is due",
        )
        return item

    def _sale(self, quantity, confirm=True):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "commitment_date": f"{self.today} 12:00:00",
                "order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": quantity})],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def test_forecast(self):
        self.assertEqual(self._now().need_to_buy, 60)

    def test_safety_stock(self):
        self._item(self.product).safety_stock = 7
        self.assertEqual(self._now().need_to_buy, 67)

    def test_usable(self):
        self._stock(self.product, 25)
        self.assertEqual(self._now().need_to_buy, 35)

    def test_what_is_not_usable(self):
        """Another owner's goods, goods past their removal date, goods outside the stock location."""
        lot = self.env["stock.lot"].create(
            {"name": "Old", "product_id": self.product.id, "removal_date": "2020-01-01", "company_id": self.company.id}
        )
        aside = self.env["stock.location"].create(
            {"name": "Aside", "location_id": self.warehouse.view_location_id.id, "usage": "internal"}
        )
        self._stock(self.product, 11, owner_id=self.customer)
        self._stock(self.product, 12, lot_id=lot)
        self._stock(self.product, 13, location=aside)
        item = self._now()
        self.assertEqual((item.on_hand, item.usable, item.need_to_buy), (36, 0, 60))

    def test_what_is_promised_is_open_demand(self):
        """A confirmed order that nothing could be reserved for; a quotation is nothing; reserving changes nothing."""
        self._sale(500, confirm=False)
        self.assertEqual(self._now().need_to_buy, 60)
        order = self._sale(90)
        item = self._now()
        self.assertEqual((item.open_demand, item.reserved, item.need_to_buy), (90, 0, 90))
        self._stock(self.product, 40)
        order.picking_ids.action_assign()
        item = self._now()
        self.assertEqual((item.open_demand, item.reserved, item.need_to_buy), (90, 40, 50))

    def test_what_a_channel_promised_without_an_order_is_open_demand(self):
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, 100)
        self.product.default_code = "NEEDED"
        channel = self.env["inventory.channel"].create({"name": "Shop", "code": "need_shop", "keep_back": "nothing"})
        channel.user_ids = self.env.user
        line = {"sku": "NEEDED", "quantity": 90, "warehouse": self.warehouse.code}
        request = {"key": "need", "channel": "need_shop", "lines": [line]}
        self.env.cr.flush()
        [answer] = self.env["inventory.reservation"].reserve([request])
        self.assertEqual(answer["state"], "soft", answer)
        item = self._now()
        self.assertEqual((item.promised, item.open_demand, item.need_to_buy), (90, 90, 0))
        self.assertEqual(item.free, 10)
        self.env["stock.quant"]._update_available_quantity(self.product, self.stock, -50)
        self.assertEqual(self._now().need_to_buy, 40)

    def test_demand_below_the_forecast_is_part_of_it(self):
        self._sale(45)
        self.assertEqual(self._now().need_to_buy, 60)

    def test_held_is_no_stock(self):
        """Frozen goods stay on hand; the need sees them as gone."""
        one = np.ones(1)
        stock = {"on_hand": 50 * one, "usable": 50 * one, "held": 20 * one}
        plan = {"demand_daily": 10 * one, "lead_time_mean": 5 * one, "review": one, "safety_stock": 0 * one}
        plan |= {"order_quantity": 0 * one, "order_up_to": 60 * one}
        none = {"item": np.empty(0, int), "day": np.empty(0), "supply": np.empty(0), "demand": np.empty(0)}
        zero = 0 * one
        found = snapshot.figures(stock, plan, none, zero, one, zero > 1, zero, zero)
        self.assertEqual(found["need_to_buy"].tolist(), [30])

    def test_incoming_due(self):
        """On a confirmed order, in Input, and on a proposed transfer; not when it comes too late."""
        self.warehouse.reception_steps = "two_steps"
        self._move(self.product, 7, self.suppliers, self.stock, days=6)
        self.assertEqual(self._now().need_to_buy, 53)
        self._move(
            self.product,
            5,
            self.suppliers,
            self.warehouse.wh_input_stock_loc_id,
            location_final_id=self.stock.id,
        )
        self.assertEqual(self._now().need_to_buy, 48)
        draft = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 8,
                "location_id": self.suppliers.id,
                "location_dest_id": self.stock.id,
                "company_id": self.company.id,
                "date": f"{self.today} 12:00:00",
            }
        )
        self.assertEqual(self._now().need_to_buy, 48, "anybody's draft is nothing")
        draft.inventory_item_id = self._item(self.product)
        self.assertEqual(self._now().need_to_buy, 40, "a proposal of the planning counts")
        late = self._move(self.product, 100, self.suppliers, self.stock, days=7)
        self.item_model._refresh(self._item(self.product))
        self.assertEqual(self._item(self.product).need_to_buy, 40)
        late.date = draft.date
        self.assertEqual(self._now().need_to_buy, 0)

    def test_drafts_in_progress_are_asked_for_not_covered(self):
        """A request for quotation lowers what is suggested; the need stays until somebody confirms it."""
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 40})],
            }
        )
        item = self._now()
        self.assertEqual((item.requested, item.need_to_buy, item.suggested_order), (40, 60, 160))
        order.order_line.product_qty = 60
        item = self._now()
        self.assertEqual((item.need_to_buy, item.suggested_order), (60, 0))
        order.button_cancel()
        item = self._now()
        self.assertEqual((item.requested, item.suggested_order), (0, 200))
