"""What people do to a managed rule: moved it is theirs, deleted or archived the item has none until it is wanted."""

import psycopg2
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PlanningCase


class RuleByHandCase(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["stock.warehouse.orderpoint"]
        cls.stock_manager = cls._user("by_hand_manager", "group_manager")
        cls.planner = cls._user("by_hand_planner", "group_planner")
        cls.product = cls._product("By hand")
        cls._facts(cls.product, [10] * 400)

    def setUp(self):
        super().setUp()
        self.item = self._planned(self.product)
        self.rule = self._rules()
        self.assertEqual(len(self.rule), 1)

    def _rules(self, product=None):
        self.env.invalidate_all()
        return self.rules.with_context(active_test=False).search([("product_id", "=", (product or self.product).id)])

    def _plan(self):
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.env.invalidate_all()

    def _logged(self, event):
        return (
            self.env["inventory.audit.entry"]
            .sudo()
            .search([("event", "=", event), ("res_model", "=", "inventory.item"), ("res_id", "=", self.item.id)])
        )


@tagged("post_install", "-at_install")
class TestRuleMoved(RuleByHandCase):
    def _shelf(self):
        return self.env["stock.location"].create({"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id})

    def test_to_another_location(self):
        shelf = self._shelf()
        self.rule.with_user(self.stock_manager).location_id = shelf
        self.assertFalse(self.rule.inventory_item_id, "it is the user's own now")
        self.assertFalse(self.rule.inventory_trigger)
        self.assertIn("Shelf", self.item.message_ids[:1].body)
        self.assertEqual(self.item.message_ids[:1].author_id, self.stock_manager.partner_id)
        self.assertEqual(self._logged("rule.moved").user_ref, self.stock_manager.id)
        self._plan()
        theirs, ours = self.rule, self._rules() - self.rule
        self.assertEqual((theirs.location_id, theirs.product_min_qty), (shelf, 60))
        self.assertEqual((ours.location_id, ours.inventory_item_id), (self.warehouse.lot_stock_id, self.item))
        self._plan()
        self.assertEqual(len(self._rules()), 2)
        self.assertFalse(theirs.inventory_item_id)

    def test_to_another_product(self):
        other = self._product("Other")
        self.rule.with_user(self.stock_manager).product_id = other
        self.assertFalse(self.rule.inventory_item_id)
        self._plan()
        self.assertEqual(self._rules().inventory_item_id, self.item)
        self.assertEqual(self._rules(other), self.rule)

    def test_to_another_warehouse(self):
        there = self.env["stock.warehouse"].create({"name": "There", "code": "THR", "company_id": self.company.id})
        self.rule.with_user(self.stock_manager).write({"warehouse_id": there.id, "location_id": there.lot_stock_id.id})
        self.assertFalse(self.rule.inventory_item_id)
        self._plan()
        self.assertEqual(self._rules().inventory_item_id, self.item)

    def test_through_its_product(self):
        shelf = self._shelf()
        self.product.write({"orderpoint_ids": [Command.update(self.rule.id, {"location_id": shelf.id})]})
        self.assertFalse(self.rule.inventory_item_id)
        self._plan()
        ours = self._rules() - self.rule
        self.product.write({"orderpoint_ids": [Command.delete(ours.id)]})
        self.assertTrue(self.item.without_rule)

    def test_written_again_as_it_was(self):
        self.rule.with_user(self.stock_manager).write(
            {
                "location_id": self.rule.location_id.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "product_min_qty": 70,
            }
        )
        self.assertEqual(self.rule.inventory_item_id, self.item, "an import of the same place moves nothing")
        self.assertFalse(self._logged("rule.moved"))

    def test_odoo_computes_the_moved_rule_again(self):
        self._stock(self.product, 40)
        self.item_model._refresh(self.item)
        shelf = self._shelf()
        self.rule.with_user(self.stock_manager).location_id = shelf
        self.assertEqual(self.rule.qty_to_order, 200, "nothing on that shelf, up to 200")

    @mute_logger("odoo.sql_db")
    def test_one_rule_an_item(self):
        shelf = self._shelf()
        other = self.rules.create({"product_id": self.product.id, "location_id": shelf.id})
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE stock_warehouse_orderpoint SET inventory_item_id = %s WHERE id = %s", [self.item.id, other.id]
            )

    def test_an_update_unties_what_an_older_version_left(self):
        """Moved rules kept their link, and a second one was made: the one at the item's place stays."""
        shelf = self._shelf()
        moved = self.rules.create({"product_id": self.product.id, "location_id": shelf.id})
        self.env.flush_all()
        self.env.cr.execute("DROP INDEX stock_warehouse_orderpoint_inventory_item_unique")
        self.env.cr.execute(
            "UPDATE stock_warehouse_orderpoint SET inventory_item_id = %s, inventory_trigger = 'auto' WHERE id = %s",
            [self.item.id, moved.id],
        )
        self.env.invalidate_all()
        self.rules._inventory_untie_moved()
        self.assertFalse(moved.inventory_item_id or moved.inventory_trigger)
        self.assertEqual(self.rule.inventory_item_id, self.item)

    def test_nobody_ties_a_rule_by_hand(self):
        theirs = self.rules.with_user(self.stock_manager).create(
            {"product_id": self._product("Theirs").id, "product_min_qty": 1, "product_max_qty": 2}
        )
        for name, value in (
            ("inventory_item_id", self.item.id),
            ("inventory_trigger", "auto"),
            ("inventory_archived", True),
        ):
            values = {name: value}
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, "planning alone"):
                theirs.write(values)
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, "planning alone"):
                theirs.create({"product_id": self._product("New").id, **values})
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, "planning alone"):
                theirs.with_context(**{f"default_{name}": value}).create({"product_id": self._product("By default").id})


@tagged("post_install", "-at_install")
class TestRuleRemoved(RuleByHandCase):
    def _manage_again(self, user=None):
        return self.item.with_user(user or self.planner).action_keep_rule_again()

    def test_deleted_stays_away(self):
        self.rule.with_user(self.stock_manager).unlink()
        self._plan()
        self._plan()
        self.assertFalse(self._rules())
        self.assertEqual((self.item.without_rule, self.item.rule_state), (True, "removed"))
        self.assertIn("buys nothing by itself", self.item.rule_text)
        self.assertIn(self.item, self.item_model.search([("rule_state", "=", "removed")]))
        self.assertEqual(self._logged("rule.removed").user_ref, self.stock_manager.id)
        self.assertEqual((self.item.reorder_point, self.item.order_up_to), (60, 200), "planned all the same")

    def test_wanted_again(self):
        self.rule.with_user(self.stock_manager).unlink()
        with self.assertRaisesRegex(UserError, "Only planners"):
            self._manage_again(self._user("by_hand_buyer", "group_buyer"))
        self._manage_again()
        self.env.invalidate_all()
        self.assertEqual((self._rules().product_min_qty, self._rules().product_max_qty), (60, 200))
        self.assertEqual((self.item.without_rule, self.item.rule_state), (False, "planned"))
        self.assertEqual(self._logged("rule.kept_again").user_ref, self.planner.id)
        with self.assertRaisesRegex(UserError, "have their rule"):
            self._manage_again()

    def test_archived_stays_archived(self):
        self.rule.with_user(self.stock_manager).action_archive()
        self._sell(20)
        self._plan()
        self.assertFalse(self._rules().active, "values that come into force do not bring it back")
        self.assertEqual((self.item.without_rule, self.item.rule_state), (True, "removed"))
        self._manage_again()
        self.assertTrue(self._rules().active)
        self.assertEqual(self._rules().product_min_qty, self.item.reorder_point)

    def _sell(self, quantity):
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [self.product.id])
        self._facts(self.product, [quantity] * 400)

    def test_unarchived_is_managed_again(self):
        self.rule.with_user(self.stock_manager).action_archive()
        self.rule.with_user(self.stock_manager).action_unarchive()
        self.assertFalse(self.item.without_rule)
        self.assertEqual(self.item.rule_state, "planned")

    def test_archived_with_its_product(self):
        """Odoo archives the rules of a product: nobody decided about the rule."""
        self.product.action_archive()
        self._plan()
        self.assertFalse(self.item.without_rule)
        self.product.action_unarchive()
        self._plan()
        self.assertTrue(self._rules().active)

    def test_a_removed_one_stays_away_when_its_product_returns(self):
        self.rule.with_user(self.stock_manager).action_archive()
        self.product.action_archive()
        self.product.action_unarchive()
        self._plan()
        self.assertTrue(self.item.without_rule)
        self.assertFalse(self._rules().active)

    def test_bought_by_hand_alone(self):
        self.company.inventory_replenish_trigger = "auto"
        self.rule.with_user(self.stock_manager).unlink()
        self.assertEqual(self.item_model._replenish_warehouse(self.warehouse.id), 0)
        self.assertFalse(self.item.requested)
        self.item.with_user(self._user("by_hand_buyer", "group_buyer")).action_make_rfq()
        self.assertEqual(self.item.requested, 200)

    def test_somebodys_new_rule_can_be_taken_over(self):
        self.rule.with_user(self.stock_manager).unlink()
        theirs = self.rules.with_user(self.stock_manager).create(
            {"product_id": self.product.id, "product_min_qty": 7, "product_max_qty": 9}
        )
        self._plan()
        self.assertEqual((self._rules(), theirs.product_min_qty, self.item.rule_state), (theirs, 7, "foreign"))
        self.item.with_user(self.planner).action_take_over_rule()
        self.assertEqual((self.item.without_rule, self.item.rule_state), (False, "planned"))

    def test_of_many_at_once(self):
        """Deleting a selection asks the database as often for twelve as for two."""
        products = [self._product(f"One of many {number}") for number in range(14)]
        for product in products:
            self._facts(product, [10] * 100)
        self._plan()

        def removed(some):
            rules = self.rules.search([("product_id", "in", [product.id for product in some])])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rules._inventory_removed("archived")
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few = removed(products[:2])
        self.assertLessEqual(removed(products[2:]), few + 1)
