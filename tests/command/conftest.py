"""A checkout of its own for each test of ``./inventory``: what it makes or breaks is nobody else's."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "config"))

# What decides where the command looks; a test states it, the session's own values must not leak in.
_LEAKING = ("PG", "INVENTORY_", "ODOO", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONSAFEPATH", "VIRTUAL_ENV")


class Checkout:
    """A copy of the project in a folder, and the way to run its ``./inventory``."""

    def __init__(self, folder):
        self.folder = folder
        self.local = folder / ".local"
        self.extra = {}

    def environment(self, **more):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_LEAKING)}
        return {
            **kept,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TERM": "dumb",
            **self.extra,
            **more,
        }

    def start(self, *args, **environment):
        """Start ``./inventory ARGS`` in its own process group."""
        return subprocess.Popen(
            [self.folder / "inventory", *map(str, args)],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *args, timeout=120, **environment):
        """Run ``./inventory ARGS`` to its end; its ``returncode``, ``stdout``, ``stderr``."""
        child = self.start(*args, **environment)
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            pytest.fail(f"./inventory {' '.join(map(str, args))} did not end in {timeout} s:\n{out}\n{err}")
        return subprocess.CompletedProcess(args, child.returncode, out, err)

    def use_ready_tools(self):
        """Use the Odoo and the Python environment of this session instead of fetching them."""
        self.local.mkdir(exist_ok=True)
        for name in ("odoo", "python"):
            ready = ROOT / ".local" / name
            if name == "odoo" and not ready.exists() and os.environ.get("ODOO_HOME"):
                self.extra["ODOO_HOME"] = os.environ["ODOO_HOME"]
                continue
            if not ready.exists():
                pytest.fail(f"{ready} is missing: start the tests with ./inventory test, which makes it", pytrace=False)
            (self.local / name).symlink_to(ready.resolve())
        return self


def sentence(outcome):
    """The one line that a failed command leaves for the user."""
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("inventory: ")]
    assert len(lines) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    return lines[0]


def copy_checkout(folder):
    """Copy what the command needs; addons and tests are linked, nobody writes to them."""
    folder.mkdir(parents=True)
    shutil.copy2(ROOT / "inventory", folder)
    shutil.copytree(ROOT / "config", folder / "config", ignore=shutil.ignore_patterns("__pycache__"))
    for shared in ("addons", "tests"):
        (folder / shared).symlink_to(ROOT / shared)
    return Checkout(folder)


@pytest.fixture
def checkout(tmp_path):
    """A fresh :class:`Checkout`; what it started is stopped and removed in the end."""
    made = copy_checkout(tmp_path / "checkout")
    yield made
    made.run("reset", "--yes")


@pytest.fixture
def ready(checkout):
    """A :class:`Checkout` whose Odoo and Python packages are there; it has its own state and cluster."""
    return checkout.use_ready_tools()


@pytest.fixture
def free_port():
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def shim(tmp_path):
    """``shim(name, script)``: a program that is found before the system's; returns the PATH to use."""
    folder = tmp_path / "shims"
    folder.mkdir()

    def make(name, script):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"

    return make
