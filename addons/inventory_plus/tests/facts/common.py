"""Ground for the tests of law 7: a company with two warehouses, a product, and short ways to move goods."""

from datetime import date, datetime, timedelta

from odoo import Command
from odoo.tests import TransactionCase

NUMBERS = (
    "sold",
    "returned",
    "consumed",
    "transfer_in",
    "transfer_out",
    "resupply_out",
    "purchased",
    "vendor_returned",
    "produced",
    "adjusted_in",
    "adjusted_out",
    "procured_to_order",
    "dropshipped",
)


class FactsCase(TransactionCase):
    """Goods move by Odoo's own documents; the facts are read after a refresh of what the triggers noted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = cls.env["inventory.daily.flow"]
        cls.env["ir.config_parameter"].sudo().set_param("inventory_plus.guard", "off")
        cls.env["ir.config_parameter"].sudo().set_param("inventory_plus.gate", "off")
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.company = cls.env["res.company"].create({"name": "Facts Inc"})
        cls.env.user.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids, tracking_disable=True))
        cls.flow = cls.env["inventory.daily.flow"]
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.warehouse.inventory_tz = "UTC"
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.suppliers = cls.env.ref("stock.stock_location_suppliers")
        cls.product = cls.make_product("Widget")
        cls.flow._refresh()

    @classmethod
    def make_product(cls, name, **values):
        return cls.env["product.product"].create({"name": name, "is_storable": True, "list_price": 7.0, **values})

    @classmethod
    def make_warehouse(cls, code, **values):
        return cls.env["stock.warehouse"].create(
            {"name": f"Warehouse {code}", "code": code, "company_id": cls.company.id, "inventory_tz": "UTC", **values}
        )

    @classmethod
    def stock_up(cls, product, quantity, location=None):
        """Put goods on hand without a move, so that no fact tells of it."""
        location = location or cls.warehouse.lot_stock_id
        cls.env["stock.quant"].sudo()._update_available_quantity(product, location, quantity)

    @classmethod
    def finish(cls, picking, quantities=None):
        """Validate a transfer whole, or with ``{product: quantity}`` done and no backorder."""
        picking.action_assign()
        for move in picking.move_ids:
            if quantities is not None:
                move.quantity = quantities.get(move.product_id, 0)
            move.picked = True
        picking.with_context(skip_backorder=True, cancel_backorder=True).button_validate()
        assert picking.state == "done", picking.state
        return picking

    @classmethod
    def order(cls, product, quantity, warehouse=None, **line):
        """A confirmed sale order of one line."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "warehouse_id": (warehouse or cls.warehouse).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": 10.0,
                            "tax_ids": [],
                            **line,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def sell(cls, product, quantity, warehouse=None, when=None, **line):
        """Order, deliver through all steps and return the done pickings, the last one last."""
        order = cls.order(product, quantity, warehouse, **line)
        return order, cls.deliver(order, when)

    @classmethod
    def deliver(cls, order, when=None):
        done = cls.env["stock.picking"]
        while open_pickings := order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")):
            ready = open_pickings.filtered(lambda p: p.state != "waiting") or open_pickings
            done |= cls.finish(ready.sorted("id")[0])
        if when:
            done.move_ids.date = when
        return done

    @classmethod
    def move(cls, product, quantity, source, dest, when=None, **values):
        """A single done transfer outside any order."""
        warehouse = source.warehouse_id or dest.warehouse_id or cls.warehouse
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": source.id,
                "location_dest_id": dest.id,
                "company_id": cls.company.id,
                "picking_type_id": warehouse.int_type_id.id,
                **values,
            }
        )
        move._action_confirm(merge=False)
        move._action_assign()
        move.quantity = quantity
        move.picked = True
        move._action_done()
        if when:
            move.date = when
        return move

    @classmethod
    def give_back(cls, picking, quantity, dest=None, when=None):
        """Return goods of a done transfer by Odoo's wizard; ``dest`` overrides where they arrive."""
        wizard = cls.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = quantity
        back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        if dest:
            back.location_dest_id = dest
            back.move_ids.location_dest_id = dest
        cls.finish(back)
        while chained := back.move_ids.move_dest_ids.picking_id.filtered(lambda p: p.state not in ("done", "cancel")):
            cls.finish(chained[0])
        if when:
            back.move_ids.date = when
        return back

    def facts(self, product=None, refresh=True):
        """``{(warehouse, day): {kind: quantity}}`` of what is not zero, after a refresh."""
        if refresh:
            self.flow._refresh()
        found = {}
        for flow in self.flow.search([("product_id", "=", (product or self.product).id), ("source", "=", "moves")]):
            numbers = {name: flow[name] for name in NUMBERS if flow[name]}
            if numbers:
                found[flow.warehouse_id, flow.date] = numbers
        return found

    def assertFacts(self, expected, product=None):
        """Compare with ``{(warehouse, day): {kind: quantity}}``; verify must find nothing either."""
        self.assertEqual(self.facts(product), expected)
        check = self.env["inventory.verify"]._check_daily_facts()
        self.assertFalse(check["differences"], check["sample"])

    today = property(lambda self: datetime.now().date())

    @staticmethod
    def noon(day):
        return datetime(day.year, day.month, day.day, 12)

    @staticmethod
    def ago(days):
        return date.today() - timedelta(days=days)
