"""Law 7: what was edited, back-dated, deleted or moved in the tree is picked up; days are the warehouse's days."""

from datetime import datetime

from odoo.tests import tagged
from odoo.tools import SQL

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowChanges(FactsCase):
    def setUp(self):
        super().setUp()
        self.stock = self.warehouse.lot_stock_id
        self.stock_up(self.product, 500)

    def test_refresh_without_changes_does_nothing(self):
        self.move(self.product, 3, self.stock, self.customers)
        self.flow._refresh()
        self.assertEqual(self.flow._refresh(), 0)

    def test_line_edited_after_done(self):
        move = self.move(self.product, 10, self.stock, self.customers, when=self.noon(self.ago(4)))
        self.assertFacts({(self.warehouse, self.ago(4)): {"sold": 10.0}})
        move.move_line_ids.quantity = 8
        self.assertFacts({(self.warehouse, self.ago(4)): {"sold": 8.0}})
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "product_id": self.product.id,
                "quantity": 3,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
            }
        )
        self.assertFacts({(self.warehouse, self.ago(4)): {"sold": 11.0}})

    def test_unit_of_a_done_line_edited(self):
        move = self.move(self.product, 10, self.stock, self.customers)
        self.facts()
        move.move_line_ids.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertFacts({(self.warehouse, self.today): {"sold": 120.0}})

    def test_place_of_a_done_line_edited(self):
        other = self.make_warehouse("OTH")
        move = self.move(self.product, 10, self.stock, self.customers)
        self.facts()
        move.move_line_ids.location_id = other.lot_stock_id
        self.assertFacts({(other, self.today): {"sold": 10.0}})

    def test_back_dated_move_leaves_its_old_day(self):
        move = self.move(self.product, 10, self.stock, self.customers)
        self.assertFacts({(self.warehouse, self.today): {"sold": 10.0}})
        move.date = self.noon(self.ago(40))
        self.assertFacts({(self.warehouse, self.ago(40)): {"sold": 10.0}})

    def test_origin_moved_in_time_takes_its_return_along(self):
        move = self.move(self.product, 10, self.stock, self.customers, when=self.noon(self.ago(9)))
        self.move(self.product, 4, self.customers, self.stock, origin_returned_move_id=move.id)
        self.assertFacts({(self.warehouse, self.ago(9)): {"sold": 10.0, "returned": 4.0}})
        move.date = self.noon(self.ago(20))
        self.assertFacts({(self.warehouse, self.ago(20)): {"sold": 10.0, "returned": 4.0}})

    def test_origin_named_later_or_changed(self):
        first = self.move(self.product, 10, self.stock, self.customers, when=self.noon(self.ago(9)))
        second = self.move(self.product, 10, self.stock, self.customers, when=self.noon(self.ago(6)))
        back = self.move(self.product, 4, self.customers, self.stock, when=self.noon(self.ago(2)))
        sold = {(self.warehouse, self.ago(9)): {"sold": 10.0}, (self.warehouse, self.ago(6)): {"sold": 10.0}}
        self.assertFacts({**sold, (self.warehouse, self.ago(2)): {"returned": 4.0}})
        back.origin_returned_move_id = first
        self.assertFacts({**sold, (self.warehouse, self.ago(9)): {"sold": 10.0, "returned": 4.0}})
        back.origin_returned_move_id = second
        self.assertFacts({**sold, (self.warehouse, self.ago(6)): {"sold": 10.0, "returned": 4.0}})

    def test_origin_that_is_no_delivery_any_more_frees_its_return(self):
        sent = self.move(self.product, 10, self.stock, self.customers, when=self.noon(self.ago(9)))
        self.move(
            self.product, 4, self.customers, self.stock, when=self.noon(self.ago(2)), origin_returned_move_id=sent.id
        )
        self.facts()
        loss = self.product.with_company(self.company).property_stock_inventory
        sent.move_line_ids.location_dest_id = loss
        self.assertFacts(
            {(self.warehouse, self.ago(9)): {"adjusted_out": 10.0}, (self.warehouse, self.ago(2)): {"returned": 4.0}}
        )

    def test_moves_written_and_deleted_by_sql(self):
        move = self.move(self.product, 10, self.stock, self.customers)
        self.facts()
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE stock_move SET date = date - interval '3 days' WHERE id = %s", move.id))
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 10.0}})
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_move_line (move_id, product_id, product_uom_id, company_id, location_id,
                                             location_dest_id, quantity, quantity_product_uom, state, date)
                SELECT move_id, product_id, product_uom_id, company_id, location_id, location_dest_id, 2, 2, state, date
                  FROM stock_move_line WHERE move_id = %s
                """,
                move.id,
            )
        )
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 12.0}})
        line = SQL("SELECT MAX(id) FROM stock_move_line WHERE move_id = %s", move.id)
        self.env.cr.execute(SQL("DELETE FROM stock_move_line WHERE id = (%s)", line))
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 10.0}})
        # The line outlives its move in Odoo's schema; nothing leads from it to the day any more.
        self.env.cr.execute(SQL("DELETE FROM stock_move WHERE id = %s", move.id))
        self.env.invalidate_all()
        self.assertFacts({})

    def test_a_move_created_as_done(self):
        """Imports and RPC clients do that; Odoo itself never."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 3,
                "product_uom": self.product.uom_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.customers.id,
                "company_id": self.company.id,
                "date": self.noon(self.ago(3)),
                "state": "done",
            }
        )
        self.assertFacts({})
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_move_line (move_id, product_id, product_uom_id, company_id, location_id,
                                             location_dest_id, quantity, quantity_product_uom, state, date)
                VALUES (%s, %s, %s, %s, %s, %s, 3, 3, 'done', now())
                """,
                move.id,
                self.product.id,
                self.product.uom_id.id,
                self.company.id,
                self.stock.id,
                self.customers.id,
            )
        )
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 3.0}})

    def test_location_moved_in_the_tree(self):
        other = self.make_warehouse("OTH")
        shelf = self.env["stock.location"].create({"name": "Shelf", "usage": "internal", "location_id": self.stock.id})
        box = self.env["stock.location"].create({"name": "Box", "usage": "internal", "location_id": shelf.id})
        self.move(self.product, 10, box, self.customers, when=self.noon(self.ago(9)))
        self.assertFacts({(self.warehouse, self.ago(9)): {"sold": 10.0}})
        shelf.location_id = other.lot_stock_id
        self.assertFacts({(other, self.ago(9)): {"sold": 10.0}})

    def test_location_moved_by_sql(self):
        other = self.make_warehouse("OTH")
        shelf = self.env["stock.location"].create({"name": "Shelf", "usage": "internal", "location_id": self.stock.id})
        self.move(self.product, 10, shelf, self.customers, when=self.noon(self.ago(9)))
        self.facts()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE stock_location SET location_id = %s, parent_path = %s WHERE id = %s",
                other.lot_stock_id.id,
                f"{other.lot_stock_id.parent_path}{shelf.id}/",
                shelf.id,
            )
        )
        self.env.invalidate_all()
        self.assertFacts({(other, self.ago(9)): {"sold": 10.0}})

    def test_usage_of_a_location_changed(self):
        place = self.env["stock.location"].create({"name": "Outlet", "usage": "internal", "location_id": False})
        self.move(self.product, 10, self.stock, place, when=self.noon(self.ago(9)))
        self.assertFacts({(self.warehouse, self.ago(9)): {"transfer_out": 10.0}})
        self.env["stock.quant"].sudo()._update_available_quantity(self.product, place, -10)
        self.env["stock.quant"]._quant_tasks()
        place.usage = "customer"
        self.assertFacts({(self.warehouse, self.ago(9)): {"sold": 10.0}})

    def test_nested_warehouse_keeps_its_own_stock(self):
        inner = self.make_warehouse("INN")
        inner.view_location_id.location_id = self.stock
        self.move(self.product, 4, inner.lot_stock_id, self.customers)
        self.move(self.product, 3, self.stock, inner.lot_stock_id)
        self.assertFacts(
            {
                (inner, self.today): {"sold": 4.0, "transfer_in": 3.0},
                (self.warehouse, self.today): {"transfer_out": 3.0},
            }
        )

    def test_days_are_the_warehouses_days_whoever_looks(self):
        self.warehouse.inventory_tz = "Pacific/Auckland"
        east = self.make_warehouse("NYC", inventory_tz="America/New_York")
        self.stock_up(self.product, 50, east.lot_stock_id)
        moment = datetime(2026, 3, 10, 11, 30)  # 00:30 of the 11th in Auckland, 07:30 of the 10th in New York
        self.move(self.product, 5, self.stock, self.customers, when=moment)
        self.move(self.product, 7, east.lot_stock_id, self.customers, when=datetime(2026, 3, 10, 2, 30))
        expected = {
            (self.warehouse, datetime(2026, 3, 11).date()): {"sold": 5.0},
            (east, datetime(2026, 3, 9).date()): {"sold": 7.0},
        }
        self.assertFacts(expected)
        for zone in ("Pacific/Auckland", "America/Los_Angeles", False):
            with self.subTest(user_zone=zone):
                self.env.user.tz = zone
                flow = self.flow.with_context(tz=zone)
                flow._rebuild()
                self.assertFacts(expected)

    def test_a_day_told_again_keeps_what_else_happened_on_it(self):
        """Far from Greenwich a local day takes its moves from two days of the database; all of them are read again."""
        self.warehouse.inventory_tz = "Pacific/Auckland"
        self.facts()  # the change of the time zone is done with: from here on single days are told again
        self.move(self.product, 4, self.stock, self.customers, when=datetime(2026, 3, 9, 20, 0))  # the 10th
        self.assertFacts({(self.warehouse, datetime(2026, 3, 10).date()): {"sold": 4.0}})
        self.move(self.product, 5, self.stock, self.customers, when=datetime(2026, 3, 10, 11, 30))  # the 11th
        self.assertFacts(
            {
                (self.warehouse, datetime(2026, 3, 10).date()): {"sold": 4.0},
                (self.warehouse, datetime(2026, 3, 11).date()): {"sold": 5.0},
            }
        )
        self.warehouse.inventory_tz = "America/Los_Angeles"
        self.assertFacts(
            {
                (self.warehouse, datetime(2026, 3, 9).date()): {"sold": 4.0},
                (self.warehouse, datetime(2026, 3, 10).date()): {"sold": 5.0},
            }
        )

    def test_a_return_without_origin_changes_its_delivery(self):
        """It belongs to the latest delivery of the sale line before it; which one that is changes with their dates."""
        order, _pickings = self.sell(self.product, 10, when=self.noon(self.ago(9)))
        line = order.order_line.id
        second = self.move(self.product, 6, self.stock, self.customers, when=self.noon(self.ago(4)), sale_line_id=line)
        self.move(self.product, 2, self.customers, self.stock, when=self.noon(self.ago(3)), sale_line_id=line)
        self.assertFacts(
            {
                (self.warehouse, self.ago(9)): {"sold": 10.0},
                (self.warehouse, self.ago(4)): {"sold": 6.0, "returned": 2.0},
            }
        )
        second.date = self.noon(self.ago(1))
        self.assertFacts(
            {
                (self.warehouse, self.ago(9)): {"sold": 10.0, "returned": 2.0},
                (self.warehouse, self.ago(1)): {"sold": 6.0},
            }
        )

    def test_rate_of_a_delivered_order_corrected(self):
        order, _pickings = self.sell(self.product, 10, when=self.noon(self.ago(3)))
        self.facts()
        flow = self.flow.search([("product_id", "=", self.product.id)])
        self.assertEqual(flow.revenue, 100.0)
        self.env.cr.execute("UPDATE sale_order SET currency_rate = 4 WHERE id = %s", order.ids)
        self.env.invalidate_all()
        self.assertFacts({(self.warehouse, self.ago(3)): {"sold": 10.0}})
        self.assertEqual(self.flow.search([("product_id", "=", self.product.id)]).revenue, 25.0)

    def test_changed_time_zone_moves_the_days(self):
        self.move(self.product, 5, self.stock, self.customers, when=datetime(2026, 3, 10, 23, 30))
        self.assertFacts({(self.warehouse, datetime(2026, 3, 10).date()): {"sold": 5.0}})
        self.warehouse.inventory_tz = "Asia/Shanghai"
        self.assertFacts({(self.warehouse, datetime(2026, 3, 11).date()): {"sold": 5.0}})

    def test_cut_over_decides_between_import_and_moves(self):
        def total():
            return sum(r[4] for r in self.env.execute_query(self.flow._demand_sql(product_ids=self.product.ids)))

        document = self.env["inventory.history.import"].create({"name": "Past", "company_id": self.company.id})
        for day, quantity in ((30, 100), (2, 1000)):
            self.env.cr.execute(
                SQL(
                    "INSERT INTO inventory_daily_flow"
                    " (product_id, warehouse_id, company_id, date, source, import_id, sold)"
                    " VALUES (%s, %s, %s, %s, 'import', %s, %s)",
                    self.product.id,
                    self.warehouse.id,
                    self.company.id,
                    self.ago(day),
                    document.id,
                    quantity,
                )
            )
        self.move(self.product, 5, self.stock, self.customers, when=self.noon(self.ago(20)))
        self.move(self.product, 7, self.stock, self.customers, when=self.noon(self.ago(1)))
        self.facts()
        self.assertEqual(total(), 12)
        self.warehouse.inventory_cutover_date = self.ago(10)
        self.env.flush_all()
        self.assertEqual(total(), 107)
        effective = self.flow.search([("product_id", "=", self.product.id), ("is_effective", "=", True)])
        self.assertEqual(sum(effective.mapped("demand")), 107)
        self.assertEqual(sum(effective.filtered("is_effective").mapped("demand")), 107)
        self.assertEqual(
            self.flow.search_count([("product_id", "=", self.product.id), ("is_effective", "=", False)]), 2
        )
        self.assertEqual(self.flow.search_count([("source", "=", "import"), ("import_id", "=", document.id)]), 2)

    def test_rebuild_gives_what_the_refresh_gave(self):
        _order, pickings = self.sell(self.product, 30, when=self.noon(self.ago(65)))
        self.give_back(pickings[-1], 10, when=self.noon(self.ago(2)))
        self.move(self.product, 5, self.stock, self.customers, when=self.noon(self.ago(33)))
        before = self.facts()
        self.assertEqual(
            before,
            {
                (self.warehouse, self.ago(65)): {"sold": 30.0, "returned": 10.0},
                (self.warehouse, self.ago(33)): {"sold": 5.0},
            },
        )
        self.env.cr.execute("UPDATE inventory_daily_flow SET sold = sold + 1 WHERE source = 'moves'")
        self.env.cr.execute(
            SQL(
                "UPDATE inventory_daily_flow SET date = '1999-01-01' WHERE product_id = %s AND date = %s",
                self.product.id,
                self.ago(33),
            )
        )
        self.flow._rebuild()
        self.assertEqual(self.facts(refresh=False), before)
