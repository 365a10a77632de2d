"""Parts of the commands, without Odoo."""

import json
import sys
import time
from types import SimpleNamespace

import pytest
from command import bench, paths
from command.console import Trouble
from command.testing import browser, child, files, odoo_tests, outcome, suites, translation
from command.testing.record import Record
from command.testing.selection import Selection

GATE = ["inventory_plus.exceptions.GateError", "odoo.exceptions.UserError"]


def _record(tmp_path, *events):
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(json.dumps(event) for event in events) + '\n{"e": "sta', encoding="utf-8")
    return Record.read(path, "stage")


def _run(tests, failed=(), classes=(), around=()):
    """A record of a finished run."""
    record = Record("stage")
    for name in (*tests, *around):
        failing = name in failed or name in around
        record.outcomes[name] = outcome.Outcome("stage", name, outcome.FAILED if failing else outcome.PASSED)
        if failing:
            record.classes[name] = [list(classes)]
    record.started = list(tests)
    return record


def test_record_of_a_process_that_ended(tmp_path):
    record = _record(
        tmp_path,
        {"e": "matched", "count": 2},
        {"e": "start", "t": "a"},
        {"e": "end", "t": "a", "s": 1},
        {"e": "start", "t": "b"},
        {"e": "fail", "t": "b", "class": ["builtins.AssertionError"], "trace": "no"},
        {"e": "end", "t": "b", "s": 1},
        {"e": "error", "t": "setUpClass (x.C)", "class": [], "trace": "broken"},
        {"e": "done", "rc": 1},
    )
    assert record.failures() == {"b", "setUpClass (x.C)"}
    assert record.problems(1) == []
    assert "although no test failed" in _record(tmp_path, {"e": "done", "rc": 1}).problems(1)[0]


def test_record_of_a_process_that_hung(tmp_path):
    record = _record(tmp_path, {"e": "start", "t": "a"})
    assert record.failures() == {"a"}
    assert record.problems(-9, limit=5) == ["It was stopped after 5 s while a ran."]


def test_the_limit_stops_a_process_and_what_it_started(tmp_path):
    code = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('begun', flush=True); time.sleep(600)"
    began = time.monotonic()
    done = child.run([sys.executable, "-c", code], tmp_path / "log", 2)
    assert done.stopped
    assert done.code != 0
    assert time.monotonic() - began < 20
    assert "begun" in child.tail(tmp_path / "log")


def test_no_browser_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_install", lambda _packages: "only root may install it")
    report = outcome.Report()
    browser.run(SimpleNamespace(), report, Selection.of([]))
    assert [(result.name, result.state) for result in report.outcomes] == [("a browser can start", "failed")]
    assert "only root may install it" in report.outcomes[0].message


def test_a_browser_that_cannot_start_is_a_failure(tmp_path, monkeypatch):
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho no display >&2\nexit 1\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(browser, "_NAMES", ("chromium",))
    home = SimpleNamespace(log_dir=tmp_path, settings=SimpleNamespace(work_dir=tmp_path), python=sys.executable)
    report = outcome.Report()
    browser.run(home, report, Selection.of([]))
    assert report.outcomes[0].state == "failed"
    assert "could not show a page" in report.outcomes[0].message


def test_only_refusals_of_ours_may_fail_beyond_the_baseline():
    expected = {"started": {"m:C": ["a", "b", "c"]}, "failing": ["m:C.a"], "skipped": [], "count": 3}
    tests = ["m:C.a", "m:C.b", "m:C.c"]
    refused = _run(tests, failed=["m:C.a", "m:C.b"], classes=GATE)
    assert suites.judge(refused, expected, refusals=True) == (set(), set(), {"m:C.b"})
    assert suites.judge(refused, expected, refusals=False) == ({"m:C.b"}, set(), set())
    other = _run(tests, failed=["m:C.b"], classes=["odoo.exceptions.UserError"])
    assert suites.judge(other, expected, refusals=True) == ({"m:C.b"}, set(), set())
    fewer = _run(["m:C.a", "m:C.b"])
    assert suites.judge(fewer, expected, refusals=False) == (set(), {"m:C.c"}, set())
    gone = _run([], around=["setUpClass (m.C)"], classes=GATE)
    assert suites.judge(gone, expected, refusals=True) == (set(), set(), {"setUpClass (m.C)"})
    assert suites.judge(gone, expected, refusals=False) == ({"setUpClass (m.C)"}, set(), set())


def test_translation_problems():
    entries = [["Hello", "你好", False], ["%s left", "剩下", False], ["Stock", "", False], ["Old", "旧", True]]
    answer = {"file": True, "terms": ["Hello", "%s left", "Stock", "Old", "New"], "entries": entries}
    found = "\n".join(translation.problems("sample", answer))
    assert "missing: New" in found
    assert "empty: Stock" in found
    assert "fuzzy: Old" in found
    assert "placeholders than the source: %s left" in found
    assert "Hello" not in found
    complete = {"file": True, "terms": ["Hello"], "entries": entries}
    assert translation.problems("sample", complete) == []


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A project folder that the rules of the house look at."""
    for name, value in (("ROOT", tmp_path), ("ADDONS", tmp_path / "addons"), ("CONFIG", tmp_path / "config")):
        monkeypatch.setattr(paths, name, value)
    monkeypatch.setattr(paths, "TESTS", tmp_path / "tests")
    addon = tmp_path / "addons" / "sample"
    (addon / "agent").mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{}", encoding="utf-8")
    return addon


def test_rules_of_the_house(sample):
    (sample / "long.py").write_text("\n" * 601, encoding="utf-8")
    (sample / "view.xml").write_text("<t t-out=\"f'{product.name}'\"/>", encoding="utf-8")
    (sample / "later.py").write_text("# TO" + "DO: later\n", encoding="utf-8")
    address = "https" + "://packages.somewhere.internal/simple"
    (sample / "host.py").write_text(f'URL = "{address}"\n', encoding="utf-8")
    (sample / "agent" / "impure.py").write_text(
        "from odoo import models\nfrom agent.outbox import x\n", encoding="utf-8"
    )
    report = outcome.Report()
    files.run(report, Selection.of([]))
    assert {result.state for result in report.outcomes} == {"failed"}
    for path in sample.rglob("*.*"):
        if path.name != "__manifest__.py":
            path.unlink()
    clean = outcome.Report()
    files.run(clean, Selection.of([]))
    assert {result.state for result in clean.outcomes} == {"passed"}


def test_selection(sample):
    chosen = Selection.of(["sample", "test_a", "test_*_b"])
    assert chosen.addons == ["sample"]
    assert chosen.matches("x.py::TEST_A_1")
    assert chosen.matches("m:C.test_x_b")
    assert not chosen.matches("m:C.other")
    assert not Selection.of(["sample"]).wants_name("ruff check")
    assert Selection.of(["ruff"]).wants_name("ruff check")


def test_benches_by_name_and_capability():
    one = bench.Benchmark(None, "one", "facts", (), "")
    two = bench.Benchmark(None, "two", "facts", (), "")
    assert bench.choose([], [one, two]) == [one, two]
    assert bench.choose(["two", "facts"], [one, two]) == [two, one]
    assert bench.choose(["planning"], [one, two]) == []
    with pytest.raises(Trouble, match="no benchmark or capability three") as refusal:
        bench.choose(["three"], [one, two])
    assert refusal.value.code == 2


def test_a_file_that_is_no_bench(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "half.py").write_text('BENCH = "half"\n', encoding="utf-8")
    with pytest.raises(Trouble, match="CAPABILITY, MODULES"):
        bench.available(tmp_path)


def test_the_parts_of_a_quick_run_hold_every_test_file_once():
    everything = Selection(quick=True)
    parts = odoo_tests.parts(everything, paths.our_addons())
    assert len(parts) == 2
    for addon in paths.our_addons():
        for path in files.addon_tests(addon):
            holders = [part for part in parts if any(path.is_relative_to(chosen) for chosen in part.files)]
            assert len(holders) == 1, path
    narrow = Selection(names=["test_one"], quick=True)
    assert odoo_tests.parts(narrow, paths.our_addons()) == [narrow]
