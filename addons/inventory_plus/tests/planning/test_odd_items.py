"""Units of measure with different rounding, one product in two companies, vendors without a lead time."""

from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestOddItems(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.inventory_auto_percent = 999
        cls.units, cls.dozens = cls.env.ref("uom.product_uom_unit"), cls.env.ref("uom.product_uom_dozen")
        cls.kilograms, cls.grams = cls.env.ref("uom.product_uom_kgm"), cls.env.ref("uom.product_uom_gram")

    def _unit(self, name, factor, base):
        return self.env["uom.uom"].create({"name": name, "relative_factor": factor, "relative_uom_id": base.id})

    def test_bought_in_bags_kept_by_the_kilogram(self):
        """2.5 kg a day, bags of 25 kg: the levels keep fractions, the order is whole bags."""
        bag = self._unit("Bag of 25 kg", 25, self.kilograms)
        product = self._product("Flour", delay=5, uom_id=self.kilograms.id, seller_uom=bag)
        self._facts(product, [2.5] * 400)
        item = self._planned(product)
        self.assertAlmostEqual(item.reorder_point, 15)
        self.assertAlmostEqual(item.vendor_multiple, 25)
        self.assertAlmostEqual(item.order_quantity, 50, msg="14 days are 35 kg: two bags")
        self._stock(product, 5.25)
        self.item_model._refresh(item)
        self.assertAlmostEqual(item.suggested_order % 25, 0)
        orders = self._requested(item)
        self.assertEqual(orders.order_line.product_uom_id, bag)
        self.assertAlmostEqual(orders.order_line.product_qty * 25, item.requested)

    def test_kept_by_the_gram_bought_by_the_kilogram(self):
        product = self._product("Saffron", delay=5, uom_id=self.grams.id, seller_uom=self.kilograms)
        self._facts(product, [3] * 400)
        item = self._planned(product)
        self.assertAlmostEqual(item.reorder_point, 18)
        self.assertAlmostEqual(item.order_quantity, 1000)
        self.assertAlmostEqual(item.order_up_to, 1018)

    def test_kept_by_the_dozen_bought_by_the_piece(self):
        """A piece is 0.08333... dozen: what is stored is rounded to two digits, what is ordered is whole pieces."""
        product = self._product("Eggs", delay=5, uom_id=self.dozens.id, seller_uom=self.units)
        self._facts(product, [0.75] * 400)
        item = self._planned(product)
        self.assertAlmostEqual(item.reorder_point, 4.5)
        self.assertAlmostEqual(item.order_quantity, 10.5, delta=0.09)
        orders = self._requested(item)
        pieces = orders.order_line.product_qty
        self.assertAlmostEqual(pieces, round(pieces), msg="nobody delivers a part of an egg")
        self.assertGreaterEqual(pieces / 12, 4.5 + 10.5 - 1e-9)

    def test_a_pack_that_does_not_divide(self):
        """Packs of 7 with a minimum of 10 packs: 70, then 77, never 75."""
        pack = self._unit("Pack of 7", 7, self.units)
        product = self._product("Sevens", delay=5, seller_uom=pack, min_qty=10)
        self._facts(product, [5] * 400)
        item = self._planned(product)
        self.assertAlmostEqual(item.order_quantity, 70)
        self.company.inventory_cycle_days = 15
        self.assertAlmostEqual(self._planned(product).order_quantity, 77)

    def _requested(self, item):
        buyer = self._user(f"odd_buyer_{item.id}", "group_buyer")
        item.with_user(buyer).action_make_rfq()
        return self.env["purchase.order"].search([("partner_id", "=", self.vendor.id), ("state", "=", "draft")])

    def test_vendor_without_a_lead_time(self):
        """It arrives the same day: only the review period is bridged, and days to purchase where they are set."""
        product = self._product("At once", delay=0)
        self._facts(product, [10] * 400)
        item = self._planned(product)
        self.assertEqual((item.lead_time_mean, item.explanation_data["lead_source"]), (0, "agreed"))
        self.assertAlmostEqual(item.reorder_point, 10)
        self.company.days_to_purchase = 2
        self.assertAlmostEqual(self._planned(product).reorder_point, 30)

    def test_one_product_in_two_companies(self):
        """Each company's cost, vendor, lead time, settings and stock; no figure of one reaches the other."""
        other = self.env["res.company"].create(
            {"name": "Sister", "inventory_as_of": self.today, "inventory_auto_percent": 999, "inventory_cycle_days": 7}
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        warehouse.inventory_tz = "UTC"
        product = self._product("Shared", delay=5)
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Their Vendor"}).id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "company_id": other.id,
                "delay": 20,
            }
        )
        self._facts(product, [10] * 400)
        self._facts(product, [10] * 400, warehouse=warehouse)
        self._stock(product, 500)
        self.item_model._plan(warehouse_ids=(self.warehouse + warehouse).ids)
        mine, theirs = self._item(product), self._item(product, warehouse)
        self.assertEqual(mine.reorder_point, 60)
        self.assertAlmostEqual(theirs.reorder_point, 210, delta=1.01, msg="their vendor takes twenty days")
        self.assertEqual((mine.order_quantity, theirs.order_quantity), (140, 70))
        self.assertEqual((mine.on_hand, theirs.on_hand), (500, 0))
        self.assertEqual(theirs.vendor_id.name, "Their Vendor")
