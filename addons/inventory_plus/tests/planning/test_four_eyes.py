"""Nobody decides on what he asked for: whoever changed an input of an item's plan, however, and however long ago."""

import base64
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestAuthors(FourEyesCase):
    def _policy(self, user=None, **values):
        values = {"name": "Watched", "target_cycle": 60, **values}
        return self.env["inventory.policy"].with_user(user or self.env.user).create(values)

    def _noisy(self, name="Noisy"):
        product = self._product(name)
        self._facts(product, [0, 0, 14, 0, 3, 0, 9] * 60)
        return product

    # ------------------------------------------------------------- policies

    def test_a_second_night_forgets_nobody(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        first = self._waiting(product)
        self._assert_barred(first, self.both)
        self._facts(product, [60], last=self.today - timedelta(days=430))
        self._facts(self._product("Another"), [1] * 30)
        policy.with_user(self.colleague).target_cycle = 99.6
        second = self._waiting(product)
        self.assertNotEqual(first, second)
        self._assert_barred(second, self.both, self.colleague)

    def test_a_night_that_finds_the_same_adds_who_worked_for_it(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        first = self._waiting(product)
        policy.with_user(self.colleague).target_cycle = 98
        policy.with_user(self.colleague).target_cycle = 99.5
        second = self._waiting(product)
        self.assertEqual(first, second)
        self._assert_barred(second, self.both, self.colleague)

    def test_who_moves_a_policy_hides_nobody(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        policy.with_user(self.colleague).sequence = 3
        proposal = self._waiting(product)
        self._assert_barred(proposal, self.both)
        self.assertTrue(proposal.with_user(self.colleague).can_decide, "his move changed no item's policy")

    def test_two_authors_of_one_night(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        policy.with_user(self.colleague).review_days = 20
        self._assert_barred(self._waiting(product), self.both, self.colleague)

    def test_who_puts_a_policy_in_between(self):
        product = self._noisy()
        self._policy()
        self._plan()
        self._policy(self.both, name="Before it", sequence=1, target_cycle=99.5)
        self._assert_barred(self._waiting(product), self.both)

    def test_who_deletes_a_policy(self):
        product = self._noisy()
        self._policy(target_cycle=99.5)
        before = self._policy(name="Before it", sequence=1)
        self._plan()
        before.with_user(self.both).unlink()
        self._assert_barred(self._waiting(product), self.both)

    def test_who_deletes_the_only_policy(self):
        """Its items fall to the company's settings."""
        product = self._noisy()
        policy = self._policy()
        self._plan()
        policy.with_user(self.both).unlink()
        self._assert_barred(self._waiting(product), self.both)

    def test_who_changes_the_order(self):
        product = self._noisy()
        self._policy(target_cycle=99.5, sequence=20)
        before = self._policy(name="Before it", sequence=10)
        self._plan()
        before.with_user(self.both).sequence = 30
        proposal = self._waiting(product)
        self._assert_barred(proposal, self.both)
        self._assert_barred(self._waiting(product), self.both)

    def test_who_narrows_or_archives(self):
        for vals in ({"active": False}, {"abc_c": True}, {"domain": "[('product_id.name', '=', 'X')]"}):
            with self.subTest(vals=vals), self.cr.savepoint() as point:
                product = self._noisy()
                self._policy(target_cycle=99.5)
                before = self._policy(name="Before it", sequence=1)
                self._plan()
                before.with_user(self.both).write(vals)
                self._assert_barred(self._waiting(product), self.both)
                point.rollback()
                self.env.invalidate_all()

    def test_policies_of_other_items_do_not_count(self):
        category = self.env["product.category"].create({"name": "Others"})
        product, policy = self._noisy(), self._policy()
        other = self._policy(name="Others", categ_ids=[Command.set(category.ids)])
        self._plan()
        other.with_user(self.both).target_cycle = 97
        policy.with_user(self.colleague).target_cycle = 99.5
        proposal = self._waiting(product)
        self._assert_barred(proposal, self.colleague)
        self.assertTrue(proposal.with_user(self.both).can_decide)

    # --------------------------------------------------------- other inputs

    def test_events(self):
        event = {"name": "Fair", "date_start": self.today, "date_end": self.today + timedelta(days=60), "uplift": 300}
        product = self._planned_product()
        product.categ_id, category = self.env["product.category"].create([{"name": "Shown"}, {"name": "Elsewhere"}])
        model = self.env["inventory.demand.event"]
        for scope, method in (
            ({"product_ids": [Command.set(product.ids)]}, "create"),
            ({"categ_ids": [Command.set(product.categ_id.ids)]}, "create"),
            ({"warehouse_ids": [Command.set(self.warehouse.ids)]}, "create"),
            ({}, "create"),
            ({}, "write"),
            ({"product_ids": [Command.set(product.ids)]}, "elsewhere"),
            ({"product_ids": [Command.set(product.ids)]}, "unlink"),
        ):
            with self.subTest(scope=scope, method=method), self.cr.savepoint() as point:
                if method == "create":
                    model.with_user(self.both).create({**event, **scope})
                else:
                    record = model.create({**event, **scope, "uplift": 50 if method == "write" else 300})
                    self._waiting(product).with_user(self.other_approver).action_apply()
                    if method == "write":
                        record.with_user(self.both).uplift = 300
                    elif method == "elsewhere":
                        record.with_user(self.both).write({"product_ids": False, "categ_ids": category.ids})
                    else:
                        record.with_user(self.both).unlink()
                self._assert_barred(self._waiting(product), self.both)
                point.rollback()
                self.env.invalidate_all()

    def test_pins_and_their_release(self):
        product = self._planned_product()
        item = self._item(product)
        until = self.today + timedelta(days=30)
        item.with_user(self.both).write({"pin_reorder_point": True, "pinned_reorder_point": 300, "pinned_until": until})
        item.with_user(self.colleague).write({"pinned_until": until + timedelta(days=1)})
        pinned = self._waiting(product)
        self._assert_barred(pinned, self.both)
        pinned.with_user(self.other_approver).action_apply()
        item.with_user(self.colleague).action_release()
        released = self._waiting(product)
        self._assert_barred(released, self.colleague)
        self.assertTrue(released.with_user(self.both).can_decide, "what he did was decided by another")

    def test_links_of_items(self):
        """Like items, successors and last days: the item itself, and every other that gets its demand."""
        model, old = self._planned_product("Model"), self._planned_product("Old")
        young = self._product("Young")
        self._facts(young, [1] * 30)
        self._plan()
        for item, vals, touched in (
            (self._item(young), {"like_item_id": self._item(model).id, "like_factor": 5}, young),
            (self._item(old), {"successor_id": model.id}, model),
            (self._item(old), {"successor_id": model.id}, old),
            (self._item(old), {"end_of_life_date": self.today - timedelta(days=3)}, old),
        ):
            with self.subTest(vals=vals, touched=touched.name), self.cr.savepoint() as point:
                item.with_user(self.both).write(vals)
                self._assert_barred(self._waiting(touched), self.both)
                point.rollback()
                self.env.invalidate_all()

    def test_a_link_that_was_taken_away(self):
        old, new = self._planned_product("Old"), self._planned_product("New")
        self._item(old).successor_id = new
        self._plan()
        waiting = self.proposals.search([("state", "=", "waiting")])
        waiting.with_user(self.other_approver).action_apply()
        self._item(old).with_user(self.both).successor_id = False
        self._assert_barred(self._waiting(new), self.both)

    def test_an_item_that_was_made_with_a_link(self):
        model = self._planned_product("Model")
        young = self._product("Young")
        self.company.inventory_auto_percent = 0
        self.item_model.with_user(self.manager).create(
            {"product_id": young.id, "warehouse_id": self.warehouse.id, "like_item_id": self._item(model).id}
        )
        self.env["inventory.policy"].create({"name": "Ask", "approval": "always"})
        self._assert_barred(self._waiting(young), self.manager)

    def test_settings_of_the_company(self):
        for vals in (
            {"inventory_cycle_days": 40},
            {"inventory_review_days": 30},
            {"inventory_order_cost": 500},
            {"inventory_as_of": self.today - timedelta(days=100)},
        ):
            with self.subTest(vals=vals), self.cr.savepoint() as point:
                product = self._product("Of the company")
                self._facts(product, [10 + day // 10 for day in range(400)])
                self._plan()
                self.company.with_user(self.manager).sudo().write(vals)
                self._assert_barred(self._waiting(product), self.manager)
                point.rollback()
                self.env.invalidate_all()

    def test_vendors(self):
        """Who changes the vendor's terms changes lead time and order size."""
        product = self._planned_product()
        for vals in ({"delay": 60}, {"min_qty": 900}):
            with self.subTest(vals=vals), self.cr.savepoint() as point:
                product.seller_ids.with_user(self.both).sudo().write(vals)
                self._assert_barred(self._waiting(product), self.both)
                point.rollback()
                self.env.invalidate_all()
        product.seller_ids.with_user(self.both).sudo().unlink()
        product.with_user(self.both).sudo().seller_ids = [
            Command.create({"partner_id": self.vendor.id, "delay": 50, "company_id": self.company.id})
        ]
        self._assert_barred(self._waiting(product), self.both)

    def test_imported_history(self):
        """Who brings in sales of the past, or takes them back, changes what is planned from them."""
        product = self._planned_product()
        product.default_code = "WATCHED"
        self.env.flush_all()
        days = [self.today - timedelta(days=500 + day) for day in range(200)]
        rows = "".join(f"WATCHED,{day},90\n" for day in days)
        self.warehouse.inventory_cutover_date = self.today - timedelta(days=480)
        document = self.env["inventory.history.import"].with_user(self.both)
        document = document.create(
            {
                "name": "past.csv",
                "filename": "past.csv",
                "file": base64.b64encode(f"SKU,Date,Quantity\n{rows}".encode()),
                "warehouse_id": self.warehouse.id,
                "set_cutover": False,
            }
        )
        document.action_check()
        document._run()
        self._sell_more(product)
        imported = self._waiting(product)
        self._assert_barred(imported, self.both)
        imported.with_user(self.other_approver).action_apply()
        document.with_user(self.colleague)._undo()
        self._sell_more(product, 90)
        self._assert_barred(self._waiting(product), self.colleague)

    def _sell_more(self, product, quantity=40):
        """More in Odoo's own moves; what was imported stays."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE inventory_daily_flow SET sold = %s WHERE product_id = %s AND source = 'moves'",
            [quantity, product.id],
        )

    def test_the_cut_over_of_a_warehouse(self):
        product = self._planned_product()
        self.warehouse.with_user(self.both).sudo().inventory_cutover_date = self.today - timedelta(days=20)
        self._sell(product, 40)
        self._assert_barred(self._waiting(product), self.both)

    def test_the_category_of_a_product(self):
        """Policies and events are for categories: who moves a product to another one chooses them."""
        category = self.env["product.category"].create({"name": "Other"})
        product = self._noisy()
        self._policy(name="Of the category", target_cycle=99.5, categ_ids=[Command.set(category.ids)])
        self._policy(name="All")
        self._plan()
        product.with_user(self.both).sudo().categ_id = category
        self._assert_barred(self._waiting(product), self.both)

    # ------------------------------------------------------------ the window

    def test_a_change_counts_until_another_person_decided(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        self._waiting(product).with_user(self.other_approver).action_apply()
        policy.with_user(self.colleague).target_cycle = 60
        proposal = self._waiting(product)
        self._assert_barred(proposal, self.colleague)
        self.assertTrue(proposal.with_user(self.both).can_decide)

    def test_a_change_that_the_decided_plan_had_not_seen_still_counts(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        waiting = self._waiting(product)
        policy.with_user(self.colleague).target_cycle = 60
        waiting.with_user(self.other_approver).action_apply()
        self._assert_barred(self._waiting(product), self.colleague)

    def test_what_applied_by_itself_is_still_his(self):
        """A small change first, in force by itself, takes nobody off the list."""
        product = self._planned_product()
        self.company.with_user(self.manager).sudo().inventory_cycle_days = 15
        self._plan()
        self.assertEqual(self._item(product).order_up_to, 210)
        self._sell(product, 30)
        self._assert_barred(self._waiting(product), self.manager)

    def test_who_only_reads_and_the_system_are_nobody(self):
        item, proposal = self._grown()
        for user in (self.both, self.colleague, self.approver, self.other_approver):
            self.assertTrue(proposal.with_user(user).can_decide)
        self.assertFalse(proposal.author_ids)
        item.with_user(self.both).write({"user_id": self.both.id})
        item.with_user(self.both).message_post(body="Seen.")
        self._sell(item.product_id, 40)
        self.assertTrue(self._waiting(item.product_id).with_user(self.both).can_decide)

    def test_rejecting_is_deciding(self):
        product, policy = self._noisy(), self._policy()
        self._plan()
        policy.with_user(self.both).target_cycle = 99.5
        with self.assertRaises(AccessError):
            self._waiting(product).with_user(self.both).action_reject("No")

    def test_constant_queries(self):
        """Naming everybody costs the same for many items and many changes."""
        policy = self._policy()
        products = [self._noisy(f"Many {number}") for number in range(20)]
        self._plan()
        policy.with_user(self.both).target_cycle = 90
        for product in products[:3]:
            self._sell(product, 30)
        few = self._queries_of(self._plan)
        for number, product in enumerate(products):
            self._sell(product, 90)
            policy.with_user(self.colleague).target_cycle = 80 + number
        self._plan()
        for product in products:
            self._sell(product, 190)
        self.assertLessEqual(self._queries_of(self._plan), few)
