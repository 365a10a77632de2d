"""Look at this machine: what is there, what is missing and what to do about it. Changes nothing.

With --data look at a database instead, any Odoo 19 database, also one without our addons: negative quants,
over-reservation, duplicate references and barcodes, stock outside any warehouse. Read-only.

Exit status 1 when something must be mended.
"""

import contextlib
import ctypes.util
import os
import shutil
import sys
from types import SimpleNamespace

from . import (
    apt,
    console,
    data_checks,
    database,
    environment,
    house,
    odoo_source,
    options,
    paths,
    postgres,
    process,
    server,
)
from .console import Trouble, say

_GOOD, _HINT, _BAD = "ok", "hint", "MEND"


def arguments(parser):
    """Options of ``doctor``."""
    parser.add_argument("--data", action="store_true", help="look at a database")
    parser.add_argument("--database", type=options.database, default="inventory", help="name (default inventory)")
    parser.add_argument("--sample", type=int, default=5, metavar="N", help="findings to show of each kind (default 5)")
    parser.add_argument("--port", type=options.port, default=8069, help="port to look at (default 8069)")


def execute(chosen):
    """Look at the machine or at a database."""
    return _data(chosen) if chosen.data else _machine(chosen)


# -- this machine ------------------------------------------------------------------------------------------------------


def _machine(chosen):
    rows = []
    for look in (_system, _disk, _odoo, _packages, _database_server, _ports, _browser, _printing, _jobs):
        try:
            rows += look(chosen)
        except (Trouble, OSError) as trouble:
            rows.append((_BAD, look.__name__.strip("_").replace("_", " "), str(trouble)))
    console.table([(state, what, detail) for state, what, detail in rows], header=["", "What", "Found"])
    bad = sum(state == _BAD for state, _what, _detail in rows)
    say(f"{bad} to mend." if bad else "Nothing to mend.")
    return 1 if bad else 0


def _system(_chosen):
    name, code_name = apt.distribution()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    fits = (3, 11) <= sys.version_info < (3, 14)
    return [
        (_GOOD, "System", f"{name} {code_name}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB of memory"),
        (
            _GOOD if memory > 3 else _HINT,
            "Memory",
            "enough" if memory > 3 else "less than 4 GB: serve with --workers 0",
        ),
        (_GOOD if fits else _BAD, "Python", f"{sys.version.split()[0]} ({sys.executable})"),
    ]


def _disk(_chosen):
    folder = paths.LOCAL if paths.LOCAL.exists() else paths.ROOT
    free = shutil.disk_usage(folder).free / 1e9
    state = _GOOD if free > 3 else _HINT if free > 1 else _BAD
    return [(state, "Disk", f"{free:.1f} GB free for {paths.LOCAL}" + ("" if free > 3 else ": 3 GB are wanted"))]


def _odoo(_chosen):
    tree = odoo_source.find()
    if tree is None:
        return [(_HINT, "Odoo", "not fetched yet: ./inventory run does it")]
    broken = odoo_source.broken(tree)
    if broken:
        return [(_BAD, "Odoo", f"{tree.origin}: {broken} is missing: remove {paths.ODOO} and run ./inventory run")]
    return [(_GOOD, "Odoo", f"{tree.version}, {tree.origin} ({tree.pythonpath})")]


def _packages(_chosen):
    python = environment.interpreter()
    if python is None:
        return [(_HINT, "Python packages", "not installed yet: ./inventory run does it")]
    differences = environment.differences(python)
    if differences:
        sentence = f"{', '.join(differences[:4])}: remove {python.parents[1]} and run ./inventory run"
        return [(_BAD, "Python packages", sentence)]
    return [(_GOOD, "Python packages", f"as pinned ({python.parents[1]})")]


def _database_server(_chosen):
    rows = []
    for name in ("run",) if postgres.given() else ("run", "test"):
        cluster = postgres.cluster(name)
        rows.append((_GOOD, "PostgreSQL", cluster.describe()))
        python = environment.interpreter()
        if python and cluster.running():
            home = SimpleNamespace(python=python, cluster=cluster)
            try:
                ((version, create),) = database.execute(
                    home,
                    "postgres",
                    "SELECT current_setting('server_version'), rolcreatedb OR rolsuper"
                    " FROM pg_roles WHERE rolname = current_user",
                    readonly=True,
                )[0]
            except Trouble as trouble:
                rows.append((_BAD, "PostgreSQL", f"no connection: {trouble}"))
                continue
            rows.append((_GOOD, "PostgreSQL", f"answers, version {version}"))
            if not create:
                rows.append(
                    (_BAD, "PostgreSQL", f"user {cluster.user} may not create databases: ALTER ROLE ... CREATEDB")
                )
    return rows


def _ports(chosen):
    state = server.current()
    if state:
        status = server.http_status(state["port"], "/web/health")
        if status == 200:
            return [(_GOOD, "Odoo's server", f"serves {state['database']} on {server.address(state['port'])}")]
        return [(_BAD, "Odoo's server", f"process {state['pid']} does not answer (log: {paths.LOG / 'odoo.log'})")]
    try:
        server.check_port(chosen.port)
    except Trouble as trouble:
        return [(_HINT, "Port", str(trouble))]
    return [(_GOOD, "Port", f"{chosen.port} is free; the server does not run")]


def browser():
    """Path of a Chromium that Odoo's tests and our pictures can use, or None."""
    names = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def _browser(_chosen):
    found = browser()
    rows = [
        (_GOOD, "Browser", found) if found else (_HINT, "Browser", "no Chromium: browser tests and pictures need one")
    ]
    for package, what in (("fonts-roboto-unhinted", "Roboto"), ("fonts-noto-cjk", "Noto CJK")):
        if not apt.installed(package):
            rows.append(
                (_HINT, "Fonts", f"{what} is missing ({package}): pictures look different from a user's screen")
            )
    return rows


def _printing(_chosen):
    rows = []
    tool = shutil.which("wkhtmltopdf")
    if tool is None:
        rows.append(
            (_HINT, "PDF reports", "wkhtmltopdf is missing: apt-get install wkhtmltopdf, or the vendor's package")
        )
    else:
        _code, out, _err = process.capture([tool, "--version"])
        if "with patched qt" in out:
            rows.append((_GOOD, "PDF reports", out.strip()))
        else:
            rows.append(
                (_HINT, "PDF reports", f"{out.strip()}, unpatched: no headers and footers, one document a print")
            )
    if sys.version_info >= (3, 13) and not ctypes.util.find_library("cairo"):
        rows.append((_BAD, "Barcodes in PDF", "libcairo2 is missing: apt-get install libcairo2"))
    return rows


def _jobs(_chosen):
    state = server.current()
    home = house.present()
    if not state or not home:
        return []
    ((exists,),) = database.execute(
        home, state["database"], "SELECT to_regclass('inventory_heartbeat') IS NOT NULL", readonly=True
    )[0]
    if not exists:
        return [(_HINT, "Job runner", "this database has no heartbeat")]
    rows = database.execute(
        home,
        state["database"],
        "SELECT EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC' - COALESCE(beat_at, since))::int,"
        " beat_at IS NOT NULL FROM inventory_heartbeat ORDER BY id LIMIT 1",
        readonly=True,
    )[0]
    age, beaten = rows[0] if rows else (10**6, False)
    if age <= 120:
        return [
            (_GOOD, "Job runner", f"last sign of life {age} s ago" if beaten else "waiting for its first sign of life")
        ]
    return [(_BAD, "Job runner", f"silent for {age} s: restart with ./inventory stop and ./inventory run")]


# -- a database --------------------------------------------------------------------------------------------------------


def _data(chosen):
    if chosen.sample < 0:
        raise Trouble("--sample counts findings: give 0 or more.", code=2)
    home = _client()
    facts = _existing(home, chosen.database)
    statements = [data_checks.counted(check, chosen.sample) for check in data_checks.CHECKS]
    with console.step(f"Looking at {facts.name}"):
        answers = database.execute(home, facts.name, *statements, readonly=True)
    found = [(check, *rows[0]) for check, rows in zip(data_checks.CHECKS, answers, strict=True)]
    console.table([(check.title, count or "none") for check, count, _sample in found], header=["What", "Found"])
    for check, count, sample in found:
        if count:
            say(f"\n{check.title} ({count}): {check.advice}.")
            for sentence in sample:
                say(f"  - {sentence}")
            if count > len(sample):
                say(f"  ... and {count - len(sample)} more (--sample {count} shows all)")
    total = sum(count for _check, count, _sample in found)
    say(f"\n{len(found)} checks, {total} findings in database {facts.name}.")
    return 1 if total else 0


def _client():
    """What is needed to read a database: Python with a driver, and a server."""
    python = environment.interpreter() or house.python_only()
    if postgres.given():
        return SimpleNamespace(python=python, cluster=postgres.cluster("run"))
    return SimpleNamespace(python=python, cluster=postgres.provide("run"))


def _existing(home, name):
    facts = database.look(home, name)
    if not facts.exists:
        others = [other for other in database.names(home) if other != "postgres"]
        hint = f"there are: {', '.join(others)}" if others else "the server has none"
        raise Trouble(f"There is no database {name}; {hint}. Name one with --database.")
    if facts.odoo is None:
        raise Trouble(f"Database {name} holds no Odoo.")
    if facts.odoo != odoo_source.SERIES:
        raise Trouble(f"Database {name} is of Odoo {facts.odoo}; these checks know {odoo_source.SERIES}.")
    with contextlib.suppress(IndexError):
        ((stock,),) = database.execute(home, name, "SELECT to_regclass('stock_quant') IS NOT NULL", readonly=True)[0]
        if stock:
            return facts
    raise Trouble(f"Database {name} has no inventory in it (module stock): there is nothing to look at.")
