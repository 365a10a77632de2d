"""What the planning's tests share: a company of their own with a vendor, and products that are really sold."""

from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user

from ...models.planning import item_change


class PlanningCase(TransactionCase):
    """A company that is planned; what a plan comes to is in force at once, whatever was there before.

    Which changes wait for an approver is the subject of :mod:`.test_proposals` alone.
    """

    at_once = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Planning Test Company"})
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        cls.env.user.company_id = cls.company
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=[cls.company.id]))
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.warehouse.inventory_tz = "UTC"
        cls.vendor = cls.env["res.partner"].create({"name": "Honest Vendor"})
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})
        cls.item_model = cls.env["inventory.item"]
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.today = fields.Date.to_date("2025-06-15")
        cls.company.inventory_as_of = cls.today
        if cls.at_once:
            cls.company.inventory_auto_percent = 999
            cls.classPatch(item_change, "DEAD_PERCENT", 0.0)

    @classmethod
    def _product(cls, name, vendor=True, delay=5, min_qty=0, seller_uom=None, **values):
        seller = {
            "partner_id": cls.vendor.id,
            "price": 2.5,
            "delay": delay,
            "min_qty": min_qty,
            "company_id": cls.company.id,
        }
        if seller_uom:
            seller["product_uom_id"] = seller_uom.id
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "list_price": 10,
                "standard_price": 4,
                "seller_ids": [Command.create(seller)] if vendor else [],
                **values,
            }
        )

    @classmethod
    def _stock(cls, product, quantity, location=None, **values):
        """Put stock there without a document; the tests of the gates are elsewhere."""
        cls.env["stock.quant"].sudo()._update_available_quantity(
            product, location or cls.warehouse.lot_stock_id, quantity, **values
        )

    @classmethod
    def _facts(cls, product, quantities, last=None, warehouse=None, **columns):
        """Write a daily history that ends on ``last`` (default the day before planning) straight into the facts."""
        warehouse = warehouse or cls.warehouse
        last = last or cls.today - timedelta(days=1)
        kind = columns.get("kind", "sold")
        price = columns.get("price", 10)
        rows = [
            (product.id, warehouse.id, warehouse.company_id.id, last - timedelta(days=back), quantity, quantity * price)
            for back, quantity in enumerate(reversed(quantities))
            if quantity
        ]
        cls.env.flush_all()
        cls.env.cr.execute_values(
            f"""INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, {kind}, revenue, source)
                VALUES %s""",
            rows,
            template="(%s, %s, %s, %s, %s, %s, 'moves')",
        )
        cls.env.invalidate_all()

    @classmethod
    def _move(cls, product, quantity, source, target, days=0, **values):
        """A confirmed move ``days`` after the planning date."""
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": cls.company.id,
                "date": datetime.combine(cls.today + timedelta(days=days), datetime.min.time()) + timedelta(hours=12),
                **values,
            }
        )
        move._action_confirm()
        return move

    @classmethod
    def _user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            groups=f"inventory_plus.{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _item(self, product, warehouse=None):
        return self.item_model.with_context(active_test=False).search(
            [("product_id", "=", product.id), ("warehouse_id", "=", (warehouse or self.warehouse).id)]
        )

    def _queries_of(self, function):
        """How many queries a call makes, what it leaves to be written included."""
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _assert_queries_do_not_grow(self, products, few):
        """Planning all of these products takes no more queries than planning the first few of them."""

        def plan():
            self.item_model._plan(warehouse_ids=self.warehouse.ids)

        counts = []
        for part in (products[:few], products[few:]):
            for product in part:
                self._facts(product, [1] * 30)
            plan()
            counts.append(self._queries_of(plan))
        self.assertLessEqual(counts[1], counts[0])

    def _planned(self, product, **arguments):
        self.item_model._plan(warehouse_ids=self.warehouse.ids, **arguments)
        return self._item(product)
