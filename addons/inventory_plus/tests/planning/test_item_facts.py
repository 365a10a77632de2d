"""How a plan reads its facts: those that count, of the items that are asked for and of no others."""

from datetime import timedelta

import numpy as np
from odoo.tests import tagged
from odoo.tools import SQL

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestItemFacts(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make = cls.env["stock.warehouse"].create
        cls.places = cls.warehouse | make(
            [{"name": f"Depot {code}", "code": code, "company_id": cls.company.id} for code in ("DPA", "DPB")]
        )
        # Moves alone count, imports before a day count, and before another day.
        cls.places[1].inventory_cutover_date = cls.today - timedelta(days=20)
        cls.places[2].inventory_cutover_date = cls.today - timedelta(days=5)
        cls.products = [cls._product(f"Part {number}") for number in range(3)]
        cls.env.flush_all()
        day = 0
        for place, warehouse in enumerate(cls.places):
            for number, product in enumerate(cls.products):
                for back in (1, 5, 6, 20, 21, 40):
                    for source in ("moves", "import"):
                        day += 1
                        cls.env.cr.execute(
                            "INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source,"
                            " sold, returned, revenue) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                            [
                                product.id,
                                warehouse.id,
                                cls.company.id,
                                cls.today - timedelta(days=back),
                                source,
                                100 * (place + 1) + 10 * number + back,
                                back % 2,
                                day,
                            ],
                        )

    def _counting(self, warehouse_ids):
        query = self.env["inventory.daily.flow"]._effective_sql(warehouse_ids=warehouse_ids)
        rows = self.env.execute_query(
            SQL("SELECT flow.id FROM (%s) flow WHERE flow.company_id = %s", query, self.company.id)
        )
        return {flow for (flow,) in rows}

    def test_the_same_facts_count_for_warehouses_by_name(self):
        """Cut-over dates that are looked up say the same as those that are joined."""
        everywhere = self._counting(None)
        self.assertEqual(len(everywhere), 3 * 3 * 6)
        self.assertEqual(self._counting(self.places.ids), everywhere)
        parts = [self._counting(place.ids) for place in self.places]
        self.assertEqual(set.union(*parts), everywhere)
        self.assertEqual([len(part) for part in parts], [18, 18, 18])
        self.assertFalse(self._counting([]))

    def test_a_date_that_has_just_been_set_counts(self):
        self.places[0].inventory_cutover_date = self.today - timedelta(days=6)
        found = self._counting(self.places.ids)
        self.env.flush_all()
        self.assertEqual(found, self._counting(None))
        self.assertEqual(len(found), 18 + 18 + 18)

    def test_each_item_gets_its_own_facts(self):
        """Items in any order, and not every product of every warehouse: each fact is at its item or left out."""
        self.item_model._create_missing(self.places.ids)
        items = self.item_model.search([("warehouse_id", "in", self.places.ids)])
        self.assertEqual(len(items), 9)
        # Of each warehouse another product is not asked for; the last ids come first.
        asked = items.filtered(
            lambda item: self.products.index(item.product_id) != list(self.places).index(item.warehouse_id)
        ).sorted("id", reverse=True)
        batch = {
            "id": np.array(asked.ids),
            "product": np.array([item.product_id.id for item in asked]),
            "warehouse": np.array([item.warehouse_id.id for item in asked]),
        }
        first = self.today - timedelta(days=30)
        row, day, net, gross = self.item_model._read_history(batch, first, self.today)
        found = {
            (asked[place], date, units, before)
            for place, date, units, before in zip(row.tolist(), day.tolist(), net.tolist(), gross.tolist(), strict=True)
        }
        places = list(self.places)
        expected = {
            (item, 30 - back, units - back % 2, units)
            for item in asked
            for back in (1, 5, 6, 20, 21)
            for number in [self.products.index(item.product_id)]
            for units in [100 * (places.index(item.warehouse_id) + 1) + 10 * number + back]
        }
        self.assertEqual(found, expected)
        self.assertEqual(len(row), 6 * 5)
