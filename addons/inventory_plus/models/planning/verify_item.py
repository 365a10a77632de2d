"""The check behind ``./inventory verify``: item figures, computed a second way."""

import math
import struct
from collections import defaultdict
from datetime import timedelta

import numpy as np
from odoo import api, fields, models
from odoo.fields import Domain

from ...planning_engine import path, projection, snapshot, status
from .item_open import LONG_DUE

#: Differences told in words.
SAMPLE = 10
#: Figures that are compared, with the allowance for rounding to the precision of quantities.
COMPARED = (
    *("on_hand", "usable", "reserved", "promised", "free", "available", "incoming", "open_demand"),
    *("requested", "need_to_buy", "held"),
)


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("item snapshot", self._check_item_snapshot)]

    @api.model
    def _check_item_snapshot(self):
        """Compare the stored snapshots with figures that ORM records and plain Python give.

        The refresh sums in SQL and looks at events; this reads quants, moves and request lines as records, finds
        each one's place by walking up the location tree, and walks each item's days one by one. Items of products
        with notes that wait to be refreshed are left out, and so are items of another planning date than today's.
        """
        self = self.sudo()
        items = self._items_to_compare()
        places = self._places()
        figures = self._plain_figures(items, places)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        tolerance = 1.01 * 10**-digits
        paths = self._plain_paths(items)
        differences = []
        for item in items:
            fresh = figures[item.product_id.id, item.warehouse_id.id]
            differences += self._item_differences(item, fresh, tolerance, paths.get(item.id))
        return {"compared": len(items), "differences": len(differences), "sample": differences[:SAMPLE]}

    @api.model
    def _items_to_compare(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT bool_or(product_id IS NULL), array_agg(DISTINCT product_id) FROM inventory_item_dirty"
        )
        everything, products = self.env.cr.fetchone()
        item = self.env["inventory.item"].with_context(active_test=False)
        if everything:
            return item
        dates = {}
        for _company, date, warehouse_ids in item._planning_groups():
            dates |= dict.fromkeys(warehouse_ids, date)
        items = item.search([("product_id", "not in", products or []), ("computed_at", "!=", False)])
        expired = self.env["stock.lot"].search([("removal_date", "<=", self.env.cr.now())])
        latest = {}
        for lot in expired:
            latest[lot.product_id.id] = max(latest.get(lot.product_id.id, lot.removal_date), lot.removal_date)
        return items.filtered(
            lambda item: (
                item.snapshot_date == dates.get(item.warehouse_id.id)
                and not latest.get(item.product_id.id, item.computed_at) > item.computed_at
            )
        )

    @api.model
    def _places(self):
        """``{location id: (warehouse id, in stock)}``, by walking up the parents."""
        warehouses = self.env["stock.warehouse"].with_context(active_test=False).search([])
        views = {warehouse.view_location_id.id: warehouse for warehouse in reversed(warehouses.sorted("id"))}
        places = {}
        for location in self.env["stock.location"].with_context(active_test=False).search([]):
            path, above = [], location
            while above and above.id not in views:
                path.append(above.id)
                above = above.location_id
            if above:
                warehouse = views[above.id]
                places[location.id] = (warehouse.id, warehouse.lot_stock_id.id in path)
        return places

    @api.model
    def _plain_figures(self, items, places):
        """Sums per (product, warehouse) over records; events as lists of ``(day, supply, demand)``."""
        figures = defaultdict(lambda: defaultdict(float))
        products = items.product_id.ids
        now = self.env.cr.now()
        for quant in self.env["stock.quant"].search([("product_id", "in", products)]):
            warehouse, in_stock = places.get(quant.location_id.id, (None, False))
            if not warehouse or quant.location_id.usage != "internal":
                continue
            row = figures[quant.product_id.id, warehouse]
            row["on_hand"] += quant.quantity
            company = self.env["stock.warehouse"].browse(warehouse).company_id
            expired = quant.lot_id.removal_date and quant.lot_id.removal_date <= now
            if in_stock and not expired and (not quant.owner_id or quant.owner_id == company.partner_id):
                row["usable"] += quant.quantity
                row["reserved"] += quant.reserved_quantity
        self._plain_moves(figures, products, places)
        self._plain_holds(figures, products, places)
        for line in self.env["inventory.reservation.line"].search(
            [("product_id", "in", products), ("open_quantity", ">", 0)]
        ):
            figures[line.product_id.id, line.warehouse_id.id]["promised"] += line.open_quantity
        self._plain_promises(figures, products)
        for line in self.env["purchase.order.line"].search(
            [("product_id", "in", products), ("order_id.state", "in", ("draft", "sent", "to approve"))]
        ):
            location = (
                line.orderpoint_id.location_id
                or line.location_final_id
                or line.order_id.picking_type_id.default_location_dest_id
            )
            warehouse = places.get(location.id, (None, False))[0]
            figures[line.product_id.id, warehouse]["requested"] += line.product_uom_qty
        return figures

    @api.model
    def _plain_holds(self, figures, products, places):
        """What is on hold within usable stock; what is only examined is expected back."""
        now = self.env.cr.now()
        lines = self.env["stock.move.line"].search(
            [
                ("product_id", "in", products),
                ("move_id.inventory_hold_id", "!=", False),
                ("state", "not in", ("done", "cancel")),
            ]
        )
        for line in lines:
            warehouse, in_stock = places.get(line.location_id.id, (None, False))
            company = self.env["stock.warehouse"].browse(warehouse).company_id
            expired = line.lot_id.removal_date and line.lot_id.removal_date <= now
            if not in_stock or expired or (line.owner_id and line.owner_id != company.partner_id):
                continue
            row = figures[line.product_id.id, warehouse]
            row["held"] += line.quantity_product_uom
            hold = line.move_id.inventory_hold_id
            if hold.is_inspection:
                row["incoming"] += line.quantity_product_uom
                row.setdefault("events", [])
                row["events"].append((hold.held_at, "incoming", line.quantity_product_uom))

    @api.model
    def _plain_moves(self, figures, products, places):
        open_states = ("waiting", "confirmed", "partially_available", "assigned")
        proposed = Domain("state", "=", "draft") & Domain("inventory_item_id", "!=", False)
        moves = self.env["stock.move"].search(
            Domain("product_id", "in", products)
            & (Domain("state", "in", open_states) | proposed)
            & Domain("inventory_hold_id", "=", False)
        )
        nowhere = (None, False)
        for move in moves:
            source, from_stock = places.get(move.location_id.id, nowhere)
            target, to_stock = places.get(move.location_dest_id.id, nowhere)
            final, final_stock = places.get(move.location_final_id.id, nowhere)
            if move.location_id == move.location_dest_id:
                continue
            following = move.move_dest_ids.filtered(
                lambda dest: dest.state in open_states or (dest.state == "draft" and dest.inventory_item_id)
            )
            inside = from_stock and to_stock and source == target
            if to_stock and not inside:
                self._plain_event(figures, move, target, "incoming")
            bound = not to_stock and final_stock and target == final and not (from_stock and source == final)
            if bound and not following:
                self._plain_event(figures, move, final, "incoming")
            if from_stock and not inside:
                leaves = target != source or (move.location_final_id and final != source)
                leaves = leaves or any(places.get(dest.location_dest_id.id, nowhere)[0] != source for dest in following)
                if leaves:
                    self._plain_event(figures, move, source, "open_demand")

    @api.model
    def _plain_promises(self, figures, products):
        """What channels promised without an order is open demand that is due already."""
        for line in self.env["inventory.reservation.line"].search([("product_id", "in", products)]):
            wanted = line.open_quantity + line.short
            if wanted > 0 and line.state in ("soft", "firm") and not line.reservation_id.res_id:
                row = figures[line.product_id.id, line.warehouse_id.id]
                row["open_demand"] += wanted
                row.setdefault("events", [])
                row["events"].append((LONG_DUE, "open_demand", wanted))

    @api.model
    def _plain_event(self, figures, move, warehouse_id, name):
        row = figures[move.product_id.id, warehouse_id]
        row[name] += move.product_qty
        row.setdefault("events", [])
        row["events"].append((move.date, name, move.product_qty))

    @api.model
    def _item_differences(self, item, fresh, tolerance, days=None):
        """Sentences about what differs for one item.

        :param days: units expected of each day from the snapshot's on; None where all are alike
        """
        expected = {name: fresh.get(name, 0.0) for name in COMPARED}
        price = item.product_id.with_company(item.company_id).standard_price
        expected["stock_value"] = item.currency_id.round(expected["on_hand"] * price)
        expected["free"] = expected["usable"] - expected["reserved"] - expected["promised"]
        expected["available"] = max(0.0, expected["free"] - max(0.0, item.safety_stock))
        due = self._days(item, fresh.get("events", []))
        interval = item.lead_time_mean + (item.review_days or 0)
        open_due = sum(quantity for day, name, quantity in due if name == "open_demand" and day <= interval)
        arriving = sum(quantity for day, name, quantity in due if name == "incoming" and day <= interval)
        asked = self._expected(item, days, interval)
        asked -= self._lost_anew(item, asked / interval if interval else 0.0, expected["usable"] - item.held, due)
        wanted = max(asked, open_due) + item.safety_stock
        expected["need_to_buy"] = max(0.0, wanted - (expected["usable"] - item.held) - arriving)
        told = [
            self.env._(
                "%(item)s in %(warehouse)s: %(figure)s is %(stored)s, computed anew %(fresh)s",
                item=item.product_id.display_name,
                warehouse=item.warehouse_id.name,
                figure=name,
                stored=item[name],
                fresh=round(value, 4),
            )
            for name, value in (expected | self._money(item, expected)).items()
            if abs(item[name] - value) > (tolerance if name in expected else self._money_tolerance(item, tolerance))
        ]
        usable = expected["usable"]
        stockout = self._walk_below(item, usable, due, days, 0.0)
        breach = self._walk_below(item, usable, due, days, item.safety_stock)
        order_day = max(0, breach - math.ceil(interval)) if breach is not None else None
        if expected["need_to_buy"] > tolerance:
            order_day = 0
        for name, label, day in (
            ("stockout_date", self.env._("the stock-out date"), stockout),
            ("best_order_date", self.env._("the best order date"), order_day),
        ):
            fresh_date = item.snapshot_date + timedelta(days=day) if day is not None else False
            if fresh_date != item[name]:
                told.append(self._told_difference(item, label, item[name], fresh_date))
        cover = self._cover(item, days, usable - item.held)
        if abs(cover - item.cover_days) > 0.051:
            told.append(self._told_difference(item, self.env._("days of cover"), item.cover_days, round(cover, 1)))
        return told

    @api.model
    def _lost_anew(self, item, rate, stock, due):
        """Units of these days that will be asked for in vain, where customers do not wait."""
        if not item.lost_std:
            return 0.0
        coming = [(day, quantity) for day, name, quantity in due if name == "incoming"]
        day, supply = (np.array([row[place] for row in coming], float) for place in (0, 1))
        return snapshot.lost_until_arrival(
            {"lost_std": np.array([item.lost_std]), "lead_time_mean": np.array([item.lead_time_mean])},
            np.array([stock]),
            np.array([rate]),
            {"item": np.zeros(day.size, int), "day": day, "supply": supply},
            np.array([item.vendor_multiple]),
        )[0]

    @api.model
    def _told_difference(self, item, figure, stored, fresh):
        return self.env._(
            "%(item)s in %(warehouse)s: %(figure)s is %(stored)s, computed anew %(fresh)s",
            item=item.product_id.display_name,
            warehouse=item.warehouse_id.name,
            figure=figure,
            stored=stored,
            fresh=fresh,
        )

    @api.model
    def _money(self, item, expected):
        """Value at risk and excess value from the quantities computed anew, at today's prices."""
        product = item.product_id.with_company(item.company_id)
        position = expected["usable"] - item.held + expected["incoming"] - expected["open_demand"]
        above = max(0.0, position - item.order_up_to)
        excess = max(0.0, expected["on_hand"]) if item.status == "grey" else above
        return {
            "value_at_risk": max(0.0, expected["need_to_buy"] - item.safety_stock) * product.product_tmpl_id.list_price,
            "excess_value": excess * product.standard_price,
        }

    @api.model
    def _money_tolerance(self, item, tolerance):
        product = item.product_id.with_company(item.company_id)
        return 0.01 + tolerance * max(product.product_tmpl_id.list_price, product.standard_price)

    @api.model
    def _days(self, item, events):
        """Events with their day counted from the item's planning date, in the warehouse's time zone."""
        local = item.warehouse_id.with_context(tz=item.warehouse_id.inventory_tz or "UTC")
        return [
            ((self._local_date(local, moment) - item.snapshot_date).days, name, quantity)
            for moment, name, quantity in events
        ]

    @api.model
    def _local_date(self, record, moment):
        return fields.Datetime.context_timestamp(record, moment).date()

    @api.model
    def _plain_paths(self, items):
        """``{item id: units expected of each day from the snapshot's on}`` of the items whose days differ."""
        epoch = fields.Date.to_date("1970-01-01")
        paths = {}
        for known in self.env["inventory.item.path"].search([("item_id", "in", items.ids)]):
            units = struct.unpack(f"<{len(known.units) // 4}f", known.units)
            age = max(0, (known.item_id.snapshot_date - epoch).days - known.first_day)
            paths[known.item_id.id] = [units[min(day + age, len(units) - 1)] for day in range(len(units))]
        for event in self.env["inventory.demand.event"].search([]):
            below = self.env["product.category"].search([("id", "child_of", event.categ_ids.ids)])
            for item in items.filtered(lambda item, event=event: item.company_id == event.company_id):
                named = not event.product_ids and not event.categ_ids
                named = named or item.product_id in event.product_ids or item.product_id.categ_id in below
                if not named or (event.warehouse_ids and item.warehouse_id not in event.warehouse_ids):
                    continue
                days = paths.setdefault(item.id, [item.demand_daily] * path.DAYS)
                for first, last in event._occurrences(item.snapshot_date, item.snapshot_date + timedelta(path.DAYS)):
                    begin, end = ((day - item.snapshot_date).days for day in (first, last))
                    for day in range(max(begin, 0), min(end + 1, path.DAYS)):
                        days[day] *= 1 + event.uplift / 100
        return paths

    @api.model
    def _expected(self, item, days, number):
        """Units expected within a number of days, parts of a day in proportion."""
        if days is None:
            return item.demand_daily * number
        whole = min(int(number), len(days))
        units = math.fsum(days[:whole]) + (days[whole] * (number - whole) if whole < len(days) else 0.0)
        # What no path tells goes on at the mean of its last year.
        year = days[-path.YEAR_DAYS :]
        return units + max(0.0, number - len(days)) * math.fsum(year) / len(year)

    @api.model
    def _cover(self, item, days, stock):
        """Days that the stock lasts, day after day."""
        if stock <= 0:
            return 0.0
        if days is None:
            return min(stock / item.demand_daily, status.COVER_LIMIT) if item.demand_daily > 0 else status.COVER_LIMIT
        for day, units in enumerate(days):
            if units > stock:
                return day + stock / units
            stock -= units
        mean = math.fsum(days[-path.YEAR_DAYS :]) / path.YEAR_DAYS
        return min(len(days) + stock / mean, status.COVER_LIMIT) if mean > 0 else status.COVER_LIMIT

    @api.model
    def _walk_below(self, item, usable, events, days, level):
        """First day, within the horizon, at whose end the stock is below a level; day by day; None for none."""
        asks = any(days) if days else item.demand_daily
        if not asks and not any(name == "open_demand" for _day, name, _quantity in events):
            return None
        expected = 0.0
        for day in range(projection.HORIZON + 1):
            expected = expected + days[day] if days else item.demand_daily * (day + 1)
            known = [(name, quantity) for due, name, quantity in events if due <= day]
            arrived = sum(quantity for name, quantity in known if name == "incoming")
            asked = sum(quantity for name, quantity in known if name == "open_demand")
            if usable - item.held + arrived - max(expected, asked) - level < -projection.ROUNDING:
                return day
        return None
