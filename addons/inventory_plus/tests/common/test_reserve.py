"""What the functions of the lock read, grant and lock, apart from who asks them."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.common.lock import Wanted
from .guard_case import GuardCase


@tagged("post_install", "-at_install")
class TestReserve(GuardCase):
    def test_of_many_serial_numbers_only_the_chosen_are_locked(self):
        product = self.make_product(tracking="serial")
        lots = self.env["stock.lot"].create([{"name": f"S{n}", "product_id": product.id} for n in range(40)])
        for lot in lots:
            self.put(product, 1, lot_id=lot)
        self.commit()
        self.env.cr.execute("SELECT id FROM stock_quant WHERE product_id = %s AND xmax::text <> '0'", [product.id])
        self.assertFalse(self.env.cr.fetchall(), "nothing is locked before")
        picking = self.delivery([(product, 2)])
        picking.action_assign()
        self.env.cr.flush()
        self.assertEqual(picking.state, "assigned")
        self.env.cr.execute(
            "SELECT count(*) FILTER (WHERE reserved_quantity = 0 AND xmax::text <> '0'), SUM(reserved_quantity)"
            "  FROM stock_quant WHERE product_id = %s",
            [product.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (0, 2), "38 serial numbers are left to others")

    def test_what_is_read_under_the_lock_is_what_items_show(self):
        lot_product = self.make_product(tracking="lot")
        day = fields.Datetime.now() - timedelta(days=1)
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": lot_product.id} for name in ("good", "owed", "old", "fresh")]
        )
        lots[2].removal_date = day
        lots[3].removal_date = day + timedelta(days=30)
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        inside = self.env["stock.warehouse"].create({"name": "Inside", "code": "INSD"})
        inside.view_location_id.location_id = shelf
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.put(lot_product, 10, lot_id=lots[0])
        self.put(lot_product, -4, lot_id=lots[1])
        self.put(lot_product, 3, lot_id=lots[1], location=shelf)
        self.put(lot_product, 5, lot_id=lots[2])
        self.put(lot_product, 6, lot_id=lots[3], location=shelf)
        self.put(lot_product, 7, lot_id=lots[0], owner_id=owner)
        self.put(lot_product, 8, lot_id=lots[0], owner_id=self.env.company.partner_id)
        self.put(lot_product, 20, lot_id=lots[0], location=inside.lot_stock_id)
        self.put(lot_product, 30, lot_id=lots[0], location=self.customers)
        self.put(self.product, 9, location=self.warehouse.wh_input_stock_loc_id)
        self.env.flush_all()
        products = [self.product.id, lot_product.id]
        under_lock = {item: base for item, base in self.env["inventory.grant"]._base(products) if base}
        self.env.cr.execute(
            SQL(
                "SELECT product_id, warehouse_id, unreserved FROM (%s) item WHERE unreserved <> 0",
                self.env["inventory.scope"]._item_quantities_sql(products),
            )
        )
        shown = {(product, warehouse): float(free) for product, warehouse, free in self.env.cr.fetchall()}
        self.assertEqual(under_lock, shown)
        self.assertEqual(under_lock[lot_product.id, self.warehouse.id], 24, "10 + 6 + 8; a lot that owes takes nothing")
        self.assertEqual(under_lock[lot_product.id, inside.id], 20)

    def test_many_lines_in_one_call_are_granted_as_one_by_one(self):
        """Enough for all, too little for some, all or none of a key, the same item twice, a part kept free."""
        other = self.make_product()
        self.put(other, 4)
        self.commit()
        lock = self.env["inventory.lock"]

        def line(key, product, quantity, **values):
            return Wanted(key, product.id, self.warehouse.id, quantity, kind="promise", **values)

        def quantities(*lines):
            return [answer.quantity for answer in lock._reserve(list(lines))]

        self.assertEqual(
            quantities(line("a", self.product, 2), line("b", other, 1), line("b", self.product, 3)), [2, 1, 3]
        )
        # 7 and 3 are left.
        self.assertEqual(quantities(line("c", self.product, 8), line("d", other, 2)), [0, 2])
        self.assertEqual(quantities(line("e", other, 2), line("e", self.product, 1)), [0, 0], "all of a key or none")
        self.assertEqual(
            quantities(line("f", self.product, 5, partial=True), line("g", self.product, 5, partial=True)), [5, 2]
        )
        lock._release(["f", "g"])
        self.assertEqual(quantities(line("h", self.product, 6, keep=2), line("i", other, 1)), [0, 1])
        self.assertEqual(quantities(line("j", self.product, 5, keep=2), line("k", self.product, 4, keep=-2)), [5, 4])
        self.assertEqual([answer.free for answer in lock._reserve([line("l", self.product, 1)])], [-2])
        self.env.cr.execute(
            "SELECT l.product_id, l.promised - COALESCE(SUM(g.qty), 0) FROM inventory_item_lock l"
            "  LEFT JOIN inventory_ledger g USING (product_id, warehouse_id)"
            " WHERE product_id IN %s GROUP BY 1, l.promised",
            [(self.product.id, other.id)],
        )
        self.assertEqual([float(difference) for _product, difference in self.env.cr.fetchall()], [0, 0])
