"""Promises of Odoo documents: taken while their moves reserve, and kept in step with what is still to be reserved.

A document (see ``keeper_documents``) has one reservation. Whatever a transaction does to its moves -
confirm, reserve, unreserve, deliver in parts, cancel, split, merge - what has to be promised afterwards follows from
the moves alone: their demand that is not reserved. So nothing of this is written where it happens; before the commit
the open promise is compared with the moves, once, and the difference is booked in the same transaction. What the
promise loses by that is what the moves reserved, so the item's free quantity stays what it was (law 1).

Two transactions on one document take turns by its reservation's row, which each of them updates; the later one starts
again with a new snapshot (Odoo's retry). So what is read here of one's own promise is exact.
"""

import uuid
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..common.guard_state import DUST


class InventoryKeeper(models.AbstractModel):
    """Keeps the promises of documents."""

    _name = "inventory.keeper"
    _description = "Keeper of Promises"

    # --- while moves reserve

    @api.model
    def _announce(self, state, needs):
        """Ask at once for what moves are about to reserve.

        :param needs: ``{document or None: {item: quantity}}``
        """
        if self.env["inventory.lock"]._is_disabled("grant"):
            return
        self._load(state, needs.keys())
        state.pending.clear()
        state.life_pending.clear()
        state.exhausted.clear()
        self._ground(
            state,
            {(document, item): quantity for document, wanted in needs.items() for item, quantity in wanted.items()},
        )
        self.env["inventory.life"]._announce(state, {item for wanted in needs.values() for item in wanted})
        asked = defaultdict(lambda: defaultdict(float))
        for document, wanted in needs.items():
            for item, quantity in wanted.items():
                missing = quantity - self._own_room(state, document, item)
                if missing > DUST:
                    asked[state.channels.get(document)][item] += missing
        for channel, wanted in asked.items():
            state.channel = channel
            try:
                self.env["inventory.grant"]._announce(state, wanted)
            finally:
                state.channel = None

    @api.model
    def _load(self, state, documents):
        """Read what these documents are promised and have not taken yet."""
        new = {document for document in documents if document} - state.loaded
        if not new:
            return
        state.loaded |= new
        channels = self._channels_of(new)
        self._load_rules(state, channels)
        opened = self._open(new)
        if not opened:
            return
        self.env.flush_all()
        unreserved = {key: value for key, (value, _secured) in self._demand(new).items()}
        used = {}
        for (document, item), quantity in opened.items():
            left = min(quantity, unreserved.get((document, item), 0.0))
            state.own[document, item] = left
            # What its moves have reserved of it in this transaction, and no settlement has booked yet.
            used[document, item] = quantity - left
        for (document, item), quantity in self._grounded(state, used).items():
            state.drawn[item] += quantity
            state.drawn_of[document, item] += quantity

    @api.model
    def _reload(self, state):
        """After a savepoint was rolled back: read again what was read before."""
        state.promise_change = self._changes(state)
        documents, state.loaded_before = state.loaded_before, set()
        self._load(state, documents)

    @api.model
    def _open(self, documents, incoming=False):
        """``{(document, item): open quantity}`` in this transaction's own view.

        :param incoming: with what stands on incoming goods
        """
        quantity = SQL("line.open_quantity + COALESCE(line.incoming_quantity, 0)" if incoming else "line.open_quantity")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.res_model, r.res_id, line.product_id, line.warehouse_id, SUM(%(quantity)s)
                  FROM inventory_reservation r
                  JOIN inventory_reservation_line line ON line.reservation_id = r.id
                 WHERE (r.res_model, r.res_id) IN %(documents)s AND r.state IN ('soft', 'firm') AND %(quantity)s > 0
                 GROUP BY r.res_model, r.res_id, line.product_id, line.warehouse_id
                """,
                quantity=quantity,
                documents=tuple(documents),
            )
        )
        return {
            ((model, number), (product, place)): float(quantity) for model, number, product, place, quantity in rows
        }

    @api.model
    def _demand(self, documents):
        """``{(document, item): (unreserved, secured)}`` in this transaction's own view; see :meth:`_demand_sql`."""
        return {
            ((model, number), (product, place)): (float(unreserved), float(secured))
            for model, number, product, place, unreserved, secured in self.env.execute_query(
                self._demand_sql(documents)
            )
        }

    # --- before the commit

    @api.model
    def _keep(self, state):
        """Bring the promises of all documents that this transaction worked on in step with their moves."""
        documents = state.documents | self._documents(state.moves)
        state.moves.clear()
        state.documents.clear()
        if not documents:
            return
        state.kept |= documents
        self.env.flush_all()
        demand = self._demand(documents)
        lines = self._take_lines(state, documents)
        unreserved = {key: quantity for key, (quantity, _secured) in demand.items()}
        if not lines and not self._needing_reservation(unreserved, demand):
            return
        # What a deleted document was promised is given back in the channel that promised it.
        promised_in = {key[0]: known[0]["channel"] for key, known in lines.items()}
        channels = {**promised_in, **self._channels_of(documents)}
        wanted = {
            key: max(0.0, unreserved.get(key, 0.0) - self._coming(key, unreserved, demand, lines))
            for key in unreserved.keys() | lines.keys()
            if key[0] in channels
        }
        growth = self._growth(wanted, demand, lines)
        for key, lost in self._lost(state, growth, demand, lines).items():
            # These goods were the document's. Who does without them is decided among all promises (inventory.shortage).
            growth[key] -= lost
        for key, cut in self._cut_growth(state, growth, wanted, lines, channels).items():
            wanted[key] -= cut
            growth[key] -= cut
        for key, cut in self.env["inventory.life"]._cut_growth(state, growth, wanted, lines).items():
            wanted[key] -= cut
        self._write(state, wanted, demand, lines, channels)
        state.promise_change = self._changes(state)
        # What is booked now is read anew by whoever needs it next.
        state.forget_promises()

    @api.model
    def _coming(self, key, unreserved, demand, lines):
        """What of a promise goes on standing on incoming goods: it becomes a promise of goods when they come.

        Who asks for less gives that up first, and keeps what is at hand: open, or reserved until now.
        """
        known = lines.get(key, ())
        at_hand = sum(line["open"] + line["fulfilled"] for line in known) - demand.get(key, (0.0, 0.0))[1]
        return min(sum(line["incoming"] for line in known), max(0.0, unreserved.get(key, 0.0) - max(0.0, at_hand)))

    @api.model
    def _missing(self, documents):
        """What of documents is neither reserved nor promised, after their promises were brought in step.

        :return: ``{document: [(product, warehouse, quantity)]}`` with records
        """
        self.env.flush_all()
        self.env["inventory.net"]._settle(self.env["inventory.grant"]._state())
        opened = self._open(documents, incoming=True)
        missing = defaultdict(list)
        for (document, item), (unreserved, _secured) in sorted(self._demand(documents).items()):
            quantity = unreserved - opened.get((document, item), 0.0)
            if quantity > DUST:
                product = self.env["product.product"].browse(item[0])
                missing[document].append((product, self.env["stock.warehouse"].sudo().browse(item[1]), quantity))
        return missing

    @api.model
    def _growth(self, wanted, demand, lines):
        """What of the wanted promises is new: beyond what is left once all that was newly secured has used it."""
        growth = {}
        for key, quantity in wanted.items():
            opened = sum(line["open"] for line in lines.get(key, ()))
            secured = demand.get(key, (0.0, 0.0))[1] - sum(line["fulfilled"] for line in lines.get(key, ()))
            new = quantity - max(0.0, opened - max(0.0, secured))
            if new > DUST:
                growth[key] = new
        return growth

    @api.model
    def _lost(self, state, growth, demand, lines):
        """What of the growth is due to goods that were reserved for documents and are gone: ``{(document, item):
        quantity}``.
        """
        lost = {}
        gone = defaultdict(float, state.allowance)
        for key in sorted(growth):
            secured = demand.get(key, (0.0, 0.0))[1]
            freed = sum(line["fulfilled"] for line in lines.get(key, ())) - secured
            part = min(growth[key], freed, gone[key[1]])
            if part > DUST:
                lost[key] = part
                gone[key[1]] -= part
        return lost

    @api.model
    def _documents(self, move_ids):
        if not move_ids:
            return set()
        return {(model, number) for model, number in self.env.execute_query(self._documents_sql(list(move_ids)))}

    @api.model
    def _take_lines(self, state, documents):
        """Make the documents' reservations this transaction's own; ``{(document, item): [line as dict]}``.

        The update is what makes two transactions on one document take turns: the second starts again.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_reservation SET write_date = now() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT id FROM inventory_reservation
                               WHERE (res_model, res_id) IN %s AND state IN ('soft', 'firm', 'fulfilled')
                               ORDER BY id FOR NO KEY UPDATE)
                """,
                tuple(documents),
            ),
            log_exceptions=False,
        )
        if not self.env.cr.rowcount:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.res_model, r.res_id, line.product_id, line.warehouse_id, line.id, r.id, r.channel_id,
                       line.due_date, line.asked_date, line.open_quantity, line.fulfilled, line.released, line.short,
                       COALESCE(line.incoming_quantity, 0), line.reserved
                  FROM inventory_reservation r
                  JOIN inventory_reservation_line line ON line.reservation_id = r.id
                 WHERE (r.res_model, r.res_id) IN %s AND r.state IN ('soft', 'firm', 'fulfilled')
                 ORDER BY line.id
                """,
                tuple(documents),
            )
        )
        lines = defaultdict(list)
        for model, number, product, place, line, reservation, channel, due, asked, *quantities in rows:
            opened, fulfilled, released, short, incoming, reserved = map(float, quantities)
            state.promise_base.setdefault(line, opened)
            lines[(model, number), (product, place)].append(
                {
                    "id": line,
                    "reservation": reservation,
                    "channel": channel,
                    "open": opened,
                    "fulfilled": fulfilled,
                    "released": released,
                    "short": short,
                    "incoming": incoming,
                    "reserved": reserved,
                    "due": due,
                    "asked": asked,
                    "base": state.promise_base[line],
                }
            )
        return lines

    @api.model
    def _cut_growth(self, state, growth, wanted, lines, channels):
        """Ask for what promises shall grow by, as far as the transaction does not give it itself.

        :return: ``{(document, item): quantity}`` that could not be had
        """
        change = defaultdict(float, self._changes(state))
        for key, quantity in wanted.items():
            change[key[1]] += quantity - sum(line["open"] for line in lines.get(key, ()))
        rules = self._with_rules({channels[document] for document, _item in growth})
        documents = {document for document, _item in growth}
        bound = {document for document in documents if channels[document] in rules and self._sells(document)}
        asked = defaultdict(dict)
        missing = {}
        for document, item in sorted(growth):
            if item not in missing:
                need = change[item] - state.credit(item) - state.booked[item]
                missing[item] = need - (state.granted[item] - state.booked[item])
            part = min(growth[document, item], missing[item])
            if part > DUST:
                missing[item] -= part
                channel = channels[document] if document in bound else None
                asked[channel, self._oversells(document)][document, item] = part
        cut = {}
        for (channel, oversell), parts in asked.items():
            cut.update(self._ask_for(state, channel, parts, oversell))
        return cut

    @api.model
    def _ask_for(self, state, channel, parts, oversell):
        """:param parts: ``{(document, item): quantity}``; return what was not granted of them, the last ones first"""
        grant = self.env["inventory.grant"]
        total = defaultdict(float)
        for (_document, item), quantity in parts.items():
            total[item] += quantity
        state.channel, state.document = channel, None
        try:
            answers = grant._ask(state, total, oversell=oversell)
        finally:
            state.channel = None
        left = {item: answer.quantity for item, answer in answers.items()}
        cut = {}
        for key, quantity in parts.items():
            given = min(quantity, max(0.0, left[key[1]]))
            left[key[1]] -= given
            if quantity - given > DUST:
                cut[key] = quantity - given
        return cut

    @api.model
    def _write(self, state, wanted, demand, lines, channels):
        """Book the promises as they shall be: ledger, lines, state and history."""
        needed = self._needing_reservation(wanted, demand)
        reservations = self._reservations(needed, channels, lines)
        rows, updates, inserts = [], [], []
        moved = defaultdict(float)
        for (document, item), quantity in sorted(wanted.items()):
            unreserved, secured = demand.get((document, item), (0.0, 0.0))
            known = lines.get((document, item), [])
            opened = sum(line["open"] for line in known)
            if abs(quantity - opened) > DUST and document in reservations:
                rows.append((f"promise:{reservations[document]}", *item, round(quantity - opened, 6)))
                moved[reservations[document]] += quantity - opened
            if known:
                # One line bears the document's quantities of an item.
                first, others = known[0], known[1:]
                incoming = min(sum(line["incoming"] for line in known), max(0.0, unreserved - quantity))
                if (
                    others
                    or abs(first["open"] - quantity) > DUST
                    or abs(first["fulfilled"] - secured) > DUST
                    or abs(first["incoming"] - incoming) > DUST
                ):
                    short = min(sum(line["short"] for line in known), max(0.0, unreserved - quantity - incoming))
                    dated = [line for line in known if line["due"]] if incoming > DUST else []
                    due = max((line["due"] for line in dated), default=None)
                    asked = max((line["asked"] for line in dated), default=None)
                    had = sum(line["reserved"] for line in known)
                    updates.append(
                        (first["id"], unreserved + secured, had, quantity, secured, short, incoming, due, asked)
                    )
                    updates += [(line["id"], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, None) for line in others]
            elif document in needed and (unreserved > DUST or secured > DUST):
                wish = unreserved + secured
                inserts.append((reservations[document], channels[document], *item, wish, quantity, secured))
        self._insert_ledger(rows)
        self._insert_lines(state, inserts)
        self._update_lines(updates)
        self._finish(state, set(reservations.values()), moved, demand, reservations)

    @api.model
    def _changes(self, state):
        """``{item: quantity}`` that this transaction has added to promises so far, as its own view has it."""
        if not state.promise_base:
            return {}
        change = defaultdict(float)
        for line, product, place, opened in self.env.execute_query(
            SQL(
                "SELECT id, product_id, warehouse_id, open_quantity FROM inventory_reservation_line WHERE id = ANY(%s)",
                list(state.promise_base),
            )
        ):
            change[product, place] += float(opened) - state.promise_base[line]
        return dict(change)

    @api.model
    def _needing_reservation(self, wanted, demand):
        """Documents that have to have a reservation: an order as soon as it asks for goods, since it is read there what
        the channel was promised and got; any other one as soon as it is promised something.
        """
        ordered = {
            document
            for (document, _item), quantities in demand.items()
            if self._sells(document) and max(quantities) > DUST
        }
        return ordered | {document for (document, _item), quantity in wanted.items() if quantity > DUST}

    @api.model
    def _reservations(self, needed, channels, lines):
        """``{document: reservation id}`` of all that have one; made for those of ``needed`` that have none."""
        found = {}
        for (document, _item), known in lines.items():
            for line in known:
                found[document] = max(found.get(document, 0), line["reservation"])
        missing = sorted(needed & channels.keys() - found.keys())
        if missing:
            found.update(self._make_reservations(missing, channels))
        return found

    @api.model
    def _make_reservations(self, documents, channels):
        """Two transactions that make one for the same document at once: the second begins again (``_document_unique``),
        since what it would promise is what the first does.
        """
        names = self._names_of(documents)
        rows = [
            (
                *document,
                f"{document[0]},{document[1]}/{uuid.uuid4().hex[:12]}",
                names[document][0],
                names[document][1],
                channels[document],
            )
            for document in documents
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_reservation (res_model, res_id, key, reference, company_id, channel_id, state,
                                                   priority, create_date, write_date, create_uid, write_uid)
                SELECT r.model, r.id, r.key, r.name, r.company, channel.id, 'firm', channel.priority,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', %s, %s
                  FROM unnest(%s::text[], %s::integer[], %s::text[], %s::text[], %s::integer[], %s::integer[])
                       r(model, id, key, name, company, channel)
                  JOIN inventory_channel channel ON channel.id = r.channel
                    ON CONFLICT (res_model, res_id) WHERE res_id IS NOT NULL AND state IN ('soft', 'firm', 'fulfilled')
                    DO NOTHING
             RETURNING res_model, res_id, id
                """,
                self.env.uid,
                self.env.uid,
                *(list(column) for column in zip(*rows, strict=True)),
            ),
            log_exceptions=False,
        )
        return {(model, number): reservation for model, number, reservation in self.env.cr.fetchall()}

    @api.model
    def _insert_ledger(self, rows):
        if rows:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind)"
                    " SELECT r.k, r.p, r.w, r.q, 'promise'"
                    " FROM unnest(%s::text[], %s::integer[], %s::integer[], %s::numeric[]) r(k, p, w, q)",
                    *(list(column) for column in zip(*rows, strict=True)),
                )
            )

    @api.model
    def _insert_lines(self, state, inserts):
        if inserts:
            made = self.env.execute_query(
                SQL(
                    """
                    INSERT INTO inventory_reservation_line
                           (reservation_id, channel_id, company_id, line_no, product_id, warehouse_id, requested,
                            reserved, open_quantity, fulfilled, released, short, create_date, write_date)
                    SELECT r.res, r.c, head.company_id, 0, r.p, r.w, r.wish, r.o + r.f, r.o, r.f, 0, 0,
                           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                      FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::numeric[],
                                  %s::numeric[], %s::numeric[]) r(res, c, p, w, wish, o, f)
                      JOIN inventory_reservation head ON head.id = r.res
                 RETURNING id
                    """,
                    *(list(column) for column in zip(*inserts, strict=True)),
                )
            )
            state.promise_base.update((line, 0.0) for (line,) in made)

    @api.model
    def _update_lines(self, updates):
        """``reserved`` is the most that was ever promised; what is neither open, secured nor short was released."""
        if updates:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE inventory_reservation_line line
                       SET requested = r.wish, open_quantity = r.o, fulfilled = r.f, short = r.s,
                           incoming_quantity = r.i, due_date = r.due, asked_date = COALESCE(r.asked, line.asked_date),
                           reserved = GREATEST(r.had, r.o + r.f + r.s + r.i),
                           released = GREATEST(r.had, r.o + r.f + r.s + r.i) - r.o - r.f - r.s - r.i
                      FROM unnest(%s::integer[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                                  %s::numeric[], %s::numeric[], %s::date[], %s::date[])
                           r(id, wish, had, o, f, s, i, due, asked)
                     WHERE line.id = r.id
                    """,
                    *(list(column) for column in zip(*updates, strict=True)),
                )
            )

    @api.model
    def _finish(self, state, ids, moved, demand, reservations):
        """State and history of the reservations, and forget what Odoo remembers of them."""
        if not ids:
            return
        waiting = {
            reservations[document]
            for (document, _item), (unreserved, _secured) in demand.items()
            if unreserved > DUST and document in reservations
        }
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_reservation r
                   SET state = CASE WHEN r.id = ANY(%(waiting)s) OR total.opened > 0 THEN 'firm'
                                    WHEN total.fulfilled > 0 THEN 'fulfilled' ELSE 'released' END,
                       expires_at = NULL
                  FROM (SELECT line.reservation_id, SUM(line.open_quantity) AS opened, SUM(line.fulfilled) AS fulfilled
                          FROM inventory_reservation_line line WHERE line.reservation_id = ANY(%(ids)s)
                         GROUP BY line.reservation_id) total
                 WHERE r.id = total.reservation_id
                """,
                ids=list(ids),
                waiting=list(waiting),
            )
        )
        changes = [(number, quantity) for number, quantity in sorted(moved.items()) if abs(quantity) > DUST]
        if changes:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, quantity)"
                    " SELECT r.id, now() AT TIME ZONE 'UTC', %s, CASE WHEN r.q > 0 THEN 'promised' ELSE 'used' END,"
                    " abs(r.q) FROM unnest(%s::integer[], %s::numeric[]) r(id, q)",
                    state.uid,
                    [number for number, _quantity in changes],
                    [quantity for _number, quantity in changes],
                )
            )
        for model in ("inventory.reservation", "inventory.reservation.line", "inventory.reservation.event"):
            self.env[model].invalidate_model()
