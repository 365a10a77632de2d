"""Where Odoo, PostgreSQL and the test's own folders are, taken from the environment."""

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("inventory_plus", "inventory_alerts", "inventory_devices", "inventory_reports")


class SettingsError(Exception):
    """The environment does not say where Odoo or PostgreSQL is."""


@dataclass(frozen=True)
class Settings:
    """How a test reaches Odoo and PostgreSQL.

    :param odoo: the command that starts Odoo, as a list (interpreter and script, or one executable)
    :param data_dir: Odoo's data folder (filestores of templates and clones)
    :param addons_path: folders of addons beside Odoo's own
    :param work_dir: folder for logs, locks and temporary files
    """

    odoo: tuple
    data_dir: Path
    addons_path: tuple
    work_dir: Path

    @classmethod
    def from_environment(cls):
        """Read PGHOST, PGUSER, INVENTORY_ODOO, INVENTORY_DATA_DIR; optional: INVENTORY_ADDONS_PATH, INVENTORY_WORK_DIR.

        :raise SettingsError: when one that is needed is missing; the message names it and says what to do
        """
        missing = [name for name in ("INVENTORY_ODOO", "PGHOST", "PGUSER") if not os.environ.get(name)]
        if missing:
            raise SettingsError(
                f"{', '.join(missing)} not set: run the tests with ./inventory test, or export INVENTORY_ODOO (the "
                "command that starts Odoo), PGHOST, PGPORT, PGUSER and INVENTORY_DATA_DIR before pytest."
            )
        work = Path(os.environ.get("INVENTORY_WORK_DIR") or ROOT / ".local" / "test")
        data = Path(os.environ.get("INVENTORY_DATA_DIR") or work / "data")
        path = os.environ.get("INVENTORY_ADDONS_PATH") or f"{ROOT / 'addons'},{ROOT / 'config' / 'addons'}"
        work.mkdir(parents=True, exist_ok=True)
        data.mkdir(parents=True, exist_ok=True)
        return cls(
            odoo=tuple(shlex.split(os.environ["INVENTORY_ODOO"])),
            data_dir=data,
            addons_path=tuple(path.split(",")),
            work_dir=work,
        )

    @property
    def log_dir(self):
        """The folder of the logs of servers and builds that tests start."""
        folder = Path(os.environ.get("INVENTORY_LOG_DIR") or self.work_dir / "log")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def database_arguments(self):
        """Odoo's arguments that lead it to the cluster of the environment."""
        arguments = [f"--db_host={os.environ['PGHOST']}", f"--db_user={os.environ['PGUSER']}"]
        if os.environ.get("PGPORT"):
            arguments.append(f"--db_port={os.environ['PGPORT']}")
        if os.environ.get("PGPASSWORD"):
            arguments.append(f"--db_password={os.environ['PGPASSWORD']}")
        return arguments

    def odoo_command(self, *arguments, addons_path=None):
        """The command line of Odoo with our paths and the cluster of the environment, followed by `arguments`."""
        path = self.addons_path if addons_path is None else addons_path
        return [*self.odoo, *self.odoo_options(path), *arguments]

    def odoo_options(self, addons_path=None):
        """Options that every Odoo process of the tests gets, whatever the sub-command."""
        path = self.addons_path if addons_path is None else addons_path
        options = [f"--data-dir={self.data_dir}", "--http-interface=127.0.0.1", "--config=/dev/null"]
        if path:
            options.append(f"--addons-path={','.join(str(folder) for folder in path)}")
        return [*options, *self.database_arguments()]

    def environment(self):
        """Environment of the processes that tests start: compiled files in a folder of their own, a fixed time zone.

        Without compiled files every process would compile all of Odoo anew, which takes longer than most tests.
        """
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return {"PYTHONPYCACHEPREFIX": str(self.work_dir / "pyc"), **kept, "TZ": "UTC"}

    def temporary(self, prefix):
        """A new empty folder under the work folder."""
        return Path(tempfile.mkdtemp(prefix=prefix, dir=self.work_dir))
