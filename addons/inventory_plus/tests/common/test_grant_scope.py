"""What grants are about: owners, units, lots, serial numbers, warehouses, steps; and what `verify` says of them."""

from odoo import fields
from odoo.tests import Form, tagged

from .guard_case import GuardCase


@tagged("post_install", "-at_install")
class TestScope(GuardCase):
    def test_consigned_stock_needs_no_grant(self):
        self.promise(12)
        owner = self.env["res.partner"].create({"name": "Owner"})
        self.put(self.product, 6, owner_id=owner)
        self.commit()
        picking = self.delivery([(self.product, 8)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 6)
        self.assertEqual(picking.move_line_ids.owner_id, owner)
        self.commit()
        self.assertEqual(self.ledger(), {"web/42": 12})

    def test_unit_of_the_order(self):
        self.promise(5)
        dozen = self.env.ref("uom.product_uom_dozen")
        picking = self.delivery([(self.product, 1, dozen)])
        picking.action_assign()
        reserved = sum(picking.move_line_ids.mapped("quantity_product_uom"))
        self.assertLessEqual(reserved, 7)
        self.assertGreater(reserved, 6.9)
        self.commit()
        self.assertGreaterEqual(self.free(), 0)

    def test_serial_numbers_are_whole(self):
        product = self.make_product(tracking="serial")
        lots = self.env["stock.lot"].create([{"name": f"S{i}", "product_id": product.id} for i in range(4)])
        for lot in lots:
            self.put(product, 1, lot_id=lot)
        self.commit()
        self.promise(2.5, product)
        picking = self.delivery([(product, 4)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 1)
        self.commit()
        self.assertEqual(self.free(product), 0.5)

    def test_lots_and_packages(self):
        product = self.make_product(tracking="lot")
        lots = self.env["stock.lot"].create([{"name": f"L{i}", "product_id": product.id} for i in range(2)])
        package = self.env["stock.package"].create({"name": "P"})
        self.put(product, 4, lot_id=lots[0])
        self.put(product, 4, lot_id=lots[1], package_id=package)
        self.commit()
        self.promise(3, product)
        picking = self.delivery([(product, 8)])
        with self.count_calls() as calls:
            picking.action_assign()
        self.assertEqual(len(calls), 1)
        self.assertEqual(picking.move_ids.quantity, 5)
        picking.move_ids.picked = True
        picking._action_done()
        self.commit()
        self.assertEqual(self.free(product), 0)

    def test_a_lot_past_its_removal_date_is_not_free(self):
        product = self.make_product(tracking="lot", use_expiration_date=True)
        lots = self.env["stock.lot"].create([{"name": f"E{i}", "product_id": product.id} for i in range(2)])
        for lot in lots:
            self.put(product, 4, lot_id=lot)
        past = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        lots[0].write({"removal_date": past})
        self.commit()
        self.assertEqual(self.promise(5, product), 0)
        self.assertEqual(self.promise(4, product), 4)

    def test_a_lot_booked_below_zero_takes_nothing_from_the_others(self):
        product = self.make_product(tracking="lot")
        lots = self.env["stock.lot"].create([{"name": f"N{i}", "product_id": product.id} for i in range(2)])
        self.put(product, -3, lot_id=lots[0])
        self.put(product, 2, lot_id=lots[1])
        self.commit()
        picking = self.delivery([(product, 2)])
        picking.action_assign()
        self.assertEqual(picking.state, "assigned")

    def test_the_rest_of_a_chain_needs_no_grant(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.env["stock.picking.type"].search([]).reservation_method = "manual"
        self.env["stock.rule"].run(
            [
                self.env["stock.rule"].Procurement(
                    self.product,
                    5,
                    self.product.uom_id,
                    self.customers,
                    "Chain",
                    "Chain",
                    self.warehouse.company_id,
                    {"warehouse_id": self.warehouse},
                )
            ]
        )
        moves = self.env["stock.move"].search([("product_id", "=", self.product.id), ("state", "!=", "done")])
        pick = moves.picking_id.filtered(lambda picking: picking.location_id == self.stock)
        pick.action_assign()
        self.commit()
        self.promise(7)
        with self.count_calls() as calls:
            pick.button_validate()
            ship = (
                self.env["stock.move"]
                .search([("product_id", "=", self.product.id), ("state", "!=", "done")])
                .picking_id
            )
            self.assertEqual(ship.state, "assigned")
            ship.button_validate()
            self.env.cr.flush()
        self.assertFalse(calls)
        self.assertEqual(ship.state, "done")
        self.commit()
        self.assertEqual(self.free(), 0)

    def test_each_warehouse_has_its_own_stock(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTHER"})
        self.put(self.product, 4, other.lot_stock_id)
        self.commit()
        self.promise(12)
        picking = self.delivery([(self.product, 4)], location=other.lot_stock_id, picking_type_id=other.out_type_id.id)
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 4)
        self.commit()
        self.assertEqual(self.free(warehouse=other), 0)
        self.assertEqual(self.free(), 0)

    def test_shelves_of_a_warehouse_share_its_stock(self):
        shelves = self.env["stock.location"].create(
            [{"name": f"Shelf {i}", "location_id": self.stock.id} for i in range(2)]
        )
        product = self.make_product()
        for shelf in shelves:
            self.put(product, 4, shelf)
        self.commit()
        self.promise(3, product)
        picking = self.delivery([(product, 8)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 5)
        self.commit()
        self.assertEqual(self.free(product), 0)

    def test_moving_goods_within_the_warehouse_and_back(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.promise(12)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        package = self.env["stock.package"].create({"name": "Moving"})
        quant.move_quants(location_dest_id=shelf, package_dest_id=package)
        self.commit()
        self.assertEqual(self.free(), 0)

    def test_return_of_a_delivery(self):
        picking = self.delivery([(self.product, 12)])
        picking.action_assign()
        picking.button_validate()
        self.commit()
        form = Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        )
        wizard = form.save()
        wizard.product_return_moves.quantity = 12
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.button_validate()
        self.commit()
        self.assertEqual(self.free(), 12)


@tagged("post_install", "-at_install")
class TestVerifyLocks(GuardCase):
    def check(self, name):
        return self.env["inventory.verify"]._run([name])[0]

    def test_ledger_and_its_sum(self):
        self.promise(5)
        self.assertEqual(self.check("ledger")["differences"], 0)
        self.env.cr.execute(
            "UPDATE inventory_item_lock SET promised = promised + 1 WHERE product_id = %s", [self.product.id]
        )
        found = self.check("ledger")
        self.assertEqual(found["differences"], 1)
        self.assertTrue(found["sample"])

    def test_reserved_and_its_lines(self):
        before = self.check("reserved equals its lines")["differences"]
        picking = self.delivery([(self.product, 5)])
        picking.action_assign()
        self.env.flush_all()
        self.assertEqual(self.check("reserved equals its lines")["differences"], before)
        self.env.cr.execute(
            "UPDATE stock_quant SET reserved_quantity = 4 WHERE product_id = %s AND location_id = %s",
            [self.product.id, self.stock.id],
        )
        self.assertEqual(self.check("reserved equals its lines")["differences"], before + 1)

    def test_a_promise_without_goods_is_found(self):
        self.promise(10)
        self.assertEqual(self.check("never oversold")["differences"], 0)
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = 4 WHERE product_id = %s AND location_id = %s",
            [self.product.id, self.stock.id],
        )
        self.assertEqual(self.check("never oversold")["differences"], 1)
