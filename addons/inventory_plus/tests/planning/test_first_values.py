"""First values apply at once where they follow from demand alone; what a person wished for waits for another."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestFirstValues(FourEyesCase):
    def _idle(self, name="Never sold"):
        """An item without demand: its plan comes to nothing."""
        product = self._product(name)
        self._stock(product, 1)
        self._plan()
        self.assertEqual(self._values(self._item(product))[1:3], (0, 0))
        return product

    def _huge(self, user, **values):
        """A policy that wants 100,000 units of everything, whatever the demand."""
        policy = self.env["inventory.policy"].with_user(user)
        return policy.create({"name": "Huge", "target": "fixed", "target_quantity": 100000, **values})

    def _assert_asks(self, product, *authors):
        """Nothing is in force, and somebody else is asked."""
        waiting = self._waiting(product)
        self.assertEqual(self._values(self._item(product))[:3], (0, 0, 0))
        self.assertEqual(waiting.author_ids, self.both.browse(user.id for user in authors))
        self._assert_barred(waiting, *authors)
        return waiting

    def test_a_policy(self):
        product = self._idle()
        self._sell(product, 1, 20)
        self._huge(self.both)
        waiting = self._assert_asks(product, self.both)
        self.assertEqual(waiting.reason, "first")
        self.assertGreaterEqual(waiting.new_safety_stock, 100000)
        waiting.with_user(self.other_approver).action_apply()
        self.assertGreaterEqual(self._item(product).safety_stock, 100000)

    def test_a_policy_that_was_there_before_the_item(self):
        self._huge(self.both)
        product = self._product("New")
        self._sell(product, 1, 20)
        self._assert_asks(product, self.both)

    def test_a_policy_that_another_approved_takes_in_new_items_at_once(self):
        policy = self._huge(self.both)
        first, second, third = (self._product(name) for name in ("First", "Second", "Third"))
        self._sell(first, 1, 20)
        self._assert_asks(first, self.both).with_user(self.other_approver).action_apply()
        self._sell(second, 1, 20)
        self._plan()
        self.assertGreaterEqual(self._item(second).safety_stock, 100000)
        policy.with_user(self.both).target_quantity = 200000
        self._sell(third, 1, 20)
        self._assert_asks(third, self.both)

    def test_items_that_were_moved_into_a_policy(self):
        """Who widens a segment asks for its items, however long the policy has been approved."""
        chosen, other = self.env["product.category"].create([{"name": "Chosen"}, {"name": "Other"}])
        policy = self._huge(self.both, categ_ids=[Command.set(chosen.ids)])
        first, second = self._product("First", categ_id=chosen.id), self._product("Second", categ_id=other.id)
        self._sell(first, 1, 20)
        self._assert_asks(first, self.both).with_user(self.other_approver).action_apply()
        self._sell(second, 1, 20)
        policy.with_user(self.both).categ_ids = [Command.link(other.id)]
        self._assert_asks(second, self.both)

    def test_a_product_that_was_moved_into_a_policy(self):
        chosen, other = self.env["product.category"].create([{"name": "Chosen"}, {"name": "Other"}])
        self._huge(self.env.user, categ_ids=[Command.set(chosen.ids)])
        product = self._idle()
        product.with_user(self.both).sudo().categ_id = other
        product.with_user(self.both).sudo().categ_id = chosen
        self._assert_asks(product, self.both)

    def test_a_like_item(self):
        model, young = self._planned_product("Model", 100), self._idle("Young")
        item = self._item(young)
        item.with_user(self.both).write({"like_item_id": self._item(model).id, "like_factor": 100})
        self._sell(young, 1, 20)
        self._assert_asks(young, self.both)

    def test_a_successor(self):
        old = self._planned_product("Old", 1000)
        for name, known in (("Known", True), ("Unknown", False)):
            with self.subTest(name), self.cr.savepoint() as point:
                new = self._idle(name) if known else self._product(name)
                self._item(old).with_user(self.both).successor_id = new
                if not known:
                    self._stock(new, 1)
                self._plan()
                self.assertEqual(self._values(self._item(new))[:3], (0, 0, 0))
                waiting = self.proposals.search([("product_id", "=", new.id), ("state", "=", "waiting")])
                self._assert_barred(waiting, self.both)
                point.rollback()
                self.env.invalidate_all()

    def test_an_event(self):
        event = {"name": "Fair", "date_start": self.today, "date_end": self.today + timedelta(days=60), "uplift": 9000}
        for everywhere in (False, True):
            with self.subTest(everywhere=everywhere), self.cr.savepoint() as point:
                product = self._idle()
                chosen = {} if everywhere else {"product_ids": [Command.set(product.ids)]}
                self.env["inventory.demand.event"].with_user(self.both).create({**event, **chosen})
                self._sell(product, 1)
                self._assert_asks(product, self.both)
                point.rollback()
                self.env.invalidate_all()

    def test_demand_alone_is_nobodys_wish(self):
        """Settings of the company, a vendor's terms and other items' policies stop no new item."""
        category = self.env["product.category"].create({"name": "Elsewhere"})
        self._huge(self.both, categ_ids=[Command.set(category.ids)])
        self.company.with_user(self.manager).sudo().inventory_cycle_days = 15
        product = self._idle()
        product.seller_ids.with_user(self.both).sudo().delay = 6
        self._sell(product, 10)
        self._plan()
        self.assertGreater(self._item(product).reorder_point, 0)

    def test_a_plan_that_came_to_nothing(self):
        """Its values were decided once; what was changed since counts, and only that."""
        policy = self._huge(self.both, target="cycle")
        product = self._product("Comes back")
        self._sell(product, 10)
        self._assert_asks(product, self.both).with_user(self.other_approver).action_apply()
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self._waiting(product).with_user(self.other_approver).action_apply()
        self._sell(product, 10)
        with self.cr.savepoint() as point:
            self._plan()
            self.assertGreater(self._item(product).reorder_point, 0, "as it was approved")
            point.rollback()
        self.env.invalidate_all()
        policy.with_user(self.colleague).target_cycle = 99
        self._plan()
        self.assertEqual(self._values(self._item(product))[1], 0)
        self._assert_barred(self._waiting(product), self.colleague)

    def test_queries_do_not_grow(self):
        products = [self._product(f"Many {number}") for number in range(20)]
        self._huge(self.both)
        for product in products[:2]:
            self._sell(product, 1, 20)
        few = self._queries_of(self._plan)
        for number, product in enumerate(products):
            self._sell(product, 1, 20)
            self._huge(self.colleague, name=f"Policy {number}")
        self.assertLessEqual(self._queries_of(self._plan), few)
