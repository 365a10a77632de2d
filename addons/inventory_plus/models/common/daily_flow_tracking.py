"""Triggers that note which days of which products changed, in the transaction that changes them."""

import logging

import psycopg2
from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Columns of a done move on which its facts depend.
MOVE_COLUMNS = (
    "state",
    "product_id",
    "date",
    "origin_returned_move_id",
    "sale_line_id",
    "location_id",
    "location_dest_id",
    "procure_method",
    "rule_id",
    "picking_type_id",
    "company_id",
)
#: Columns of a line on which the facts of its move depend.
LINE_COLUMNS = ("quantity_product_uom", "location_id", "location_dest_id", "move_id", "owner_id")
#: Columns of a sale line and an order on which revenue depends.
SALE_LINE_COLUMNS = ("price_subtotal", "price_unit", "discount", "product_uom_qty", "product_uom_id", "product_id")
SALE_COLUMNS = ("currency_rate", "warehouse_id")

#: What the triggers run. Changed rows are found by EXCEPT, not by a join of old and new rows: a session keeps the plan
#: of its first, small update, and a join planned for one row would take hours on the first bulk update.
_NOTE = "INSERT INTO inventory_daily_flow_dirty (product_id, day, move_id, sale_line_id)"
_DELETE_MOVE = (
    f"{_NOTE} SELECT product_id, date::date, origin_returned_move_id, sale_line_id FROM old_rows WHERE state = 'done'"
)
_UPDATE_MOVE = f"""{_NOTE}
    SELECT product_id, date::date, id, sale_line_id
      FROM (SELECT id, {{columns}} FROM new_rows WHERE state = 'done'
            EXCEPT SELECT id, {{columns}} FROM old_rows WHERE state = 'done') became
     UNION ALL
    SELECT product_id, date::date, origin_returned_move_id, sale_line_id
      FROM (SELECT id, {{columns}} FROM old_rows WHERE state = 'done'
            EXCEPT SELECT id, {{columns}} FROM new_rows WHERE state = 'done') been"""
_CHANGED = """(SELECT id, {columns} FROM new_rows EXCEPT SELECT id, {columns} FROM old_rows)
      UNION (SELECT id, {columns} FROM old_rows EXCEPT SELECT id, {columns} FROM new_rows)"""
_MOVE = f"{_NOTE} SELECT DISTINCT move.product_id, move.date::date, move.id, move.sale_line_id FROM"
_INSERT_LINE = f"{_MOVE} new_rows line JOIN stock_move move ON move.id = line.move_id WHERE move.state = 'done'"
_DELETE_LINE = f"{_MOVE} old_rows line JOIN stock_move move ON move.id = line.move_id WHERE move.state = 'done'"
_UPDATE_LINE = f"""{_MOVE} ({_CHANGED}) line
      JOIN stock_move move ON move.id = line.move_id WHERE move.state = 'done'"""
_UPDATE_SALE_LINE = f"""{_MOVE} ({_CHANGED}) sold
      JOIN stock_move move ON move.sale_line_id = sold.id WHERE move.state = 'done'"""
_UPDATE_SALE = f"""{_MOVE} ({_CHANGED}) sale
      JOIN sale_order_line sold ON sold.order_id = sale.id
      JOIN stock_move move ON move.sale_line_id = sold.id WHERE move.state = 'done'"""

#: (table, event, columns, statement). A move inserted as done has no fact before its lines are, and those are noted.
TRIGGERS = (
    ("stock_move", "UPDATE", MOVE_COLUMNS, _UPDATE_MOVE),
    ("stock_move", "DELETE", (), _DELETE_MOVE),
    ("stock_move_line", "INSERT", (), _INSERT_LINE),
    ("stock_move_line", "UPDATE", LINE_COLUMNS, _UPDATE_LINE),
    ("stock_move_line", "DELETE", (), _DELETE_LINE),
    ("sale_order_line", "UPDATE", SALE_LINE_COLUMNS, _UPDATE_SALE_LINE),
    ("sale_order", "UPDATE", SALE_COLUMNS, _UPDATE_SALE),
)
#: How long creating a trigger waits for writers of stock before it gives way, so that nobody queues behind it.
LOCK_TIMEOUT = "3s"


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    @api.model
    def _is_tracking(self):
        """Whether every trigger is in place."""
        names = [f"inventory_flow_{table}_{event.lower()}" for table, event, _columns, _statement in TRIGGERS]
        rows = self.env.execute_query(
            SQL("SELECT COUNT(*) FROM pg_trigger WHERE tgname = ANY(%s) AND NOT tgisinternal", names)
        )
        return rows[0][0] == len(TRIGGERS)

    @api.model
    def _track(self):
        """Create functions and triggers in the current transaction.

        A trigger needs the table for itself for an instant. When writers hold it longer than a few seconds this
        gives way, changes nothing and returns False; the scheduled action tries again.

        :return: True when the triggers are in place
        """
        self.env.cr.execute("SHOW lock_timeout")
        (before,) = self.env.cr.fetchone()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_TIMEOUT))
                for table, event, columns, statement in TRIGGERS:
                    self._create_trigger(table, event, columns, statement)
                self._drop_functions(keep=TRIGGERS)
                self.env.cr.execute(SQL("SELECT set_config('lock_timeout', %s, TRUE)", before))
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
            _logger.info("Daily facts: stock is being written, the triggers have to wait")
            return False
        return True

    @api.model
    def _create_trigger(self, table, event, columns, statement):
        """Create the statement trigger of ``table`` on ``event``, replacing an older one."""
        name = SQL.identifier(f"inventory_flow_{table}_{event.lower()}")
        if columns:
            statement = statement.format(columns=", ".join(columns))
        tables = {
            "INSERT": SQL("NEW TABLE AS new_rows"),
            "UPDATE": SQL("OLD TABLE AS old_rows NEW TABLE AS new_rows"),
            "DELETE": SQL("OLD TABLE AS old_rows"),
        }[event]
        cr = self.env.cr
        body = f"BEGIN {statement}; RETURN NULL; END"
        cr.execute(SQL("CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS %s", name, body))
        cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", name, SQL.identifier(table)))
        cr.execute(
            SQL(
                "CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %s()",
                name,
                SQL(event),
                SQL.identifier(table),
                tables,
                name,
            )
        )

    @api.model
    def _untrack(self):
        """Take triggers and functions away, so that stock works without us (uninstallation)."""
        self._drop_functions()

    @api.model
    def _drop_functions(self, keep=()):
        """Drop our functions and what hangs on them, those of older versions too, but for the triggers to ``keep``."""
        cr = self.env.cr
        names = [f"inventory_flow_{table}_{event.lower()}" for table, event, _columns, _statement in keep]
        cr.execute(
            SQL(
                """
                SELECT proname FROM pg_proc
                 WHERE proname LIKE %s AND prorettype = 'trigger'::regtype AND NOT proname = ANY(%s)
                """,
                r"inventory\_flow\_%",
                names,
            )
        )
        for (name,) in cr.fetchall():
            cr.execute(SQL("DROP FUNCTION %s() CASCADE", SQL.identifier(name)))
