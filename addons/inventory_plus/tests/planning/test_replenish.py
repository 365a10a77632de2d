"""The nightly replenishment makes draft requests by itself, once, and says what it could not request."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PlanningCase


class ReplenishCase(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.inventory_replenish_trigger = "auto"

    def _orders(self, vendor=None):
        return self.env["purchase.order"].search([("partner_id", "=", (vendor or self.vendor).id)])

    def _sold(self, name, daily=10, days=400, **values):
        product = self._product(name, **values)
        self._facts(product, [daily] * days)
        return product

    def _plan(self):
        self.item_model._plan(warehouse_ids=self.warehouse.ids)

    def _run(self):
        """What the job of the warehouse does."""
        return self.item_model._replenish_warehouse(self.warehouse.id)


@tagged("post_install", "-at_install")
class TestReplenish(ReplenishCase):
    def test_what_is_due_is_requested_once(self):
        due, well = self._sold("Due"), self._sold("Well stocked")
        self._stock(well, 1000)
        self._plan()
        self.assertEqual(self._item(due).replenish_trigger, "auto")
        self.assertEqual(self._run(), 1)
        line = self._orders().order_line
        self.assertEqual((line.product_id, line.product_qty, line.order_id.state), (due, 200, "draft"))
        self.assertEqual((self._item(due).requested, self._item(due).suggested_order), (200, 0))
        self.assertEqual(self._run(), 0, "the same night again adds nothing")
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(self._run(), 0, "nor does the next one")
        self.assertEqual(self._orders().order_line.product_qty, 200)

    def test_manual_items_are_left_to_the_buyer(self):
        self.company.inventory_replenish_trigger = "manual"
        product = self._sold("By hand")
        self._plan()
        self.assertEqual(self._item(product).replenish_trigger, "manual")
        self.assertEqual(self._run(), 0)
        self.assertFalse(self._orders())

    def test_the_switch_holds_at_once(self):
        product = self._sold("Switched")
        self._plan()
        self.company.inventory_replenish_trigger = "manual"
        self.assertEqual(self._item(product).replenish_trigger, "manual")
        self.company.inventory_replenish_trigger = "auto"
        self.assertEqual(self._item(product).replenish_trigger, "auto")

    def test_a_policy_decides_for_its_items(self):
        first, second, third = (self._sold(name) for name in ("One", "Two", "Three"))
        self._plan()
        items = self._item(first) | self._item(second) | self._item(third)
        import numpy as np

        found = {
            "id": np.array(items.ids, np.int32),
            "trigger": np.array(["manual", "auto", "manual"]),
            "policy": np.array([4, 4, 0]),
        }
        self.item_model._write_triggers(self.company, found)
        items.invalidate_recordset()
        self.assertEqual(items.mapped("replenish_trigger"), ["manual", "auto", "auto"])
        self.company.inventory_replenish_trigger = "manual"
        self.assertEqual(items.mapped("replenish_trigger"), ["manual", "auto", "manual"])

    def test_a_real_policy(self):
        """A policy says "auto" in a company where buyers decide: its items alone are requested at night."""
        self.company.inventory_replenish_trigger = "manual"
        category = self.env["product.category"].create({"name": "By themselves"})
        mine, other = self._sold("Of the policy", categ_id=category.id), self._sold("Of nobody")
        self.env["inventory.policy"].create(
            {
                "name": "By themselves",
                "company_id": self.company.id,
                "categ_ids": [Command.link(category.id)],
                "trigger": "auto",
            }
        )
        self._plan()
        self.assertEqual((self._item(mine) | self._item(other)).mapped("replenish_trigger"), ["auto", "manual"])
        self.assertEqual(self._run(), 1)
        self.assertEqual(self._orders().order_line.product_id, mine)

    def test_one_request_a_vendor(self):
        other = self.env["res.partner"].create({"name": "Other Vendor"})
        for name in ("A", "B"):
            self._sold(name)
        self._sold("C", vendor=False, seller_ids=[Command.create({"partner_id": other.id, "price": 7, "delay": 2})])
        self._plan()
        with patch.object(type(self.item_model), "_fill_up", autospec=True) as fill_up:
            self.assertEqual(self._run(), 3)
        self.assertFalse(fill_up.called, "nobody asks for a minimum")
        self.assertEqual((len(self._orders()), len(self._orders().order_line)), (1, 2))
        self.assertEqual(len(self._orders(other)), 1)

    def test_jobs_a_company_then_a_warehouse(self):
        self._sold("Due")
        self._plan()
        jobs = self.env["queue.job"].search([])
        self.item_model._cron_replenish()
        self.item_model._cron_replenish()
        job = self.env["queue.job"].search([]) - jobs
        mine = job.filtered(lambda job: job.identity_key == f"inventory_replenish_{self.company.id}")
        self.assertEqual(len(mine), 1, "one waits, however often the night begins")
        self.item_model._replenish_company(self.company.id)
        key = f"inventory_replenish_warehouse_{self.warehouse.id}"
        self.assertEqual(self.env["queue.job"].search_count([("identity_key", "=", key)]), 1)

    # ------------------------------------------------------- what cannot be bought

    def test_without_vendor_is_listed_once(self):
        orphan, due = self._sold("Orphan", vendor=False), self._sold("Due")
        self._plan()
        self.assertEqual(self._run(), 1, "the others are requested all the same")
        item = self._item(orphan)
        self.assertEqual((item.buy_problem, item.buy_problem_since), ("vendor", self.today))
        self.assertIn("Add a vendor", item.buy_problem_note)
        self.assertFalse(self._item(due).buy_problem)
        self.env.flush_all()
        self.company.inventory_as_of = "2025-06-20"
        with patch.object(type(item), "write", autospec=True) as write:
            self._run()
        self.assertFalse(write.called, "the next night changes nothing")
        self.assertEqual(item.buy_problem_since, self.today)

    def test_the_reason_goes_when_it_is_solved(self):
        orphan = self._sold("Orphan", vendor=False)
        self._plan()
        self._run()
        orphan.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1, "delay": 5})]
        self._run()
        self.assertFalse(self._item(orphan).buy_problem)
        self.assertEqual(self._orders().order_line.product_id, orphan)

    def test_the_reason_goes_when_the_need_goes(self):
        orphan = self._sold("Orphan", vendor=False)
        self._plan()
        self._run()
        self._stock(orphan, 1000)
        self.item_model._refresh(self._item(orphan))
        self._run()
        self.assertFalse(self._item(orphan).buy_problem)

    def test_a_warehouse_that_does_not_buy(self):
        product = self._sold("Due")
        self.warehouse.buy_pull_id.active = False
        self._plan()
        self.assertEqual(self._run(), 0)
        self.assertEqual(self._item(product).buy_problem, "rule")

    def test_what_odoo_refuses_stops_nobody_else(self):
        bad, good = self._sold("Bad"), self._sold("Good")
        self._plan()
        order_line = type(self.env["purchase.order.line"])
        real = order_line._prepare_purchase_order_line_from_procurement

        def refuse(lines, product, *rest):
            if product == bad:
                raise UserError("This product is not bought on Sundays")
            return real(lines, product, *rest)

        with patch.object(order_line, "_prepare_purchase_order_line_from_procurement", refuse):
            self.assertEqual(self._run(), 1)
        self.assertEqual(self._orders().order_line.product_id, good)
        self.assertEqual(self._item(bad).buy_problem, "refused")
        self.assertIn("not bought on Sundays", self._item(bad).buy_problem_note)

    def test_archived_product(self):
        product = self._sold("Gone")
        self._plan()
        product.action_archive()
        self.assertEqual(self._run(), 0)
        self.assertFalse(self._orders())

    def test_queries_do_not_grow_with_items(self):
        """What is asked of the database to choose vendors, quantities and reasons is the same for 4 and for 40."""
        first = [self._sold(f"Few {number}", days=30, vendor=number % 4) for number in range(4)]
        rest = [self._sold(f"Many {number}", days=30, vendor=number % 4) for number in range(36)]
        self._plan()

        def count(products):
            items = self.item_model.search([("product_id", "in", [product.id for product in products])])
            items._note_buying({})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            offers, refused = items._offers()
            offers, _waiting, _joined = self.item_model._meet_minimum(offers, self.item_model)
            items._note_buying({item: (code, None) for item, (code, _sentence) in refused.items()})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(first)  # fills the caches of what belongs to no item
        few = count(first)
        self.assertLessEqual(count(first + rest), few + 2)

    def test_by_the_button(self):
        product = self._sold("Due")
        buyer = self._user("replenish_buyer", "group_buyer")
        viewer = self._user("replenish_viewer", "group_viewer")
        self._plan()
        count = self.env["queue.job"].search_count([])
        self.assertIn("Only buyers", self.item_model.with_user(viewer).action_replenish_now()["params"]["message"])
        self.assertEqual(self.env["queue.job"].search_count([]), count)
        self.assertIn("background", self.item_model.with_user(buyer).action_replenish_now()["params"]["message"])
        self.assertEqual(self.env["queue.job"].search_count([]), count + 1)
        self.company.inventory_replenish_trigger = "manual"
        self.assertIn("by itself", self.item_model.with_user(buyer).action_replenish_now()["params"]["message"])
        self.assertFalse(self._item(product).with_user(viewer).has_access("write"))


@tagged("post_install", "-at_install")
class TestMinimumOrder(ReplenishCase):
    """Due: 200 pieces at 2.50 are 500."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.due = cls._product("Due")
        cls._facts(cls.due, [10] * 400)

    def _soon(self, name, cover, **values):
        """Sold 10 a day with stock for ``cover`` days: reorder point 60, due when 6 + cover days are not covered."""
        product = self._sold(name, **values)
        self._stock(product, 10 * cover)
        return product

    def test_reached_needs_nothing(self):
        self.vendor.inventory_minimum_order = 500
        self._soon("Soon", 8)
        self._plan()
        self.assertEqual(self._run(), 1)

    def test_soonest_first_until_reached(self):
        self.vendor.inventory_minimum_order = 700
        later, soon = self._soon("Later", 12), self._soon("Soon", 8)
        self._plan()
        self.assertLess(self._item(soon).best_order_date, self._item(later).best_order_date)
        self.assertEqual((self._item(soon).need_to_buy, self._item(later).need_to_buy), (0, 0))
        self.assertEqual(self._run(), 2)
        self.assertEqual(self._orders().order_line.product_id, self.due | soon)
        self.assertGreaterEqual(self._orders().amount_untaxed, 700)
        line = self._orders().order_line.filtered(lambda line: line.product_id == soon)
        self.assertEqual(line.product_qty, self._item(soon).order_up_to - 80)
        self.assertEqual(self._run(), 0)

    def test_out_of_reach_waits_and_says_so(self):
        self.vendor.inventory_minimum_order = 5000
        self._soon("Soon", 8)
        self._plan()
        self.assertEqual(self._run(), 0)
        self.assertFalse(self._orders())
        item = self._item(self.due)
        self.assertEqual((item.buy_problem, item.buy_problem_data["amount"]), ("minimum", 500))
        self.assertIn("500.00", item.buy_problem_note)
        self.assertIn("5,000.00", item.buy_problem_note)
        item.with_user(self._user("minimum_buyer", "group_buyer")).action_make_rfq()
        self.assertFalse(item.buy_problem)
        self.assertEqual(self._orders().order_line.product_id, self.due)

    def test_what_is_due_in_months_does_not_join(self):
        self.vendor.inventory_minimum_order = 700
        self._soon("Months away", 60)
        self._plan()
        self.assertEqual(self._run(), 0)
        self.assertEqual(self._item(self.due).buy_problem, "minimum")

    def test_an_open_draft_counts(self):
        self.vendor.inventory_minimum_order = 700
        self._plan()
        self.assertEqual(self._run(), 0)
        other = self._product("Something else")
        self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "user_id": False,
                "order_line": [Command.create({"product_id": other.id, "product_qty": 100, "price_unit": 2})],
            }
        )
        self.assertEqual(self._run(), 1)
        self.assertEqual(len(self._orders()), 1)

    def test_in_the_vendors_currency(self):
        currency = self.env["res.currency"].create(
            {"name": "TST", "symbol": "T", "rate_ids": [Command.create({"name": "2020-01-01", "rate": 2.0})]}
        )
        self.vendor.with_company(self.company).property_purchase_currency_id = currency
        self.vendor.inventory_minimum_order = 1001
        self._plan()
        self.assertEqual(self._run(), 0, "500 are 1,000 of the vendor's")
        self.vendor.inventory_minimum_order = 1000
        self.assertEqual(self._run(), 1)

    def test_the_buyer_is_told(self):
        self.vendor.inventory_minimum_order = 700
        self._soon("Soon", 8)
        self._plan()
        action = self._item(self.due).with_user(self._user("told_buyer", "group_buyer")).action_make_rfq()
        self.assertRegex(action["params"]["message"], "500.00.*700.00.*Soon due as well: Soon")
        self.assertEqual(action["params"]["next"]["res_id"], self._orders().id)

    def test_never_negative(self):
        with self.assertRaisesRegex(ValidationError, "cannot be negative"):
            self.vendor.inventory_minimum_order = -1

    def test_his_contacts_share_it(self):
        self.vendor.is_company = True
        contact = self.env["res.partner"].create({"name": "Sales desk", "parent_id": self.vendor.id})
        self.vendor.inventory_minimum_order = 700
        self.assertEqual(contact.inventory_minimum_order, 700)
        self.due.seller_ids.partner_id = contact
        self._plan()
        self.assertEqual(self._run(), 0)
        self.assertEqual(self._item(self.due).buy_problem, "minimum")

    def test_a_company_of_its_own(self):
        self.vendor.inventory_minimum_order = 700
        self.assertFalse(self.vendor.with_company(self.env.ref("base.main_company")).inventory_minimum_order)


@tagged("post_install", "-at_install")
class TestPriceBreak(ReplenishCase):
    def _with_break(self, quantity, price):
        product = self._sold("With a break", seller_ids=[])
        product.seller_ids = [
            Command.create({"partner_id": self.vendor.id, "price": 2.5, "delay": 5, "company_id": self.company.id}),
            Command.create(
                {
                    "partner_id": self.vendor.id,
                    "price": price,
                    "min_qty": quantity,
                    "delay": 5,
                    "company_id": self.company.id,
                }
            ),
        ]
        self._plan()
        return product

    def test_a_break_that_pays(self):
        """3,650 a year: 200 at 2.50 cost 9,125 + 50 a year, 250 at 2.40 cost 8,760 + 60."""
        product = self._with_break(250, 2.4)
        self._run()
        line = self._orders().order_line
        self.assertEqual((line.product_id, line.product_qty, line.price_unit), (product, 250, 2.4))
        self.assertEqual(self._run(), 0)

    def test_a_break_that_does_not(self):
        """3,600 at 2.49 cost 9,088.50 + 896.40."""
        self._with_break(3600, 2.49)
        self._run()
        line = self._orders().order_line
        self.assertEqual((line.product_qty, line.price_unit), (200, 2.5))

    def test_the_button_takes_it_too(self):
        product = self._with_break(250, 2.4)
        self._item(product).with_user(self._user("break_buyer", "group_buyer")).action_make_rfq()
        self.assertEqual(self._orders().order_line.product_qty, 250)
