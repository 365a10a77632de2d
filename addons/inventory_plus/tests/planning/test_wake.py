"""A change of stock has the refresh started at its commit."""

from odoo.tests import tagged

from .common import PlanningCase


@tagged("post_install", "-at_install")
class TestWake(PlanningCase):
    def setUp(self):
        super().setUp()
        self.cron = self.env.ref("inventory_plus.cron_item_refresh")
        self.env.cr.precommit.run()
        self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]).unlink()

    def _triggers(self):
        self.env.cr.precommit.run()
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])

    def test_stock_wakes_once_a_transaction(self):
        product = self._product("Wakes")
        self.assertEqual(self._triggers(), 0, "a product alone changes no figure")
        self._stock(product, 5)
        self._stock(product, 6)
        self.assertEqual(self._triggers(), 1)
        self._stock(product, 7)
        self.assertEqual(self._triggers(), 1, "one that waits is enough")

    def test_moves_and_requests_wake(self):
        product = self._product("Wakes too")
        self._move(product, 5, self.suppliers, self.warehouse.lot_stock_id)
        self.assertEqual(self._triggers(), 1)

    def test_the_action_refreshes(self):
        product = self._product("Fresh")
        self._stock(product, 5)
        self.env["inventory.item"]._cron_refresh()
        self.assertEqual(self._item(product).on_hand, 5)
        self.assertFalse(self.env["inventory.item.dirty"].search([]))
