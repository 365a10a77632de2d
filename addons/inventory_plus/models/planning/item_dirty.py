"""Which items' figures changed: notes of database triggers, consumed by the refresh."""

import logging

import psycopg2
from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Trigger function -> table it watches. Every function notes products in ``inventory_item_dirty``.
TRIGGERS = {
    "inventory_item_note_quant": "stock_quant",
    "inventory_item_note_move": "stock_move",
    "inventory_item_note_request_line": "purchase_order_line",
    "inventory_item_note_request": "purchase_order",
    "inventory_item_note_lot": "stock_lot",
    "inventory_item_note_promise": "inventory_reservation_line",
    "inventory_item_note_location": "stock_location",
}
#: Event -> the rows that it gives to a statement trigger.
TABLES = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}
#: Tables of which only these events matter: a new location or request has no stock or lines yet.
EVENTS = {"purchase_order": {"update"}, "stock_location": {"update"}}

#: What of a row decides on an item's figures; a statement that changes none of it is not noted.
_MOVE = "(state, date, product_qty, product_id, location_id, location_dest_id, location_final_id)"
_WATCHED = {
    "stock_quant": ("product_id", "(quantity, reserved_quantity, product_id, location_id, lot_id, owner_id)", "TRUE"),
    "stock_move": ("product_id", _MOVE, "TRUE"),
    "purchase_order_line": ("product_id", "(product_uom_qty, product_id, order_id)", "changed.product_id IS NOT NULL"),
    "stock_lot": ("product_id", "(removal_date, expiration_date, product_id)", "changed.product_id IS NOT NULL"),
    "inventory_reservation_line": ("product_id", "(product_id, warehouse_id, open_quantity, fulfilled)", "TRUE"),
}
#: Notes the products of inserted and deleted rows, and of rows whose watched columns changed.
_NOTE_ROWS = """
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO inventory_item_dirty (product_id)
             SELECT DISTINCT changed.{product} FROM new_rows changed WHERE {condition};
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO inventory_item_dirty (product_id)
             SELECT DISTINCT changed.{product} FROM old_rows changed WHERE {condition};
    ELSE
        INSERT INTO inventory_item_dirty (product_id)
             SELECT changed.{product}
               FROM (SELECT id, {product}, {watched} FROM old_rows
                     EXCEPT SELECT id, {product}, {watched} FROM new_rows) changed
              WHERE {condition}
              UNION
             SELECT changed.{product}
               FROM (SELECT id, {product}, {watched} FROM new_rows
                     EXCEPT SELECT id, {product}, {watched} FROM old_rows) changed
              WHERE {condition};
    END IF;
    RETURN NULL;
END"""
#: A request for quotation that is confirmed, cancelled or sent elsewhere changes the products of its lines.
_NOTE_REQUEST = """
BEGIN
    INSERT INTO inventory_item_dirty (product_id)
         SELECT DISTINCT line.product_id
           FROM new_rows
           JOIN old_rows USING (id)
           JOIN purchase_order_line line ON line.order_id = new_rows.id
          WHERE line.product_id IS NOT NULL
            AND (new_rows.state, new_rows.picking_type_id)
                IS DISTINCT FROM (old_rows.state, old_rows.picking_type_id);
    RETURN NULL;
END"""
#: Locations moved in the tree or turned into another kind change every item.
_NOTE_LOCATION = """
BEGIN
    IF EXISTS (
        SELECT FROM new_rows JOIN old_rows USING (id)
         WHERE (new_rows.parent_path, new_rows.usage) IS DISTINCT FROM (old_rows.parent_path, old_rows.usage)
    ) THEN
        INSERT INTO inventory_item_dirty (product_id) VALUES (NULL);
    END IF;
    RETURN NULL;
END"""
#: How long creating triggers waits for writers of a table before it gives way. Shorter than PostgreSQL's
#: ``deadlock_timeout``, so that a writer who waits for us in turn is never the one that is chosen to fail.
LOCK_TIMEOUT = "900ms"


class InventoryItemDirty(models.Model):
    """Append-only notes: this product's figures changed (no product: all of them may have).

    Written in the transaction of the change, by statement triggers, so that raw SQL and other addons count too and
    a rolled-back change leaves nothing. Writers only insert and never wait for each other or for the refresh.
    """

    _name = "inventory.item.dirty"
    _description = "Item Figures to Refresh"
    _log_access = False
    _rec_name = "product_id"

    product_id = fields.Integer(help="Product whose figures changed; empty: all.")

    def init(self):
        """Create what is missing of the triggers; where stock is being written, the scheduled action does it."""
        super().init()
        self._track()

    @api.model
    def _bodies(self):
        """``{function: its body}``"""
        bodies = {"inventory_item_note_request": _NOTE_REQUEST, "inventory_item_note_location": _NOTE_LOCATION}
        for function, table in TRIGGERS.items():
            if table in _WATCHED:
                product, watched, condition = _WATCHED[table]
                bodies[function] = _NOTE_ROWS.format(product=product, watched=watched, condition=condition)
        return bodies

    @api.model
    def _wanted(self):
        """``{trigger: (function, table, event)}``: PostgreSQL gives transition tables to single-event triggers only."""
        return {
            f"{function}_{event}": (function, table, event)
            for function, table in TRIGGERS.items()
            for event in TABLES
            if event in EVENTS.get(table, TABLES)
        }

    @api.model
    def _existing(self):
        """``{trigger: body of its function}`` of the triggers that are in place."""
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT trigger.tgname, function.prosrc
                      FROM pg_trigger trigger
                      JOIN pg_proc function ON function.oid = trigger.tgfoid
                     WHERE trigger.tgname = ANY(%s) AND NOT trigger.tgisinternal
                    """,
                    list(self._wanted()),
                )
            )
        )

    @api.model
    def _is_tracking(self):
        """Whether every trigger is in place and runs the present body."""
        bodies, existing = self._bodies(), self._existing()
        return all(existing.get(name) == bodies[function] for name, (function, _, _) in self._wanted().items())

    @api.model
    def _track(self):
        """Create the missing triggers and bring the functions up to date, in the current transaction.

        Replacing a function locks no table, so that an update of the module with all triggers in place waits for
        nobody. A new trigger needs its table without writers for an instant: when they hold it longer, this gives
        way, changes nothing and returns False; the scheduled action tries again every minute. What changed before
        the triggers saw it is covered by a note on everything.

        :return: True when the triggers are in place
        """
        if self._is_tracking():
            return True
        existing = self._existing()
        cr = self.env.cr
        cr.execute("SHOW lock_timeout")
        (before,) = cr.fetchone()
        try:
            with cr.savepoint(flush=False):
                cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                for function, body in self._bodies().items():
                    cr.execute(
                        SQL(
                            "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS %s",
                            SQL.identifier(function),
                            body,
                        )
                    )
                for name, (function, table, event) in self._wanted().items():
                    if name not in existing:
                        self._create_trigger(name, function, table, event)
                cr.execute(SQL("SELECT set_config('lock_timeout', %s, TRUE)", before))
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
            _logger.info("Items: stock is being written, the triggers have to wait")
            return False
        self._note_unseen()
        return True

    @api.model
    def _create_trigger(self, name, function, table, event):
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
                SQL.identifier(name),
                SQL(event.upper()),
                SQL.identifier(table),
                SQL(TABLES[event]),
                SQL.identifier(function),
            )
        )

    @api.model
    def _drop_triggers(self):
        """Take the triggers and their functions away, for the uninstallation."""
        for function in TRIGGERS:
            self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(function)))

    @api.model
    def _note_all(self):
        """Note that every item may have changed (planning date, scope)."""
        self._note_unseen()
        self.env["inventory.item"]._wake_refresh()

    @api.model
    def _note_unseen(self):
        """:meth:`_note_all` for the refresh itself, which must not wake itself for ever."""
        self.env.cr.execute("INSERT INTO inventory_item_dirty (product_id) VALUES (NULL)")

    @api.model
    def _take(self, limit=None):
        """Take notes off the queue.

        :param limit: take nothing when more notes than this wait (a screen does not wait for a bulk load)
        :return: ``(everything, product_ids)``, or None when there was nothing to take or too much
        """
        cr = self.env.cr
        if limit is not None:
            cr.execute("SELECT count(*) FROM (SELECT FROM inventory_item_dirty LIMIT %s) waiting", [limit + 1])
            if not 0 < cr.fetchone()[0] <= limit:
                return None
        # Law 2: a note that is being taken by another refresh is refreshed by that one, in its own snapshot.
        cr.execute(
            """
            WITH taken AS (
                DELETE FROM inventory_item_dirty
                 WHERE id IN (SELECT id FROM inventory_item_dirty ORDER BY id FOR UPDATE SKIP LOCKED)
             RETURNING product_id
            )
            SELECT COALESCE(bool_or(product_id IS NULL), FALSE), array_agg(DISTINCT product_id), count(*) FROM taken
            """
        )
        everything, product_ids, count = cr.fetchone()
        if not count:
            return None
        return everything, [product_id for product_id in product_ids if product_id]
