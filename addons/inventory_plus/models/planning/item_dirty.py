"""Which items' figures changed: notes of database triggers, consumed by the refresh."""

from odoo import api, fields, models
from odoo.tools import SQL

#: Trigger function -> table it watches. Every function notes products in ``inventory_item_dirty``.
TRIGGERS = {
    "inventory_item_note_quant": "stock_quant",
    "inventory_item_note_move": "stock_move",
    "inventory_item_note_request_line": "purchase_order_line",
    "inventory_item_note_request": "purchase_order",
    "inventory_item_note_lot": "stock_lot",
    "inventory_item_note_location": "stock_location",
}

#: Tables of which only these events matter: a new location or request has no stock or lines yet.
EVENTS = {"purchase_order": {"update"}, "stock_location": {"update"}}

#: What of a row decides on an item's figures; a statement that changes none of it is not noted.
_MOVE = "(state, date, product_qty, product_id, location_id, location_dest_id, location_final_id)"
_WATCHED = {
    "stock_quant": ("product_id", "(quantity, reserved_quantity, product_id, location_id, lot_id, owner_id)", "TRUE"),
    "stock_move": ("product_id", _MOVE, "TRUE"),
    "purchase_order_line": ("product_id", "(product_uom_qty, product_id, order_id)", "changed.product_id IS NOT NULL"),
    "stock_lot": ("product_id", "(removal_date, product_id)", "changed.product_id IS NOT NULL"),
}


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
        """Create the triggers (again): functions first, then one trigger an event, since each has its own tables."""
        super().init()
        self.env.cr.execute("ALTER TABLE inventory_item_dirty ALTER COLUMN product_id DROP NOT NULL")
        for table, (product, watched, condition) in _WATCHED.items():
            self._create_note_function(table, product, watched, condition)
        self._create_request_function()
        self._create_location_function()
        for function, table in TRIGGERS.items():
            self._create_triggers(function, table)

    def _create_note_function(self, table, product, watched, condition):
        """Function that notes the products of inserted and deleted rows, and of rows whose watched columns changed."""
        function = next(name for name, watched_table in TRIGGERS.items() if watched_table == table)
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION %(function)s() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'INSERT' THEN
                        INSERT INTO inventory_item_dirty (product_id)
                             SELECT DISTINCT changed.%(product)s FROM new_rows changed WHERE %(condition)s;
                    ELSIF TG_OP = 'DELETE' THEN
                        INSERT INTO inventory_item_dirty (product_id)
                             SELECT DISTINCT changed.%(product)s FROM old_rows changed WHERE %(condition)s;
                    ELSE
                        INSERT INTO inventory_item_dirty (product_id)
                             SELECT changed.%(product)s
                               FROM (SELECT id, %(product)s, %(watched)s FROM old_rows
                                     EXCEPT SELECT id, %(product)s, %(watched)s FROM new_rows) changed
                              WHERE %(condition)s
                              UNION
                             SELECT changed.%(product)s
                               FROM (SELECT id, %(product)s, %(watched)s FROM new_rows
                                     EXCEPT SELECT id, %(product)s, %(watched)s FROM old_rows) changed
                              WHERE %(condition)s;
                    END IF;
                    RETURN NULL;
                END $$
                """,
                function=SQL.identifier(function),
                product=SQL.identifier(product),
                watched=SQL(watched),
                condition=SQL(condition),
            )
        )

    def _create_request_function(self):
        """A request for quotation that is confirmed, cancelled or sent elsewhere changes the products of its lines."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION inventory_item_note_request() RETURNS trigger LANGUAGE plpgsql AS $$
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
            END $$
            """
        )

    def _create_location_function(self):
        """Locations moved in the tree or turned into another kind change every item."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION inventory_item_note_location() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT FROM new_rows JOIN old_rows USING (id)
                     WHERE (new_rows.parent_path, new_rows.usage)
                           IS DISTINCT FROM (old_rows.parent_path, old_rows.usage)
                ) THEN
                    INSERT INTO inventory_item_dirty (product_id) VALUES (NULL);
                END IF;
                RETURN NULL;
            END $$
            """
        )

    def _create_triggers(self, function, table):
        """One statement trigger an event: PostgreSQL gives transition tables to single-event triggers only."""
        events = {
            "insert": "NEW TABLE AS new_rows",
            "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            "delete": "OLD TABLE AS old_rows",
        }
        for event, tables in events.items():
            name = SQL.identifier(f"{function}_{event}")
            self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", name, SQL.identifier(table)))
            if event not in EVENTS.get(table, events):
                continue
            self.env.cr.execute(
                SQL(
                    "CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
                    name,
                    SQL(event.upper()),
                    SQL.identifier(table),
                    SQL(tables),
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
        self.env.cr.execute("INSERT INTO inventory_item_dirty (product_id) VALUES (NULL)")
        self.env["inventory.item"]._wake_refresh()

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
