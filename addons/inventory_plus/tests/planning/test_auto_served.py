"""A policy that says automatic: moved first, then bought with minimum and breaks, by one path, never twice."""

from odoo import Command
from odoo.tests import tagged

from .test_rebalance import RebalanceCase
from .test_replenish import ReplenishCase


class ServedCase(ReplenishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.inventory_replenish_trigger = "manual"
        cls.policy = cls.env["inventory.policy"].create(
            {"name": "Automatic", "company_id": cls.company.id, "trigger": "auto", "auto_percent": 999}
        )
        cls.due = cls._product("Due")
        cls._facts(cls.due, [10] * 400)
        cls.stock_manager = cls._user("served_manager", "group_manager")

    def _odoo(self):
        self.env["stock.rule"].run_scheduler(company_id=self.company.id)

    def _ours(self):
        self.item_model._replenish_company(self.company.id)
        return self.item_model._replenish_warehouse(self.warehouse.id)

    def _lines(self, product=None):
        return self.env["purchase.order.line"].search([("product_id", "=", (product or self.due).id)])

    def _jobs(self, like="inventory_replenish_"):
        return self.env["queue.job"].search([("identity_key", "like", like), ("state", "=", "pending")])


@tagged("post_install", "-at_install")
class TestAutoServed(ServedCase):
    def test_ours_then_odoos(self):
        self._plan()
        self.assertEqual(self._item(self.due).orderpoint_ids.trigger, "auto")
        self.assertEqual(self._ours(), 1)
        self.assertEqual(self._lines().product_qty, 200)
        self._odoo()
        self._odoo()
        self.assertEqual(self._lines().mapped("product_qty"), [200])

    def test_odoos_then_ours(self):
        """Odoo's scheduler leaves the rule to the nightly path, and sees to it that it runs."""
        self._plan()
        self.assertFalse(self._jobs(f"inventory_replenish_{self.company.id}"))
        self._odoo()
        self.assertFalse(self._lines())
        self._odoo()
        self.assertEqual(len(self._jobs(f"inventory_replenish_{self.company.id}")), 1, "one waits, however often")
        self.assertEqual(self._ours(), 1)
        self._odoo()
        self.assertEqual(self._ours(), 0)
        self.assertEqual(self._lines().mapped("product_qty"), [200])

    def test_below_the_minimum_odoo_does_not_buy_either(self):
        self.vendor.inventory_minimum_order = 5000
        self._plan()
        self._odoo()
        self.assertEqual(self._ours(), 0)
        self._odoo()
        self.assertFalse(self._lines())
        self.assertEqual(self._item(self.due).buy_problem, "minimum")

    def test_the_break_that_pays(self):
        self.due.seller_ids.copy({"min_qty": 250, "price": 2.4})
        self._plan()
        self._odoo()
        self._ours()
        self._odoo()
        self.assertEqual(self._lines().mapped("product_qty"), [250])

    def test_a_confirmed_delivery_starts_it_at_once(self):
        """Odoo looks at automatic rules when a move is confirmed; the path of ours then runs for that item alone."""
        self._stock(self.due, 200)
        other = self._sold("Other")
        self._plan()
        self.assertEqual(self._item(self.due).suggested_order, 0)
        self._move(self.due, 250, self.warehouse.lot_stock_id, self.customers, days=1)._trigger_scheduler()
        self.assertFalse(self._lines(), "not within the sale's transaction: it would wait for every other sale")
        job = self._jobs("inventory_replenish_items_")
        self.assertEqual((len(job), job.method_name, job.args), (1, "_replenish_items", [self._item(self.due).ids]))
        self.item_model._replenish_items(self._item(self.due).ids)
        self.assertGreater(self._lines().product_qty, 0)
        self.assertFalse(self._lines(other))
        before = self._lines().product_qty
        self.item_model._replenish_items(self._item(self.due).ids)
        self.assertEqual(self._lines().mapped("product_qty"), [before])

    def test_a_persons_click_is_obeyed(self):
        self._plan()
        rule = self._item(self.due).orderpoint_ids
        rule.with_user(self.stock_manager).action_replenish()
        self.assertEqual(self._lines().product_qty, 200)
        self.assertEqual(self._ours(), 0)

    def test_the_vendor_that_somebody_chose_on_the_rule(self):
        dearer = self.env["res.partner"].create({"name": "Dearer"})
        line = self.due.seller_ids.copy({"partner_id": dearer.id, "price": 9, "sequence": 5})
        self._plan()
        self._item(self.due).orderpoint_ids.with_user(self.stock_manager).supplier_id = line
        self.assertEqual(self._ours(), 1)
        self.assertEqual(self._lines().order_id.partner_id, dearer)

    def test_edited_by_hand_it_is_odoos(self):
        self._plan()
        self._item(self.due).orderpoint_ids.with_user(self.stock_manager).write(
            {"product_min_qty": 500, "product_max_qty": 600}
        )
        self._odoo()
        self.assertEqual(self._lines().product_qty, 600)
        self.assertEqual(self._ours(), 0)

    def test_supplied_by_another_warehouse(self):
        """What Odoo's rule brings by another way than buying stays with Odoo's scheduler."""
        depot = self.env["stock.warehouse"].create({"name": "Depot", "code": "DPT", "company_id": self.company.id})
        self.warehouse.resupply_wh_ids = [Command.link(depot.id)]
        route = self.warehouse.resupply_route_ids
        self.due.route_ids = [Command.set(route.ids)]
        self._plan()
        self.assertEqual(self._ours(), 0)
        self.assertFalse(self._item(self.due).buy_problem, "nobody has to do anything")
        self._odoo()
        self.assertFalse(self._lines())
        moves = self.env["stock.move"].search([("product_id", "=", self.due.id), ("state", "!=", "cancel")])
        self.assertIn(200, moves.mapped("product_uom_qty"))
        self.item_model._refresh(self._item(self.due))
        self._odoo()
        self.assertEqual(self.env["stock.move"].search_count([("product_id", "=", self.due.id)]), len(moves))

    def test_queries_do_not_grow_with_rules(self):
        products = [self._sold(f"Many {number}", days=30) for number in range(24)]
        self._plan()

        def count(some):
            rules = self.env["stock.warehouse.orderpoint"].search([("product_id", "in", [p.id for p in some])])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(rules._inventory_served()), len(some))
            return self.env.cr.sql_log_count - before

        count(products[:2])
        few = count(products[:2])
        self.assertLessEqual(count(products), few + 2)


@tagged("post_install", "-at_install")
class TestAutoMovedFirst(RebalanceCase):
    def test_odoo_buys_nothing_that_can_be_moved(self):
        self.env["inventory.policy"].create(
            {"name": "Automatic", "company_id": self.company.id, "trigger": "auto", "auto_percent": 999}
        )
        self._plan()
        self.assertEqual(self.here.orderpoint_ids.trigger, "auto")
        for _night in range(2):
            self.env["stock.rule"].run_scheduler(company_id=self.company.id)
            self.item_model._replenish_company(self.company.id)
            self.item_model._replenish_warehouse(self.warehouse.id)
        self.assertEqual(self._pickings().move_ids.mapped("product_uom_qty"), [200])
        self.assertFalse(self.env["purchase.order.line"].search([("product_id", "=", self.product.id)]))
