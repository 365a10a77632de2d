"""Nothing takes what is held: the questions that the hooks on core models ask.

A hold is a move that nobody validates, so its lines are reserved like any others, and much in Odoo may take a
reservation away: a forced quantity, a count, a relocation, a cancelled move. What is held is the sum of the lines of
the holds' moves, whatever the reserved quantity of the quant says: that one can be written.
"""

import contextlib

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools import SQL
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from ...exceptions import GuardError
from ..common.guard_state import DUST
from .hold_state import CACHE_KEY, REPAIR, WORK, HoldState, work_on

#: Moves of holds that still hold something.
OPEN = SQL("move.inventory_hold_id IS NOT NULL AND move.state NOT IN ('done', 'cancel')")
#: What makes stock the same stock.
KEY = ("product_id", "location_id", "lot_id", "package_id", "owner_id")
#: Fields of a quant by which goods could leave a hold.
QUANT_FIELDS = {"quantity", "reserved_quantity", *KEY}


class InventoryHoldGuard(models.AbstractModel):
    _name = "inventory.hold.guard"
    _description = "Guard of Held Stock"

    # --- what is held

    @api.model
    def _state(self):
        """What this transaction knows; read at first use (one statement)."""
        cr = self.env.cr
        state = cr.cache.get(CACHE_KEY)
        connection = getattr(cr, "_cnx", None)
        if state is not None and getattr(connection, "isolation_level", None) == ISOLATION_LEVEL_READ_COMMITTED:
            # What others have committed meanwhile is seen here, so it has to be looked at.
            self._read_state(state)
            return state
        if state is None:
            state = cr.cache[CACHE_KEY] = HoldState()
            self._read_state(state)

            def forget():
                cr.cache.pop(CACHE_KEY, None)

            cr.postcommit.add(forget)
            cr.postrollback.add(forget)
        return state

    @api.model
    def _read_state(self, state):
        self.env.cr.execute(
            SQL(
                "SELECT array_agg(DISTINCT move.product_id),"
                " EXISTS (SELECT FROM inventory_hold WHERE state = 'active' AND kind <> 'quantity')"
                " FROM stock_move move WHERE %s",
                OPEN,
            )
        )
        products, whole = self.env.cr.fetchone()
        state.products.update(products or ())
        state.whole = state.whole or whole

    @api.model
    def _held(self, product_ids, location_ids=None):
        """Held quantities of these products in the product's unit.

        :return: ``{(product, location, lot, package, owner): quantity}`` with ids, None where there is none
        """
        self.env["stock.move"].flush_model(["state", "inventory_hold_id"])
        self.env["stock.move.line"].flush_model([*KEY, "move_id", "quantity_product_uom"])
        rows = self.env.execute_query(
            SQL(
                "SELECT line.product_id, line.location_id, line.lot_id, line.package_id, line.owner_id,"
                " SUM(line.quantity_product_uom) FROM stock_move move"
                " JOIN stock_move_line line ON line.move_id = move.id"
                " WHERE %s AND move.product_id = ANY(%s) %s GROUP BY 1, 2, 3, 4, 5",
                OPEN,
                list(product_ids),
                SQL("AND line.location_id = ANY(%s)", list(location_ids)) if location_ids is not None else SQL(),
            )
        )
        return {tuple(row[:5]): float(row[5]) for row in rows}

    @api.model
    def _stock(self, product_ids, location_ids=None):
        """``{key: (quantity, reserved)}`` of the quants of these products; parameters as for :meth:`_held`."""
        self.env["stock.quant"].flush_model([*KEY, "quantity", "reserved_quantity"])
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, location_id, lot_id, package_id, owner_id, SUM(COALESCE(quantity, 0)),"
                " SUM(COALESCE(reserved_quantity, 0)) FROM stock_quant WHERE product_id = ANY(%s) %s"
                " GROUP BY 1, 2, 3, 4, 5",
                list(product_ids),
                SQL("AND location_id = ANY(%s)", list(location_ids)) if location_ids is not None else SQL(),
            )
        )
        return {tuple(row[:5]): (float(row[5]), float(row[6])) for row in rows}

    @api.model
    def _key(self, product, location, lot, package, owner):
        parts = (lot, package, owner)
        return (product.id, location.id, *((part.id or None) if part else None for part in parts))

    # --- core changes a quant

    @api.model
    def _before_change(self, product, location, quantity, reserved, lot, package, owner):
        """Called before core changes a quant.

        :raise GuardError: less would be left than is held, or more would be reserved than is not held
        """
        state = self._state()
        if location.should_bypass_reservation() or self.env.context.get(WORK) is REPAIR:
            return
        if state.whole and reserved > 0 and not work_on(self.env):
            self._check_whole(product, location, lot)
        reserving = reserved > 0 and not work_on(self.env)
        if product.id not in state.products or not (quantity < 0 or reserving):
            return
        key = self._key(product, location, lot, package, owner)
        held = self._held([product.id], [location.id]).get(key, 0.0)
        if held <= DUST:
            return
        on_hand, now_reserved = self._stock([product.id], [location.id]).get(key, (0.0, 0.0))
        if quantity < 0 and on_hand + quantity < held - DUST:
            self._refuse(key, held, on_hand)
        if reserving and max(now_reserved, held) + reserved > on_hand + DUST:
            self._refuse(key, held, on_hand)

    @api.model
    def _refuse(self, key, held, on_hand):
        product = self.env["product.product"].sudo().browse(key[0])
        raise GuardError(
            self.env._(
                "%(held)s %(unit)s of %(product)s in %(location)s are on hold (%(holds)s), of %(on_hand)s there: "
                "release them before you take them.",
                held=f"{product.uom_id.round(held):g}",
                on_hand=f"{product.uom_id.round(on_hand):g}",
                unit=product.uom_id.name,
                product=product.display_name,
                location=self.env["stock.location"].sudo().browse(key[1]).display_name,
                holds=", ".join(self._names(key)),
            )
        )

    @api.model
    def _names(self, key):
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT hold.name FROM stock_move move JOIN stock_move_line line ON line.move_id = move.id"
                " JOIN inventory_hold hold ON hold.id = move.inventory_hold_id"
                " WHERE %s AND line.product_id = %s AND line.location_id = %s AND line.lot_id IS NOT DISTINCT FROM %s"
                " ORDER BY 1",
                OPEN,
                *key[:3],
            )
        )
        return [row[0] for row in rows]

    # --- whole lots and whole locations

    @api.model
    def _whole(self):
        """Whole lots and places that are held.

        :return: ``({lot id: hold id}, [(parent path, hold id)])``
        """
        self.env["inventory.hold"].flush_model(["state", "kind", "lot_id", "location_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT hold.id, hold.kind, hold.lot_id, loc.parent_path FROM inventory_hold hold"
                " LEFT JOIN stock_location loc ON loc.id = hold.location_id"
                " WHERE hold.state = 'active' AND hold.kind <> 'quantity' ORDER BY hold.id DESC"
            )
        )
        lots = {lot: hold for hold, kind, lot, _path in rows if kind == "lot"}
        return lots, [(path, hold) for hold, kind, _lot, path in rows if kind == "location"]

    @api.model
    def _whole_hold(self, location, lot, whole=None):
        """The hold of the whole lot or place that stock there belongs to, as an id, or None."""
        if not self._state().whole or location.should_bypass_reservation():
            return None
        lots, places = whole or self._whole()
        if lot and lot.id in lots:
            return lots[lot.id]
        path = location.sudo().parent_path or ""
        return next((hold for place, hold in places if path.startswith(place)), None)

    @api.model
    def _check_whole(self, product, location, lot):
        if hold_id := self._whole_hold(location, lot):
            raise GuardError(
                self.env._(
                    "%(what)s is on hold as a whole (%(hold)s): nothing of %(product)s can be taken there.",
                    what=lot.name if lot else location.display_name,
                    hold=self.env["inventory.hold"].sudo().browse(hold_id).name,
                    product=product.display_name,
                )
            )

    @api.model
    def _choosable_domain(self, domain, product, location, *more, **named):
        """Core's choice of quants without whole lots and places that are held; ``domain`` where nothing is."""
        strict = named.get("strict", more[3] if len(more) > 3 else False)
        state = self._state()
        if not state.whole or state.depth or strict:
            return domain
        lots, places = self._whole()
        if lots:
            domain = Domain.AND([domain, Domain("lot_id", "not in", list(lots))])
        for path, _hold in places:
            place = int(path.rstrip("/").rsplit("/", 1)[-1])
            domain = Domain.AND([domain, ~Domain("location_id", "child_of", place)])
        return domain

    @api.model
    def _choosable(self, quants):
        """Of ``quants`` those that do not lie in a whole lot or place that is held."""
        state = self._state()
        if not state.whole or state.depth or not quants:
            return quants
        whole = self._whole()
        return quants.filtered(lambda quant: not self._whole_hold(quant.location_id, quant.lot_id, whole))

    @api.model
    def _after_change(self, product, location, quantity, lot, package, owner):
        """What arrives in a lot or place that is held as a whole is held in the same transaction."""
        if quantity <= 0 or not self._state().whole or work_on(self.env):
            return
        if hold_id := self._whole_hold(location, lot):
            hold = self.env(user=SUPERUSER_ID)["inventory.hold"].browse(hold_id)
            hold._hold_rest([self._key(product, location, lot, package, owner)])

    @contextlib.contextmanager
    def _changing(self):
        """While this lasts, core itself writes the quant: it finds every quant, and nobody else is writing."""
        state = self._state()
        state.depth += 1
        try:
            yield
        finally:
            state.depth -= 1

    @api.model
    def _repair_context(self):
        """Leave for the routine that brings reserved quantities back to their lines."""
        return {WORK: REPAIR}

    # --- quants are changed past core's method

    @api.model
    def _before_direct_create(self, vals_list):
        """As :meth:`_before_direct`, for quants that are about to be made with less than nothing."""
        state = self._state()
        if state.depth or not state.products:
            return None
        products = {
            vals.get("product_id")
            for vals in vals_list
            if (vals.get("quantity") or 0) < 0 or (vals.get("reserved_quantity") or 0) < 0
        }
        return self._missing(products & state.products) if products & state.products else None

    @api.model
    def _before_direct(self, quants, vals=None):
        """Note what is held of quants that are about to be written or deleted.

        :return: what :meth:`_after_direct` wants, or None where nothing is held
        """
        state = self._state()
        if state.depth or not state.products or (vals is not None and QUANT_FIELDS.isdisjoint(vals)):
            return None
        products = set(quants.sudo().product_id.ids)
        if vals and vals.get("product_id"):
            products.add(vals["product_id"])
        products &= state.products
        return self._missing(products) if products else None

    @api.model
    def _after_direct(self, before):
        """
        :param before: answer of :meth:`_before_direct`
        :raise GuardError: less is left or reserved than is held
        """
        if before is None:
            return
        products, missing = before
        for key, (lacking, held, on_hand) in self._missing(products)[1].items():
            if lacking > missing.get(key, (0.0,))[0] + DUST:
                self._refuse(key, held, on_hand)

    @api.model
    def _missing(self, products):
        stock = self._stock(products)
        missing = {}
        for key, held in self._held(products).items():
            on_hand, reserved = stock.get(key, (0.0, 0.0))
            missing[key] = (max(0.0, held - on_hand) + max(0.0, held - reserved), held, on_hand)
        return products, missing
