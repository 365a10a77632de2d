"""When the ground of promises is taken away: who loses, marked in the transaction that takes it (law 1).

Physical truth (an approved count, scrap, damage) asks nobody. Before it commits, the items that it lowered are locked
on a companion connection until it has ended, so that nothing more is promised of them in between; then promises that no
longer stand on anything are marked short: soft ones first, then those of the channels that come last, the newest first.
A channel that may promise more than there is does not make others bear it: see ``ground_sql``. Nor does one that takes
short-dated goods lose them for another that may not have them: it is judged by shelf life as well.
"""

from collections import defaultdict
from typing import NamedTuple

from markupsafe import Markup
from odoo import api, models
from odoo.tools import SQL

from ...exceptions import NetError
from ..common.guard_state import DUST


class Rules(NamedTuple):
    """Rules of a channel that are about to change; nobody else sees them yet."""

    channel: int = 0
    oversell: float = 0.0
    life: int = 0

    def columns(self):
        """What a promise's channel asks for and may: shelf life, limit of overselling; ``r`` is its reservation,
        ``channel`` the line's channel. Work of the house asks for nothing and oversells nothing.
        """
        return SQL(
            """
            CASE WHEN COALESCE(r.res_model, 'sale.order') <> 'sale.order' THEN 0
                 WHEN channel.id = %(channel)s THEN %(life)s ELSE COALESCE(channel.shelf_life, 0) END,
            CASE WHEN COALESCE(r.res_model, 'sale.order') <> 'sale.order' THEN 0
                 WHEN channel.id = %(channel)s THEN %(oversell)s ELSE COALESCE(channel.oversell_limit, 0) END
            """,
            **self._asdict(),
        )


#: As the database has them.
AS_THEY_ARE = Rules()


class Effect(NamedTuple):
    """What a transaction does to an item that others do not see."""

    #: Change of usable - reserved.
    base: float = 0.0
    #: ``{(shelf life, limit of overselling): change of what is promised}``
    promised: dict = {}
    #: ``{shelf life: change of that part of the first that lasts less}``
    short: dict = {}


class InventoryShortage(models.AbstractModel):
    """Marks promises short."""

    _name = "inventory.shortage"
    _description = "Promises without Ground"

    @api.model
    def _settle(self, state):
        """Mark what the running transaction takes the ground from.

        :raise NetError: somebody promised or used goods meanwhile that this transaction cannot see; Odoo tries again
        """
        items = {item for item, lost in state.allowance.items() if lost > DUST}
        if items and not self._are_promised(sorted(items)):
            # Nothing, unless this transaction promises what it takes out of a document's reserved goods.
            items = {item for item in items if state.promised(item) > DUST}
        own, changes = self._own_changes(state) if items or state.dated else ({}, {})
        lowered = set()
        if not self.env["inventory.lock"]._is_disabled("net"):
            lowered = self.env["inventory.life"]._lowered(state, changes) - items
        if not items and not lowered:
            return
        items = sorted(items | lowered)
        # From here on it is decided who loses.
        state.freed.clear()
        shared = self.env["inventory.lock"]._shares_connection()
        call = self.env["inventory.lock"]._call if shared else self._companion(state)
        if shared:
            # On the test's own connection the transaction's work is part of what is read.
            self._mark(items, call, {}, state)
            return
        effects = {
            item: Effect(
                state.delta[item],
                changes.get(item, {}),
                {days: quantity for (of, days), quantity in state.short_delta.items() if of == item},
            )
            for item in items
        }
        self._mark(items, call, effects, state, own, lowered - state.life_gone)

    @api.model
    def _own_changes(self, state):
        """What this transaction has added to promises, also by marking them short before.

        :return: ``{line: quantity}`` and ``{item: {(shelf life, limit of overselling): quantity}}``
        """
        own = {}
        changes = defaultdict(lambda: defaultdict(float))
        if state.promise_base:
            for line, product, place, opened, life, limit in self.env.execute_query(
                SQL(
                    """
                    SELECT line.id, line.product_id, line.warehouse_id, line.open_quantity, %s
                      FROM inventory_reservation_line line
                      JOIN inventory_reservation r ON r.id = line.reservation_id
                      JOIN inventory_channel channel ON channel.id = line.channel_id
                     WHERE line.id = ANY(%s)
                    """,
                    AS_THEY_ARE.columns(),
                    list(state.promise_base),
                )
            ):
                own[line] = float(opened) - state.promise_base[line]
                changes[product, place][life, float(limit)] += own[line]
        return own, changes

    @api.model
    def _are_promised(self, items):
        rows = self.env["inventory.lock"]._call(
            SQL(
                "SELECT EXISTS (SELECT FROM inventory_ledger g"
                " JOIN unnest(%s::integer[], %s::integer[]) item(p, w) ON item.p = g.product_id"
                " AND item.w = g.warehouse_id WHERE g.kind = 'promise')",
                *_columns(items),
            )
        )
        return rows[0][0]

    @api.model
    def _companion(self, state):
        """A connection that holds the items until the transaction has ended; return how to ask it."""
        if state.companion is None:
            cr = state.companion = self.env.registry.cursor()
            cr._cnx.set_session(isolation_level="READ COMMITTED", autocommit=False)
            cr.execute("SET LOCAL lock_timeout = '5s'")
        return self.env["inventory.lock"]._call_at_work

    @api.model
    def _mark(self, items, call, effects, state, own=None, yielding=(), rules=AS_THEY_ARE):
        """Mark promises on ``items`` short as far as they have lost their ground.

        :param call: runs a query where what others committed is seen, and holds the items
        :param effects: ``{item: Effect}`` that ``call`` does not see
        :param own: ``{line: quantity}``, the promised part of that by line
        :param yielding: items of which this transaction only took what it thought nobody needs
        :param rules: of a channel, as they shall be
        :return: number of lines that lost something
        :raise NetError: somebody was promised such goods meanwhile; Odoo tries again
        """
        rows = self._stands(items, call, rules)
        deficits = self._deficits(rows, effects)
        if not deficits:
            return 0
        before = self._deficits(rows, {}) if yielding else {}
        for item in deficits.keys() & set(yielding):
            known = before.get(item, {})
            if any(lost > known.get(key, 0.0) + DUST for key, lost in deficits[item].items()):
                raise NetError(
                    self.env._("Goods that last long enough were promised to somebody just now; please try again.")
                )
        losers = self._losers(deficits, call, own or {}, rules)
        self._book(losers, state)
        self._tell(losers)
        return len(losers)

    @api.model
    def _preview(self, changes):
        """What would become short if usable stock changed so; nothing is written.

        :param changes: ``{(product id, warehouse id): Effect}``
        :return: list of ``(reservation, product, quantity lost)`` with records
        """
        items = sorted(
            item
            for item, change in changes.items()
            if change.base < -DUST or any(change.base - short < -DUST for short in change.short.values())
        )
        if not items:
            return []
        call = self.env["inventory.lock"]._call
        deficits = self._deficits(self._stands(items, call), changes)
        losers = self._losers(deficits, call, {}) if deficits else []
        reservations = self.env["inventory.reservation"].sudo()
        products = self.env["product.product"].sudo()
        return [
            (reservations.browse(reservation), products.browse(product), lost)
            for _line, reservation, product, _place, _opened, lost in losers
        ]

    @api.model
    def _stands(self, items, call, rules=AS_THEY_ARE):
        """Lock the items and read what promises on them stand on; parameters as for :meth:`_mark`.

        :return: rows ``(product, warehouse, goods, promised, limit of overselling, shelf life)``
        """
        return call(
            SQL(
                "SELECT * FROM inventory_ground(%s::integer[], %s::integer[], %s, %s, %s)",
                *_columns(items),
                *(rules if rules.channel else (None, None, None)),
            )
        )

    @api.model
    def _deficits(self, rows, effects):
        """What is promised without ground.

        :param rows: answer of :meth:`_stands`; :param effects: as for :meth:`_mark`
        :return: ``{item: {(shelf life, limit of overselling): quantity}}``, of promises of channels with this limit or
            a smaller one that ask for this shelf life or more
        """
        deficits = defaultdict(dict)
        for product, place, base, promised, oversell, life in rows:
            effect = effects.get((product, place), Effect())
            ground = max(0.0, float(base) + effect.base - effect.short.get(life, 0.0)) + float(oversell)
            added = sum(
                quantity
                for (days, limit), quantity in effect.promised.items()
                if days >= life and limit <= float(oversell) + DUST
            )
            deficit = float(promised) + added - ground
            if deficit > DUST:
                deficits[product, place][life, float(oversell)] = deficit
        return dict(deficits)

    @api.model
    def _losers(self, deficits, call, own, rules=AS_THEY_ARE):
        """Who loses the ``deficits``, as :meth:`_deficits` has them; ``own`` and ``rules`` as for :meth:`_mark`.

        :return: ``[(line, reservation, product, warehouse, open before, lost)]``
        """
        found = call(
            SQL(
                """
                SELECT line.id, r.id, line.product_id, line.warehouse_id, line.open_quantity, %s
                  FROM inventory_reservation_line line
                  JOIN inventory_reservation r ON r.id = line.reservation_id
                  JOIN inventory_channel channel ON channel.id = line.channel_id
                  JOIN unnest(%s::integer[], %s::integer[]) item(p, w)
                    ON item.p = line.product_id AND item.w = line.warehouse_id
                 WHERE line.open_quantity > 0 OR line.id = ANY(%s)
                 ORDER BY r.state = 'soft' DESC, r.priority DESC, r.id DESC, line.id DESC
                """,
                rules.columns(),
                *_columns(sorted(deficits)),
                sorted(own),
            )
        )
        rows = [(*row[:4], float(row[4]) + own.get(row[0], 0.0), row[5], float(row[6])) for row in found]
        of_item = defaultdict(list)
        for row in rows:
            of_item[row[2], row[3]].append(row)
        lost = defaultdict(float)
        for item, by_class in deficits.items():
            # Those first who ask for the longest life and may oversell least: what they lose counts for all others.
            for (life, limit), deficit in sorted(by_class.items(), key=lambda one: (-one[0][0], one[0][1])):
                judged = [row for row in of_item[item] if row[5] >= life and row[6] <= limit + DUST]
                left = deficit - sum(lost[row[0]] for row in judged)
                for line, _reservation, _product, _place, opened, _life, _limit in judged:
                    if left > DUST:
                        part = min(opened - lost[line], left)
                        lost[line] += part
                        left -= part
        return [(*row[:5], lost[row[0]]) for row in rows if lost[row[0]] > DUST]

    @api.model
    def _book(self, losers, state):
        """Take the lost quantities off ledger and lines, on the transaction's own cursor.

        The caller's transaction reads a snapshot that may be older than a promise that loses; then it cannot change
        it, and begins again.
        """
        cr = self.env.cr
        self.env.flush_all()
        cr.execute(
            SQL(
                "UPDATE inventory_reservation SET write_date = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
                sorted({loser[1] for loser in losers}),
            ),
            log_exceptions=False,
        )
        seen = {
            line: float(opened)
            for line, opened in self.env.execute_query(
                SQL(
                    "SELECT id, open_quantity FROM inventory_reservation_line WHERE id = ANY(%s)",
                    [loser[0] for loser in losers],
                )
            )
        }
        if any(abs(seen.get(line, 0.0) - opened) > DUST for line, _r, _p, _w, opened, _lost in losers):
            raise NetError(self.env._("Goods that are lost here were promised to somebody just now; please try again."))
        cr.execute(
            SQL(
                """
                WITH lost AS (
                    SELECT * FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::numeric[])
                           lost(line, res, p, w, q)
                ), marked AS (
                    UPDATE inventory_reservation_line line
                       SET open_quantity = line.open_quantity - lost.q, short = line.short + lost.q
                      FROM lost WHERE line.id = lost.line
                ), told AS (
                    INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, quantity)
                    SELECT lost.res, now() AT TIME ZONE 'UTC', %s, 'short', SUM(lost.q) FROM lost GROUP BY lost.res
                )
                INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind)
                SELECT 'promise:' || lost.res, lost.p, lost.w, -SUM(lost.q), 'promise'
                  FROM lost GROUP BY lost.res, lost.p, lost.w
                """,
                *(
                    [loser[0] for loser in losers],
                    [loser[1] for loser in losers],
                    [loser[2] for loser in losers],
                    [loser[3] for loser in losers],
                    [round(loser[5], 6) for loser in losers],
                ),
                state.uid,
            )
        )
        # So that a later settlement in this transaction knows what has been taken off already.
        for line, opened in seen.items():
            state.promise_base.setdefault(line, opened)
        state.promise_change = self.env["inventory.keeper"]._changes(state)
        for model in ("inventory.reservation", "inventory.reservation.line", "inventory.reservation.event"):
            self.env[model].invalidate_model()

    @api.model
    def _tell(self, losers):
        """Say on each order what it lost; in one go, since the lost goods are locked meanwhile."""
        lost = defaultdict(list)
        for _line, reservation, product, _place, _opened, quantity in losers:
            lost[reservation].append((product, quantity))
        products = self.env["product.product"].sudo().browse({loser[2] for loser in losers})
        texts = {product.id: (product.display_name, product.uom_id) for product in products}
        title = self.env._("Goods that were promised to this order have been lost:")
        bodies = defaultdict(dict)
        for reservation in self.env["inventory.reservation"].sudo().browse(lost):
            if not reservation.res_id or not hasattr(self.env.get(reservation.res_model), "_message_log_batch"):
                continue
            items = Markup().join(
                Markup("<li>%s</li>")
                % self.env._(
                    "%(product)s: %(quantity)s %(unit)s",
                    product=texts[number][0],
                    quantity=texts[number][1].round(quantity),
                    unit=texts[number][1].name,
                )
                for number, quantity in lost[reservation.id]
            )
            bodies[reservation.res_model][reservation.res_id] = Markup("<p>%s</p><ul>%s</ul>") % (title, items)
        for model, told in bodies.items():
            documents = self.env[model].sudo().browse(told).exists()
            documents._message_log_batch({number: told[number] for number in documents.ids})

    # --- what loses its ground without a transaction of ours

    @api.model
    def _cron_mark(self):
        """Look at all promised items: a lot passes its removal date or is too old for who was promised it, a location
        becomes another kind.
        """
        rows = self.env["inventory.lock"]._call(
            SQL(
                """
                SELECT promised.p, promised.w
                  FROM (SELECT product_id AS p, warehouse_id AS w, SUM(open_quantity) AS q
                          FROM inventory_reservation_line WHERE open_quantity > 0 GROUP BY 1, 2) promised
                  LEFT JOIN inventory_base(ARRAY(SELECT DISTINCT product_id FROM inventory_reservation_line
                                                  WHERE open_quantity > 0)) base
                    ON base.product_id = promised.p AND base.warehouse_id = promised.w
                 WHERE promised.q > GREATEST(0, COALESCE(base.base, 0)) + 0.00001
                 UNION
                SELECT stand.product_id, stand.warehouse_id
                  FROM (SELECT array_agg(asked.p) AS p, array_agg(asked.w) AS w
                          FROM (SELECT DISTINCT line.product_id AS p, line.warehouse_id AS w
                                  FROM inventory_reservation_line line
                                  JOIN inventory_channel channel ON channel.id = line.channel_id
                                 WHERE line.open_quantity > 0 AND channel.shelf_life > 0) asked) item,
                       inventory_stands(item.p, item.w) stand
                 WHERE stand.life > 0 AND stand.promised > GREATEST(0, stand.base) + stand.oversell + 0.00001
                 ORDER BY 1, 2
                """
            )
        )
        # A transaction an item, so that none stays locked while others are looked at.
        for item in rows:
            self.env["inventory.job"]._retrying(lambda env, item=item: env["inventory.shortage"]._mark_alone(item))

    @api.model
    def _mark_alone(self, item):
        state = self.env["inventory.grant"]._state()
        shared = self.env["inventory.lock"]._shares_connection()
        call = self.env["inventory.lock"]._call if shared else self._companion(state)
        return self._mark([item], call, {}, state)

    # --- a channel's rules change

    @api.model
    def _judge(self, rules):
        """Mark in this transaction what a channel has promised beyond the limits that it is given now.

        :param rules: list of :class:`Rules`, one a channel
        """
        state = self.env["inventory.grant"]._state()
        shared = self.env["inventory.lock"]._shares_connection()
        call = self.env["inventory.lock"]._call if shared else self._companion(state)
        for rule in rules:
            # A channel at a time: who changes rules changes them on a form.
            items = call(
                SQL(
                    "SELECT DISTINCT product_id, warehouse_id FROM inventory_reservation_line"
                    " WHERE channel_id = %s AND open_quantity > 0 ORDER BY 1, 2",
                    rule.channel,
                )
            )
            if items:
                self._mark(list(items), call, {}, state, rules=rule)


def _columns(items):
    return [product for product, _warehouse in items], [warehouse for _product, warehouse in items]
