"""Confirming an order: where its goods come from, and what happens when there are not enough."""

from collections import defaultdict

from markupsafe import Markup
from odoo import models

from ...exceptions import GuardError
from ..common.guard_state import DUST
from .held import whole_kits


class Sources(dict):
    """``{order line id: [(warehouse, quantity in the product's unit)]}``; an object that no client can send."""


class Choice(str):
    """What a person chose for an order that is short: ask, wait, part, elsewhere; an object that no client can send."""

    __slots__ = ()


class ShortageFound(Exception):
    """An order is short, and a person shall choose what to do.

    :param missing: ``{order line id: quantity in the product's unit}``
    """

    def __init__(self, missing):
        super().__init__()
        self.missing = missing


class ChannelRefuses(GuardError):
    """The channel confirms only what is there."""


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_confirm(self):
        """Confirm; a person at the form is asked first where goods are short and the channel leaves a choice."""
        if not (self.env.context.get("inventory_ask") and len(self) == 1 and self._inventory_may_choose()):
            return super().action_confirm()
        chosen = self.with_context(inventory_ask=None, inventory_choice=Choice("ask"))
        try:
            # What was taken to find out is given back with the request.
            with self.env.cr.savepoint():
                return super(SaleOrder, chosen).action_confirm()
        except ShortageFound as shortage:
            return self.env["inventory.shortage.choice"]._ask(self, shortage.missing)

    def _inventory_may_choose(self):
        channel = self._inventory_sold_in()
        return self.env["inventory.lock"]._is_on() and (channel.may_wait or channel.may_part or channel.may_elsewhere)

    def _inventory_choice(self):
        """What a person chose, or None."""
        choice = self.env.context.get("inventory_choice")
        return choice if isinstance(choice, Choice) else None

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
        if not channel.active:
            raise GuardError(
                self.env._(
                    "%(order)s is sold in %(channel)s, which is archived. Choose another channel.",
                    order=self.name,
                    channel=channel.display_name,
                )
            )
        choice = self._inventory_choice()
        shortage = choice or channel.shortage
        places = channel.sudo().warehouse_line_ids.warehouse_id or self.warehouse_id
        if choice == "elsewhere":
            places |= self._inventory_other_warehouses(places)
        held = self._inventory_take_over(channel)
        split = channel.allow_split or choice == "elsewhere"
        there = self.env["stock.warehouse"].browse(held.places())
        if there:
            # The goods are, or come in, where they were promised; all come from there unless they may be split.
            places = there | places if split else there
            split = split or len(there) > 1
        if len(places) == 1 and places != self.warehouse_id:
            self.warehouse_id = places
        if len(places) == 1 and shortage == "wait":
            return Sources()
        lines = self._inventory_stock_lines()
        if not lines:
            return Sources()
        taken = self._inventory_take(channel, lines, places, split, held)
        missing = {line: line._inventory_ordered() - sum(amount for _place, amount in taken[line.id]) for line in lines}
        short = {line: quantity for line, quantity in missing.items() if quantity > DUST}
        if short and shortage == "ask":
            raise ShortageFound({line.id: quantity for line, quantity in short.items()})
        if short and shortage == "refuse":
            raise ChannelRefuses(
                self.env._("%(order)s cannot be confirmed, goods are short:", order=self.name)
                + "\n"
                + "\n".join(self._inventory_shortage_texts(short))
            )
        if short and shortage == "part":
            self._inventory_order_part(short)
        return self._inventory_place(lines, places, taken, split)

    def _inventory_other_warehouses(self, places):
        """Warehouses of the company that are not among ``places``."""
        return self.env["stock.warehouse"].search([("company_id", "=", self.company_id.id)]) - places

    def _inventory_stock_lines(self):
        """What the lines take from stock: ``{line: [(product, quantity in its unit)]}``.

        The line's product, or the components of a kit; a line of which nothing comes from stock is left out.
        """
        kits = self.env["inventory.kit"]._prepared(self.order_line.product_id, self.company_id)
        rules = {}
        lines = {}
        for line in self.order_line:
            if line.display_type or not line.product_id or line.product_uom_qty <= 0:
                continue
            values = line._prepare_procurement_values()
            never = values.get("never_product_template_attribute_value_ids")
            parts = []
            for product, quantity in kits._parts(line.product_id, line._inventory_ordered(), never):
                rule = line._inventory_rule(product, values, rules)
                # What a bill takes nothing of, or gives back, is not taken from stock.
                if quantity > 0 and rule.procure_method == "make_to_stock" and rule.location_src_id.usage == "internal":
                    parts.append((product, quantity))
            if parts:
                lines[line] = parts
        return lines

    def _inventory_take(self, channel, lines, places, split, held):
        """Ask for what of the lines is not held already.

        Each kit comes from one warehouse, also where orders are split: components in two of them are no kit.

        :param held: :class:`~.held.Held`; what comes in for the order is held for it, too
        :return: ``{line id: [(warehouse id, quantity)]}`` of what is held or granted, in the product's unit
        """
        state = self.env["inventory.grant"]._state()
        state.changed = True
        wanted = [(line, product, quantity) for line, parts in lines.items() for product, quantity in parts]
        taken, bound = self._inventory_take_held(channel, lines, held)
        granted = [taken[line, product] for line, product, _quantity in wanted]
        asked = defaultdict(list)
        kits = {}
        for number, (line, product, quantity) in enumerate(wanted):
            missing = quantity - sum(amount for _place, amount in granted[number])
            if missing <= DUST:
                continue
            asked[bound.get(line)].append((number, product.id, missing))
            if line._inventory_is_kit(lines[line]) and line not in bound:
                kits[number] = (line.id, line._inventory_ordered() * missing / quantity)
        for place, parts in asked.items():
            where = [place] if place else places.ids
            for number, warehouse, quantity in self.env["inventory.grant"]._source(
                state, channel, parts, where, split, kits
            ):
                granted[number].append((warehouse, quantity))
        made = defaultdict(list)
        for (line, product, quantity), parts in zip(wanted, granted, strict=True):
            made[line].append((product, quantity, parts))
        return {line.id: line._inventory_made(made[line]) for line in lines}

    def _inventory_take_held(self, channel, lines, held):
        """Give the lines what is held for the order; kits first, which need all of their components in one place.

        :return: ``{(line, product): [(warehouse id, quantity)]}``, and ``{line: warehouse id}`` of kits of which a part
            is held there and the rest is free there
        """
        taken = defaultdict(list)
        left = {}
        kits = {line: parts for line, parts in lines.items() if line._inventory_is_kit(parts)}
        for line, parts in kits.items():
            ordered = line._inventory_ordered()
            needs = {product.id: quantity / ordered for product, quantity in parts}
            made = held.take_kits(needs, ordered)
            for product, _quantity in parts:
                taken[line, product] = [(place, needs[product.id] * count) for place, count in made]
            rest = ordered - sum(count for _place, count in made)
            if rest > DUST:
                left[line] = {product: need * rest for product, need in needs.items()}
        for line in lines.keys() - kits.keys():
            ((product, quantity),) = lines[line]
            taken[line, product] = held.take(product.id, quantity)
        bound = self._inventory_completed(channel, left, held)
        for line, place in bound.items():
            for product, _quantity in kits[line]:
                taken[line, product].append((place, held.take_at(product.id, place, left[line][product.id])))
        return taken, bound

    def _inventory_completed(self, channel, left, held):
        """``{line: warehouse id}`` where kits can be completed of which some components are held.

        :param left: ``{line: {product id: quantity}}`` that is still wanted
        """
        where = {line: held.most_at(wanted) for line, wanted in left.items()}
        missing = {
            line: {
                (product, where[line]): quantity - held.left(product, where[line])
                for product, quantity in wanted.items()
            }
            for line, wanted in left.items()
            if where[line]
        }
        items = {item for parts in missing.values() for item in parts}
        rooms = self.env["inventory.promise"]._rooms(channel, sorted(items))
        return {
            line: where[line]
            for line, parts in missing.items()
            if all(rooms[item]["available"] > quantity - DUST for item, quantity in parts.items())
        }

    def _inventory_order_part(self, short):
        """Order only what there is; what is missing is taken off the lines and said in the chatter.

        :raise GuardError: there is nothing of the order
        """
        if all(
            line in short and line._inventory_ordered() - short[line] <= DUST
            for line in self.order_line
            if not line.display_type and line.product_uom_qty > 0
        ):
            raise GuardError(self.env._("%(order)s is not confirmed: nothing of it is there.", order=self.name))
        self._inventory_note(
            self.env._("Ordered as far as there is. Taken off:"), self._inventory_shortage_texts(short)
        )
        for line, quantity in short.items():
            # Rather a little less than there is than more.
            missing = line.product_id.uom_id._compute_quantity(quantity, line.product_uom_id, rounding_method="UP")
            line.with_context(skip_procurement=True).product_uom_qty = max(0.0, line.product_uom_qty - missing)

    def _inventory_place(self, lines, places, taken, split):
        """Say from which warehouses the lines come; what is not there yet is expected in the first."""
        used = [warehouse for parts in taken.values() for warehouse, _quantity in parts]
        first = self.env["stock.warehouse"].browse(used[0]) if used else places[:1]
        if not split or len(set(used)) <= 1:
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

    def _inventory_waiting(self):
        """``{order: {product: quantity}}`` that is neither reserved nor promised, in the product's unit."""
        missing = self.env["inventory.keeper"]._missing({("sale.order", order.id) for order in self})
        waiting = {order: defaultdict(float) for order in self}
        for order in self:
            for product, _warehouse, quantity in missing.get(("sale.order", order.id), ()):
                waiting[order][product] += quantity
        return waiting

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

    def _inventory_ordered(self):
        """What the line orders, in the product's unit."""
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, rounding_method="HALF-UP"
        )

    def _inventory_rule(self, product, values, known):
        """By which rule a product is had; asked once for all lines that have the same routes to choose from.

        :param values: those of the line's procurement
        :param known: dict of what was asked before for the order
        """
        rules = self.env["stock.rule"]
        warehouse = values.get("warehouse_id") or self.env["stock.warehouse"]
        routes = warehouse.route_ids.filtered(lambda route: rules._filter_warehouse_routes(product, warehouse, route))
        place, chosen = self._get_location_final(), (values.get("route_ids"), values.get("packaging_uom_id"))
        key = (place, warehouse, routes, *chosen, product.route_ids, product.categ_id)
        if key not in known:
            known[key] = rules._get_rule(product, place, values)
        return known[key]

    def _inventory_is_kit(self, parts):
        """:param parts: as :meth:`SaleOrder._inventory_stock_lines` has them"""
        return [product for product, _quantity in parts] != [self.product_id]

    def _inventory_made(self, parts):
        """What of the line's product was granted: ``[(warehouse id, quantity in its unit)]``.

        :param parts: list of ``(product, quantity, [(warehouse id, granted)])``: itself, or a kit's components, of
            which each warehouse makes whole kits, as many as the scarcest one allows
        """
        places = defaultdict(lambda: defaultdict(float))
        for product, _quantity, granted in parts:
            for place, amount in granted:
                places[place][product] += amount
        if not self._inventory_is_kit([(product, quantity) for product, quantity, _granted in parts]):
            return [(place, amounts[self.product_id]) for place, amounts in places.items()]
        left = ordered = self._inventory_ordered()
        made = []
        for place, amounts in places.items():
            kits = whole_kits(ordered * min(amounts[product] / quantity for product, quantity, _granted in parts), left)
            if kits > DUST:
                made.append((place, kits))
                left -= kits
        return made

    def _action_launch_stock_rule(self, **kwargs):
        """A line that is added or raised after the confirmation is confirmed with it, and may be refused.

        :raise GuardError: its channel confirms only what is there
        """
        asked = self.filtered(lambda line: line.state == "sale").order_id
        if isinstance(self.env.context.get("inventory_sources"), Sources) or not self.env["inventory.lock"]._is_on():
            asked = asked.browse()
        refusing = asked.filtered(lambda order: order._inventory_sold_in().shortage == "refuse")
        if not refusing:
            return super()._action_launch_stock_rule(**kwargs)
        before = refusing._inventory_waiting()
        result = super()._action_launch_stock_rule(**kwargs)
        for order, missing in refusing._inventory_waiting().items():
            more = {
                product: quantity - before[order].get(product, 0.0)
                for product, quantity in missing.items()
                if quantity - before[order].get(product, 0.0) > DUST
            }
            if more:
                raise ChannelRefuses(
                    self.env._("%(order)s cannot be changed like this, goods are short:", order=order.name)
                    + "\n"
                    + "\n".join(
                        self.env._(
                            "%(product)s: %(missing)s %(unit)s are missing",
                            product=product.display_name,
                            missing=product.uom_id.round(quantity),
                            unit=product.uom_id.name,
                        )
                        for product, quantity in more.items()
                    )
                )
        return result

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
