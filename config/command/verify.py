"""Recompute what is stored and compare: daily facts, locks, snapshots, rules, the audit chain. Changes nothing.

Exit status 1 when something differs.
"""

from . import console, database, house, options, scripts
from .console import Trouble, say


def arguments(parser):
    """Options of ``verify``."""
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="names of checks (default all)")
    parser.add_argument("--database", type=options.database, default="inventory", help="name (default inventory)")


def execute(chosen):
    """Run the checks and print one line each."""
    home = house.prepare()
    facts = database.look(home, chosen.database)
    if not facts.exists:
        raise Trouble(
            f"There is no database {chosen.database}: make it with ./inventory run, or name another with --database."
        )
    if not facts.addons or "inventory_plus" not in facts.addons:
        raise Trouble(f"Database {chosen.database} has no Inventory Plus in it: there is nothing to verify.")
    with console.step("Verifying"):
        results = scripts.run(home, chosen.database, "verify", "verifying", names=chosen.checks)
    console.table(
        [[row["check"], row["compared"], row["differences"]] for row in results],
        header=["Check", "Compared", "Differences"],
    )
    for row in results:
        for sentence in row["sample"]:
            say(f"  {row['check']}: {sentence}")
    differences = sum(row["differences"] for row in results)
    say(f"{len(results)} checks, {differences} differences.")
    return 1 if differences else 0
