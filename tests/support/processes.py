"""Real Odoo processes for tests: a server with workers, and functions run beside each other."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from .rpc import Client
from .settings import ROOT

START_SECONDS = 60


class ProcessError(Exception):
    """A process of a test did not start, or ended otherwise than it should; the message quotes its log."""


def free_port():
    """A port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tail(path, lines=40):
    """The last `lines` lines of a log."""
    return "\n".join(Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def end_group(process, seconds=20):
    """End a process started with its own session and all it started: asked first, killed when it does not listen."""
    for sign, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Server:
    """An Odoo server over one database.

    :ivar url: address without a slash at the end
    :ivar port: its HTTP port
    :ivar db: the database it serves, the only one
    :ivar pid: the process id of the master process
    :ivar log: path of its log
    """

    def __init__(self, settings, db, workers=2, load=None, crons=0, options=(), environment=None):
        self.settings = settings
        self.db = db
        self.workers = workers
        self.load = load
        self.crons = crons
        self.options = tuple(options)
        self.extra_environment = environment or {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = settings.log_dir / f"server_{db}_{self.port}.log"
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Start it and wait until it answers.

        :raise ProcessError: when it ends or does not answer within a minute
        """
        command = self.settings.odoo_command(
            f"--database={self.db}",
            f"--db-filter=^{self.db}$",
            f"--http-port={self.port}",
            f"--gevent-port={free_port()}",
            f"--workers={self.workers}",
            f"--max-cron-threads={self.crons}",
            f"--load={','.join(['base', 'rpc', 'web', *self._extra_load()])}",
            "--limit-time-cpu=600",
            "--limit-time-real=1200",
            *self.options,
        )
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**self.settings.environment(), **self.extra_environment},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None:
                raise ProcessError(f"Odoo ended while starting, code {self.process.returncode}:\n{tail(self.log)}")
            if time.monotonic() > deadline:
                self.kill()
                raise ProcessError(f"Odoo did not answer within {START_SECONDS} s:\n{tail(self.log)}")
            time.sleep(0.1)
        return self

    def _extra_load(self):
        if not self.load:
            return []
        return self.load.split(",") if isinstance(self.load, str) else list(self.load)

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def client(self, login="admin", password=None):
        """A signed-in client of this server; see :class:`tests.support.rpc.Client`."""
        return Client(self.url, self.db).login(login, login if password is None else password)

    def stop(self):
        """End it as an administrator would."""
        if self.process and self.process.poll() is None:
            end_group(self.process)

    def kill(self):
        """End it and all its workers at once, as a power cut would."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


class RegistryProcess:
    """A function run in a process of its own with a registry: a real second transaction, a real victim of kill -9.

    The function is named "package.module:function" and called as ``function(registry, *args, **kwargs)``; what it
    returns must be possible as JSON. It starts only after :meth:`go`, so that several begin together.
    """

    def __init__(self, settings, db, function, args=(), kwargs=None):
        self.settings = settings
        self.db = db
        self.function = function
        self.log = settings.log_dir / f"process_{db}_{os.getpid()}_{time.monotonic_ns()}.log"
        request = {
            "options": [*settings.odoo_options(), f"--database={db}", "--max-cron-threads=0", "--no-http"],
            "db": db,
            "function": function,
            "args": list(args),
            "kwargs": kwargs or {},
        }
        interpreter = settings.odoo[0] if len(settings.odoo) > 1 else sys.executable
        environment = settings.environment()
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [interpreter, "-m", "tests.support.registry_main"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=environment,
                cwd=ROOT,
                text=True,
                start_new_session=True,
            )
        self._write(json.dumps(request))

    @property
    def pid(self):
        return self.process.pid

    def _write(self, line):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def ready(self):
        """Wait until the registry is loaded."""
        line = self.process.stdout.readline()
        if line.strip() != "ready":
            self.process.wait(10)
            raise ProcessError(f"{self.function} did not start:\n{tail(self.log)}")
        return self

    def go(self):
        """Let the function begin."""
        self._write("go")
        return self

    def say(self):
        """The next milestone that the function sent with :func:`tests.support.registry_main.tell`."""
        return json.loads(self.process.stdout.readline() or "null")

    def result(self, timeout=120):
        """What the function returned.

        :raise ProcessError: when it raised, was killed or did not end within `timeout` seconds
        """
        try:
            out, _err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProcessError(f"{self.function} did not end within {timeout} s:\n{tail(self.log)}") from None
        if self.process.returncode:
            raise ProcessError(f"{self.function} ended with code {self.process.returncode}:\n{tail(self.log)}")
        return json.loads(out.splitlines()[-1])["result"]

    def kill(self):
        """kill -9."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def run_together(settings, db, calls, timeout=120):
    """Run several functions at the same moment, each in its own process, and return their results in order.

    :param calls: list of (function, args) or (function, args, kwargs)
    """
    processes = [RegistryProcess(settings, db, *call) for call in calls]
    try:
        for process in processes:
            process.ready()
        for process in processes:
            process.go()
        return [process.result(timeout) for process in processes]
    finally:
        for process in processes:
            if process.process.poll() is None:
                process.kill()
