"""Common ground of the tests of stock locks."""

import contextlib
from unittest.mock import patch

from odoo.tests import TransactionCase

from ...models.common.grant import CACHE_KEY
from ...models.common.lock import InventoryLock, Wanted


class GuardCase(TransactionCase):
    """A product with 12 in stock, committed as far as the lock is concerned.

    A test case lives in one transaction; :meth:`commit` settles the account of the running one and opens a new one,
    as a commit does.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        cls.env["ir.config_parameter"].set_param("inventory_plus.gate", "off")
        cls.warehouse = cls.env["stock.warehouse"].create({"name": "Guard", "code": "GUARD"})
        cls.stock = cls.warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.env["stock.picking.type"].search([]).reservation_method = "manual"
        cls.product = cls.make_product()

    def setUp(self):
        super().setUp()
        self.put(self.product, 12)
        self.commit()

    @classmethod
    def make_product(cls, **values):
        return cls.env["product.product"].create({"name": "Guarded", "type": "consu", "is_storable": True, **values})

    def put(self, product, quantity, location=None, **place):
        self.env["stock.quant"]._update_available_quantity(product, location or self.stock, quantity, **place)

    def commit(self):
        """Settle and close the account of the running transaction, as a commit does."""
        self.env.cr.flush()
        state = self.env.cr.cache.get(CACHE_KEY)
        if state:
            self.env["inventory.grant"]._close_in_test(state)

    def promise(self, quantity, product=None, key="web/42", warehouse=None):
        """Hold goods as a channel does; returns what was granted."""
        item = (product or self.product).id, (warehouse or self.warehouse).id
        return self.env["inventory.lock"]._reserve([Wanted(key, *item, quantity, kind="promise")])[0].quantity

    def delivery(self, lines, location=None, **values):
        """A confirmed delivery of ``[(product, quantity)]`` or ``[(product, quantity, unit)]``, not reserved."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": (location or self.stock).id,
                "location_dest_id": self.customers.id,
                **values,
            }
        )
        for product, quantity, *unit in lines:
            self.env["stock.move"].create(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "product_uom": (unit[0] if unit else product.uom_id).id,
                    "picking_id": picking.id,
                    "location_id": picking.location_id.id,
                    "location_dest_id": self.customers.id,
                }
            )
        picking.move_ids._action_confirm(merge=False)
        return picking

    def free(self, product=None, warehouse=None):
        """Free quantity of an item, computed here and not by what is tested."""
        self.env.flush_all()
        product, warehouse = product or self.product, warehouse or self.warehouse
        quants = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "child_of", warehouse.lot_stock_id.id)]
        )
        self.env.cr.execute(
            "SELECT COALESCE(SUM(qty), 0) FROM inventory_ledger WHERE product_id = %s AND warehouse_id = %s",
            [product.id, warehouse.id],
        )
        promised = self.env.cr.fetchone()[0]
        return sum(quants.mapped("quantity")) - sum(quants.mapped("reserved_quantity")) - promised

    def ledger(self, product=None):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT key, SUM(qty) FROM inventory_ledger WHERE product_id = %s GROUP BY key HAVING SUM(qty) <> 0",
            [(product or self.product).id],
        )
        return dict(self.env.cr.fetchall())

    @contextlib.contextmanager
    def count_calls(self):
        """Collects the requests made of the lock while the block runs, a list of lines each."""
        calls = []
        reserve = InventoryLock._reserve

        def counted(lock, wanted):
            calls.append(wanted)
            return reserve(lock, wanted)

        with patch.object(InventoryLock, "_reserve", counted):
            yield calls
