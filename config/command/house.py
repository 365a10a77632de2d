"""Everything that Odoo needs, together: ``prepare()`` makes what is missing and knows how to call Odoo."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import environment, lock, odoo_source, paths, postgres
from .console import Trouble

SERVER_WIDE = "base,rpc,web,queue_job"
_NEEDED_FIRST = 3_000_000_000
_NEEDED_LATER = 300_000_000
# Two shells at once look for a moment each whether everything is there; a real setting up takes longer.
_SETUP_PATIENCE = 5


@dataclass
class House:
    """A ready machine: Python, Odoo and a PostgreSQL server that runs."""

    python: Path
    tree: odoo_source.OdooTree
    cluster: object
    config: Path

    def odoo(self, *args):
        """The command line of Odoo with our paths: ``odoo("-d", "name", ...)`` or ``odoo("shell", "-d", "name")``."""
        return [str(self.python), str(self.tree.launcher), *map(str, args)]

    def environment(self, **more):
        """The environment for Odoo and for anything that connects to the cluster."""
        # PGDATABASE would be a database that Odoo serves and fills when a command names none.
        # Without compiled files each start would compile all of Odoo anew: they have a folder of their own, see below.
        foreign = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE", "PGDATABASE")
        kept = {key: value for key, value in os.environ.items() if key not in foreign}
        return {
            **kept,
            **self.cluster.environment(),
            "PYTHONPATH": str(self.tree.pythonpath),
            # Compiled files beside neither the sources of the checkout nor a foreign Odoo.
            "PYTHONPYCACHEPREFIX": str(paths.CACHE / "pyc"),
            "ODOO_RC": str(self.config),
            "PATH": f"{self.python.parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "LC_ALL": os.environ.get("LC_ALL") or "C.UTF-8",
            # The server's days are UTC days, as everywhere in Odoo.
            "TZ": "UTC",
            **more,
        }

    def addons_path(self):
        """Addons folders beside Odoo's own: ours and the ones that mend the package."""
        return [*self.tree.addons, paths.ADDONS, paths.FIX_ADDONS]


def prepare(cluster="run", packages=("requirements.txt",)):
    """Make what is missing: Odoo, the Python environment, PostgreSQL; start the cluster.

    :param cluster: ``run`` (durable) or ``test`` (fast)
    :param packages: requirement files under ``config/``
    :return: :class:`House`
    :raises Trouble: something is missing that only the user can provide
    """
    environment.check_version()
    with lock.hold("setup", "Setting up", wait=_SETUP_PATIENCE):
        check_disk(ready=odoo_source.find() is not None and environment.interpreter(packages) is not None)
        python = environment.provide(packages)
        tree = odoo_source.provide()
        server = postgres.provide(cluster)
        return House(python, tree, server, write_config(tree, server))


def python_only():
    """The environment's Python, made if it is missing; nothing else is set up."""
    environment.check_version()
    with lock.hold("setup", "Setting up", wait=_SETUP_PATIENCE):
        check_disk(ready=environment.interpreter() is not None)
        return environment.provide()


def present(cluster="run"):
    """The :class:`House` as it stands, without making or starting anything; None when it is not set up."""
    python = environment.interpreter()
    tree = odoo_source.find()
    config = paths.RUN / f"{cluster}.conf"
    if python is None or tree is None or not config.exists():
        return None
    return House(python, tree, postgres.cluster(cluster), config)


def check_disk(ready):
    """Refuse to begin on a disk that cannot hold the work."""
    paths.LOCAL.mkdir(parents=True, exist_ok=True)
    needed = _NEEDED_LATER if ready else _NEEDED_FIRST
    free = shutil.disk_usage(paths.LOCAL).free
    if free < needed:
        raise Trouble(
            f"Only {free / 1e9:.1f} GB are free on the disk of {paths.LOCAL}, {needed / 1e9:.1f} GB are needed: "
            "free some space and run this again."
        )


def write_config(tree, server):
    """Write Odoo's configuration for this checkout from ``config/odoo.conf``; return its path."""
    template = (paths.CONFIG / "odoo.conf").read_text(encoding="utf-8")
    addons = [path for path in (*tree.addons, paths.ADDONS, paths.FIX_ADDONS) if any(path.glob("*/__manifest__.py"))]
    values = {
        "addons_path": ",".join(map(str, addons)),
        "data_dir": str(paths.DATA / server.name),
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
    }
    kept = [line for line in template.splitlines() if line.partition("=")[0].strip() not in values]
    section = kept.index("[options]")
    kept[section + 1 : section + 1] = [f"{key} = {value}" for key, value in values.items()]
    target = paths.RUN / f"{server.name}.conf"
    paths.write_text(target, "\n".join(kept) + "\n", mode=0o600)
    return target
