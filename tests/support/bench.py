"""Runs one benchmark file in Odoo's Python: ``python -m tests.support.bench FILE DATABASE ROWS [quick]``.

A benchmark is a file tests/bench/<name>.py with the constants BENCH (its name), CAPABILITY, MODULES (our addons that it
needs), perhaps GATE (True: the gate of stock is on) and a function ``run(bench)``. Each measures its floor in the same
run, on the same database.
"""

import contextlib
import importlib.util
import json
import sys
from pathlib import Path

from .registry_main import configure
from .settings import Settings


class Bench:
    """What a benchmark gets.

    :ivar db: a fresh database with its modules
    :ivar quick: whether a small amount of data is enough (the figures then say little)
    """

    def __init__(self, name, db, rows, quick=False):
        self.name = name
        self.db = db
        self.quick = quick
        self._rows = rows
        self._registry = None

    def connect(self):
        """A psycopg2 connection to the database."""
        import psycopg2

        return psycopg2.connect(dbname=self.db)

    def registry(self):
        """The registry of the database, loaded in this process."""
        if self._registry is None:
            settings = Settings.from_environment()
            configure([*settings.odoo_options(), f"--database={self.db}", "--max-cron-threads=0", "--log-level=warn"])
            from odoo.modules.registry import Registry

            self._registry = Registry(self.db)
        return self._registry

    def reload(self):
        """Take the registry anew, after a benchmark has installed a module."""
        from odoo.modules.registry import Registry

        self._registry = Registry(self.db)

    @contextlib.contextmanager
    def env(self, user=None):
        """An environment of the superuser (or of the user with this id); committed when the block ends well."""
        from odoo import SUPERUSER_ID, api

        with self.registry().cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID if user is None else user, {})

    def durability(self):
        """ "durable" when a commit survives a power cut on this server, else the settings that make it faster."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            fsync, commit = cursor.fetchone()
        return "durable" if (fsync, commit) == ("on", "on") else f"fsync {fsync}, synchronous_commit {commit}"

    def row(self, figures, floor, ratio, budget, ok):
        """Tell one result.

        :param figures: what was measured, by name with its unit
        :param floor: what the floor took, measured in the same run
        :param ratio: ours divided by the floor, or None where the budget is absolute
        :param budget: the budget in words
        :param ok: whether it was kept
        """
        row = {
            "bench": self.name,
            "figures": {**figures, "durability": self.durability(), **({"quick": True} if self.quick else {})},
            "floor": floor,
            "ratio": ratio,
            "budget": budget,
            "ok": bool(ok),
        }
        with self._rows.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, default=str) + "\n")


def load(path):
    """The module of a benchmark file."""
    spec = importlib.util.spec_from_file_location(f"tests.bench.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(path, database, rows, *quick):
    """Load Odoo first, then the benchmark: it may import from our addons at its head."""
    bench = Bench("", database, Path(rows), quick=bool(quick))
    bench.registry()
    module = load(Path(path))
    bench.name = module.BENCH
    module.run(bench)


if __name__ == "__main__":
    main(*sys.argv[1:])
