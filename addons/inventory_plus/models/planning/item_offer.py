"""From a need to an offer of a vendor: his line, the quantity that pays, and his minimum order."""

import math
from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from odoo import fields, models
from odoo.tools.misc import formatLang

from ...planning_engine import buying, reorder
from .lead_time import MOST_LEAD_DAYS

#: Items whose best order date lies within this many days may fill up an order to the vendor's minimum.
TAKE_IN_DAYS = 30


class Offer(NamedTuple):
    """An item with the vendor line to buy it by, the quantity in that line's unit, and the buying rule."""

    item: models.BaseModel
    seller: models.BaseModel
    quantity: float
    rule: models.BaseModel

    @property
    def key(self):
        """What ends up on one request: vendor, company, warehouse."""
        return self.seller.partner_id, self.item.company_id, self.item.warehouse_id


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def _offers(self, wanted=None):
        """Vendor line, quantity and rule for each item.

        :param wanted: ``{item id: units}``; default what is suggested
        :return: ``(offers, refused)``: list of :class:`Offer` and ``{item: (code, sentence)}`` for each item that
            cannot be bought
        """
        offers, refused = [], {}
        for item in self:
            units = item.suggested_order if wanted is None else wanted[item.id]
            product = item.product_id.with_company(item.company_id)
            sellers = item._sellers(product)
            chosen = product._select_seller(quantity=units, date=fields.Date.context_today(item), uom_id=product.uom_id)
            seller = item.orderpoint_ids.supplier_id & sellers or chosen or sellers[:1]
            rule = item.warehouse_id.buy_pull_id
            if sentence := item._why_not_bought():
                refused[item] = ("product", sentence)
            elif not seller:
                sentence = self.env._(
                    "%s has no vendor: add one on the product's Purchase tab, then try again.", product.display_name
                )
                refused[item] = ("vendor", sentence)
            elif not rule or not rule.active:
                sentence = self.env._(
                    "%(warehouse)s does not buy (see its setting 'Buy to Resupply'): %(product)s is not requested.",
                    warehouse=item.warehouse_id.display_name,
                    product=product.display_name,
                )
                refused[item] = ("rule", sentence)
            elif not _is_sound(seller):
                sentence = self.env._(
                    "%(vendor)s delivers %(product)s in %(days)s days: a lead time lies between 0 and %(most)s days. "
                    "Correct it on the product's Purchase tab.",
                    vendor=seller.partner_id.display_name,
                    product=product.display_name,
                    days=formatLang(self.env, seller.delay, digits=0),
                    most=formatLang(self.env, MOST_LEAD_DAYS, digits=0),
                )
                refused[item] = ("delay", sentence)
            else:
                offers.append(Offer(item, seller, item._quantity_for(seller, units), rule))
        return self._with_breaks(offers), refused

    def _is_stocked(self):
        """Whether stock is still kept of this item: the product may have changed since the plan."""
        return (
            self.active
            and self.warehouse_id.active
            and self.product_id.active
            and self.product_id.type == "consu"
            and self.product_id.is_storable
        )

    def _why_not_bought(self):
        """A sentence about what changed since the plan, so that nobody buys this item; None where one may."""
        name = self.product_id.display_name
        if not self.warehouse_id.active:
            return self.env._("%(product)s: %(warehouse)s is archived.", product=name, warehouse=self.warehouse_id.name)
        if not self.product_id.active:
            return self.env._("%s is archived: it is not requested.", name)
        if not self._is_stocked():
            return self.env._("%s is not kept in stock any more: it is not requested.", name)
        if not self.product_id.purchase_ok:
            return self.env._("%s is not bought: switch on 'Purchase' on the product, then try again.", name)
        return None

    def _sellers(self, product):
        """Vendor lines of a product that hold today, in Odoo's order."""
        today = fields.Date.context_today(self)
        return product._prepare_sellers(False).filtered(
            lambda line: (
                (not line.company_id or line.company_id == self.company_id)
                and (not line.date_start or line.date_start <= today)
                and (not line.date_end or line.date_end >= today)
            )
        )

    def _quantity_for(self, seller, units):
        """``units`` in the vendor's unit: never less than asked for, nor than the vendor's minimum."""
        own, unit = self.product_id.uom_id, seller.product_uom_id
        quantity = own._compute_quantity(units, unit, round=False)
        if unit != own:
            quantity = math.ceil(round(quantity, 6))
        return max(quantity, seller.min_qty)

    # ------------------------------------------------------------ price breaks

    def _with_breaks(self, offers):
        """The offers, raised to the same vendor's larger quantity where its lower price pays (law 6: engine's rule)."""
        lines = [self._lines_of_vendor(offer) for offer in offers]
        width = max((len(found) for found in lines), default=0)
        if width < 2:
            return offers
        shape = (len(offers), width)
        breaks, prices = np.full(shape, np.nan), np.full(shape, np.nan)
        for row, found in enumerate(lines):
            for column, line in enumerate(found):
                own = line.product_uom_id._compute_quantity(1.0, offers[row].item.product_id.uom_id, round=False)
                breaks[row, column] = line.min_qty * own
                prices[row, column] = line.price_discounted / own
        units = np.array(
            [
                offer.seller.product_uom_id._compute_quantity(offer.quantity, offer.item.product_id.uom_id, round=False)
                for offer in offers
            ]
        )
        companies = [offer.item.company_id for offer in offers]
        best = buying.quantity_at_breaks(
            units,
            np.array([offer.item.demand_daily for offer in offers]),
            np.array([company.inventory_order_cost for company in companies]),
            np.array([company.inventory_holding_rate / 100 for company in companies]),
            breaks,
            prices,
        )
        raised = []
        for row, offer in enumerate(offers):
            if best[row] > units[row] + 1e-9:
                line = lines[row][int(np.nanargmin(np.abs(breaks[row] - best[row])))]
                offer = offer._replace(
                    seller=line, quantity=max(line.min_qty, offer.item._quantity_for(line, best[row]))
                )
            raised.append(offer)
        return raised

    def _lines_of_vendor(self, offer):
        """Lines of the offer's vendor for the same product, one currency, the smallest quantity first."""
        product = offer.item.product_id.with_company(offer.item.company_id)
        lines = offer.item._sellers(product).filtered(
            lambda line: (
                line.partner_id == offer.seller.partner_id
                and line.currency_id == offer.seller.currency_id
                and _is_sound(line)
            )
        )
        return lines.sorted(lambda line: (line.min_qty * line.product_uom_id.factor, line.sequence, line.id))

    # ----------------------------------------------------------- minimum order

    def _soon_due(self):
        """Items that may fill up orders to the vendors of these: same vendor and warehouse, due within a month.

        Only where the vendor has a minimum; soonest first.
        """
        soon = self.browse()
        groups = defaultdict(self.browse)
        for item in self:
            if item.vendor_id.with_company(item.company_id).inventory_minimum_order > 0:
                groups[item.warehouse_id, item.vendor_id] |= item
        for (warehouse, vendor), items in groups.items():  # one query a vendor that has a minimum: they are few
            soon |= self.search(
                [
                    ("warehouse_id", "=", warehouse.id),
                    ("vendor_id", "=", vendor.id),
                    ("id", "not in", items.ids),
                    ("suggested_order", "=", 0),
                    ("requested", "=", 0),
                    ("order_quantity", ">", 0),
                    ("best_order_date", "<=", max(items.mapped("snapshot_date")) + timedelta(days=TAKE_IN_DAYS)),
                ],
                order="best_order_date, id",
            )
        return soon

    def _fill_up(self):
        """Units that lift each item to its order-up-to level: ``{item id: units}``, in vendor's packs."""
        units = {}
        for item in self:
            position = item.usable - item.held + item.incoming - item.open_demand + item.requested
            lacking = max(0.0, item.order_up_to - position)
            units[item.id] = float(reorder.round_up(lacking, item.vendor_minimum, item.vendor_multiple))
        return units

    def _amount(self, offer, currency):
        """Money of an offer in ``currency``, at today's rate."""
        value = offer.quantity * offer.seller.price_discounted
        return offer.seller.currency_id._convert(
            value, currency, offer.item.company_id, fields.Date.context_today(offer.item), round=False
        )

    def _already_requested(self, offer, currency):
        """Money on the draft request that a line of this offer joins or joined."""
        partner, company, _warehouse = offer.key
        values = {
            "supplier": offer.seller,
            "date_planned": fields.Datetime.now() + timedelta(days=offer.seller.delay),
            "company_id": company,
        }
        domain = offer.rule.sudo()._make_po_get_domain(company, values, partner)
        order = self.env["purchase.order"].sudo().search(list(domain), limit=1)
        today = fields.Date.context_today(offer.item)
        return order.currency_id._convert(order.amount_untaxed, currency, company, today, round=False) if order else 0.0

    def _meet_minimum(self, offers, soon):
        """Split offers by the vendors' minimum orders, filling up with what is due soon.

        :param offers: list of :class:`Offer`
        :param soon: items that may join, soonest first
        :return: ``(offers to request, {item: figures of what it waits for}, items that would have helped)``
        """
        groups = defaultdict(list)
        for offer in offers:
            groups[offer.key].append(offer)
        limits = {key: key[0].with_company(key[1]).inventory_minimum_order for key in groups}
        bound = [key for key in groups if limits[key] > 0]
        if not bound:
            return offers, {}, self.browse()
        currencies = {
            key: key[0].with_company(key[1]).property_purchase_currency_id or key[1].currency_id for key in bound
        }
        amounts = {
            key: self._already_requested(groups[key][0], currencies[key])
            + sum(self._amount(offer, currencies[key]) for offer in groups[key])
            for key in bound
        }
        units = soon._fill_up()
        joining, _refused = soon.filtered(lambda item: units[item.id] > 0)._offers(units)
        joining = [offer for offer in joining if offer.key in amounts]
        joins, reached = buying.fill_minimum(
            np.array([limits[key] - amounts[key] for key in bound]),
            np.array([bound.index(offer.key) for offer in joining], int),
            np.array([self._amount(offer, currencies[offer.key]) for offer in joining]),
        )
        joined = [offer for offer, joins_it in zip(joining, joins, strict=True) if joins_it]
        short = {key for key, is_reached in zip(bound, reached, strict=True) if not is_reached}
        waiting = {
            offer.item: {
                "partner": key[0].display_name,
                "amount": amounts[key],
                "minimum": limits[key],
                "currency": currencies[key].id,
            }
            for key in short
            for offer in groups[key]
        }
        kept = [offer for offer in offers if offer.key not in short]
        return kept + joined, waiting, self.browse([offer.item.id for offer in joined])


def _is_sound(seller):
    """Whether dates can be counted by the lead time of a vendor line."""
    return 0 <= seller.delay <= MOST_LEAD_DAYS
