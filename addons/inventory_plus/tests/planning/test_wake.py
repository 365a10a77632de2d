"""A change of stock has the refresh started at its commit."""

from contextlib import contextmanager
from unittest.mock import patch

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

    def test_a_reader_wakes_what_nobody_announced(self):
        """Raw SQL and other programs leave notes without waking; who reads items over RPC meets them."""
        product = self._product("Read")
        self._stock(product, 5)
        item = self._planned(product)
        buyer = self._user("reading_buyer", "group_buyer")
        readers = {
            "search_read": lambda items: items.search_read([("id", "=", item.id)], ["status"]),
            "read": lambda items: items.browse(item.id).read(["status"]),
            "web_search_read": lambda items: items.web_search_read([("id", "=", item.id)], {"status": {}}),
            "formatted_read_group": lambda items: items.formatted_read_group([], ["status"], ["__count"]),
        }
        for name, read in readers.items():
            with self.subTest(name):
                self._triggers()
                self.env["inventory.item.dirty"]._take()
                self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]).unlink()
                self.env.cr.cache.pop("inventory_item_reader", None)
                self.env.cr.precommit.data.clear()
                read(self.item_model.with_user(buyer))
                self.assertEqual(self._triggers(), 0, "nothing waits")
                self.env.cr.execute("UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = %s", product.ids)
                self.env.cr.cache.pop("inventory_item_reader", None)
                read(self.item_model)
                self.assertEqual(self._triggers(), 0, "our own code does not ask")
                read(self.item_model.with_user(buyer))
                self.assertEqual(self._triggers(), 1)

    def test_reading_more_asks_once(self):
        buyer = self._user("reading_twice", "group_buyer")
        items = self.item_model.with_user(buyer)
        self.env.cr.cache.pop("inventory_item_reader", None)
        items.search_count([])
        with self.assertQueryCount(1):
            items.search_count([])

    def test_a_read_only_transaction_writes_nothing(self):
        """On a replica the wake-up call is left by a transaction of its own, afterwards."""
        product = self._product("Replica")
        self._stock(product, 5)
        buyer = self._user("reading_replica", "group_buyer")
        self._triggers()
        self.env.flush_all()
        self.env.cr.cache.pop("inventory_item_reader", None)
        self.patch(type(self.env.cr), "readonly", True)
        self.item_model.with_user(buyer).search_count([])
        self.assertFalse(self.env.cr.precommit)
        opened = []

        @contextmanager
        def cursor():
            opened.append(self.env.cr)
            yield self.env.cr

        self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]).unlink()
        with patch.object(type(self.env.registry), "cursor", lambda registry: cursor()):
            self.env.cr.postcommit.run()
        self.assertEqual(len(opened), 1, "a transaction of its own")
        self.assertEqual(self._triggers(), 1)

    def test_the_action_refreshes(self):
        product = self._product("Fresh")
        self._stock(product, 5)
        self.env["inventory.item"]._cron_refresh()
        self.assertEqual(self._item(product).on_hand, 5)
        self.assertFalse(self.env["inventory.item.dirty"].search([]))
