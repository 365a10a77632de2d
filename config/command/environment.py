"""The virtual environment with the pinned Python packages, under ``.local/python/``."""

import json
import os
import re
import shutil
import sys

from . import apt, paths, process
from .console import Trouble, step

_RUN = ("requirements.txt",)
_TEST = ("requirements.txt", "requirements-test.txt")

# Installed without their dependencies: its metadata asks for a distribution named odoo, which no registry has.
# rlPyCairo asks for pycairo, which needs a compiler; it works with cairocffi, which is pinned beside it.
_ALONE = re.compile(r"^(odoo-addon-|rlpycairo)", re.IGNORECASE)

_COMPARE = """
import json, sys
from importlib.metadata import version, PackageNotFoundError
from pip._vendor.packaging.requirements import Requirement
found = []
for line in json.load(sys.stdin):
    wanted = Requirement(line)
    if wanted.marker is None or wanted.marker.evaluate():
        try:
            have = version(wanted.name)
        except PackageNotFoundError:
            have = "missing"
        if have not in wanted.specifier:
            found.append(f"{wanted.name} {have}")
json.dump(found, sys.stdout)
"""


def interpreter(requirements=_RUN):
    """The environment's Python for these requirement files if it is complete, else None; never installs."""
    for folder in _candidates(requirements):
        if (folder / "complete").exists():
            return folder / "bin" / "python"
    return None


def _name(requirements):
    files = [paths.CONFIG / name for name in requirements]
    home = (paths.PYTHON.resolve() if paths.PYTHON.exists() else paths.PYTHON).as_posix()
    return paths.fingerprint(*files, sys.version, os.path.realpath(sys.executable), home)


def _candidates(requirements):
    yield paths.PYTHON / _name(requirements)
    # The larger set holds the smaller one.
    if requirements == _RUN:
        yield paths.PYTHON / _name(_TEST)


def provide(requirements=_RUN):
    """:func:`interpreter`, made if it is missing.

    The folder's name depends on Python and on the requirement files, and it counts only with its mark ``complete``,
    written last: a killed installation or a changed list is made anew.
    """
    found = interpreter(requirements)
    if found:
        return found
    _ensure_venv_module()
    folder = paths.PYTHON / _name(requirements)
    shutil.rmtree(folder, ignore_errors=True)
    with step("Making the Python environment"):
        process.run([sys.executable, "-m", "venv", folder], what="making the Python environment")
    if sys.version_info >= (3, 13) and apt.available() and apt.is_root():
        apt.install(["libcairo2"], "Barcodes in reports")
    python = folder / "bin" / "python"
    together, alone = _split(requirements)
    with step("Installing Python packages", download=True) as current:

        def watch(log, since):
            words = ("Collecting ", "Downloading ", "Building ", "Installing ", "Running ")
            lines = [line.strip() for line in process.tail(log, 20, since).splitlines()]
            current.detail = next((line[:60] for line in reversed(lines) if line.startswith(words)), current.detail)

        listing = folder / "requirements.txt"
        paths.write_text(listing, "\n".join(together) + "\n")
        # Pinned to the last one: what is installed does not depend on the day.
        pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--prefer-binary"]
        process.run([*pip, "-r", listing], what="installing Python packages", watch=watch)
        if alone:
            process.run([*pip, "--no-deps", *alone], what="installing queue_job", watch=watch)
    (folder / "complete").touch()
    _forget_others(folder)
    return python


def _ensure_venv_module():
    code, _out, _err = process.capture([sys.executable, "-c", "import venv, ensurepip"])
    if code == 0:
        return
    package = "python3-venv"
    if os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    apt.install([package, "ca-certificates"], "The Python environment")


def _split(requirements):
    """Requirement lines to install together and those to install without dependencies, comments left out."""
    together, alone = [], []
    for name in requirements:
        for line in (paths.CONFIG / name).read_text(encoding="utf-8").splitlines():
            text = line.partition("#")[0].strip()
            if text:
                (alone if _ALONE.match(text) else together).append(text)
    return together, alone


def _forget_others(keep):
    """Remove environments of earlier lists; the one that a running server uses stays until the next time."""
    used = paths.read_json(paths.RUN / "server.json", {}).get("python", "")
    current = {_name(_RUN), _name(_TEST), keep.name}
    for folder in paths.PYTHON.iterdir():
        if folder.name not in current and not used.startswith(f"{folder}/"):
            shutil.rmtree(folder, ignore_errors=True)


def differences(python, requirements=_RUN):
    """Packages that are missing or of another version than pinned, as words; empty when all is well."""
    together, alone = _split(requirements)
    code, out, err = process.capture([python, "-c", _COMPARE], text_in=json.dumps([*together, *alone]))
    if code:
        return [f"Python does not work ({err.strip().splitlines()[-1] if err.strip() else code})"]
    return json.loads(out)


def check_version():
    """Refuse a Python that Odoo 19 does not run on."""
    if not (3, 11) <= sys.version_info < (3, 14):
        raise Trouble(f"Python {sys.version.split()[0]} does not fit: Odoo 19 runs on 3.11 to 3.13.")
