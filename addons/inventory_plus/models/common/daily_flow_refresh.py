"""Keeping the daily facts up to date: take notes away, recompute whole days, never add to a row."""

from odoo import api, models
from odoo.tools import SQL

from .daily_flow import KINDS

#: Above so many changed moves everything is computed anew, part by part, instead of single days.
KEYS_AT_ONCE = 50_000
#: Component name in ``inventory.readiness``; its row is also the lock that lets one refresh work at a time.
COMPONENT = "daily_facts"

COLUMNS = SQL(", ").join(
    SQL.identifier(name)
    for name in ("product_id", "warehouse_id", "company_id", "date", *KINDS, "revenue", "lines", "source", "channel")
)


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    @api.model
    def _refresh(self):
        """Bring the facts up to date within the current transaction, its own changes included.

        Locks: the row of ``inventory.readiness`` for the daily facts, so that one refresh works at a time. A
        transaction whose snapshot is older than another refresh gets a serialization error, which requests retry;
        scheduled work runs in a READ COMMITTED transaction of its own (:meth:`_in_own_transaction`) and just waits.

        While the first build still waits or runs there is nothing to bring up to date; its end does.

        :return: number of product days that were recomputed; ``None`` when all were
        """
        self.env.flush_all()
        self._take_turn()
        if self.env["inventory.readiness"]._of(COMPONENT).state != "ready":
            return 0
        everything = self._take_notes() > KEYS_AT_ONCE
        everything = self._note_changed_places() or everything
        if everything:
            days = None
            self._recompute_everything()
        else:
            self._note_relatives()
            days = self._recompute_keys()
        self.env.cr.execute("DROP TABLE inventory_flow_note")
        self.invalidate_model()
        return days

    @api.model
    def _take_turn(self):
        """Wait for other refreshes; in a transaction with an older snapshot raise a serialization error."""
        self.env["inventory.readiness"]._of(COMPONENT)
        self.env.cr.execute(
            SQL("UPDATE inventory_readiness SET updated_at = now() AT TIME ZONE 'UTC' WHERE component = %s", COMPONENT)
        )

    # -- notes ---------------------------------------------------------------------------------------------------

    @api.model
    def _take_notes(self):
        """Move the notes of committed changes into a temporary table; return how many there are."""
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_flow_note")
        cr.execute(
            """
            CREATE TEMPORARY TABLE inventory_flow_note (product_id integer, day date, move_id integer,
                                                        sale_line_id integer) ON COMMIT DROP
            """
        )
        cr.execute(
            """
            WITH taken AS (DELETE FROM inventory_daily_flow_dirty
                           RETURNING product_id, day, move_id, sale_line_id)
            INSERT INTO inventory_flow_note SELECT DISTINCT product_id, day, move_id, sale_line_id FROM taken
            """
        )
        return cr.rowcount

    @api.model
    def _note_relatives(self):
        """Add the days of the noted moves' origins, returns, siblings of the same sale line, and of their chains.

        A return acts on its origin's day, and stands for itself when its origin is no delivery; so a change of either
        touches the days of both. Whether a delivery was procured to order is told by the moves that fed it, however
        far back; whether a transfer was a resupply, by the move after it as well.
        """
        cr = self.env.cr
        cr.execute("SELECT ARRAY_AGG(DISTINCT move_id), ARRAY_AGG(DISTINCT sale_line_id) FROM inventory_flow_note")
        noted, lines = cr.fetchone()
        origins = "SELECT origin_returned_move_id FROM stock_move WHERE id = ANY(%s)"
        returns = "SELECT id FROM stock_move WHERE origin_returned_move_id = ANY(%s)"
        fed = "SELECT move_dest_id FROM stock_move_move_rel WHERE move_orig_id = ANY(%s)"
        noted = {move for move in noted or () if move}
        moves = self._follow(origins, noted) | self._follow(fed, noted)
        cr.execute(SQL("SELECT move_orig_id FROM stock_move_move_rel WHERE move_dest_id = ANY(%s)", list(noted)))
        moves |= {move for (move,) in cr.fetchall()}
        cr.execute(SQL("SELECT DISTINCT sale_line_id FROM stock_move WHERE id = ANY(%s)", list(moves)))
        lines = {line for line in (*(lines or ()), *(line for (line,) in cr.fetchall())) if line}
        cr.execute(SQL("SELECT id FROM stock_move WHERE sale_line_id = ANY(%s)", list(lines)))
        moves = self._follow(returns, moves | {move for (move,) in cr.fetchall()})
        cr.execute(
            SQL(
                """
                INSERT INTO inventory_flow_note (product_id, day)
                SELECT DISTINCT product_id, date::date FROM stock_move WHERE id = ANY(%s) AND state = 'done'
                """,
                list(moves),
            )
        )

    @api.model
    def _follow(self, query, moves):
        """Add to the ids ``moves`` what ``query`` leads to from them, step by step to the end; one query a step."""
        found, step = set(moves), set(moves)
        while step:
            self.env.cr.execute(query, [list(step)])
            step = {move for (move,) in self.env.cr.fetchall() if move} - found
            found |= step
        return found

    @api.model
    def _note_changed_places(self):
        """Compare the places with those that the facts know; note the days of moves that touched changed ones.

        :return: True when everything has to be computed anew: a time zone or a company changed, or too many moves
            touched what changed
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                SELECT COALESCE(place.location_id, known.location_id),
                       known.location_id IS NOT NULL AND place.location_id IS NOT NULL
                       AND place.warehouse_id = known.warehouse_id
                       AND (place.tz, place.company_id) IS DISTINCT FROM (known.tz, known.company_id)
                  FROM (%s) place
                  FULL JOIN inventory_daily_flow_place known ON known.location_id = place.location_id
                 WHERE (place.location_id, place.warehouse_id, place.company_id, place.side, place.tz)
                       IS DISTINCT FROM
                       (known.location_id, known.warehouse_id, known.company_id, known.side, known.tz)
                """,
                self._places_sql(),
            )
        )
        changed = cr.fetchall()
        if not changed:
            return False
        location_ids = [location_id for location_id, _everything in changed]
        everything = any(everything for _location_id, everything in changed)
        if not everything:
            cr.execute(
                SQL(
                    """
                    INSERT INTO inventory_flow_note (product_id, day, move_id, sale_line_id)
                    SELECT DISTINCT move.product_id, move.date::date, move.id, move.sale_line_id
                      FROM stock_move move
                     WHERE move.state = 'done'
                       AND move.id IN (
                            SELECT line.move_id FROM stock_move_line line WHERE line.location_id = ANY(%(ids)s)
                            UNION
                            SELECT line.move_id FROM stock_move_line line WHERE line.location_dest_id = ANY(%(ids)s)
                            UNION
                            SELECT near.id FROM stock_move near WHERE near.location_id = ANY(%(ids)s)
                            UNION
                            SELECT near.id FROM stock_move near WHERE near.location_dest_id = ANY(%(ids)s))
                    """,
                    ids=location_ids,
                )
            )
            everything = cr.rowcount > KEYS_AT_ONCE
        self._remember_places()
        return everything

    @api.model
    def _remember_places(self):
        """Store the places that the facts are computed with."""
        self.env.cr.execute("DELETE FROM inventory_daily_flow_place")
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_daily_flow_place (location_id, warehouse_id, company_id, side, tz)"
                " SELECT place.location_id, place.warehouse_id, place.company_id, place.side, place.tz FROM (%s) place",
                self._places_sql(),
            )
        )

    # -- recomputing ---------------------------------------------------------------------------------------------

    @api.model
    def _recompute_keys(self):
        """Recompute the local days of the noted products; return how many there were."""
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS pg_temp.inventory_flow_key")
        cr.execute(
            """
            CREATE TEMPORARY TABLE inventory_flow_key ON COMMIT DROP AS
            SELECT DISTINCT note.product_id, local.day AS date
              FROM (SELECT DISTINCT product_id, day FROM inventory_flow_note WHERE day IS NOT NULL) note
             CROSS JOIN (SELECT DISTINCT COALESCE(inventory_tz, 'UTC') AS tz FROM stock_warehouse) zone
             CROSS JOIN LATERAL (VALUES
                   (CAST(note.day::timestamp AT TIME ZONE 'UTC' AT TIME ZONE zone.tz AS date)),
                   (CAST((note.day + interval '23:59:59.999999') AT TIME ZONE 'UTC' AT TIME ZONE zone.tz AS date))
             ) local (day)
            """
        )
        cr.execute("CREATE INDEX ON inventory_flow_key (product_id, date)")
        cr.execute("ANALYZE inventory_flow_key")
        cr.execute("SELECT COUNT(*), MIN(date), MAX(date) FROM inventory_flow_key")
        days, first, last = cr.fetchone()
        if days:
            cr.execute(
                """
                DELETE FROM inventory_daily_flow flow USING inventory_flow_key key
                 WHERE flow.product_id = key.product_id AND flow.date = key.date AND flow.source = 'moves'
                """
            )
            near = SQL(
                """
                SELECT DISTINCT ON (move.id) move.*
                  FROM inventory_flow_key key
                  JOIN stock_move move ON move.product_id = key.product_id AND move.state = 'done'
                                      AND move.date >= key.date - interval '14 hours'
                                      AND move.date < key.date + interval '36 hours'
                 WHERE move.date >= %s::date - interval '14 hours' AND move.date < %s::date + interval '36 hours'
                """,
                first,
                last,
            )
            wanted = SQL(
                "(part.product_id, part.date) IN (SELECT key.product_id, key.date FROM inventory_flow_key key)"
            )
            self._insert_flows(near, wanted)
        cr.execute("DROP TABLE inventory_flow_key")
        return days

    @api.model
    def _recompute_days(self, date_from, date_to, warehouse_ids=None):
        """Recompute all products of the local days ``date_from`` to ``date_to`` inclusive."""
        within = SQL("date >= %s AND date <= %s", date_from, date_to)
        delete = SQL("DELETE FROM inventory_daily_flow WHERE source = 'moves' AND %s", within)
        wanted = SQL("part.date >= %s AND part.date <= %s", date_from, date_to)
        if warehouse_ids is not None:
            delete = SQL("%s AND warehouse_id = ANY(%s)", delete, list(warehouse_ids))
            wanted = SQL("%s AND part.warehouse_id = ANY(%s)", wanted, list(warehouse_ids))
        self.env.cr.execute(delete)
        near = SQL(
            """
            SELECT move.* FROM stock_move move
             WHERE move.state = 'done'
               AND move.date >= %s::date - interval '14 hours' AND move.date < %s::date + interval '36 hours'
            """,
            date_from,
            date_to,
        )
        self._insert_flows(near, wanted)

    @api.model
    def _insert_flows(self, near, wanted):
        """Aggregate and insert; parameters as in :meth:`_flows_sql`.

        Compiling the large query costs seconds and saves none: the time goes into joins and sums.
        """
        self.env.cr.execute("SET LOCAL jit = off")
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_daily_flow (%s) SELECT flow.*, 'moves', '' FROM (%s) flow",
                COLUMNS,
                self._flows_sql(near, wanted),
            )
        )
