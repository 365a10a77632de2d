"""A pytest plugin that writes the events of config/addons/test_results, and chooses tests by INVENTORY_NAMES.

It is loaded by ``pytest -p tests.support.recorder``. The file is named by INVENTORY_RESULTS. With INVENTORY_QUICK,
tests marked ``slow`` are left out.
"""

import json
import os
import re


def _write(event, **values):
    with open(os.environ["INVENTORY_RESULTS"], "a", encoding="utf-8") as stream:  # noqa: PTH123
        stream.write(json.dumps({"e": event, **values}) + "\n")


def pytest_collection_modifyitems(config, items):
    """Tell which files were loaded, then leave out what the user did not ask for."""
    _write("loaded", module="pytest", files=sorted({str(item.path) for item in items}))
    pattern = os.environ.get("INVENTORY_NAMES")
    if pattern:
        chosen = [item for item in items if re.search(pattern, item.nodeid, re.IGNORECASE)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    if os.environ.get("INVENTORY_QUICK"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    _write("matched", count=len(items))


def pytest_collectreport(report):
    """A file that cannot be imported is a failed test."""
    if report.failed:
        _write("error", t=f"{report.nodeid} (import)", trace=report.longreprtext)


def pytest_runtest_logstart(nodeid):
    """A test begins."""
    _write("start", t=nodeid)


def pytest_runtest_logreport(report):
    """One phase (setup, call, teardown) of a test ended."""
    if report.failed:
        _write("error" if report.when != "call" else "fail", t=report.nodeid, trace=report.longreprtext)
    elif report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
        _write("skip", t=report.nodeid, why=reason.removeprefix("Skipped: "))
    elif getattr(report, "wasxfail", None) is not None:
        _write("fail", t=report.nodeid, trace=f"It was expected to fail and passed: {report.wasxfail}")
    if report.when == "teardown":
        _write("end", t=report.nodeid, s=_seconds.pop(report.nodeid, 0.0) + report.duration)
    else:
        _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration


_seconds = {}


def pytest_sessionfinish(exitstatus):
    """The session reached its end."""
    _write("done", rc=int(exitstatus))
