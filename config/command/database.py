"""Databases: what they are, whose they are. SQL goes through the environment's psycopg2."""

import ast
import json
import os
import shutil
from dataclasses import dataclass

from . import odoo_source, paths, process
from .console import Trouble

_CLIENT = """
import json, sys
import psycopg2, psycopg2.extensions
request = json.load(sys.stdin)
try:
    connection = psycopg2.connect(dbname=request["database"], connect_timeout=10)
    connection.autocommit = not request["readonly"]
    if request["readonly"]:
        connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
    answers = []
    with connection.cursor() as cursor:
        for statement, parameters in request["statements"]:
            cursor.execute(statement, parameters or None)
            answers.append([list(row) for row in cursor.fetchall()] if cursor.description else [])
    json.dump({"answers": answers}, sys.stdout, default=str)
except psycopg2.Error as error:
    json.dump({"error": str(error).strip(), "code": error.pgcode}, sys.stdout)
"""


class SqlError(Trouble):
    """PostgreSQL refused; ``sqlstate`` is its code (None when no connection was possible)."""

    def __init__(self, text, sqlstate):
        super().__init__(f"PostgreSQL: {text.splitlines()[0] if text else 'unknown error'}")
        self.sqlstate = sqlstate


@dataclass(frozen=True)
class Facts:
    """What a database is: its mark, its Odoo series, the versions of our addons in it, its number of tables."""

    name: str
    exists: bool
    mark: dict
    odoo: str | None = None
    addons: dict | None = None
    tables: int = 0

    @property
    def ours(self):
        """True when this checkout made it."""
        return self.mark.get("house") == paths.house_id()


def execute(home, database, *statements, readonly=False):
    """Run statements, each in its own transaction (in one read-only transaction with ``readonly``).

    :param statements: strings, or pairs of a string with %s and its parameters
    :return: list of rows of each statement
    :raises SqlError: with PostgreSQL's sentence
    """
    request = {
        "database": database,
        "readonly": readonly,
        "statements": [(item, None) if isinstance(item, str) else item for item in statements],
    }
    # Without Odoo's path: this client works before Odoo is there.
    client = {**os.environ, **home.cluster.environment()}
    code, out, err = process.capture([home.python, "-c", _CLIENT], env=client, text_in=json.dumps(request))
    try:
        answer = json.loads(out)
    except ValueError:
        raise Trouble(
            f"The Python environment is broken ({err.strip().splitlines()[-1:] or code}): remove .local/python."
        ) from None
    if "error" in answer:
        error = SqlError(answer["error"], answer["code"])
        if error.sqlstate is None and not home.cluster.private:
            raise Trouble(
                f"The PostgreSQL server {home.cluster.describe()} cannot be reached: check PGHOST, PGPORT, PGUSER and "
                f"PGPASSWORD ({answer['error'].splitlines()[0] if answer['error'] else 'no reason given'})."
            ) from error
        raise error
    return answer["answers"]


def quoted(name):
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def names(home):
    """Names of the server's databases, templates left out."""
    (rows,) = execute(home, "postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
    return [name for (name,) in rows]


def marks(home):
    """Databases of the server that carry our mark: ``{name: mark}``."""
    (rows,) = execute(
        home,
        "postgres",
        "SELECT d.datname, shobj_description(d.oid, 'pg_database') FROM pg_database d WHERE NOT d.datistemplate",
    )
    return {name: _mark(comment) for name, comment in rows if _mark(comment)}


def _mark(comment):
    prefix = "Inventory Plus "
    if not (comment or "").startswith(prefix):
        return {}
    try:
        return json.loads(comment[len(prefix) :])
    except ValueError:
        return {}


def set_mark(home, name, **values):
    """Mark a database as made by this checkout."""
    text = "Inventory Plus " + json.dumps(
        {"house": paths.house_id(), "checkout": str(paths.ROOT), **values}, sort_keys=True
    )
    execute(home, "postgres", f"COMMENT ON DATABASE {quoted(name)} IS '{text.replace(chr(39), chr(39) * 2)}'")


def look(home, name):
    """The :class:`Facts` of database ``name``; reads only."""
    (found,) = execute(
        home,
        "postgres",
        ("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]),
    )
    if not found:
        return Facts(name, False, {})
    mark = _mark(found[0][0])
    (counted,) = execute(
        home,
        name,
        "SELECT count(*), count(*) FILTER (WHERE relname = 'ir_module_module') FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = 'public'",
        readonly=True,
    )
    tables, has_modules = counted[0]
    if not has_modules:
        return Facts(name, True, mark, tables=tables)
    (rows,) = execute(
        home,
        name,
        (
            "SELECT name, latest_version FROM ir_module_module"
            " WHERE state IN ('installed', 'to upgrade') AND name = ANY(%s)",
            [["base", *paths.our_addons()]],
        ),
        readonly=True,
    )
    versions = dict(rows)
    base = versions.pop("base", None)
    return Facts(name, True, mark, ".".join((base or "").split(".")[:2]) or None, versions, tables)


def code_versions():
    """Versions of our addons in this checkout, from their manifests."""
    return {
        name: ast.literal_eval((paths.ADDONS / name / "__manifest__.py").read_text(encoding="utf-8"))["version"]
        for name in paths.our_addons()
    }


def check_usable(facts):
    """Refuse a database that this checkout may not serve: somebody else's, or made by another version.

    :raises Trouble: one sentence; nothing was changed
    """
    name = facts.name
    if not facts.exists:
        return
    if facts.odoo is None:
        raise Trouble(
            f"Database {name} exists and holds no Odoo ({facts.tables} tables): nothing was changed; "
            "choose another with --database."
        )
    if facts.odoo != odoo_source.SERIES:
        raise Trouble(
            f"Database {name} is of Odoo {facts.odoo}, this is for {odoo_source.SERIES}: nothing was changed; "
            "choose another with --database."
        )
    if not facts.ours:
        whose = (
            f"was made by the checkout in {facts.mark['checkout']}" if facts.mark else "was not made by ./inventory run"
        )
        raise Trouble(f"Database {name} {whose}: nothing was changed; choose another with --database.")
    code = code_versions()
    newer = sorted(addon for addon, version in facts.addons.items() if _order(version) > _order(code.get(addon, "0")))
    if newer:
        raise Trouble(
            f"Database {name} was made by a newer version "
            f"({newer[0]} {facts.addons[newer[0]]}, here {code.get(newer[0], 'none')}): "
            "nothing was changed; update this checkout, or choose another database with --database."
        )
    older = sorted(addon for addon, version in facts.addons.items() if _order(version) < _order(code[addon]))
    if older:
        raise Trouble(
            f"Database {name} was made by an older version "
            f"({older[0]} {facts.addons[older[0]]}, here {code[older[0]]}): nothing was changed; "
            f"bring it up to date with ./inventory odoo -- -d {name} -u {','.join(older)} --stop-after-init, "
            "or choose another database with --database."
        )


def _order(version):
    return [int(part) if part.isdigit() else 0 for part in (version or "0").split(".")]


def drop(home, name):
    """Drop a database with its connections and its files."""
    execute(
        home,
        "postgres",
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        ),
        f"DROP DATABASE IF EXISTS {quoted(name)}",
    )
    shutil.rmtree(paths.DATA / home.cluster.name / "filestore" / name, ignore_errors=True)
