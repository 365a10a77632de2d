"""Odoo's own suites with our addons (law 12), against baselines of the plain package.

Every test runs after installation with all modules loaded ("mode B"), so that our overrides take part. Three questions:

* gates off: nothing fails that does not fail without us, and nothing is left out;
* our defaults: beyond that only tests fail that end in our GateError or GuardError;
* both on the modules that our addons need, with manufacturing.

A test that fails newly runs once more, alone in a fresh database; if it passes there it is reported as flaky, by name.
"""

import json
import re
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from .. import paths
from ..console import note, step
from . import odoo_tests
from .outcome import FAILED, PASSED, SKIPPED, Outcome

SUITES = ("stock", "sale_stock", "purchase_stock", "mrp", "stock_account")
BASELINE = paths.TESTS / "odoo_suite" / "baseline.json"
LIMIT = 4500
RERUN_LIMIT = 600
# Where a wave of new failures shows that something is broken at large, running each again would only take long.
MOST_RERUNS = 25
_LOAD = "base,rpc,web,test_all_post_install,test_results"
_TAGS = [*(f"/{name}" for name in SUITES), "-is_tour"]
_REFUSALS = ("inventory_plus.exceptions.GateError", "inventory_plus.exceptions.GuardError")
_AROUND_CLASS = re.compile(r"^\w+ \((?P<path>[\w.]+)\.(?P<class>\w+)\)$")
# The switches that law 12 means by "gates off"; a switch that does not exist yet is ignored by everybody.
GATES_OFF = {"inventory_plus.guard": "off", "inventory_plus.gate": "off"}


def source_key(home):
    """Names the state of Odoo's sources that a baseline holds for."""
    from tests.support.databases import source_hash

    folder = home.odoo_source()
    tests = [path for name in SUITES for path in (folder / name / "tests",) if path.is_dir()]
    code = [folder / name for name in SUITES]
    # The hash of sources leaves out folders named tests: they are hashed from within.
    return source_hash([*code, *tests])


def baseline(home, record=False):
    """The baseline for Odoo as it is here; made on the spot when the file knows none.

    :return: {"started": {file:Class: [methods]}, "failing": [tests], "flaky": [tests], ...}
    """
    known = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    key = source_key(home)
    if key in known and not record:
        return known[key]
    if not record:
        note(f"  This state of Odoo ({key}) has no recorded baseline: running its suites without our addons first.")
    made = _record(home)
    if record:
        known[key] = made
        write(known)
    return made


def write(known):
    """Write the baselines, one class of tests a line."""
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(known, indent=1, sort_keys=True)
    # The methods of a class go on one line: else the file has a line for each of Odoo's tests.
    text = re.sub(r"\[\s+([^\[\]:()]*?)\s+\]", lambda found: "[" + re.sub(r",\s+", ", ", found[1]) + "]", text)
    BASELINE.write_text(text + "\n", encoding="utf-8")


def _record(home):
    """Run the suites twice without our addons: what fails in one of the runs only is flaky without our doing."""
    with step("Odoo's suites without our addons"):
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _index: _plain(home), range(2))
    for record in (first, second):
        if record.trouble:
            raise RuntimeError(f"The plain suites did not run to their end: {record.trouble} (log: {record.log})")
    return {
        "odoo": _version(home),
        "modules": [odoo_tests.MANUFACTURING],
        "failing": sorted(first.failures() & second.failures()),
        "flaky": sorted(first.failures() ^ second.failures()),
        "skipped": sorted(_skipped(first) | _skipped(second)),
        "count": len(first.started),
        "started": grouped(first.started),
    }


def _plain(home):
    database = home.databases.clone(odoo_tests.MANUFACTURING, assets=True)
    try:
        options = [f"--addons-path={','.join(map(str, home.fix_addons()))}"]
        return odoo_tests.execute(home, None, "plain suites", database, _TAGS, LIMIT, options=options, load=_LOAD)
    finally:
        home.databases.drop(database)


def _version(home):
    code = "import odoo.release; print(odoo.release.version)"
    return subprocess.run([home.python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def _skipped(record):
    return {name for name, outcome in record.outcomes.items() if outcome.state == SKIPPED}


def grouped(started):
    """Tests by class: {"stock.tests.test_move:TestStockMove": ["test_a", ...]}."""
    found = {}
    for name in started:
        test_class, _dot, method = name.rpartition(".")
        found.setdefault(test_class, []).append(method)
    return {test_class: sorted(methods) for test_class, methods in sorted(found.items())}


def ungrouped(started):
    """The names of :func:`grouped` again."""
    return {f"{test_class}.{method}" for test_class, methods in started.items() for method in methods}


def run(home, report):
    """Both runs beside each other, each judged against the baseline."""
    began = time.monotonic()
    expected = baseline(home)
    modules = ",".join([name for name in paths.our_addons() if name not in odoo_tests.glue_addons()])
    modules = f"{modules},{odoo_tests.MANUFACTURING}"
    template = home.databases.template(modules, assets=True)
    with step("Odoo's suites with our addons, gates off and on"):
        with ThreadPoolExecutor(2) as pool:
            off = pool.submit(_run, home, template, GATES_OFF, "Odoo's suites, gates off")
            on = pool.submit(_run, home, template, {}, "Odoo's suites, our defaults")
            records = [(off.result(), GATES_OFF, False), (on.result(), {}, True)]
    for record, switches, refusals in records:
        _judge(home, report, record, expected, template, switches, refusals)
        report.time(record.stage, record.seconds)
    report.time("Odoo's suites together", time.monotonic() - began)


def run_guarded(home, report):
    """:func:`run`, where what breaks it is a failure in the report like any other."""
    try:
        run(home, report)
    except Exception:
        report.failed("Odoo's suites", "the stage", traceback.format_exc())


def _run(home, template, switches, stage, tags=None, limit=LIMIT):
    database = home.databases.clone(template=template)
    try:
        _switch(database, switches)
        return odoo_tests.execute(home, None, stage, database, tags or _TAGS, limit, load=_LOAD)
    finally:
        home.databases.drop(database)


def _switch(database, switches):
    from tests.support.databases import switch

    switch(database, switches)


def is_refusal(kinds):
    """Whether an exception (names of its classes and causes) is one of our refusals."""
    return any(name in kinds for name in _REFUSALS)


def only_refusals(record, name):
    """Whether every error of a test is one of our refusals."""
    errors = record.classes.get(name, [])
    return bool(errors) and all(is_refusal(kinds) for kinds in errors)


def failed_classes(record):
    """{file:Class} whose setUpClass failed: their tests never started."""
    found = {}
    for name in record.failures():
        match = _AROUND_CLASS.match(name)
        if match:
            found[f"{match['path']}:{match['class']}"] = name
    return found


def judge(record, expected, refusals):
    """Compare a run with the baseline.

    :param refusals: whether tests may end in our GateError or GuardError
    :return: (new failures, tests missing without reason, tests that end in a refusal)
    """
    failing = record.failures() - set(expected["failing"])
    refused = {name for name in failing if refusals and only_refusals(record, name)}
    broken = failed_classes(record)
    missing = {
        name
        for name in ungrouped(expected["started"]) - set(record.started)
        # The class itself is judged as a failure (or as refused); its tests are not missing besides.
        if name.rpartition(".")[0] not in broken
    }
    return failing - refused, missing, refused


def _judge(home, report, record, expected, template, switches, refusals):
    stage = record.stage
    new, missing, refused = judge(record, expected, refusals)
    flaky = new & set(expected.get("flaky", ()))
    flaky |= _again(home, record, new - flaky, template, switches, refusals)
    for name in sorted(new - flaky):
        outcome = record.outcomes[name]
        report.add(Outcome(stage, name, FAILED, outcome.seconds, outcome.message, record.log))
    for name in sorted(missing):
        report.failed(stage, name, "Odoo's own test did not start with our addons.", record.log)
    for trouble in record.trouble:
        report.failed(stage, "the test process", trouble, record.log)
    for name in sorted((set(record.started) - record.failures()) | (flaky & set(record.started))):
        if record.outcomes[name].state != SKIPPED:
            report.add(Outcome(stage, name, PASSED, record.outcomes[name].seconds))
        elif name not in expected["skipped"]:
            report.add(record.outcomes[name])
    _remark(report, record, expected, refused, flaky)


def _remark(report, record, expected, refused, flaky):
    known = record.failures() & set(expected["failing"])
    lines = [
        f"{record.stage}: {len(record.started)} tests started ({expected['count']} without our addons), "
        f"{len(known)} fail as they do without our addons, {len(_skipped(record))} skipped by Odoo itself."
    ]
    if refused:
        lines.append(f"  {len(refused)} end in a refusal of ours, as law 12 allows:")
        lines += [f"    {name}" for name in sorted(refused)]
    if flaky:
        lines.append("  Flaky (failed in the run; passed alone in a fresh database, or flaky without our addons too):")
        lines += [f"    {name}" for name in sorted(flaky)]
    report.remark("\n".join(lines))


def _again(home, record, new, template, switches, refusals):
    """Tests of `new` that pass alone in a fresh database."""
    if not new or len(new) > MOST_RERUNS:
        return set()
    tags = sorted({_tag(name) for name in new})
    with step(f"{len(new)} new failures once more, alone"):
        again = _run(home, template, switches, f"{record.stage}, again", tags, RERUN_LIMIT)
    if again.trouble:
        return set()
    return {name for name in new if _passed(again, name) or (refusals and only_refusals(again, name))}


def _passed(record, name):
    if _AROUND_CLASS.match(name):
        return name not in record.failures() and bool(record.started)
    return name in record.outcomes and record.outcomes[name].state == PASSED


def _tag(name):
    """The --test-tags entry of one test (or of the class whose set-up failed)."""
    match = _AROUND_CLASS.match(name)
    if match:
        return f"/{match['path'].split('.')[0]}:{match['class']}"
    path, _colon, rest = name.partition(":")
    return f"/{path.split('.')[0]}:{rest}"
