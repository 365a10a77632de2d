"""Confirming an order: where its goods come from, and what happens when there are not enough."""

from markupsafe import Markup
from odoo import models

from ...exceptions import GuardError
from ..common.guard_state import DUST


class Sources(dict):
    """``{order line id: [(warehouse, quantity in the product's unit)]}``; an object that no client can send."""


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        if not self.env["inventory.lock"]._is_on():
            return super()._action_confirm()
        sources = Sources()
        # An order at a time: each has a channel and warehouses of its own, and takes what the one before left.
        for order in self:
            sources.update(order._inventory_source())
        result = super(SaleOrder, self.with_context(inventory_sources=sources))._action_confirm()
        self._inventory_tell_shortage()
        return result

    def _inventory_source(self):
        """Take the goods of the order from its channel's warehouses; see that its channel lets it be confirmed.

        :return: :class:`Sources` of the lines that come from several warehouses
        :raise GuardError: the channel confirms only what there is
        """
        self.ensure_one()
        channel = self._inventory_sold_in()
        places = channel.sudo().warehouse_line_ids.warehouse_id or self.warehouse_id
        if len(places) == 1 and places != self.warehouse_id:
            self.warehouse_id = places
        if len(places) == 1 and channel.shortage == "wait":
            return Sources()
        lines = self._inventory_stock_lines()
        if not lines:
            return Sources()
        taken = self._inventory_take(channel, lines, places)
        short = {
            line: quantity - sum(amount for _place, amount in taken[line.id])
            for line, quantity in lines.items()
            if quantity - sum(amount for _place, amount in taken[line.id]) > DUST
        }
        if short and channel.shortage == "refuse":
            raise GuardError(
                self.env._("%(order)s cannot be confirmed, goods are short:", order=self.name)
                + "\n"
                + "\n".join(self._inventory_shortage_texts(short))
            )
        if short and channel.shortage == "part":
            self._inventory_order_part(short)
        return self._inventory_place(channel, lines, places, taken)

    def _inventory_stock_lines(self):
        """``{line: quantity in the product's unit}`` of the lines that are delivered from stock."""
        lines = {}
        for line in self.order_line:
            if line.display_type or not line.product_id.is_storable or line.product_uom_qty <= 0:
                continue
            rule = self.env["stock.rule"]._get_rule(
                line.product_id, line._get_location_final(), line._prepare_procurement_values()
            )
            if rule.procure_method == "make_to_stock" and rule.location_src_id.usage == "internal":
                lines[line] = line.product_uom_id._compute_quantity(
                    line.product_uom_qty, line.product_id.uom_id, rounding_method="HALF-UP"
                )
        return lines

    def _inventory_take(self, channel, lines, places):
        """Ask for all lines at once; ``{line id: [(warehouse id, quantity)]}`` of what is granted."""
        grant = self.env["inventory.grant"]
        state = grant._state()
        state.changed = True
        wanted = [(line.id, line.product_id.id, quantity) for line, quantity in lines.items()]
        granted = grant._source(state, channel, wanted, places.ids)
        taken = {line.id: [] for line in lines}
        for line, warehouse, quantity in granted:
            taken[line].append((warehouse, quantity))
        return taken

    def _inventory_order_part(self, short):
        """Order only what there is; what is missing is taken off the lines and said in the chatter."""
        self._inventory_note(
            self.env._("Ordered as far as there is. Taken off:"), self._inventory_shortage_texts(short)
        )
        for line, quantity in short.items():
            missing = line.product_id.uom_id._compute_quantity(quantity, line.product_uom_id, rounding_method="HALF-UP")
            line.with_context(skip_procurement=True).product_uom_qty = max(0.0, line.product_uom_qty - missing)

    def _inventory_place(self, channel, lines, places, taken):
        """Say from which warehouses the lines come; what is not there yet is expected in the first."""
        used = [warehouse for parts in taken.values() for warehouse, _quantity in parts]
        first = self.env["stock.warehouse"].browse(used[0]) if used else places[:1]
        if not channel.allow_split or len(set(used)) <= 1:
            if first != self.warehouse_id:
                self.warehouse_id = first
            return Sources()
        sources = Sources()
        for line in lines:
            if taken[line.id]:
                sources[line.id] = [
                    (self.env["stock.warehouse"].browse(warehouse), quantity) for warehouse, quantity in taken[line.id]
                ]
        return sources

    def _inventory_shortage_texts(self, short):
        return [
            self.env._(
                "%(product)s: %(missing)s of %(ordered)s %(unit)s are missing",
                product=line.product_id.display_name,
                missing=line.product_id.uom_id.round(quantity),
                ordered=line.product_uom_qty,
                unit=line.product_id.uom_id.name,
            )
            for line, quantity in short.items()
        ]

    def _inventory_note(self, title, texts):
        body = Markup("<p>%s</p><ul>%s</ul>") % (title, Markup().join(Markup("<li>%s</li>") % text for text in texts))
        self.message_post(body=body)

    def _inventory_tell_shortage(self):
        """Say in the chatter what of the order is neither reserved nor promised."""
        waiting = self.filtered(
            lambda order: any(
                move.state in ("confirmed", "partially_available") and move.procure_method == "make_to_stock"
                for move in order.order_line.move_ids
            )
        )
        if not waiting:
            return
        missing = self.env["inventory.keeper"]._missing({("sale.order", order.id) for order in waiting})
        for order in waiting:
            texts = [
                self.env._(
                    "%(product)s: %(quantity)s %(unit)s are promised as soon as there are any in %(warehouse)s",
                    product=product.display_name,
                    quantity=product.uom_id.round(quantity),
                    unit=product.uom_id.name,
                    warehouse=warehouse.display_name,
                )
                for product, warehouse, quantity in missing.get(("sale.order", order.id), [])
            ]
            if texts:
                order._inventory_note(self.env._("Not everything is there:"), texts)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _create_procurements(self, product_qty, procurement_uom, values):
        sources = self.env.context.get("inventory_sources")
        parts = sources.pop(self.id, None) if isinstance(sources, Sources) else None
        if not parts:
            return super()._create_procurements(product_qty, procurement_uom, values)
        procurements = []
        left = product_qty
        for warehouse, quantity in parts:
            amount = min(left, self.product_id.uom_id._compute_quantity(quantity, procurement_uom, round=False))
            left -= amount
            procurements.append((warehouse, amount))
        if procurement_uom.compare(left, 0) > 0:
            warehouse, amount = procurements[0]
            procurements[0] = (warehouse, amount + left)
        return [
            procurement
            for warehouse, amount in procurements
            for procurement in super(SaleOrderLine, self)._create_procurements(
                amount, procurement_uom, {**values, "warehouse_id": warehouse}
            )
        ]
