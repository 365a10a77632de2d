"""The managed reordering rule: the planned values on Odoo's screen, the same numbers, and nobody's rule touched."""

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestOrderpoint(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = cls.env["stock.warehouse.orderpoint"]
        cls.stock_manager = cls._user("rule_manager", "group_manager")

    def _rule(self, product, archived=True):
        self.env.invalidate_all()
        rules = self.rules.with_context(active_test=not archived)
        return rules.search([("product_id", "=", product.id)])

    def _plan(self):
        self.item_model._plan(warehouse_ids=self.warehouse.ids)

    def _made(self, name="Ruled", per_day=10, stock=0, **values):
        """A planned product, its item and its rule."""
        product = self._product(name, **values)
        self._facts(product, [per_day] * 400)
        if stock:
            self._stock(product, stock)
        item = self._planned(product)
        return product, item, self._rule(product)

    def _sell(self, product, quantity):
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self._facts(product, [quantity] * 400)

    # ------------------------------------------------------------------ values

    def test_made_with_the_first_values(self):
        product, item, rule = self._made()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (60, 200))
        self.assertEqual((rule.trigger, rule.location_id), ("manual", self.warehouse.lot_stock_id))
        self.assertEqual(
            (rule.inventory_item_id, rule.warehouse_id, rule.company_id), (item, item.warehouse_id, item.company_id)
        )
        self.assertTrue(rule.name.startswith("OP/"), rule.name)
        self.assertEqual((item.rule_state, item.orderpoint_ids), ("planned", rule))
        self.assertEqual(
            self.item_model.search([("rule_state", "=", "planned"), ("product_id", "=", product.id)]), item
        )

    def test_follows_what_comes_into_force(self):
        product, _item, rule = self._made()
        self._sell(product, 20)
        self._plan()
        self.assertEqual(self._rule(product), rule)
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (120, 400))

    def test_waits_for_the_approver(self):
        product, item, rule = self._made()
        self.company.inventory_auto_percent = 20
        self._sell(product, 20)
        self._plan()
        self.assertEqual(self._rule(product).product_min_qty, 60)
        approver = self._user("rule_approver", "group_approver")
        proposal = self.env["inventory.proposal"].search([("item_id", "=", item.id), ("state", "=", "waiting")])
        proposal.with_user(approver).action_apply()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (120, 400))
        proposal.with_user(approver).action_roll_back()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (60, 200))

    def test_rolled_back_first_values_leave_no_rule(self):
        product, item, _rule = self._made()
        approver = self._user("rule_approver", "group_approver")
        self.env["inventory.proposal"].search([("item_id", "=", item.id)]).with_user(approver).action_roll_back()
        self.assertFalse(self._rule(product))

    def test_pack_of_the_vendor(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        _product, item, rule = self._made("Boxed", per_day=1, seller_uom=dozen)
        self.assertEqual(rule.replenishment_uom_id, dozen)
        self.assertEqual(rule.qty_to_order % 12, 0)
        self.assertEqual(rule.qty_to_order, item.suggested_order)

    def test_units_round_min_and_max(self):
        product = self._product("Fractions")
        self._facts(product, [0.333, 0.1, 0.25, 1.111] * 100)
        item = self._planned(product)
        rule = self._rule(product)
        unit = product.uom_id
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (item.reorder_point, item.order_up_to))
        self.assertEqual(unit.round(rule.product_min_qty), rule.product_min_qty)
        self.assertEqual(unit.round(rule.product_max_qty), rule.product_max_qty)

    # ----------------------------------------------------------- same number

    def _same(self, product, message=None):
        """The replenishment screen shows the item's figures, after Odoo's own computation had its turn."""
        self.env.flush_all()
        self.item_model._refresh(self._item(product))
        self.rules.with_context(force_orderpoint_recompute=True).action_open_orderpoints()
        self.env.flush_all()
        rule, item = self._rule(product), self._item(product)
        self.assertEqual(rule.qty_to_order, item.suggested_order, message)
        self.assertEqual(rule.inventory_need_to_buy, item.need_to_buy, message)
        self.assertEqual(rule.deadline_date, item.best_order_date, message)
        return rule

    def test_same_number_as_the_item(self):
        product, item, _rule = self._made(stock=50)
        rule = self._same(product)
        # Ten a day over five days of lead time and a day of review, 50 there; then fourteen days of demand.
        self.assertEqual((item.need_to_buy, rule.qty_to_order), (10, 150))

    def test_demand_in_200_days(self):
        """Odoo's horizon of 365 days would buy for it today."""
        product, _item, rule = self._made(stock=100)
        self.assertEqual(self.company.horizon_days, 365)
        self._move(product, 500, self.warehouse.lot_stock_id, self.customers, days=200)
        self.assertEqual(self._same(product, "far away").qty_to_order, 0)
        self._move(product, 500, self.warehouse.lot_stock_id, self.customers, days=3)
        self.assertGreater(self._same(product, "near").qty_to_order, 400)
        self.assertEqual((rule.lead_horizon_date - self.env["stock.move"]._fields["date"].today().date()).days, 6)

    def test_requests_in_progress(self):
        product, item, _rule = self._made()
        buyer = self._user("rule_buyer", "group_buyer")
        item.with_user(buyer).action_make_rfq()
        self.assertEqual(self._same(product).qty_to_order, 0)

    def test_lead_time_zero(self):
        product, item, _rule = self._made("At once", delay=0, stock=5)
        rule = self._same(product)
        self.assertEqual((item.lead_time_mean, rule.product_min_qty), (0, 10))
        self.assertEqual(rule.qty_to_order, item.suggested_order)
        self.assertGreater(rule.qty_to_order, 0)

    def test_order_button_never_twice(self):
        """Odoo's "Order" asks for what the item suggests; a second click finds the need met."""
        product, item, rule = self._made()
        wanted = item.suggested_order
        rule.with_user(self.stock_manager).action_replenish()
        lines = self.env["purchase.order.line"].search([("product_id", "=", product.id)])
        self.assertEqual(lines.product_qty, wanted)
        self.assertEqual(lines.orderpoint_id, rule)
        self.assertTrue(rule.exists(), "Odoo removes what the system made and nothing orders; not ours")
        self.assertEqual(rule.qty_to_order, 0)
        self.env.cr.execute("UPDATE stock_warehouse_orderpoint SET qty_to_order_computed = 77 WHERE id = %s", [rule.id])
        self.env.invalidate_all()
        rule.with_user(self.stock_manager).action_replenish()
        self.assertEqual(lines.product_qty, wanted, "a stale figure orders nothing")

    def test_dates_of_the_order(self):
        """The horizon of the plan delays nothing: goods are asked for by Odoo's own lead days from today."""
        product, _item, rule = self._made(delay=8)
        rule.with_user(self.stock_manager).action_replenish()
        line = self.env["purchase.order.line"].search([("product_id", "=", product.id)])
        today = self.env["stock.move"]._fields["date"].today().date()
        self.assertEqual((line.date_planned.date() - today).days, 8)
        self.assertEqual((line.order_id.date_order.date() - today).days, 0)

    def test_trigger_of_the_policy(self):
        """Who serves it is the subject of :mod:`.test_auto_served`."""
        policy = self.env["inventory.policy"].create(
            {"name": "Automatic", "company_id": self.company.id, "trigger": "auto", "auto_percent": 999}
        )
        product, item, rule = self._made()
        self.assertEqual((item.policy_id, rule.trigger), (policy, "auto"))
        policy.trigger = "manual"
        self._plan()
        self.assertEqual(self._rule(product).trigger, "manual")

    def test_moves_leave_the_rule_alone(self):
        """Native work writes no managed rule: two deliveries of a product would wait for each other."""
        product, _item, rule = self._made(stock=500)
        self.env.cr.execute("UPDATE stock_warehouse_orderpoint SET qty_to_order_computed = 3 WHERE id = %s", [rule.id])
        self.env.invalidate_all()
        before = self._version(rule)
        self._move(product, 450, self.warehouse.lot_stock_id, self.customers, days=1)
        self.assertEqual(self._version(rule), before)
        self.assertEqual(rule.qty_to_order_computed, 3)
        self.item_model._refresh(self._item(product))
        self.assertEqual(self._rule(product).qty_to_order_computed, self._item(product).suggested_order)

    def _version(self, rule):
        """Where the row lies; every write moves it."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.execute("SELECT ctid::text FROM stock_warehouse_orderpoint WHERE id = %s", [rule.id])
        return self.env.cr.fetchone()[0]

    # ------------------------------------------------------------- edited

    def test_edited_by_hand(self):
        """It is listed, Odoo's own calculation holds, and the night leaves it; a change of the plan waits."""
        product, item, rule = self._made(stock=100)
        rule.with_user(self.stock_manager).write({"product_min_qty": 500, "product_max_qty": 600})
        self._plan()
        rule, item = self._rule(product), self._item(product)
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (500, 600))
        self.assertEqual((item.rule_state, rule.inventory_edited), ("edited", True))
        self.assertIn("500", item.rule_text)
        self.assertEqual(rule.qty_to_order, 500, "600 less 100")
        self._sell(product, 11)
        self._plan()
        waiting = self.env["inventory.proposal"].search([("item_id", "=", item.id), ("state", "=", "waiting")])
        self.assertTrue(waiting, "however small")
        self.assertEqual(self._rule(product).product_min_qty, 500)
        waiting.with_user(self._user("rule_approver", "group_approver")).action_apply()
        self.assertEqual((self._rule(product).product_min_qty, self._item(product).rule_state), (66, "planned"))

    def test_put_back(self):
        product, item, rule = self._made(stock=100)
        rule.with_user(self.stock_manager).write({"product_min_qty": 500, "product_max_qty": 600})
        with self.assertRaisesRegex(UserError, "Only planners"):
            item.with_user(self._user("rule_buyer", "group_buyer")).action_restore_rule()
        item.with_user(self._user("rule_planner", "group_planner")).action_restore_rule()
        self.assertEqual((self._rule(product).product_min_qty, self._item(product).rule_state), (60, "planned"))
        self.assertEqual(self._rule(product).qty_to_order, self._item(product).suggested_order)
        with self.assertRaisesRegex(UserError, "edited by hand"):
            item.action_restore_rule()

    def test_automated_by_hand(self):
        """Odoo's "Automate" button is somebody's decision: the night leaves it and lists it."""
        product, _item, rule = self._made(stock=500)
        rule.trigger = "auto"
        self._plan()
        self.assertEqual(self._rule(product).trigger, "auto")
        self.assertEqual(self._item(product).rule_state, "edited")
        self.assertIn("orders by itself", self._item(product).rule_text)

    # ------------------------------------------------------------- others

    def test_rule_of_somebody(self):
        """Listed, never touched, until a planner takes it over."""
        product = self._product("Theirs")
        theirs = self.rules.with_user(self.stock_manager).create(
            {"product_id": product.id, "product_min_qty": 7, "product_max_qty": 9, "trigger": "auto"}
        )
        self._facts(product, [10] * 400)
        item = self._planned(product)
        self._plan()
        self.assertEqual(self._rule(product), theirs)
        self.assertEqual((theirs.product_min_qty, theirs.product_max_qty, theirs.trigger), (7, 9, "auto"))
        self.assertEqual(item.rule_state, "foreign")
        self.assertIn("min 7", item.rule_text)
        self.assertIn(item, self.item_model.search([("rule_state", "=", "foreign")]))
        planner = self._user("rule_planner", "group_planner")
        with self.assertRaisesRegex(UserError, "Only planners"):
            item.with_user(self._user("rule_viewer", "group_viewer")).action_take_over_rule()
        item.with_user(planner).action_take_over_rule()
        self.assertEqual(self._rule(product), theirs)
        self.assertEqual((theirs.product_min_qty, theirs.product_max_qty, theirs.trigger), (60, 200, "manual"))
        self.assertEqual(self._item(product).rule_state, "planned")
        entry = self.env["inventory.audit.entry"].sudo().search([("event", "=", "rule.taken_over")], limit=1)
        self.assertEqual(entry.data, {"before": [7, 9], "after": [60, 200]})
        with self.assertRaisesRegex(UserError, "no rule of somebody"):
            item.with_user(planner).action_take_over_rule()

    def test_placeholder_of_the_screen(self):
        """The empty rule that Odoo's screen makes for a shortage is nobody's: it becomes the managed one."""
        product = self._product("Short")
        empty = self.rules.with_user(SUPERUSER_ID).create(
            {
                "product_id": product.id,
                "warehouse_id": self.warehouse.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "company_id": self.company.id,
                "trigger": "manual",
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE stock_warehouse_orderpoint SET create_uid = 1 WHERE id = %s", [empty.id])
        self._facts(product, [10] * 400)
        self._stock(product, 1000)
        item = self._planned(product)
        self.assertEqual(self._rule(product), empty)
        self.assertEqual((item.rule_state, empty.product_min_qty), ("planned", 60))
        self.rules._unlink_processed_orderpoints()
        self.assertTrue(empty.exists(), "with nothing to order")

    def test_other_locations_are_left(self):
        product = self._product("Shelf")
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id})
        theirs = self.rules.create(
            {"product_id": product.id, "location_id": shelf.id, "product_min_qty": 7, "product_max_qty": 9}
        )
        self._facts(product, [10] * 400)
        self._planned(product)
        rules = self._rule(product)
        self.assertEqual(len(rules), 2)
        self.assertEqual((theirs.product_min_qty, theirs.inventory_item_id.id), (7, False))

    # ----------------------------------------------------------- nothing to keep

    def test_nothing_to_keep(self):
        """No demand, no rule; an item that is phased out loses the one that the planning made."""
        product = self._product("Stock only")
        self._stock(product, 5)
        self._planned(product)
        self.assertFalse(self._rule(product))
        product, item, _rule = self._made()
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self._stock(product, 1000)
        self._plan()
        self.assertFalse(self._rule(product))
        self.assertEqual(item.rule_state, "none")

    def test_taken_over_is_archived(self):
        product = self._product("Theirs once")
        theirs = self.rules.with_user(self.stock_manager).create(
            {"product_id": product.id, "product_min_qty": 7, "product_max_qty": 9}
        )
        theirs.flush_recordset()
        self._facts(product, [10] * 400)
        self._stock(product, 1000)
        self._planned(product).with_user(self._user("rule_planner", "group_planner")).action_take_over_rule()
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self._plan()
        self.assertTrue(theirs.exists())
        self.assertFalse(theirs.active)

    def test_archived_product(self):
        product, _item, _rule = self._made(stock=500)
        product.action_archive()
        self._plan()
        self.assertFalse(self._rule(product).active)
        product.action_unarchive()
        self._plan()
        self.assertTrue(self._rule(product).active)

    def test_archived_warehouse(self):
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC", "company_id": self.company.id})
        product = self._product("There")
        self._facts(product, [10] * 400, warehouse=other)
        self.item_model._plan(warehouse_ids=(self.warehouse | other).ids)
        rule = self._rule(product)
        self.assertEqual(rule.location_id, other.lot_stock_id)
        other.active = False
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertFalse(self._rule(product).active)
        other.active = True
        self.item_model._plan(warehouse_ids=(self.warehouse | other).ids)
        self.assertTrue(self._rule(product).active)

    def test_in_sets(self):
        """Queries do not grow with the rules that are made or changed."""
        counts = []
        for number in (3, 20):
            products = [self._product(f"Set {number}.{index}") for index in range(number)]
            for product in products:
                self._facts(product, [10] * 40)
            before = self.env.cr.sql_log_count
            self._plan()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(
                self.rules.search_count([("product_id", "in", [product.id for product in products])]), number
            )
        self.assertLessEqual(counts[1], counts[0] + 3)

    def test_rights(self):
        """Law 10: the need is for buyers and planners; whoever reads rules without our roles still opens the screen."""
        _product, _item, rule = self._made()
        plain = self.env["res.users"].create(
            {
                "name": "Plain",
                "login": "rule_plain",
                "group_ids": [Command.set(self.env.ref("stock.group_stock_manager").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        seen = rule.with_user(plain)
        seen.read(["product_min_qty", "qty_to_order", "qty_forecast", "inventory_edited", "lead_horizon_date"])
        self.assertNotIn("inventory_need_to_buy", self.rules.with_user(plain).fields_get())
        self.assertIn("inventory_need_to_buy", self.rules.with_user(self.stock_manager).fields_get())
        seen.write({"product_min_qty": 5, "product_max_qty": 9})
        self.assertTrue(rule.inventory_edited)
