"""Rows into a table by COPY, each filled up from one that the ORM made."""

import io
import json
from datetime import date, datetime

from odoo.tools import SQL


class Rows:
    """Collects rows of one table and writes them by COPY.

    Modules add columns and defaults of their own to core tables; a row made by the ORM (and rolled back) knows
    them all, so that the rows built here carry the same defaults.

    :param cr: cursor
    :param str table: name of the table
    :param dict sample: column values of a row that the ORM made; the columns given to :meth:`add` replace them
    :param tuple columns: columns whose values differ from row to row, without ``id``
    """

    def __init__(self, cr, table, sample, columns):
        self.cr = cr
        self.table = table
        self.columns = ("id", *columns)
        fixed = {name: value for name, value in sample.items() if name not in self.columns and value is not None}
        self.fixed_columns = tuple(fixed)
        self.fixed = "".join("\t" + _copy_text(value) for value in fixed.values())
        self.lines = []
        self._ids = iter(())

    def new_id(self):
        """An id from the table's sequence; ids are fetched in blocks and ascend."""
        found = next(self._ids, None)
        if found is None:
            self.cr.execute(SQL("SELECT nextval(%s) FROM generate_series(1, 5000) ORDER BY 1", f"{self.table}_id_seq"))
            self._ids = iter([row[0] for row in self.cr.fetchall()])
            found = next(self._ids)
        return found

    def add(self, row_id, *values):
        """Add a row; ``values`` in the order of ``columns``."""
        self.lines.append("\t".join([_copy_text(value) for value in (row_id, *values)]) + self.fixed)

    def write(self):
        """COPY what was collected; returns the number of rows."""
        names = ", ".join(f'"{name}"' for name in (*self.columns, *self.fixed_columns))
        self.cr._obj.copy_expert(f'COPY "{self.table}" ({names}) FROM STDIN', io.StringIO("\n".join(self.lines)))
        count = len(self.lines)
        self.lines = []
        # The planner knows nothing of rows of the same transaction and would read the table for each of them.
        self.cr.execute(SQL("ANALYZE %s", SQL.identifier(self.table)))
        return count


def copy_pairs(cr, table, columns, pairs):
    """COPY rows of a relation table."""
    text = "\n".join("\t".join([_copy_text(value) for value in pair]) for pair in pairs)
    names = ", ".join(f'"{name}"' for name in columns)
    cr._obj.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', io.StringIO(text))
    cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def _copy_text(value):
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    # numpy numbers print their type in their own repr.
    return float.__repr__(value) if isinstance(value, float) else str(value)
