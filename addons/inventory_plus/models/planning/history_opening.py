"""Opening stock and vendors for imported products, for a demonstration: made through the gate and marked as such."""

import random
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

LINES_PER_ADJUSTMENT = 500
# name, days to deliver, share of the list price
VENDORS = (
    ("Alder Trading", 5, 0.62),
    ("Birch & Co", 8, 0.58),
    ("Cedar Imports", 14, 0.55),
    ("Delta Wholesale", 21, 0.50),
    ("Ember Goods", 28, 0.45),
    ("Harbour Freight Goods", 40, 0.40),
)
# What stock an item begins with, as shares of the items: by chance, with more healthy than short ones.
MIX = (("short", 0.16), ("soon", 0.20), ("healthy", 0.54), ("excess", 0.10))


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    opening_seeded = fields.Boolean(
        "Demonstration Stock",
        readonly=True,
        copy=False,
        help="Vendors and opening stock of the imported products are made up for a demonstration.",
    )

    def _seed_opening(self, as_of=None, seed=1, progress=None):
        """Make vendors and opening stock for the products of a finished import.

        Quantities follow the planned parameters of each item, so that a page of short, soon short and healthy items
        appears as of the planning date. The stock is counted by one user and approved by another. Done once.

        :param as_of: planning date; default the company's, or the day after the import's last one
        :param int seed: of the random numbers
        :param progress: function ``(fraction, sentence)``
        :return: dict ``vendors``, ``products``, ``lines`` (counts); zeros when it was done before
        """
        doc = self or self.search([("state", "=", "done"), ("company_id", "=", self.env.company.id)], limit=1)
        if not doc:
            raise UserError(self.env._("There is no finished import of sales history to make opening stock for."))
        doc.ensure_one()
        if doc.state != "done":
            raise UserError(self.env._("Opening stock is made for a finished import only."))
        if doc.opening_seeded:
            return {"vendors": 0, "products": 0, "lines": 0}
        progress = progress or (lambda fraction, text: None)
        doc = doc.with_context(tracking_disable=True, mail_create_nolog=True, mail_notrack=True)
        as_of = fields.Date.to_date(as_of) or doc.company_id.inventory_as_of or doc.last_date + timedelta(days=1)
        chance = random.Random(seed)
        products = doc._opening_products()
        progress(0.0, self.env._("Vendors for %s products", len(products)))
        doc._seed_vendors(products, chance)
        doc._seed_costs(products, as_of)
        progress(0.15, self.env._("Planning"))
        warehouses = doc._opening_warehouses()
        self.env["inventory.item"]._plan(as_of=as_of, warehouse_ids=warehouses.ids)
        lines = doc._opening_lines(products, warehouses, chance)
        doc._count_and_approve(lines, progress)
        doc._note_results({"opening_seeded": True})
        progress(0.95, self.env._("Colours of the items"))
        self.env["inventory.item"]._refresh(as_of=as_of, warehouse_ids=warehouses.ids)
        progress(1.0, self.env._("Opening stock of %s items", len(lines)))
        return {"vendors": len(VENDORS), "products": len(products), "lines": len(lines)}

    def _opening_products(self):
        """Storable, untracked products with figures of this import that have no vendor yet."""
        self.env.cr.execute(
            SQL("SELECT DISTINCT product_id FROM inventory_daily_flow WHERE import_id = %s ORDER BY 1", self.id)
        )
        products = self.env["product.product"].browse([row[0] for row in self.env.cr.fetchall()])
        return products.filtered(lambda product: product.active and product.is_storable and product.tracking == "none")

    def _opening_warehouses(self):
        self.env.cr.execute(SQL("SELECT DISTINCT warehouse_id FROM inventory_daily_flow WHERE import_id = %s", self.id))
        return self.env["stock.warehouse"].browse([row[0] for row in self.env.cr.fetchall()])

    # Vendors ---------------------------------------------------------------------------------------------------------

    def _seed_vendors(self, products, chance):
        """Vendors marked as demonstration, and a price and delay of one of them on each product without a vendor."""
        partners = (
            self.env["res.partner"]
            .sudo()
            .create(
                [
                    {
                        "name": self.env._("%s (demonstration)", name),
                        "is_company": True,
                        "supplier_rank": 1,
                        "company_id": self.company_id.id,
                    }
                    for name, *_rest in VENDORS
                ]
            )
        )
        values = []
        for product in products:
            if product.seller_ids:
                continue
            position = chance.randrange(len(VENDORS))
            _name, delay, share = VENDORS[position]
            values.append(
                {
                    "partner_id": partners[position].id,
                    "product_tmpl_id": product.product_tmpl_id.id,
                    "company_id": self.company_id.id,
                    "delay": delay,
                    "min_qty": chance.choice((1, 1, 6, 12)),
                    "price": max(0.01, round(product.list_price * share, 2)),
                }
            )
        self.env["product.supplierinfo"].sudo().create(values)

    def _seed_costs(self, products, as_of):
        """A cost for products without one, as the opening stock would be worth nothing; dated before the stock."""
        missing = products.with_company(self.company_id).filtered(lambda product: not product.standard_price)
        if not missing:
            return
        costs = {product.id: max(0.01, round(product.list_price * 0.5, 2)) for product in missing}
        rows = SQL(", ").join(SQL("(%s, %s)", product_id, cost) for product_id, cost in costs.items())
        self.env["inventory.demo"].with_company(self.company_id)._write_standard_prices(rows)
        self.env["product.value"].sudo().create(
            [
                {
                    "product_id": product_id,
                    "value": cost,
                    "company_id": self.company_id.id,
                    "date": datetime.combine(as_of, time(0)),
                    "description": self.env._("Cost for a demonstration"),
                }
                for product_id, cost in costs.items()
            ]
        )

    # Stock -----------------------------------------------------------------------------------------------------------

    def _opening_lines(self, products, warehouses, chance):
        """``[(product id, location id, quantity)]`` out of the planned parameters of the items."""
        items = self.env["inventory.item"].search(
            [("product_id", "in", products.ids), ("warehouse_id", "in", warehouses.ids)], order="product_id, id"
        )
        stock = {warehouse.id: warehouse.lot_stock_id.id for warehouse in warehouses}
        lines = []
        for item in items:
            quantity = self._opening_quantity(item, chance)
            if quantity:
                lines.append((item.product_id.id, stock[item.warehouse_id.id], quantity))
        return lines

    @api.model
    def _opening_quantity(self, item, chance):
        """Units that an item begins with: short of its lead time, below its reorder point, healthy, or too much."""
        rate, lead = item.demand_daily, item.lead_time_mean
        if rate <= 0:
            # Most of what nobody asks for is gone; some of it lies about.
            return float(chance.choice((0, 0, 0, 0, 0, 2, 5, 12)))
        kind = chance.choices([name for name, _share in MIX], [share for _name, share in MIX])[0]
        low, high = {
            "short": (0, rate * lead * 0.6),
            "soon": (rate * lead * 1.3, max(item.reorder_point, rate * lead * 1.4)),
            "healthy": (item.reorder_point * 1.2 + rate * 14, item.order_up_to * 1.3 + rate * 30),
            "excess": (item.order_up_to + rate * 120, item.order_up_to + rate * 240),
        }[kind]
        rounded = round(chance.uniform(low, max(low, high)))
        return float(rounded if kind == "short" else max(1, rounded))

    def _count_and_approve(self, lines, progress):
        """Adjustments asked for by one user and approved by another, in parts."""
        counter = self._opening_user("inventory_plus.group_operator", self.env["res.users"])
        approver = self._opening_user("inventory_plus.group_approver", counter)
        Adjustment = self.env["inventory.adjustment"].with_company(self.company_id)
        for start in range(0, len(lines), LINES_PER_ADJUSTMENT):
            part = lines[start : start + LINES_PER_ADJUSTMENT]
            adjustment = Adjustment.with_user(counter).create(
                {
                    "company_id": self.company_id.id,
                    "reason": self.env._("Opening stock for a demonstration (%s)", self.name),
                    "line_ids": [
                        fields.Command.create(
                            {"product_id": product_id, "location_id": location_id, "quantity": quantity}
                        )
                        for product_id, location_id, quantity in part
                    ],
                }
            )
            adjustment.action_request_approval()
            adjustment.with_user(approver).action_approve(self.env._("Demonstration"))
            self.env.flush_all()
            done = start + len(part)
            progress(0.25 + 0.7 * done / len(lines), self.env._("Stock of %s items counted and approved", done))

    def _opening_user(self, group, others):
        """A demonstration user with a role, other than ``others`` and the administrators; made when there is none."""
        role = self.env.ref(group)
        name = group.rsplit("_", 1)[-1]
        shipped = self.env.ref(f"inventory_plus.demo_user_{name}", raise_if_not_found=False)
        candidates = (shipped or self.env["res.users"]) | self.env["res.users"].sudo().search(
            [("all_group_ids", "in", role.ids), ("company_ids", "in", self.company_id.ids), ("share", "=", False)],
            order="id",
        )
        for user in candidates.sudo() - others:
            # A demonstration of four eyes shows nothing when an administrator has both pairs.
            plain = not user.has_group("inventory_plus.group_manager") and not user.has_group("base.group_system")
            if user.active and plain and self.company_id in user.company_ids:
                return user
        login = f"demonstration.{name}"
        return (
            self.env["res.users"]
            .sudo()
            .create(
                {
                    "name": self.env._("Demonstration: %s", role.name),
                    "login": login,
                    "company_id": self.company_id.id,
                    "company_ids": [fields.Command.link(self.company_id.id)],
                    "group_ids": [fields.Command.link(role.id)],
                }
            )
        )
