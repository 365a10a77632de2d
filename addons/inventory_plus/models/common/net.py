"""The net at commit: what lowered an item's free quantity without a grant is looked at once more (law 1)."""

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ...exceptions import NetError
from .grant import CACHE_KEY
from .guard_state import DUST


class InventoryNet(models.AbstractModel):
    """Settles the account of a transaction before it commits.

    What the transaction took is compared with its grants and booked off. What it took without a grant - a direct
    write on quants, another addon - asks for one now, under the item lock; when it is refused, the transaction
    fails with an error that Odoo's retry repeats. A late grant is as good as an early one, so nothing stays
    locked, and a settlement in the middle (savepoints flush) does no harm.
    """

    _name = "inventory.net"
    _description = "Net at Commit"

    @api.model
    def _watch(self, state):
        """Have the account settled at the next flush, which comes at the latest with the commit."""
        cr = self.env.cr
        env = api.Environment(cr, SUPERUSER_ID, {})

        def settle():
            if cr.cache.get(CACHE_KEY) is not state:
                return
            # Popped by Callbacks.run: what is done by callbacks after this one needs a settlement of its own.
            cr.precommit.data.pop(CACHE_KEY, None)
            try:
                env["inventory.net"]._settle(state)
            except Exception:
                # Whoever swallows this error and commits meets it again.
                cr.precommit.data[CACHE_KEY] = state.token
                cr.precommit.add(settle)
                raise

        cr.precommit.data[CACHE_KEY] = state.token
        cr.precommit.add(settle)

    @api.model
    def _settle(self, state, strict=True):
        """Book what was taken off the grants; ask for what was taken without one.

        Both sides are read from the database, so that no savepoint that was rolled back and no write past the ORM
        can leave the account wrong.

        :param strict: False lets a shortage pass, between two test cases that share a cursor
        :raise NetError: an item was lowered by more than is free
        """
        if not state.changed:
            return
        grant = self.env["inventory.grant"]
        state.stale = True
        grant._refresh(state)
        self.env["inventory.keeper"]._keep(state)
        taken = {}
        for item in state.delta.keys() | state.promise_change.keys():
            quantity = state.promised(item) - state.credit(item) - state.booked[item]
            if quantity > DUST:
                taken[item] = quantity
        missing = {
            item: quantity - self._open(state, item)
            for item, quantity in taken.items()
            if quantity - self._open(state, item) > DUST
        }
        if missing and not self.env["inventory.lock"]._is_disabled("net"):
            self._ask_late(state, missing, strict)
        self._book(state, {item: min(quantity, self._open(state, item)) for item, quantity in taken.items()})
        self.env["inventory.shortage"]._settle(state)
        self.env["inventory.dated"]._note(state)

    @api.model
    def _open(self, state, item):
        return state.granted[item] - state.booked[item]

    @api.model
    def _ask_late(self, state, missing, strict):
        answers = self.env["inventory.grant"]._ask(state, missing)
        for item, answer in answers.items():
            short = missing[item] - answer.quantity - state.allowance[item]
            if short > DUST and strict:
                self.env["inventory.grant"]._refuse(item, short, state.key, NetError)

    @api.model
    def _book(self, state, bookings):
        """Book grants off by rows of this transaction, in one statement. They count once it has committed."""
        rows = [(item, quantity) for item, quantity in sorted(bookings.items()) if quantity > DUST]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind)"
                " SELECT %s, row.p, row.w, -row.q, 'native'"
                " FROM unnest(%s::integer[], %s::integer[], %s::numeric[]) row(p, w, q)",
                state.key,
                [item[0] for item, _quantity in rows],
                [item[1] for item, _quantity in rows],
                [round(quantity, 6) for _item, quantity in rows],
            )
        )
        for item, quantity in rows:
            state.booked[item] += round(quantity, 6)
