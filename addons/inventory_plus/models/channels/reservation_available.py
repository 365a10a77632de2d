"""What a channel may sell: the number that is published, and how it comes about."""

from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .request_text import is_text
from .reservation_request import RequestError

#: Items that are read in one statement.
PART = 20_000


class InventoryReservation(models.Model):
    _inherit = "inventory.reservation"

    @api.model
    def available(self, channel, skus=None, warehouses=None):
        """What a channel may sell now.

        :param str channel: code of the channel
        :param list skus: internal references; None means all that are kept in stock and have one
        :param list warehouses: codes of warehouses of the channel; None means all of them
        :return: ``{sku: {"available", "warehouses": {code: available}, "incoming": [{"date", "warehouse", "quantity"}],
            "next_incoming": date or False}}``, quantities in the product's unit. ``incoming``: so much more than
            what is at hand can be promised for that day, all earlier days included (see ``date`` of :meth:`reserve`);
            ``next_incoming`` is the first of these days, in the warehouse's time zone. Of a kit as many as its
            components make, without a next receipt. Unknown codes are left out. Where the channel must not split,
            ``available`` is the largest of its warehouses: no request can have more.
        :raise UserError: unknown channel or warehouse
        """
        reader = self.env["inventory.reservation.request"]
        try:
            record = reader._channel(reader._channels([channel]), channel)
            places = self._asked_warehouses(reader, record, warehouses)
        except RequestError as error:
            raise UserError(error.message) from None
        if skus is not None and not (isinstance(skus, list) and all(isinstance(sku, str) for sku in skus)):
            raise UserError(self.env._("skus is a list of internal references."))
        products = self._stocked_products(record, None if skus is None else [sku for sku in skus if is_text(sku)])
        return self._available(record, products, places)

    @api.model
    def _asked_warehouses(self, reader, channel, codes):
        if codes is None:
            return channel._warehouses()
        if not isinstance(codes, list):
            raise RequestError("unknown_warehouse", self.env._("warehouses is a list of codes."))
        known = reader._warehouses_of([channel])
        places = self.env["stock.warehouse"].sudo()
        for code in codes:
            places |= reader._warehouse(code, channel, known)
        return places

    @api.model
    def _stocked_products(self, channel, skus):
        """``{sku: product id}`` of active products kept in stock, and of kits; codes that two share are left out."""
        asked = SQL("TRUE") if skus is None else SQL("product.default_code = ANY(%s)", skus)
        rows = self.env["inventory.lock"]._call(
            SQL(
                """
                SELECT product.default_code, MIN(product.id)
                  FROM product_product product
                  JOIN product_template template ON template.id = product.product_tmpl_id
                 WHERE product.active AND product.default_code <> ''
                   AND (template.is_storable OR product.id IN (
                        SELECT parts.kit
                          FROM inventory_kit_parts(%(company)s, ARRAY(
                               SELECT product.id FROM product_product product
                                 JOIN product_template template ON template.id = product.product_tmpl_id
                                WHERE product.active AND template.type = 'consu' AND NOT template.is_storable
                                  AND product.default_code <> '' AND %(asked)s)) parts))
                   AND (template.company_id IS NULL OR template.company_id = %(company)s) AND %(asked)s
                 GROUP BY product.default_code HAVING count(*) = 1
                """,
                company=channel.company_id.id,
                asked=asked,
            )
        )
        return dict(rows)

    @api.model
    def _available(self, channel, products, places):
        """:param products: ``{sku: product id}``; see :meth:`available`"""
        ids = list(products.values())
        shown = self._shown(channel, ids, places)
        incoming = self._incoming(channel, ids, places)
        codes = {place.id: place.code for place in places}
        answer = {}
        for sku, product in products.items():
            by_place = {codes[place]: shown[product, place] for place in places.ids}
            numbers = by_place.values() or [0.0]
            answer[sku] = {
                "available": sum(numbers) if channel.allow_split else max(numbers),
                "warehouses": by_place,
                "incoming": incoming[product],
                "next_incoming": incoming[product][0]["date"] if incoming[product] else False,
            }
        return answer

    @api.model
    def _shown(self, channel, product_ids, places):
        """What a channel shows, as committed now: ``{(product id, warehouse id): available}``; kits too.

        :param places: warehouses
        """
        shown = {}
        per = max(1, PART // max(1, len(places)))
        # A statement a part: nobody holds 100,000 numbers in one answer of the database.
        for start in range(0, len(product_ids), per):
            rows = self.env["inventory.lock"]._call(
                SQL(
                    "SELECT product_id, warehouse_id, available::float"
                    " FROM inventory_shown(%s, %s, %s::integer[], %s::integer[])",
                    channel.id,
                    channel.company_id.id,
                    product_ids[start : start + per],
                    places.ids,
                )
            )
            shown.update({(product, place): available for product, place, available in rows})
        return shown

    @api.model
    def _incoming(self, channel, product_ids, places):
        """What a channel may still be promised of goods on their way.

        :return: ``{product id: [{"date", "warehouse", "quantity"}]}``, sums up to each day, as far as they grow
        """
        incoming = defaultdict(list)
        if not product_ids or not places:
            return incoming
        items = [(product, place) for product in product_ids for place in places.ids]
        codes = {place.id: place.code for place in places}
        rows = self.env["inventory.lock"]._call(
            SQL(
                "SELECT product_id, warehouse_id, day::text, LEAST(room, maximum - hand)::float"
                " FROM inventory_dated_rooms(%s, %s::integer[], %s::integer[], NULL, TRUE)"
                " WHERE LEAST(room, maximum - hand) > 0"
                " ORDER BY product_id, day, warehouse_id",
                channel.id,
                [product for product, _place in items],
                [place for _product, place in items],
            )
        )
        most = {}
        for product, place, day, quantity in rows:
            if quantity > most.get((product, place), 0.0):
                most[product, place] = quantity
                incoming[product].append({"date": day, "warehouse": codes[place], "quantity": quantity})
        return incoming
