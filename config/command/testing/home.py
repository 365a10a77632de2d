"""Odoo, Python and PostgreSQL for tests: what `./inventory test` sets up, or what the environment names already."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from .. import paths
from ..console import Trouble

sys.path.insert(0, str(paths.ROOT))

from tests.support.databases import Databases, psql
from tests.support.settings import Settings

PACKAGES = ("requirements.txt", "requirements-test.txt")
# Odoo's addons are no packages that a plain import finds before its path is set up; their folders are.
_SOURCE = """
import importlib.util, pathlib
root = pathlib.Path(next(iter(importlib.util.find_spec("odoo").submodule_search_locations)))
for folder in (root / "addons", root.parent / "addons"):
    if (folder / "stock").is_dir():
        print(folder)
        break
else:
    raise SystemExit("Odoo's addon stock is nowhere beside odoo")
"""


class Home:
    """A machine that tests can run on.

    :ivar python: the interpreter that Odoo and pytest run with
    :ivar settings: :class:`tests.support.settings.Settings`
    :ivar databases: makes templates and clones
    """

    def __init__(self, cluster="test", data=None):
        if not os.environ.get("INVENTORY_ODOO"):
            self._prepare(cluster, data or cluster)
        self.settings = Settings.from_environment()
        self.python = self.settings.odoo[0] if len(self.settings.odoo) > 1 else sys.executable
        self.databases = Databases(self.settings)
        self.databases.drop_leftovers()

    @staticmethod
    def _prepare(cluster, data):
        """Set up what is missing, and tell it to everything that we start by the environment."""
        from .. import house, postgres

        home = house.prepare(cluster=cluster, packages=PACKAGES)
        environment = home.environment()
        binaries = postgres.provide_binaries() if not postgres.given() else None
        if binaries:
            environment["PATH"] = f"{environment['PATH']}{os.pathsep}{binaries}"
        os.environ.update(
            environment,
            INVENTORY_ODOO=shlex.join(map(str, home.odoo())),
            INVENTORY_DATA_DIR=str(paths.DATA / data),
            INVENTORY_ADDONS_PATH=",".join(map(str, home.addons_path())),
            INVENTORY_WORK_DIR=str(paths.LOCAL / "work"),
            INVENTORY_LOG_DIR=str(paths.LOG / "test"),
        )

    @property
    def log_dir(self):
        """Folder of this run's logs."""
        return self.settings.log_dir

    def environment(self, **more):
        """Environment of a test process."""
        return {**self.settings.environment(), **{key: str(value) for key, value in more.items()}}

    def fix_addons(self):
        """Folders of addons without ours: Odoo's own where the source keeps them apart, and the package's fixes."""
        return [folder for folder in self.settings.addons_path if Path(folder) != paths.ADDONS]

    def odoo_source(self):
        """Folder of Odoo's own addons, asked of Odoo itself.

        :raise Trouble: when Odoo cannot be imported
        """
        done = subprocess.run([self.python, "-c", _SOURCE], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Trouble(f"Odoo's source could not be found: {done.stderr.strip().splitlines()[-1:]}")
        return Path(done.stdout.strip())

    def server_version(self):
        """PostgreSQL's version, for the report."""
        return psql("SHOW server_version")[0][0]
