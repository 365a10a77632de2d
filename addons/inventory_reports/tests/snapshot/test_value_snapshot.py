"""The nightly value snapshot, and the check that compares it with the books."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestValueSnapshot(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.average = cls.env["product.category"].create(
            {"name": "Snapshot average", "property_cost_method": "average"}
        )
        cls.product = cls._product("Snapshot standard", standard_price=4)
        cls.avco = cls._product("Snapshot average", categ_id=cls.average.id)
        cls.supplier = cls.env.ref("stock.stock_location_suppliers")
        cls.customer = cls.env.ref("stock.stock_location_customers")
        cls.snapshots = cls.env["inventory.value.snapshot"]

    @classmethod
    def _product(cls, name, **values):
        return cls.env["product.product"].create({"name": name, "is_storable": True, **values})

    def move(self, product, quantity, source, destination):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
            }
        )
        move._action_confirm()
        move.quantity = quantity
        move.picked = True
        move._action_done()
        return move

    def receive(self, product, quantity, price):
        """Receive at ``price`` a unit: where the books know no order, a person says what it cost."""
        move = self.move(product, quantity, self.supplier, self.warehouse.lot_stock_id)
        self.env["product.value"].create(
            {"move_id": move.id, "product_id": product.id, "company_id": self.company.id, "value": price * quantity}
        )
        return move

    def deliver(self, product, quantity):
        return self.move(product, quantity, self.warehouse.lot_stock_id, self.customer)

    def rows(self, product):
        return self.snapshots.search([("product_id", "=", product.id)])

    def take(self):
        self.snapshots._take((self.product | self.avco).ids)

    def check(self):
        return self.env["inventory.verify"]._check_value_snapshots()

    def test_value_agrees_with_odoo(self):
        self.receive(self.product, 10, 4)
        self.receive(self.avco, 3, 10)
        self.receive(self.avco, 4, 11)
        self.take()
        self.assertEqual((self.rows(self.product).quantity, self.rows(self.product).value), (10, 40))
        self.assertEqual(self.rows(self.avco).quantity, 7)
        self.assertAlmostEqual(self.rows(self.avco).value, self.avco.total_value, 2)
        self.assertAlmostEqual(self.rows(self.avco).value, 74, 2)

    def test_once_a_day(self):
        self.receive(self.product, 10, 4)
        self.take()
        self.receive(self.product, 5, 4)
        self.take()
        self.assertEqual(self.rows(self.product).quantity, 15)

    def test_no_stock_no_row(self):
        self.receive(self.product, 10, 4)
        self.deliver(self.product, 10)
        self.take()
        self.assertFalse(self.rows(self.product))

    def test_foreign_owner_is_not_ours(self):
        owner = self.env["res.partner"].create({"name": "Consignor"})
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 7, owner_id=owner)
        self.take()
        self.assertFalse(self.rows(self.product))

    def test_cost_is_kept_until_something_happens(self):
        self.receive(self.avco, 2, 10)
        self.take()
        self.env.cr.execute("UPDATE inventory_value_snapshot SET computed_at = '2100-01-01', date = '2000-01-01'")
        self.snapshots.invalidate_model()
        with patch.object(type(self.avco), "_run_avco", side_effect=AssertionError("replayed for nothing")):
            self.take()
        today = self.rows(self.avco).sorted("date")[-1]
        self.assertEqual(today.unit_cost, 10)

    def test_cost_follows_a_receipt(self):
        self.receive(self.avco, 2, 10)
        self.take()
        self.env.cr.execute("UPDATE inventory_value_snapshot SET computed_at = '2000-01-01', date = '2000-01-01'")
        self.snapshots.invalidate_model()
        self.receive(self.avco, 2, 20)
        self.take()
        self.assertEqual(self.rows(self.avco).sorted("date")[-1].unit_cost, 15)

    def test_pending_products_shrink(self):
        self.receive(self.product, 10, 4)
        self.assertIn(self.product.id, self.snapshots._pending_products())
        self.take()
        self.assertNotIn(self.product.id, self.snapshots._pending_products())

    def test_nightly_run_in_chunks(self):
        self.receive(self.product, 10, 4)
        self.receive(self.avco, 2, 10)
        done, remaining = self.snapshots._take_next(limit=1)
        self.assertEqual(done, 1)
        while remaining:
            done, remaining = self.snapshots._take_next(limit=50)
        self.assertEqual(self.snapshots._take_next(), (0, 0))
        self.assertTrue(self.rows(self.product) and self.rows(self.avco))

    def test_day_is_the_warehouse_s(self):
        self.warehouse.inventory_tz = "Pacific/Auckland"
        self.receive(self.product, 1, 4)
        with patch.object(fields.Datetime, "now", lambda: fields.Datetime.to_datetime("2026-05-01 20:00:00")):
            self.take()
        self.assertEqual(fields.Date.to_string(self.rows(self.product).date), "2026-05-02")

    def test_verify_sees_what_was_changed(self):
        self.receive(self.product, 10, 4)
        self.receive(self.avco, 2, 10)
        while self.snapshots._take_next()[1]:
            pass
        result = self.check()
        self.assertGreaterEqual(result["compared"], 2)
        self.assertEqual(result["differences"], 0, result["sample"])
        self.env.cr.execute("UPDATE inventory_value_snapshot SET computed_at = computed_at - interval '1 minute'")
        self.env.cr.execute("UPDATE stock_move_line SET date = date - interval '2 minutes'")
        self.deliver(self.product, 4)  # later movements are counted back
        self.assertEqual(self.check()["differences"], 0, self.check()["sample"])
        self.env.cr.execute(
            "UPDATE inventory_value_snapshot SET quantity = 11 WHERE product_id = %s", [self.product.id]
        )
        self.assertEqual(self.check()["differences"], 1)
        self.assertIn("11", self.check()["sample"][0])
        self.env.cr.execute(
            "UPDATE inventory_value_snapshot SET quantity = 10, value = 39 WHERE product_id = %s", [self.product.id]
        )
        self.assertEqual(self.check()["differences"], 1)

    def test_values_are_for_roles_that_see_money(self):
        self.receive(self.product, 10, 4)
        self.take()
        buyer = new_test_user(self.env, "snap_buyer", groups="base.group_user,inventory_plus.group_buyer")
        planner = new_test_user(self.env, "snap_planner", groups="base.group_user,inventory_plus.group_planner")
        with self.assertRaises(AccessError):  # what is on hand is not the buyer's
            self.rows(self.product).with_user(buyer).read(["value"])
        self.assertTrue(self.rows(self.product).with_user(planner).read(["value"]))
        with self.assertRaises(AccessError):
            self.rows(self.product).with_user(planner).write({"value": 1})
