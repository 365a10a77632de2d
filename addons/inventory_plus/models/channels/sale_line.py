"""What the channel of an order may still sell, beside the quantity of each line."""

from odoo import api, fields, models

from ..common.item import SEES_AVAILABLE

#: Who is told; others read nothing rather than an error, since customers and accountants open the same lines.
SELLERS = ("sales_team.group_sale_salesman", *SEES_AVAILABLE.split(","))


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    inventory_channel_name = fields.Char("Channel", compute="_compute_inventory_channel_available", compute_sudo=True)
    inventory_channel_available = fields.Float(
        "Available to the Channel",
        digits="Product Unit",
        compute="_compute_inventory_channel_available",
        compute_sudo=True,
        help="What the order's channel may still be promised of the product, by its rules, in the line's unit: in one "
        "of its warehouses, or in all together where it may split.",
    )
    inventory_promised = fields.Float(
        "Promised to the Order",
        digits="Product Unit",
        compute="_compute_inventory_promised",
        compute_sudo=True,
        help="What is kept for the order and not reserved by its transfers yet, in the line's unit; of all its lines "
        "with the product.",
    )

    def _inventory_is_told(self):
        return any(self.env.user.has_group(group) for group in SELLERS)

    def _inventory_told(self):
        """Those of the lines whose orders the reader may see; a form can name any order, company or warehouse."""
        companies = self.env.user.company_ids
        orders = self.order_id
        seen = orders._origin.sudo(False)._filtered_access("read")
        return self.filtered(
            lambda line: (
                line.product_id
                and line.order_id.company_id in companies
                and (not line.order_id._origin or line.order_id._origin in seen)
            )
        )

    @api.depends("product_id", "product_uom_id", "state", "order_id.inventory_channel_id", "order_id.warehouse_id")
    @api.depends_context("uid")
    def _compute_inventory_channel_available(self):
        self.inventory_channel_available = 0.0
        self.inventory_channel_name = False
        if not self._inventory_is_told():
            return
        open_lines = self._inventory_told().filtered(lambda line: line.state in ("draft", "sent"))
        for order, lines in open_lines.grouped("order_id").items():
            # An order at a time: each is sold in a channel of its own; a form shows one.
            channel = order._inventory_sold_in()
            places = channel.warehouse_line_ids.warehouse_id or order.warehouse_id
            places = places.filtered(lambda place, order=order: place.company_id == order.company_id)
            kits = self.env["inventory.kit"]._prepared(lines.product_id._origin, order.company_id)
            lines = lines.filtered(lambda line, kits=kits: kits._parts(line.product_id._origin, 1.0))
            shown = self.env["inventory.reservation"]._shown(channel, lines.product_id._origin.ids, places)
            for line in lines:
                product = line.product_id._origin
                parts = [shown[product.id, place.id] for place in places if (product.id, place.id) in shown]
                available = sum(parts) if channel.allow_split else max(parts, default=0.0)
                line.inventory_channel_name = channel.name
                line.inventory_channel_available = product.uom_id._compute_quantity(
                    available, line.product_uom_id or product.uom_id, rounding_method="DOWN"
                )

    @api.depends("product_id", "product_uom_id", "state")
    @api.depends_context("uid")
    def _compute_inventory_promised(self):
        self.inventory_promised = 0.0
        if not self._inventory_is_told():
            return
        sold = self._inventory_told().filtered(lambda line: line.state == "sale")
        opened = (
            self.env["inventory.keeper"]._open({("sale.order", order) for order in sold.order_id.ids}) if sold else {}
        )
        promised = {}
        for (document, (product, _place)), quantity in opened.items():
            promised[document[1], product] = promised.get((document[1], product), 0.0) + quantity
        for line in sold:
            line.inventory_promised = line.product_id.uom_id._compute_quantity(
                promised.get((line.order_id.id, line.product_id.id), 0.0), line.product_uom_id, rounding_method="DOWN"
            )
