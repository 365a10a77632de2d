"""Open documents of today: orders that wait for goods, deliveries to be picked, quotations and requests."""

import random
from datetime import datetime, time, timedelta

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

OPEN_ORDERS = 24
QUOTATIONS = 5
REQUESTS = 4


class InventoryDemo(models.AbstractModel):
    _inherit = "inventory.demo"

    @api.model
    def _open_documents(self, seed, as_of):
        """Receipts of the purchase orders still open, sales orders with real reservations, quotations, requests.

        :return: dict of counts
        """
        chance = random.Random(seed * 7919 + 1)
        receipts = self._open_receipts()
        self._checkpoint()
        sales = self._open_sales(chance, as_of)
        requests = self._open_requests(chance, as_of)
        return {"receipts": receipts, **sales, "requests": requests}

    @api.model
    def _open_receipts(self):
        """Transfers for what vendors still owe, planned for the day they promised."""
        orders = self.env["purchase.order"].search(
            [("state", "=", "purchase"), ("receipt_status", "in", ["pending", "partial"])]
        )
        waiting = orders.filtered(
            lambda order: not order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))
        )
        waiting._create_picking()
        self.env.flush_all()
        # The new transfers are due when their line is, late ones in the past.
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_move move SET date = line.date_planned, date_deadline = line.date_planned
                  FROM purchase_order_line line
                 WHERE line.id = move.purchase_line_id AND move.state NOT IN ('done', 'cancel')
                   AND line.order_id = ANY(%s)
                """,
                waiting.ids,
            )
        )
        self.env.invalidate_all()
        return len(waiting)

    @api.model
    def _sellable(self, chance):
        """``{warehouse: [(product, free quantity)]}`` of what lies in stock, in random order."""
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], order="id")
        result = {}
        for warehouse in warehouses:
            quants = self.env["stock.quant"]._read_group(
                [
                    ("location_id", "child_of", warehouse.lot_stock_id.id),
                    "|", ("removal_date", "=", False), ("removal_date", ">", "now"),
                ],
                ["product_id"],
                ["quantity:sum", "reserved_quantity:sum"],
            )  # fmt: skip
            rows = [(product, quantity - reserved) for product, quantity, reserved in quants if quantity > reserved]
            rows.sort(key=lambda row: row[0].id)
            chance.shuffle(rows)
            result[warehouse] = rows
        return result

    @api.model
    def _open_sales(self, chance, as_of):
        customers = self.env["res.partner"].search([("customer_rank", ">", 0), ("is_company", "=", True)], order="id")
        stock = self._sellable(chance)
        warehouses = [warehouse for warehouse, rows in stock.items() if len(rows) >= 10]
        if not warehouses or not customers:
            return {"sale_orders": 0, "quotations": 0}
        orders = self.env["sale.order"]
        for number in range(OPEN_ORDERS + QUOTATIONS):
            warehouse = warehouses[0] if number % 2 else chance.choice(warehouses)
            placed = datetime.combine(as_of - timedelta(days=chance.randint(0, 3)), time(7, number))
            lines = [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": max(1.0, round(free * chance.choice((0.1, 0.3, 1.2)))),
                    }
                )
                for product, free in chance.sample(stock[warehouse], chance.randint(1, 5))
            ]
            orders += self.env["sale.order"].create(
                {
                    "partner_id": chance.choice(customers).id,
                    "warehouse_id": warehouse.id,
                    "date_order": placed,
                    "commitment_date": placed + timedelta(days=chance.randint(1, 9)),
                    "order_line": lines,
                }
            )
        confirmed = orders[:OPEN_ORDERS]
        dates = {order.id: order.date_order for order in confirmed}
        confirmed.action_confirm()
        for order in confirmed:
            # Confirming dates the order now; it was placed in the last days.
            order.date_order = dates[order.id]
        return {"sale_orders": len(confirmed), "quotations": len(orders) - len(confirmed)}

    @api.model
    def _open_requests(self, chance, as_of):
        """Draft requests for quotation of a few lines each."""
        infos = self.env["product.supplierinfo"].search([("product_tmpl_id.is_storable", "=", True)], order="id")
        vendors = infos.partner_id.sorted("id")
        requests = []
        for vendor in vendors[:REQUESTS]:
            offered = infos.filtered(lambda info, vendor=vendor: info.partner_id == vendor)
            chosen = chance.sample(list(offered), min(3, len(offered)))
            requests.append(
                {
                    "partner_id": vendor.id,
                    "date_order": datetime.combine(as_of, time(8)),
                    "order_line": [
                        Command.create(
                            {
                                "product_id": info.product_tmpl_id.product_variant_id.id,
                                "product_qty": max(info.min_qty, 1.0),
                                "product_uom_id": info.product_uom_id.id,
                                "price_unit": info.price,
                                "date_planned": datetime.combine(as_of + timedelta(days=info.delay), time(8)),
                            }
                        )
                        for info in chosen
                    ],
                }
            )
        return len(self.env["purchase.order"].create(requests))
