"""Loaded with ``--load``: tells what each test did, as data instead of log lines.

Each line of the file INVENTORY_RESULTS is a JSON object with an event ``e``:

========  ================================================================================================
loaded    the test files of a module that Odoo's loader found (``module``, ``files``)
matched   how many tests the tags selected (``count``)
start     a test began (``t``)
end       it ended (``t``, ``s`` seconds)
skip      it was skipped (``t``, ``why``)
fail      it failed (``t``, ``class``: names of the exception's classes and of those that caused it, ``trace``)
error     as fail, for anything but an assertion
log       an error was logged while no test ran (``logger``, ``message``)
done      all tests ran (``rc``: what Odoo returns; -1 when loading crashed)
========  ================================================================================================

A file without ``done`` means that the process was killed. INVENTORY_NAMES (a regular expression) and INVENTORY_FILES
(paths separated by colons) leave out tests that nobody asked for.
"""

import inspect
import json
import logging
import os
import re
import time
from pathlib import Path

from odoo.modules import module
from odoo.service import server
from odoo.tests import case, common, loader
from odoo.tests.result import OdooTestResult
from odoo.tests.suite import OdooSuite

_stream = open(os.environ["INVENTORY_RESULTS"], "a", encoding="utf-8") if "INVENTORY_RESULTS" in os.environ else None  # noqa: SIM115, PTH123
_TRACE_CHARACTERS = 20000

# A browser's first start on a busy machine takes longer than the ten seconds after which Odoo skips the test.
common.CHECK_BROWSER_ITERATIONS = 600
common.BROWSER_WAIT = common.CHECK_BROWSER_SLEEP * common.CHECK_BROWSER_ITERATIONS


def _write(event, **values):
    if _stream:
        _stream.write(json.dumps({"e": event, **values}, default=str) + "\n")
        _stream.flush()


def _identifier(test):
    """``module.tests.file:Class.method``; for errors around a class ``setUpClass (module.tests.file.Class)``."""
    while isinstance(test, case._SubTest) and test.test_case:
        test = test.test_case
    if isinstance(test, case.TestCase):
        path = test.__class__.__module__.removeprefix("odoo.addons.")
        return f"{path}:{test.__class__.__qualname__}.{test._testMethodName}"
    return str(test).replace("odoo.addons.", "")


def _classes(exception_class, exception):
    """Names of the exception's classes, and of those it was raised from: a library may wrap a refusal in its own."""
    names, seen = [], set()
    kinds = exception_class.__mro__
    while kinds:
        names += [f"{kind.__module__}.{kind.__qualname__}".removeprefix("odoo.addons.") for kind in kinds]
        seen.add(id(exception))
        exception = getattr(exception, "__cause__", None)
        kinds = type(exception).__mro__ if exception is not None and id(exception) not in seen else ()
    return [name for name in names if not name.startswith("builtins.object")]


def _patch(name, before):
    original = getattr(OdooTestResult, name)

    def method(self, *args, **kwargs):
        before(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    setattr(OdooTestResult, name, method)


def _log_error(result, flavour, test, error):
    if not result._soft_fail:
        _write(
            "fail" if flavour == "FAIL" else "error",
            t=_identifier(test),
            **{"class": _classes(error[0], error[1])},
            trace=result._exc_info_to_string(error, test)[-_TRACE_CHARACTERS:],
        )


class _Errors(logging.Handler):
    """Tells errors that are logged outside of tests; the result line of the tests themselves is none."""

    def emit(self, record):
        if not (module.current_test or record.name.startswith("odoo.tests")):
            _write("log", logger=record.name, message=record.getMessage()[:2000])


_patch("startTest", lambda result, test: _write("start", t=_identifier(test)))
_patch("stopTest", lambda result, test: _write("end", t=_identifier(test), s=round(time.time() - result.time_start, 3)))
_patch("addSkip", lambda result, test, reason: _write("skip", t=_identifier(test), why=reason))
_patch("logError", _log_error)
logging.getLogger().addHandler(_Errors(logging.ERROR))

_names = os.environ.get("INVENTORY_NAMES")
_files = [Path(path) for path in os.environ.get("INVENTORY_FILES", "").split(":") if path]


def _wanted(test):
    """Whether the user's selection holds this test."""
    if _names and not re.search(_names, _identifier(test), re.IGNORECASE):
        return False
    if not _files:
        return True
    source = Path(inspect.getsourcefile(type(test)) or "")
    return any(source.is_relative_to(path) for path in _files)


_make_suite = loader.make_suite


def make_suite(module_names, position="at_install"):
    module_names = list(module_names)
    suite = _make_suite(module_names, position)
    if position == "post_install":
        for name in module_names:
            files = [found.__file__ for found in loader.get_test_modules(name)]
            _write("loaded", module=name, files=files)
        suite = OdooSuite([test for test in suite if _wanted(test)])
        _write("matched", count=suite.countTestCases())
    return suite


loader.make_suite = make_suite

_preload_registries = server.preload_registries


def preload_registries(names):
    code = _preload_registries(names)
    _write("done", rc=code)
    return code


server.preload_registries = preload_registries
