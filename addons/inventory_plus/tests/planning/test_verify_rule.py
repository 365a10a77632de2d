"""The check of the managed reordering rules: quiet when they are right, loud when one went astray."""

from odoo.tests import tagged

from .test_rule_by_hand import RuleByHandCase


@tagged("post_install", "-at_install")
class TestVerifyRule(RuleByHandCase):
    def _check(self):
        self.env.flush_all()
        self.env.invalidate_all()
        [result] = self.env["inventory.verify"]._run(["reordering rules"])
        return result

    def _right(self):
        result = self._check()
        self.assertEqual((result["differences"], result["sample"]), (0, []))

    def _wrong(self, sentence):
        result = self._check()
        self.assertEqual(result["differences"], 1, result["sample"])
        self.assertRegex(result["sample"][0], sentence)

    def _sql(self, statement, *values):
        self.env.cr.execute(statement, values)

    def test_right(self):
        self._right()
        self.assertGreaterEqual(self._check()["compared"], 1)

    def test_edited_by_hand_is_no_difference(self):
        self.rule.with_user(self.stock_manager).write({"product_min_qty": 70, "product_max_qty": 90})
        self._right()
        self.assertTrue(self.rule.inventory_by_hand)
        self.item.with_user(self.planner).action_restore_rule()
        self.assertFalse(self._rules().inventory_by_hand)
        self._right()

    def test_values_that_nobody_wrote(self):
        for column, value in (("product_min_qty", 59), ("product_max_qty", 201)):
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE stock_warehouse_orderpoint SET {column} = %s WHERE id = %s", value, self.rule.id)
                self._wrong(f"By hand.*{value}")
                savepoint.rollback()

    def test_a_parameter_that_never_reached_the_rule(self):
        self._sql("UPDATE inventory_item SET reorder_point = 61 WHERE id = %s", self.item.id)
        self._wrong("By hand.*60.*61")

    def test_a_rule_that_went_missing(self):
        self._sql("DELETE FROM stock_warehouse_orderpoint WHERE id = %s", self.rule.id)
        self._wrong("By hand.*has no rule")

    def test_a_removed_rule_is_no_difference(self):
        self.rule.with_user(self.stock_manager).unlink()
        self._right()

    def test_somebodys_rule_is_no_difference(self):
        self.rule.with_user(self.stock_manager).unlink()
        self.rules.create({"product_id": self.product.id, "product_min_qty": 1, "product_max_qty": 2})
        self._right()

    def test_a_rule_at_another_place(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id})
        self._sql("UPDATE stock_warehouse_orderpoint SET location_id = %s WHERE id = %s", shelf.id, self.rule.id)
        self._wrong("Shelf")

    def test_an_archived_item_with_a_rule_in_use(self):
        self._sql("UPDATE inventory_item SET active = FALSE WHERE id = %s", self.item.id)
        self._wrong("archived")

    def test_two_rules(self):
        other = self.env["stock.location"].create({"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id})
        second = self.rules.create({"product_id": self.product.id, "location_id": other.id})
        self.env.flush_all()
        self._sql("DROP INDEX stock_warehouse_orderpoint_inventory_item_unique")
        self._sql(
            "UPDATE stock_warehouse_orderpoint SET inventory_item_id = %s, product_min_qty = 60, product_max_qty = 200 "
            "WHERE id = %s",
            self.item.id,
            second.id,
        )
        result = self._check()
        self.assertTrue(any("2 rules" in sentence for sentence in result["sample"]), result["sample"])

    def test_never_sold(self):
        """Nothing to keep: no rule is right."""
        product = self._product("Never sold")
        self._stock(product, 1)
        self._plan()
        self.assertTrue(self._item(product))
        self._right()
