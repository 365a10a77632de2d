"""Tests run by pytest: pure packages in milliseconds, and what crosses a process."""

import uuid

from .. import paths
from . import child, files
from .odoo_tests import publish
from .record import Record

PURE_LIMIT = 300
PROCESS_LIMIT = 2400
_NOTHING_COLLECTED = 5


def pure(home, report, selection):
    """Tests of the pure packages inside our addons; Odoo is out of reach there."""
    tests = {path for path in files.pure_tests() if _wanted(selection, path)}
    if tests:
        environment = home.environment()
        # Without Odoo's folder: a pure package that imports it fails here too, not only in the check of its imports.
        environment.pop("PYTHONPATH", None)
        _run(home, report, selection, "pure packages", tests, PURE_LIMIT, environment)


def across(home, report, selection, part=None):
    """Tests under tests/ that start processes of their own.

    :param part: (index, count): only every count-th file, for two such stages beside each other
    """
    tests = {path for path in paths.TESTS.rglob("test_*.py") if _wanted(selection, path)}
    if part:
        index, count = part
        tests = set(sorted(tests)[index::count])
    if tests:
        stage = "processes" if part is None else f"processes {part[0] + 1}"
        _run(home, report, selection, stage, tests, PROCESS_LIMIT, home.environment())


def _wanted(selection, path):
    owner = path.relative_to(paths.ROOT).parts
    if selection.files:
        return any(path.is_relative_to(chosen) for chosen in selection.files)
    if owner[0] == "addons":
        return selection.wants_addon(owner[1])
    return not selection.addons


def _run(home, report, selection, stage, tests, limit, environment):
    name = f"pytest_{stage.replace(' ', '_')}_{uuid.uuid4().hex[:6]}"
    events, log = home.log_dir / f"{name}.jsonl", home.log_dir / f"{name}.log"
    environment["INVENTORY_RESULTS"] = str(events)
    environment.pop("INVENTORY_NAMES", None)
    if selection.quick:
        environment["INVENTORY_QUICK"] = "1"
    if selection.names:
        environment["INVENTORY_NAMES"] = selection.pattern()
    command = [home.python, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "tests.support.recorder"]
    command += ["-o", "faulthandler_timeout=600", f"--rootdir={paths.ROOT}", *sorted(tests)]
    environment["PYTHONPATH"] = ":".join(filter(None, [str(paths.ROOT), environment.get("PYTHONPATH")]))
    done = child.run(command, log, limit, environment, paths.ROOT)
    record = Record.read(events, stage, log)
    nothing = done.code == _NOTHING_COLLECTED and (selection.names or selection.quick)
    record.trouble = [] if nothing else record.problems(done.code, limit if done.stopped else None)
    publish(report, record, selection)
    if not selection.names:
        report.check("files", f"every test file of {stage} is loaded", files.not_loaded(tests, record.loaded))
