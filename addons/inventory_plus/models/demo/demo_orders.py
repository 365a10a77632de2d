"""Purchase and sales orders of the demonstration company's history."""

import random
from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .rows import Rows

ORDER_LINES = 6  # a sales order has one to this many lines


class InventoryDemo(models.AbstractModel):
    _inherit = "inventory.demo"

    # Purchases -------------------------------------------------------------------------------------------------------

    @api.model
    def _write_purchases(self, company, master, clock):
        """Purchase orders, one a day, supplier and warehouse.

        :return: dict ``lines`` (order number of the simulation -> (order id, name, line id, unit id, units a piece)),
            ``partner`` (order id -> partner id), ``open`` (order ids with goods to come), ``count``
        """
        samples = self._samples(master)
        cr = self.env.cr
        heads = Rows(
            cr, "purchase_order", samples["purchase_order"],
            ("name", "partner_id", "state", "date_order", "date_approve", "date_planned", "date_calendar_start",
             "amount_untaxed", "amount_tax", "amount_total", "amount_total_cc", "picking_type_id", "receipt_status",
             "effective_date", "invoice_status", "origin"),
        )  # fmt: skip
        lines = Rows(
            cr, "purchase_order_line", samples["purchase_order_line"],
            ("order_id", "product_id", "name", "product_qty", "product_uom_qty", "product_uom_id", "price_unit",
             "technical_price_unit", "price_subtotal", "price_total", "price_tax", "qty_received", "qty_invoiced",
             "qty_to_invoice", "date_planned", "partner_id", "sequence"),
        )  # fmt: skip
        returned = defaultdict(float)
        last_receipt = {}
        for event in company.events:
            if event.kind == "vendor_return":
                returned[event.order.number] += event.quantity
            elif event.kind == "receipt":
                last_receipt[event.order.number] = clock["moments"][event.number]
        groups = defaultdict(list)
        for order in company.orders:
            groups[order.day, order.supplier, order.warehouse].append(order)
        result = {"lines": {}, "partner": {}, "open": [], "count": len(groups)}
        sequence = self.env["ir.sequence"].search([("code", "=", "purchase.order")], limit=1)
        for number, ((day, supplier, place), orders) in enumerate(sorted(groups.items(), key=lambda item: item[0]), 1):
            head_id, partner = heads.new_id(), master["suppliers"][supplier]
            name = f"{sequence.prefix or 'P'}{number:05d}"
            placed = clock["day"](day) + timedelta(hours=8)
            total = 0.0
            for position, order in enumerate(orders):
                unit, pieces = self._purchase_unit(company, master, order.product)
                quantity, price = order.quantity / pieces, round(order.price * pieces, 2)
                subtotal = round(quantity * price, 2)
                total += subtotal
                received = (order.received - returned[order.number]) / pieces
                line_id = lines.new_id()
                result["lines"][order.number] = (head_id, name, line_id, unit, pieces, price)
                lines.add(
                    line_id, head_id, master["products"][order.product],
                    company.catalogue.products[order.product].name, quantity, order.quantity, unit, price, price,
                    subtotal, subtotal, 0.0, received, 0.0, received, clock["day"](order.promised), partner,
                    10 + position,
                )  # fmt: skip
            complete = all(order.received >= order.quantity for order in orders)
            started = any(order.received for order in orders)
            if not complete:
                result["open"].append(head_id)
            result["partner"][head_id] = partner
            effective = [last_receipt[order.number] for order in orders if order.number in last_receipt]
            total = round(total, 2)
            heads.add(
                head_id, name, partner, "purchase", placed, placed, clock["day"](orders[0].promised), placed, total,
                0.0, total, total, master["warehouses"][place].in_type_id.id,
                "full" if complete else ("partial" if started else "pending"), max(effective, default=None),
                "to invoice" if started else "no", None,
            )  # fmt: skip
        heads.write()
        lines.write()
        self._advance_sequence(sequence, len(groups))
        return result

    @api.model
    def _purchase_unit(self, company, master, index):
        """Unit that a product is bought in and how many of its own units one holds."""
        if company.catalogue.products[index].buy_in_dozens:
            return master["dozen"], 12.0
        return master["units"][index], 1.0

    @api.model
    def _advance_sequence(self, sequence, used):
        """Let a sequence go on after the numbers given here."""
        if not used:
            return
        sequence.sudo().write({"number_next": used + 1})

    # Sales -----------------------------------------------------------------------------------------------------------

    @api.model
    def _write_sales(self, company, master, clock):
        """Sales orders out of the sales of a day in a warehouse, one to ``ORDER_LINES`` lines each.

        :return: dict ``lines`` (event number -> (order id, name, line id, partner id)), ``orders`` (order id -> event
            numbers), ``count``
        """
        samples = self._samples(master)
        cr = self.env.cr
        heads = Rows(
            cr, "sale_order", samples["sale_order"],
            ("name", "partner_id", "partner_invoice_id", "partner_shipping_id", "state", "date_order", "warehouse_id",
             "amount_untaxed", "amount_tax", "amount_total", "invoice_status", "delivery_status", "effective_date",
             "validity_date"),
        )  # fmt: skip
        lines = Rows(
            cr, "sale_order_line", samples["sale_order_line"],
            ("order_id", "order_partner_id", "product_id", "name", "product_uom_qty", "product_uom_id", "price_unit",
             "technical_price_unit", "price_subtotal", "price_total", "price_reduce_taxexcl", "price_reduce_taxinc",
             "price_tax", "qty_delivered", "qty_to_invoice", "untaxed_amount_to_invoice", "qty_invoiced", "state",
             "invoice_status", "warehouse_id", "sequence"),
        )  # fmt: skip
        returned = defaultdict(float)
        for event in company.events:
            if event.kind == "return":
                returned[event.origin.number] += event.quantity
        sequence = self.env["ir.sequence"].search([("code", "=", "sale.order")], limit=1)
        chance = random.Random(company.lot_count)
        result = {"lines": {}, "orders": {}, "count": 0}
        for events in self._baskets(company, chance):
            result["count"] += 1
            head_id, name = heads.new_id(), f"{sequence.prefix or 'S'}{result['count']:05d}"
            partner = chance.choice(master["customers"])
            place = master["warehouses"][events[0].warehouse].id
            done = clock["moments"][events[-1].number] + 2 * clock["step"]
            ordered = clock["moments"][events[0].number] - timedelta(hours=chance.choice((1, 2, 3)))
            total = 0.0
            for position, event in enumerate(events):
                product = company.catalogue.products[event.product]
                delivered = event.quantity - returned[event.number]
                subtotal = round(event.quantity * product.price, 2)
                open_amount = round(delivered * product.price, 2)
                total += subtotal
                line_id = lines.new_id()
                result["lines"][event.number] = (head_id, name, line_id, partner)
                lines.add(
                    line_id, head_id, partner, master["products"][event.product], product.name, event.quantity,
                    master["units"][event.product], product.price, product.price, subtotal, subtotal, product.price,
                    product.price, 0.0, delivered, delivered, open_amount, 0.0, "sale",
                    "to invoice" if delivered else "no", place, 10 + position,
                )  # fmt: skip
            result["orders"][head_id] = [event.number for event in events]
            total = round(total, 2)
            heads.add(
                head_id, name, partner, partner, partner, "sale", ordered, place, total, 0.0, total, "to invoice",
                "full", done, (ordered + timedelta(days=30)).date(),
            )  # fmt: skip
        heads.write()
        lines.write()
        self._advance_sequence(sequence, result["count"])
        return result

    @api.model
    def _baskets(self, company, chance):
        """Sales of one day and warehouse cut into orders."""
        waiting = defaultdict(list)
        for event in company.events:
            if event.kind == "sale":
                waiting[event.day, event.warehouse].append(event)
        for _key, events in sorted(waiting.items()):
            while events:
                size = chance.randint(1, ORDER_LINES)
                yield events[:size]
                events = events[size:]

    # References ------------------------------------------------------------------------------------------------------

    @api.model
    def _write_references(self, table, column, names):
        """Stock references (which tie orders to transfers), one an order.

        :param names: ``{order id: name}``
        :return: ``{order id: reference id}``
        """
        references = Rows(self.env.cr, "stock_reference", {}, ("name",))
        ids = {}
        for order_id, name in names.items():
            ids[order_id] = references.new_id()
            references.add(ids[order_id], name)
        references.write()
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s, reference_id) SELECT unnest(%s), unnest(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                list(ids),
                list(ids.values()),
            )
        )
        return ids
