"""Failures, never skips: failing tests, files that nobody loads, no browser, crashes and kills, nothing to run."""

import re

import pytest

pytestmark = pytest.mark.slow

_TESTS = """
import logging
import unittest

from odoo.tests import TransactionCase, tagged

logging.getLogger("sample").error("an error outside of any test")


@tagged("post_install", "-at_install")
class TestSample(TransactionCase):
    def test_passes(self):
        self.assertTrue(self.env.user)

    def test_fails(self):
        self.assertEqual(1, 2, "one is not two")

    def test_breaks_twice(self):
        for number in (1, 2):
            with self.subTest(number=number):
                raise ValueError(f"broken {number}")

    @unittest.skip("for a reason")
    def test_skipped(self):
        raise AssertionError

    def test_needs_a_browser(self):
        raise unittest.SkipTest("Chrome executable not found")


class TestAtInstall(TransactionCase):
    def test_at_install_runs_too(self):
        self.assertTrue(True)
"""
_ONE = """
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestSample(TransactionCase):
    def test_one(self):
        %s
"""
_PREFIX = "sample.tests.test_sample:TestSample."


def _closing(done):
    """(passed, failed, skipped) of the last line."""
    match = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", done.stdout.splitlines()[-1])
    assert match, done.stdout + done.stderr
    return tuple(map(int, match.groups()))


def test_each_kind_of_outcome(project):
    project.tests(_TESTS)
    project.write("addons/sample/tests/deep/test_forgotten.py", "")
    done = project.run("sample", "--quick")
    assert done.returncode == 1
    assert done.states[_PREFIX + "test_passes"] == "passed"
    assert done.states["sample.tests.test_sample:TestAtInstall.test_at_install_runs_too"] == "passed"
    assert done.states[_PREFIX + "test_fails"] == "failed"
    assert "one is not two" in done.messages[_PREFIX + "test_fails"]
    assert "broken 1" in done.messages[_PREFIX + "test_breaks_twice"]
    assert "broken 2" in done.messages[_PREFIX + "test_breaks_twice"]
    assert done.states[_PREFIX + "test_skipped"] == "skipped"
    assert done.states[_PREFIX + "test_needs_a_browser"] == "failed"
    assert done.states["every test file of sample is loaded"] == "failed"
    assert "test_forgotten.py was not loaded" in done.messages["every test file of sample is loaded"]
    assert "an error outside of any test" in done.messages["the test process"]
    states = list(done.states.values())
    assert _closing(done) == tuple(map(states.count, ("passed", "failed", "skipped")))
    assert "one is not two" in done.stdout
    assert "test_skipped: for a reason" in done.stdout


def test_all_green_ends_with_zero(project):
    project.tests(_ONE % "self.assertTrue(self.env)")
    done = project.run("--addon", "sample", "--name", "test_o*e", "--quick")
    assert done.returncode == 0, done.stdout
    assert done.states[_PREFIX + "test_one"] == "passed"
    assert _closing(done)[1:] == (0, 0)
    nothing = project.run("--addon", "sample", "--name", "no_such_name", "--quick")
    assert nothing.returncode == 1
    assert nothing.states["no test matched"] == "failed"


def test_a_killed_process_is_a_failure(project):
    project.tests(_ONE % "__import__('os').kill(__import__('os').getpid(), 9)")
    done = project.run("sample", "--quick")
    assert done.returncode == 1
    assert done.states[_PREFIX + "test_one"] == "failed"
    assert "killed" in done.messages["the test process"]
    assert _PREFIX + "test_one" in done.messages["the test process"]


def test_a_crashed_preload_is_a_failure(project):
    project.tests(_ONE % "pass", imports="raise ImportError('cannot even begin')")
    done = project.run("sample", "--quick")
    assert done.returncode == 1
    assert "255" in done.messages["the test process"]
    assert "cannot even begin" in done.stdout
    assert not _closing(done)[0] or _PREFIX + "test_one" not in done.states


def test_an_addon_that_does_not_install_is_a_failure(project):
    project.tests(_ONE % "pass")
    project.write("addons/sample/models.py", "import no_such_module_anywhere\n")
    project.write("addons/sample/__init__.py", "from . import models\n")
    done = project.run("sample", "--quick")
    assert done.returncode == 1
    assert "no_such_module_anywhere" in done.stdout


def test_words_that_mean_nothing(project):
    unknown = project.run("--addon", "no_such_addon")
    assert unknown.returncode == 2
    assert "There is no addon no_such_addon" in unknown.stderr
    missing = project.run("tests/no_such_file.py")
    assert missing.returncode == 2
    assert "There is no file or folder" in missing.stderr
