"""Arrays in and out of PostgreSQL by binary COPY: fixed-width records, no Python object per value."""

import io
import struct

import numpy as np
from odoo.tools import SQL

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
#: numpy kind -> (PostgreSQL type, big-endian numpy type); rows of bytes have the width that the caller says.
_TYPES = {"i": ("int4", ">i4"), "f": ("float8", ">f8"), "b": ("bytea", "u1")}


def _record(kinds, width=0):
    """Record of the binary format: the number of fields, then a length and a value for each."""
    fields = [("count", ">i2")]
    for number, kind in enumerate(kinds):
        shape = (width,) if kind == "b" else ()
        fields += [(f"length{number}", ">i4"), (f"value{number}", _TYPES[kind][1], shape)]
    return np.dtype(fields)


def read(cr, query, kinds, width=0):
    """Rows of ``query`` as one array a column.

    :param query: :class:`SQL` with as many columns as ``kinds``, none of them ever NULL (use 'NaN' or -1)
    :param str kinds: one letter a column: i (int4), f (float8) or b (bytea); the columns are cast
    :param int width: bytes of each value of b; others are left out by the query
    :return: list of arrays, of shape (n,), those of b (n, width)
    """
    columns = SQL(", ").join(
        SQL("%s::%s", SQL.identifier(f"c{number}"), SQL(_TYPES[kind][0])) for number, kind in enumerate(kinds)
    )
    names = SQL(", ").join(SQL.identifier(f"c{number}") for number in range(len(kinds)))
    statement = SQL("COPY (SELECT %s FROM (%s) AS source(%s)) TO STDOUT (FORMAT binary)", columns, query, names)
    buffer = io.BytesIO()
    cr.copy_expert(cr.mogrify(statement.code, statement.params).decode(), buffer)
    record = _record(kinds, width)
    view = buffer.getbuffer()
    size = len(view) - len(_SIGNATURE) - len(_TRAILER)
    if size % record.itemsize:
        raise ValueError("A column holds NULL or has another width than declared")
    rows = np.frombuffer(view, record, size // record.itemsize, len(_SIGNATURE))
    return [
        rows[f"value{number}"].astype(_TYPES[kind][1].removeprefix(">"), copy=kind != "b")
        for number, kind in enumerate(kinds)
    ]


def stage(cr, table, columns):
    """Fill a temporary table (made anew, gone at commit) with arrays.

    :param str table: name of the temporary table
    :param dict columns: name -> array of shape (n,); whole numbers become int4, others float8. NaN stays NaN:
        readers turn it into NULL where they want one.
    """
    kinds = [_kind(values) for values in columns.values()]
    definition = SQL(", ").join(
        SQL("%s %s", SQL.identifier(name), SQL(_TYPES[kind][0])) for name, kind in zip(columns, kinds, strict=True)
    )
    cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(table)))
    cr.execute(SQL("CREATE TEMPORARY TABLE %s (%s) ON COMMIT DROP", SQL.identifier(table), definition))
    _send(cr, table, columns, kinds)
    cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def append(cr, table, columns):
    """Add rows to a table.

    :param dict columns: name -> array; whole numbers for int4, bytes of shape (n, width) for bytea, else float8
    """
    kinds = [_kind(values) for values in columns.values()]
    width = max(
        (values.shape[1] for values, kind in zip(columns.values(), kinds, strict=True) if kind == "b"), default=0
    )
    _send(cr, table, columns, kinds, width)


def _kind(values):
    values = np.asarray(values)
    return "b" if values.ndim == 2 else "i" if values.dtype.kind in "iub" else "f"


def _send(cr, table, columns, kinds, width=0):
    count = len(next(iter(columns.values())))
    rows = np.empty(count, _record(kinds, width))
    rows["count"] = len(kinds)
    for number, values in enumerate(columns.values()):
        rows[f"value{number}"] = values
        rows[f"length{number}"] = rows.dtype[f"value{number}"].itemsize
    names = SQL(", ").join(SQL.identifier(name) for name in columns)
    statement = SQL("COPY %s (%s) FROM STDIN (FORMAT binary)", SQL.identifier(table), names)
    cr.copy_expert(statement.code, io.BytesIO(_SIGNATURE + rows.tobytes() + _TRAILER))


def codes(names, values):
    """Position (from 1) of each value in ``names``, 0 where it is not among them: for ``(ARRAY[...])[code]``."""
    table = {name: number for number, name in enumerate(names, 1)}
    distinct, inverse = np.unique(np.asarray(values), return_inverse=True)
    return np.array([table.get(str(name), 0) for name in distinct], np.int32)[inverse].reshape(-1)
