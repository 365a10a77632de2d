"""A small project with one addon of its own, tested by the real commands."""

import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.support.settings import ROOT

sys.path.insert(0, str(ROOT / "config"))

_MANIFEST = """{
    "name": "Sample",
    "summary": "An addon for tests of the commands",
    "version": "19.0.1.0.0",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "depends": ["base"],
}
"""
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


class Project:
    """A copy of the commands with the addon ``sample`` in the place of ours."""

    def __init__(self, folder, settings):
        self.folder = folder
        self.settings = settings
        self.addon = folder / "addons" / "sample"
        for name in ("config", "tests/support"):
            shutil.copytree(ROOT / name, folder / name, ignore=_IGNORED)
        for name in ("inventory", "ruff.toml", "tests/__init__.py", "tests/conftest.py"):
            shutil.copy2(ROOT / name, folder / name)
        self.write("addons/sample/__manifest__.py", _MANIFEST)
        self.write("addons/sample/__init__.py", "")

    def write(self, path, text):
        """Write a file of the project."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def tests(self, body, imports="from . import test_sample"):
        """Give the addon one file of tests."""
        self.write("addons/sample/tests/__init__.py", imports + "\n")
        self.write("addons/sample/tests/test_sample.py", body)

    def run(self, *arguments, command="test"):
        """Run a command; its result has ``states``: test -> passed, failed or skipped."""
        environment = {
            **os.environ,
            "INVENTORY_ADDONS_PATH": f"{self.folder / 'addons'},{self.folder / 'config' / 'addons'}",
            "INVENTORY_DATA_DIR": str(self.settings.data_dir),
            "INVENTORY_WORK_DIR": str(self.folder / "work"),
            "INVENTORY_LOG_DIR": str(self.folder / "log"),
            "PYTHONPYCACHEPREFIX": str(self.folder / "pyc"),
        }
        for name in ("INVENTORY_NAMES", "INVENTORY_RESULTS", "INVENTORY_FILES"):
            environment.pop(name, None)
        done = subprocess.run(
            [self.folder / "inventory", command, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        done.states, done.messages = {}, {}
        junit = self.folder / ".local" / "log" / "test" / "junit.xml"
        if command == "test" and junit.exists():
            for case in ElementTree.parse(junit).getroot().iter("testcase"):
                child = next(iter(case), None)
                state = "passed" if child is None else {"failure": "failed", "skipped": "skipped"}[child.tag]
                done.states[case.get("name")] = state
                done.messages[case.get("name")] = "" if child is None else child.text
        return done


@pytest.fixture
def project(tmp_path, settings):
    """A fresh :class:`Project`."""
    return Project(tmp_path, settings)
