"""Remove the databases that ./inventory made and everything under .local/: the next run begins from nothing.

Databases on a server given by PGHOST are dropped only when this checkout made them.
"""

import shutil

from . import console, database, house, lock, paths, postgres, server
from .console import Trouble, note, say


def arguments(parser):
    """Options of ``reset``."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--keep-downloads", action="store_true", help="keep Odoo and the Python packages")


def execute(options):
    """Ask, stop, remove."""
    if not paths.LOCAL.exists():
        say("There is nothing to remove.")
        return 0
    with lock.hold("run", "./inventory reset"), lock.hold("setup", "./inventory reset"):
        home = house.present()
        ours = _databases(home)
        if postgres.given():
            what = f"{', '.join(ours) or 'no database'} and {paths.LOCAL}"
        else:
            what = f"the private PostgreSQL with {', '.join(ours) or 'its databases'}, and {paths.LOCAL}"
        if not options.yes and not console.confirm(f"Remove {what}?"):
            raise Trouble("Nothing was removed: confirm with y, or say --yes.")
        server.stop()
        if postgres.given():
            for name in ours:
                database.drop(home, name)
        else:
            for name in ("run", "test"):
                postgres.cluster(name).remove()
            shutil.rmtree(postgres.elsewhere(), ignore_errors=True)
        kept = {paths.ODOO, paths.PYTHON} if options.keep_downloads else set()
        for entry in paths.LOCAL.iterdir():
            if entry in kept or entry == paths.LOCKS:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
    if not options.keep_downloads:
        shutil.rmtree(paths.LOCAL, ignore_errors=True)
    note(f"Removed {what}.")
    return 0


def _databases(home):
    """Databases that this checkout made and that can be seen now."""
    if home is None or not home.cluster.running():
        return []
    return sorted(name for name, mark in database.marks(home).items() if mark.get("house") == paths.house_id())
