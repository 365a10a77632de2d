"""Loaded with ``--load``: tests the JavaScript of the addons named in INVENTORY_TESTED (separated by commas).

For each of them that has ``static/tests/**/*.test.js`` two tests are added, HOOT on desktop and on a phone; for each
with any script, one that compares the files with the bundles: a script in none is dead, a test in none never runs.
Tests that need a browser get the tag ``browser``, so that they can be left out or run alone.
"""

import inspect
import logging
import os
import re
import sys
import types
from pathlib import Path

from odoo.modules.module import get_manifest, get_module_path
from odoo.tests import HttpCase, TransactionCase, loader, tagged
from odoo.tests.suite import OdooSuite
from odoo.tests.tag_selector import TagsSelector
from odoo.tools import config

TESTED = [name for name in os.environ.get("INVENTORY_TESTED", "").split(",") if name]
_BROWSER = re.compile(r"\.(start_tour|browser_js)\(")
_PASSED = re.compile(r"Passed (\d+) tests")
_SUCCEEDED = "[HOOT] Test suite succeeded"
_PRESETS = {"desktop": ("1366x768", False), "mobile": ("375x667", True)}


def _uses_browser(test_class, method):
    """Whether a test method starts a browser, itself or by a helper method of its class."""
    source = inspect.getsource(method)
    if _BROWSER.search(source):
        return True
    for name in set(re.findall(r"self\.(\w+)\(", source)):
        helper = getattr(test_class, name, None)
        ours = inspect.isfunction(helper) and not helper.__module__.startswith("odoo.tests")
        if ours and _BROWSER.search(inspect.getsource(helper)):
            return True
    return False


_additional_tags = HttpCase.get_method_additional_tags


def get_method_additional_tags(self, test_method):
    tags = _additional_tags(self, test_method)
    if self.test_module in TESTED and _uses_browser(type(self), test_method):
        tags.append("browser")
    return tags


HttpCase.get_method_additional_tags = get_method_additional_tags


class _Counter(logging.Handler):
    """Reads from the browser's console how many HOOT tests passed."""

    passed = 0

    def emit(self, record):
        found = _PASSED.search(record.getMessage())
        if found:
            self.passed = int(found[1])


def _hash(text):
    """HOOT's identifier of a suite, as odoo.addons.web.tests.test_js computes it."""
    value = 0
    for character in text:
        value = ((value << 5) - value + ord(character)) & 0xFFFFFFFF
    return f"{value:08x}"


def _hoot_test(addon, preset):
    def test(self):
        self.browser_size, self.touch_enabled = _PRESETS[preset]
        counter = _Counter()
        logging.getLogger().addHandler(counter)
        try:
            self.browser_js(
                f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000&id={_hash('@' + addon)}",
                "",
                "",
                login="admin",
                timeout=600,
                success_signal=_SUCCEEDED,
                error_checker=lambda message: "[HOOT]" not in message,
            )
        finally:
            logging.getLogger().removeHandler(counter)
        self.assertGreater(counter.passed, 0, f"HOOT ran no test of {addon}")

    return test


def _scripts(addon):
    """Scripts, templates and styles of an addon as the bundles name them: "/addon/static/..."."""
    static = Path(get_module_path(addon)) / "static"
    kinds = {".js", ".xml", ".scss", ".css"}
    folders = ("src", "tests")
    return {
        f"/{addon}/static/{path.relative_to(static).as_posix()}"
        for folder in folders
        for path in (static / folder).rglob("*")
        if path.suffix in kinds
    }


def _bundles_test(addon):
    def test(self):
        """Every script is part of a bundle of its addon: one in none is never loaded and never tested."""
        assets = self.env["ir.asset"]
        params = assets._get_asset_params()
        bundled = {
            path[0] for bundle in get_manifest(addon)["assets"] for path in assets._get_asset_paths(bundle, params)
        }
        self.assertEqual(sorted(_scripts(addon) - bundled), [], f"files of {addon} that are in no bundle")

    return test


def _javascript_tests(addon):
    """The tests to add for one addon, or none when it has no scripts."""
    scripts = _scripts(addon)
    module = f"odoo.addons.{addon}.tests.test_javascript"
    # Odoo looks for the file of a failed test's class, and breaks off where it finds none.
    sys.modules.setdefault(module, types.ModuleType(module)).__file__ = __file__
    tests = []
    if scripts:
        methods = {"test_every_script_is_in_a_bundle": _bundles_test(addon), "__module__": module}
        tests.append(tagged("post_install", "-at_install")(type("TestBundles", (TransactionCase,), methods)))
    if any(path.endswith(".test.js") for path in scripts):
        methods = {"test_desktop": _hoot_test(addon, "desktop"), "test_phone": _hoot_test(addon, "mobile")}
        kind = type("TestHoot", (HttpCase,), {**methods, "__module__": module})
        tests.append(tagged("post_install", "-at_install", "browser")(kind))
    return [kind(name) for kind in tests for name in sorted(vars(kind)) if inspect.isfunction(vars(kind)[name])]


_make_suite = loader.make_suite


def make_suite(module_names, position="at_install"):
    module_names = list(module_names)
    tests = list(_make_suite(module_names, position))
    if position == "post_install":
        chosen = TagsSelector(config["test_tags"] or "")
        added = [test for name in module_names if name in TESTED for test in _javascript_tests(name)]
        tests += [test for test in added if chosen.check(test)]
    return OdooSuite(sorted(tests, key=lambda test: getattr(test, "test_sequence", 0)))


loader.make_suite = make_suite
