"""The database that ``run`` serves: built beside its place and renamed when whole, brought up to date with the code."""

import re
import shutil

from . import database, paths, process, scripts, server
from .console import Trouble, note, step

# The first one becomes the default of the database.
LANGUAGES = "en_US,zh_CN"
_NOT_CODE = ("tests", "__pycache__", "i18n_extra")


def fingerprint():
    """A short name of the addons' code in this checkout, tests left out."""
    parts = []
    for folder in (paths.ADDONS, paths.FIX_ADDONS):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(part in _NOT_CODE for part in path.relative_to(folder).parts):
                parts += [path.relative_to(folder), path]
    return paths.fingerprint(*(part if isinstance(part, str) or part.is_absolute() else str(part) for part in parts))


def provide(home, chosen):
    """Make the database if it is missing, bring it up to date, import what was asked for.

    :return: True when the server must be started anew
    :raises Trouble: the name is taken by a database that is not ours or of another version; nothing was changed
    """
    facts = database.look(home, chosen.database)
    database.check_usable(facts)
    changed = False
    if not facts.exists:
        _build(home, chosen)
        changed = True
    elif facts.mark.get("code") != fingerprint():
        _update(home, chosen.database)
        changed = True
    elif chosen.empty:
        note(f"  Database {chosen.database} exists already; --empty changes nothing in it.")
    if chosen.history:
        _import(home, chosen)
    elif chosen.as_of and facts.exists:
        scripts.run(home, chosen.database, "planning_date", "setting the planning date", as_of=chosen.as_of)
        _settle(home, chosen.database)
    return changed


def _build(home, chosen):
    name = f"{chosen.database}_building"
    leftover = database.look(home, name)
    if leftover.exists:
        if leftover.mark.get("house") != paths.house_id():
            raise Trouble(
                f"Database {name} is in the way and was not made by this checkout: "
                "rename or drop it and run this again."
            )
        database.drop(home, name)
    _create(home, name)
    database.set_mark(home, name, state="building")
    code = fingerprint()
    addons = [addon for addon in paths.our_addons() if not _is_glue(addon)]
    with step("Installing the addons") as current:
        process.run(
            home.odoo("-d", name, "-i", ",".join([*addons, "queue_job"]), f"--load-language={LANGUAGES}", *_QUIET),
            what="installing the addons",
            env=home.environment(**_HASTE),
            watch=_module_watch(current),
        )
    if not chosen.empty:
        with step("Making the users of the demonstration"):
            scripts.run(home, name, "users", "making the users of the demonstration")
    if not chosen.empty and not chosen.history:
        with step("Making the demonstration company (two years of receipts, sales, counts)") as current:
            watch = _progress_watch(current)
            scripts.run(home, name, "company", "making the demonstration company", watch=watch, as_of=chosen.as_of)
        _settle(home, name)
    with step("Preparing the pages"):
        scripts.run(home, name, "assets", "preparing the pages")
    _publish(home, name, chosen.database, code)


def _create(home, name):
    try:
        database.execute(
            home,
            "postgres",
            f"CREATE DATABASE {database.quoted(name)} TEMPLATE template0"
            " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
        )
    except database.SqlError as error:
        if error.sqlstate != "42501":
            raise
        raise Trouble(
            f"PostgreSQL's user {home.cluster.user} may not create databases: "
            f"let its administrator say ALTER ROLE {home.cluster.user} CREATEDB, and run this again."
        ) from error


# Commits of the building do not wait for the disk: nothing counts before the renaming, which does wait.
_HASTE = {"PGOPTIONS": "-c synchronous_commit=off"}
_QUIET = ("--stop-after-init", "--no-http", "--max-cron-threads=0")


def _module_watch(current):
    def watch(log, since):
        found = re.findall(r"Loading module (\w+) \((\d+)/(\d+)\)", process.tail(log, 200, since))
        if found:
            module, number, total = found[-1]
            current.detail = f"{number} of {total}: {module}"

    return watch


def _is_glue(addon):
    """Glue addons install themselves when what they join is there."""
    manifest = (paths.ADDONS / addon / "__manifest__.py").read_text(encoding="utf-8")
    return re.search(r"[\"']auto_install[\"']\s*:\s*(True|\[)", manifest) is not None


def _publish(home, building, name, code):
    """Rename the whole database and its files into place; the files first: a database never misses its files."""
    store = paths.DATA / home.cluster.name / "filestore"
    if (store / building).exists():
        shutil.rmtree(store / name, ignore_errors=True)
        (store / building).rename(store / name)
    database.set_mark(home, building, state="ready", code=code)
    database.execute(home, "postgres", f"ALTER DATABASE {database.quoted(building)} RENAME TO {database.quoted(name)}")


def _update(home, name):
    """The checkout's code changed under the same version: bring the database's views and columns after it."""
    code = fingerprint()
    installed = sorted(database.look(home, name).addons)
    if server.current():
        server.stop()
    with step("The code has changed: updating the addons in the database") as current:
        process.run(
            home.odoo("-d", name, "-u", ",".join(installed), *_QUIET),
            what="updating the addons",
            env=home.environment(),
            watch=_module_watch(current),
        )
    database.set_mark(home, name, state="ready", code=code)


def _import(home, chosen):
    with step(f"Importing {chosen.history.name}") as current:
        result = scripts.run(
            home,
            chosen.database,
            "history",
            f"importing {chosen.history.name}",
            watch=_progress_watch(current),
            path=str(chosen.history),
            as_of=chosen.as_of,
            opening=chosen.opening,
        )
    if result["already"]:
        note(f"  {chosen.history.name} had been imported before; nothing was added.")
    else:
        note(
            f"  {result['facts']:,} daily figures of {result['products']:,} products, "
            f"{result['first_date']} to {result['last_date']}."
        )
    if result["seeded"]:
        note(f"  Demonstration stock for {result['seeded']['lines']:,} items.")
    note(f"  The planning stands on {result['as_of']}.")
    _settle(home, chosen.database)


def _settle(home, name):
    with step("Computing facts, plans, values and alerts") as current:
        scripts.run(home, name, "settle", "computing facts, plans, values and alerts", watch=_progress_watch(current))


def _progress_watch(current):
    def watch(log, since):
        found = re.findall(r"^inventory-progress: (.*)$", process.tail(log, 50, since), re.MULTILINE)
        if found:
            current.detail = found[-1][:70]

    return watch


def logins(home, name, fresh):
    """Rows of login, password, role of the people that a visitor can log in as.

    Asking Odoo takes some seconds; the answer is kept until the database changes (``fresh``).
    """
    keep = paths.RUN / f"logins-{name}.json"
    rows = None if fresh else paths.read_json(keep)
    if rows is None:
        rows = scripts.run(home, name, "logins", "reading the logins")
        paths.write_json(keep, rows)
    return [[row["login"], row["password"], row["role"]] for row in rows]


def first_looks(chosen):
    """What to look at first, as lines."""
    if chosen.empty:
        return ["The database is empty: begin with Inventory > Configuration > Warehouses, or import a sales history."]
    return [
        "Look first at",
        "  Inventory Plus > Dashboard             what is short, what to buy, where demand goes",
        "  Inventory Plus > Planning > Items      red items want a decision; each says why and has a button for it",
        "  Discuss > Inbox, as buyer              the alerts about them; each opens with one click to a request",
    ]
