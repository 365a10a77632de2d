"""Grants for native work: ask first in one's own name, then reserve, then book the grant off (law 1).

A native flow (order, picking, production) runs in REPEATABLE READ: what it reads is older than any lock that it
waits for, so it cannot decide itself what is free. It asks :class:`InventoryLock` on another connection, which
decides and lets go within a fraction of a millisecond, and works inside its grants. Order of locks in one
transaction: advisory lock on its own key, then the gates of the products (see ``turn.py``), then quants by (product,
location, id), then - on the other connection and never held - items by (product, warehouse). The item rows are never
touched on the caller's cursor.
"""

import logging
from collections import defaultdict
from functools import partial

import odoo
import psycopg2
from odoo import SUPERUSER_ID, api, models
from odoo.sql_db import PoolError
from odoo.tools import SQL
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from ...exceptions import GuardError, NetError
from . import lock_connection
from .guard_state import CACHE_KEY, DUST, GuardState
from .lock import Wanted
from .turn import SPACE, ask_turn, gates_of

_logger = logging.getLogger(__name__)


class InventoryGrant(models.AbstractModel):
    """The account of the running transaction and the questions that the hooks on core models ask it."""

    _name = "inventory.grant"
    _description = "Grants of the Running Transaction"

    # --- the account of the transaction

    @api.model
    def _state(self):
        """The account of this transaction, made at first use; it is settled at commit by ``inventory.net``."""
        cr = self.env.cr
        test = odoo.modules.module.current_test
        state = cr.cache.get(CACHE_KEY)
        if state is not None and state.test is not test:
            # Odoo's test cases share a cursor and undo each other behind its back.
            self._close_in_test(state)
            state = None
        if state is None:
            state = cr.cache[CACHE_KEY] = GuardState(test)
            state.uid = self.env.uid
            connection = getattr(cr, "_cnx", None)
            state.snapshot = connection is None or connection.isolation_level != ISOLATION_LEVEL_READ_COMMITTED
            finish = partial(_finish, cr, self.env.registry, state)
            cr.postcommit.add(finish)
            cr.postrollback.add(finish)
        if cr.precommit.data.get(CACHE_KEY) != state.token:
            # Cleared by every flush and by every rollback to a savepoint, which nothing else tells us about.
            if state.changed:
                state.rolled_back()
            self.env["inventory.net"]._watch(state)
        return state

    @api.model
    def _close_in_test(self, state):
        self.env.cr.cache.pop(CACHE_KEY, None)
        if self.env["inventory.lock"]._shares_connection() and (state.products or state.moves):
            env = api.Environment(self.env.cr, SUPERUSER_ID, {})
            env["inventory.net"]._settle(state, strict=False)
            env["inventory.lock"]._release([state.key, *state.holds])

    @api.model
    def _touch(self, state, product_ids):
        """Note what is free of these products before this transaction changes them (one query for all)."""
        new = set(product_ids) - state.products
        if new:
            state.products |= new
            self.env["inventory.life"]._touch(state, new)

    @api.model
    def _base(self, product_ids):
        self.env.cr.execute(
            SQL("SELECT product_id, warehouse_id, base FROM inventory_base(%s::integer[])", sorted(product_ids))
        )
        return [((product, warehouse), float(base)) for product, warehouse, base in self.env.cr.fetchall()]

    @api.model
    def _refresh(self, state):
        """Read the transaction's own arithmetic from the database, after a savepoint may have been rolled back."""
        if not state.stale:
            return
        state.stale = False
        self.env["stock.quant"].flush_model()
        if state.alive and not self._owns_key(state):
            self._change_key(state)
        if state.snapshot:
            # Only in one snapshot is the difference of two readings the transaction's own work.
            now = dict(self._base(state.products))
            state.delta.clear()
            for item in now.keys() | state.base.keys():
                state.delta[item] = now.get(item, 0.0) - state.base.get(item, 0.0)
            self.env["inventory.life"]._refresh(state)
        state.booked = self._own_bookings(state)
        self.env["inventory.keeper"]._reload(state)
        self.env["inventory.dated"]._recount(state)

    @api.model
    def _own_bookings(self, state):
        booked = defaultdict(float, state.unbooked)
        if state.alive:
            self.env.cr.execute(
                SQL(
                    "SELECT product_id, warehouse_id, -SUM(qty) FROM inventory_ledger WHERE key = %s AND qty < 0"
                    " GROUP BY product_id, warehouse_id",
                    state.key,
                )
            )
            for product, warehouse, quantity in self.env.cr.fetchall():
                booked[product, warehouse] += float(quantity)
        return booked

    # --- whose the account is

    @api.model
    def _own_key(self, state):
        """Take the advisory lock on the key, on this cursor and before the first grant.

        It lives as long as the transaction, so the reaper knows a killed owner at once. The setting is rolled
        back together with the lock, so :meth:`_owns_key` can tell that a savepoint took both away.
        """
        if not state.alive:
            self.env.cr.execute(
                SQL(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0)), set_config('inventory_plus.key', %s, true)",
                    state.key,
                    state.key,
                )
            )
            state.alive = True

    @api.model
    def _owns_key(self, state):
        self.env.cr.execute(SQL("SELECT current_setting('inventory_plus.key', true)"))
        return self.env.cr.fetchone()[0] == state.key

    @api.model
    def _change_key(self, state):
        """The advisory lock was lost with a savepoint, and the grants may have been given to others: start anew."""
        self.env["inventory.lock"]._release(state.new_key())

    # --- asking

    @api.model
    def _ask(self, state, wanted, oversell=False):
        """Ask the lock for ``{item: quantity}`` in the transaction's name, in one call; take what there is.

        Work for a document of a channel asks within the channel's rules. Other work does not look at rules, except
        that it leaves alone what is ring-fenced for channels.

        :param oversell: as in :meth:`InventoryPromise._grant`
        :return: ``{item: Granted}``
        """
        if not wanted:
            return {}
        self._own_key(state)
        lock = self.env["inventory.lock"]
        shared = lock._shares_connection()
        own = {item: self._own_part(state, item) if shared else 0.0 for item in wanted}
        channel, bound = self.env["inventory.keeper"]._rules_at_work(state)
        if bound:
            answers = self.env["inventory.promise"]._grant(state.key, channel, wanted, own, oversell)
        else:
            items = sorted(wanted)
            lines = [Wanted(state.key, *item, wanted[item], partial=True, own=own[item]) for item in items]
            answers = dict(zip(items, lock._reserve(lines), strict=True))
        for item, answer in answers.items():
            self._enter(state, item, answer.quantity)
        return answers

    @api.model
    def _enter(self, state, item, quantity):
        """Enter a grant in the account."""
        state.granted[item] += quantity
        if state.companion is not None:
            state.unbooked[item] += quantity
            state.booked[item] += quantity

    @api.model
    def _own_part(self, state, item):
        """What the transaction's own work adds to the free quantity where the lock sees that work."""
        return state.delta[item] + state.booked[item] - state.promised(item)

    @api.model
    def _source(self, state, channel, lines, warehouse_ids, split, kits=None):
        """Ask for goods of a channel in any of its warehouses.

        :param lines: list of ``(line, product id, quantity)``
        :param warehouse_ids: in order of preference
        :param split: whether a line may come from several of them
        :param kits: as in :meth:`InventoryPromise._allocate`
        :return: list of ``(line, warehouse id, quantity)`` of what was granted
        """
        products = [product for _line, product, _quantity in lines]
        self._touch(state, products)
        self._refresh(state)
        self._own_key(state)
        own = {}
        if self.env["inventory.lock"]._shares_connection():
            items = [(product, place) for product in products for place in warehouse_ids]
            own = {item: self._own_part(state, item) for item in items}
        granted = self.env["inventory.promise"]._grant_anywhere(
            state.key, channel, lines, warehouse_ids, own, split, kits
        )
        product_of = {line: product for line, product, _quantity in lines}
        oversold = {}
        for line, warehouse, quantity, beyond in granted:
            self._enter(state, (product_of[line], warehouse), quantity)
            oversold[product_of[line], warehouse] = beyond
        for item, quantity in oversold.items():
            state.oversold[item] += quantity
        return [(line, warehouse, quantity) for line, warehouse, quantity, _beyond in granted]

    @api.model
    def _announce(self, state, needs):
        """Ask at once for what whole documents are about to reserve beyond their promises: ``{item: quantity}``.

        No more than the transaction can see is asked for, so that a backlog without stock asks for nothing.
        """
        self._touch(state, {product for product, _warehouse in needs})
        self._refresh(state)
        wanted = {}
        for item, quantity in needs.items():
            visible = state.base.get(item, 0.0) + state.delta[item]
            missing = min(quantity, visible) - state.room(item)
            if missing > DUST:
                wanted[item] = missing
        answers = self._ask(state, wanted)
        state.exhausted |= {
            (state.channel, item) for item, answer in answers.items() if answer.quantity < wanted[item] - DUST
        }

    @api.model
    def _take(self, state, needs):
        """How much of ``{item: quantity}`` may be reserved now; what is missing is asked for, partly if need be."""
        self._touch(state, {product for product, _warehouse in needs})
        self._refresh(state)
        if self.env["inventory.lock"]._is_disabled("grant"):
            return dict(needs)
        self.env["inventory.keeper"]._load(state, {state.document})
        for item, promised in self.env["inventory.keeper"]._drawable(state, needs).items():
            state.draw(item, promised)
        missing = {item: quantity - state.room(item) for item, quantity in needs.items()}
        self._ask(
            state,
            {
                item: quantity
                for item, quantity in missing.items()
                if quantity > DUST and (state.channels.get(state.document), item) not in state.exhausted
            },
        )
        taken = {}
        for item, quantity in needs.items():
            taken[item] = max(0.0, min(quantity, state.room(item)))
            state.pending[item] += taken[item]
        return taken

    # --- one change of a quant

    @api.model
    def _item(self, state, product, location, lot, owner):
        """The item whose usable stock this is, or None where nobody needs to ask."""
        if location.id not in state.place_of:
            scope = self.env["inventory.scope"]
            if state.places is None:
                state.places = scope._warehouse_places()
            state.place_of[location.id] = scope._usable_warehouse(state.places, location.sudo())
        place = state.place_of[location.id]
        if place and self.env["inventory.scope"]._is_usable(place[1], lot, owner):
            return (product.id, place[0])
        return None

    @api.model
    def _before_change(self, product, location, quantity, reserved, lot, package, owner):
        """Called before core changes a quant: lock it, see that a reservation is covered, keep the account.

        :raise GuardError: the reservation would take what stands promised to others
        """
        state = self._state()
        if reserved or quantity < 0:
            self._lock_quant(state, product, location, lot, package, owner)
        item = self._item(state, product, location, lot, owner)
        if not item:
            return
        self._touch(state, [product.id])
        self._refresh(state)
        state.changed = True
        if quantity > 0:
            state.received[item] += quantity
        if reserved > 0:
            state.pending[item] = max(0.0, state.pending[item] - reserved)
            self._cover(state, item, reserved)
            freed = state.freed[state.document, item]
            state.freed[state.document, item] = max(0.0, freed - reserved)
        elif reserved < 0:
            state.freed[state.document, item] -= reserved
        if quantity < 0 and not reserved > 0:
            # Goods that are gone are gone: what was reserved for them covers the loss, the rest is truth.
            lost = -quantity - max(0.0, state.allowed(item))
            state.allowance[item] += max(0.0, lost)
        self.env["inventory.life"]._before_change(state, item, product, lot, quantity, reserved)
        state.delta[item] += quantity - reserved

    @api.model
    def _cover(self, state, item, quantity):
        """See that a reservation of ``quantity`` is covered. It is not when a person writes more than there is.

        What is left is taken; the rest passes as in Odoo as long as no promise or grant of others stands on the
        item, and never in the name of an automatic reservation, which was cut to its grant before.
        """
        self.env["inventory.keeper"]._load(state, {state.document})
        allowed = state.allowed(item)
        # A loss that has been settled allows nothing more.
        short = quantity - (allowed + min(state.allowance[item], max(0.0, -allowed)))
        for promised in self.env["inventory.keeper"]._drawable(state, {item: short}).values():
            state.draw(item, promised)
            short -= promised
        # After a loss, a document's own goods that are still there are its own; who loses is decided among promises.
        short -= min(max(0.0, short), state.freed[state.document, item], state.allowance[item])
        if short <= DUST or self.env["inventory.lock"]._is_disabled("grant"):
            return
        if self.env.context.get("inventory_truth") is TRUTH:
            state.allowance[item] += short
            return
        # A person who writes a quantity is bound by what others were promised, not by what a channel keeps back.
        own = state.own_room(item) + state.drawn[item]
        with state.at_work_for(None):
            answer = self._ask(state, {item: short})[item]
            if self.env["inventory.keeper"]._rules_at_work(state)[1]:
                # Then it is not told apart who has the rest, and what is ring-fenced counts.
                own = 0.0
        short -= answer.quantity
        if short > DUST:
            if answer.others - own > DUST:
                self._refuse(item, short, state.key)
            state.allowance[item] += short

    @api.model
    def _refuse(self, item, short, key, error=None):
        """Raise the error that says who holds the item.

        Where only running operations hold it, Odoo's retry has a chance, so the error is one that it retries.
        """
        lock = self.env["inventory.lock"]
        holders = lock._holders(*item, but_not=key)
        product = self.env["product.product"].sudo().browse(item[0])
        warehouse = self.env["stock.warehouse"].sudo().browse(item[1])
        if error is None:
            error = NetError if all(holder.startswith("native:") for holder, _quantity in holders) else GuardError
        values = {
            "product": product.display_name,
            "warehouse": warehouse.display_name,
            "quantity": product.uom_id.round(short),
            "unit": product.uom_id.name,
        }
        if not holders:
            raise error(
                self.env._(
                    "%(product)s in %(warehouse)s: %(quantity)s %(unit)s more would be taken than are free.", **values
                )
            )
        names = ", ".join(dict.fromkeys(lock._holder_name(holder) for holder, _quantity in holders))
        raise error(
            self.env._(
                "%(product)s in %(warehouse)s: %(quantity)s %(unit)s more would be taken than are free;"
                " they are promised to %(holders)s.",
                holders=names,
                **values,
            )
        )

    # --- quant locks

    @api.model
    def _lock_query(self, state, product_ids, query):
        """Run a statement that locks quants of these products, behind their gates.

        Whoever loses here has an older snapshot than the quant's last change; the next try begins with its turn.
        """
        cr = self.env.cr
        gates = gates_of(product_ids)
        # Asked before: a transaction that has lost cannot read any more.
        has_turns = not self.env["inventory.lock"]._is_disabled("turn")
        try:
            new = [gate for gate in gates if gate not in state.gates]
            if new:
                cr.execute(
                    SQL("SELECT pg_advisory_xact_lock_shared(%s, gate) FROM unnest(%s::integer[]) gate", SPACE, new),
                    log_exceptions=False,
                )
                state.gates.update(new)
            cr.execute(query, log_exceptions=False)
        except psycopg2.OperationalError:
            if has_turns:
                ask_turn(cr, sorted(state.gates.union(gates)))
            raise

    @api.model
    def _lock_quant(self, state, product, location, lot, package, owner):
        """Lock the quants of one reservation and wait for them (law 1).

        Core skips a quant that somebody else has locked and makes a second one beside it: two pickings then
        reserve the same goods. Waiting makes the later one see the earlier one's work, or start again
        (Odoo's retry; not worth an error in the log).
        """
        key = (
            product.id,
            location.id,
            lot.id if lot else None,
            package.id if package else None,
            owner.id if owner else None,
        )
        if key in state.quants_locked or self.env["inventory.lock"]._is_disabled("quant_lock"):
            return
        self._lock_query(
            state,
            [product.id],
            SQL(
                """
                SELECT id FROM stock_quant
                 WHERE product_id = %s AND location_id = %s AND (lot_id IS NULL OR lot_id = %s)
                   AND package_id IS NOT DISTINCT FROM %s AND owner_id IS NOT DISTINCT FROM %s
                 ORDER BY id FOR NO KEY UPDATE
                """,
                *key,
            ),
        )
        state.quants_locked.add(key)

    @api.model
    def _lock_under(self, state, places):
        """Lock what moves may reserve, in the order of (product, location), in one statement.

        :param places: set of ``(product id, parent path of the source location)``; quants with nothing left to
            take and nothing short are left to their owners
        """
        places = {place for place in places if place not in state.quants_locked}
        if not places or self.env["inventory.lock"]._is_disabled("quant_lock"):
            return
        self._lock_query(
            state,
            {product for product, _path in places},
            SQL(
                """
                SELECT quant.product_id, quant.location_id, quant.lot_id, quant.package_id, quant.owner_id
                  FROM stock_quant quant
                  JOIN stock_location loc ON loc.id = quant.location_id
                 WHERE quant.product_id = ANY(%(products)s)
                   AND COALESCE(quant.quantity, 0) <> COALESCE(quant.reserved_quantity, 0)
                   AND EXISTS (SELECT 1 FROM unnest(%(products)s, %(paths)s) place(product_id, path)
                                WHERE place.product_id = quant.product_id
                                  AND loc.parent_path LIKE place.path || '%%')
                 ORDER BY quant.product_id, quant.location_id, quant.id
                   FOR NO KEY UPDATE OF quant
                """,
                products=[product for product, _path in places],
                paths=[path for _product, path in places],
            ),
        )
        state.quants_locked.update(self.env.cr.fetchall())
        state.quants_locked |= places

    @api.model
    def _lock_lines(self, state, keys):
        """Lock the quants of move lines, in the order of (product, location), in one statement.

        :param keys: set of ``(product, location, lot, package, owner)`` ids, None where there is none
        """
        keys = sorted(
            (key for key in keys if key not in state.quants_locked), key=lambda key: [part or 0 for part in key]
        )
        if not keys or self.env["inventory.lock"]._is_disabled("quant_lock"):
            return
        columns = [list(column) for column in zip(*keys, strict=True)]
        self._lock_query(
            state,
            columns[0],
            SQL(
                """
                SELECT quant.id
                  FROM stock_quant quant
                 WHERE (quant.product_id, quant.location_id) IN (
                           SELECT line.p, line.l FROM unnest(%(p)s::integer[], %(l)s::integer[]) line(p, l))
                   AND EXISTS (
                       SELECT 1
                         FROM unnest(%(p)s::integer[], %(l)s::integer[], %(lot)s::integer[], %(package)s::integer[],
                                     %(owner)s::integer[]) line(p, l, lot, package, owner)
                        WHERE line.p = quant.product_id AND line.l = quant.location_id
                          AND (quant.lot_id IS NULL OR quant.lot_id = line.lot)
                          AND quant.package_id IS NOT DISTINCT FROM line.package
                          AND quant.owner_id IS NOT DISTINCT FROM line.owner)
                 ORDER BY quant.product_id, quant.location_id, quant.id
                   FOR NO KEY UPDATE
                """,
                p=columns[0],
                l=columns[1],
                lot=columns[2],
                package=columns[3],
                owner=columns[4],
            ),
        )
        state.quants_locked.update(keys)


class _Truth:
    """Mark of work that states what physically happened; an object of this process, which no client can send."""


TRUTH = _Truth()


def _finish(cr, registry, state):
    """After commit or rollback: close the account. What was granted and not used is free again."""
    cr.cache.pop(CACHE_KEY, None)
    if state.companion is not None:
        # What was locked for a loss is unlocked now that the loss is seen by all, or has not happened.
        state.companion.rollback()
        state.companion.close()
        state.companion = None
    if not state.granted and not state.holds and not state.dated_products:
        return
    try:
        with lock_connection.connection(registry.db_name) as side, side.cursor() as side_cr:
            if state.granted or state.holds:
                side_cr.execute("SELECT inventory_release(%s)", [[state.key, *state.holds]])
            if state.dated_products:
                side_cr.execute("SELECT inventory_dated_keep(%s)", [sorted(state.dated_products)])
    except (psycopg2.Error, PoolError):
        # The reaper finds that the owner has ended, and closes the account when somebody needs the item; dated promises
        # are looked at by the scheduled action.
        _logger.info("The account %s is left to the reaper", state.key, exc_info=True)
