"""``./inventory bench``: the benchmarks of tests/bench, each against its floor."""

import argparse
import ast
import json
from dataclasses import dataclass
from pathlib import Path

from . import lock, paths
from .console import Trouble, note, say, step, table
from .testing import child
from .testing.home import Home

CAPABILITIES = ("facts", "planning", "channels", "control", "alerts", "devices", "mobile", "reports", "master")
FOLDER = paths.TESTS / "bench"
LIMIT = 1800
_HELP = """\
NAME is a benchmark or a capability ({}); without any, all run. Each measures its floor in
the same run, on the same database and with the same durability. Writes are compared on a durable server (the one of
./inventory run, or the one that PGHOST names); figures.durability says what it really was.

The exit status is 0 when all ran, whether or not budgets were kept; with --strict a missed budget is 1.""".format(
    ", ".join(CAPABILITIES)
)


@dataclass(frozen=True)
class Benchmark:
    """A file of tests/bench as its constants describe it."""

    path: Path
    name: str
    capability: str
    modules: tuple
    doc: str
    #: Whether the gate of stock is on; most benchmarks are about something else.
    gate: bool = False


def arguments(parser):
    """What the command understands."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _HELP
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmark or capability")
    parser.add_argument("--json", action="store_true", help="one row a line on standard output, nothing else there")
    parser.add_argument("--quick", action="store_true", help="little data: shows that they run, not how fast")
    parser.add_argument("--strict", action="store_true", help="exit status 1 when a budget is missed")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")


def execute(options):
    """Run the benchmarks; returns the exit status."""
    chosen = choose(options.names, available())
    if options.list:
        table([(bench.name, bench.capability, bench.doc) for bench in chosen], ("bench", "capability", "measures"))
        return 0
    with lock.hold("test", "./inventory bench"):
        home = Home(cluster="run", data="bench")
        try:
            rows = [row for bench in chosen for row in _run(home, bench, options)]
        finally:
            home.databases.drop_clones()
    if not options.json:
        show(rows)
    if any("error" in row["figures"] for row in rows):
        return 1
    return 1 if options.strict and not all(row["ok"] for row in rows) else 0


def available(folder=FOLDER):
    """All benchmarks, read without running them. :raise Trouble: when a file lacks what a benchmark must say"""
    found = []
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith("_") or path.name == "conftest.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        values = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
                try:
                    values[node.targets[0].id] = ast.literal_eval(node.value)
                except ValueError:
                    continue
        missing = [name for name in ("BENCH", "CAPABILITY", "MODULES") if name not in values]
        if missing:
            raise Trouble(f"{path.relative_to(paths.ROOT)} is no benchmark: it does not say {', '.join(missing)}.")
        doc = (ast.get_docstring(tree) or "").split("\n")[0]
        found.append(
            Benchmark(
                path, values["BENCH"], values["CAPABILITY"], tuple(values["MODULES"]), doc, bool(values.get("GATE"))
            )
        )
    return found


def choose(names, benches):
    """The benchmarks that are meant by names and capabilities.

    :raise Trouble: exit status 2 for a name that is neither
    """
    if not names:
        return benches
    chosen = []
    for name in names:
        meant = [bench for bench in benches if name in (bench.name, bench.capability)]
        if not meant and name not in CAPABILITIES:
            raise Trouble(
                f"There is no benchmark or capability {name}; benchmarks: "
                f"{', '.join(bench.name for bench in benches) or 'none'}; capabilities: {', '.join(CAPABILITIES)}.",
                code=2,
            )
        if not meant:
            note(f"There is no benchmark of {name} yet.")
        chosen += [bench for bench in meant if bench not in chosen]
    return chosen


def _run(home, bench, options):
    """Rows of one benchmark; one that breaks gives a row with what it said last."""
    rows = home.log_dir / f"bench_{bench.name}.jsonl"
    log = home.log_dir / f"bench_{bench.name}.log"
    rows.unlink(missing_ok=True)
    with step(f"bench {bench.name}"):
        database = home.databases.clone(",".join(bench.modules) or "base")
        if not bench.gate:
            # Imported here: the package is not there before the set-up has run.
            from tests.support.databases import switch

            switch(database, {"inventory_plus.gate": "off"})
        command = [home.python, "-m", "tests.support.bench", bench.path, database, rows]
        command += ["quick"] if options.quick else []
        environment = home.environment()
        environment["PYTHONPATH"] = ":".join(filter(None, [str(paths.ROOT), environment.get("PYTHONPATH")]))
        done = child.run(command, log, LIMIT, environment, paths.ROOT)
        home.databases.drop(database)
    found = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()] if rows.exists() else []
    if done.code or not found:
        reason = f"stopped after {LIMIT} s" if done.stopped else (child.tail(log, 1).strip() or "it told no result")
        note(f"  bench {bench.name} failed: {reason} (log: {log})")
        found.append(_failed(bench, reason))
    if options.json:
        for row in found:
            say(json.dumps(row))
    return found


def _failed(bench, reason):
    return {"bench": bench.name, "figures": {"error": reason}, "floor": None, "ratio": None, "budget": "", "ok": False}


def show(rows):
    """A table for people."""
    cells = [
        (
            row["bench"],
            "ok" if row["ok"] else "MISSED",
            "" if row["ratio"] is None else f"{row['ratio']:.2f}x",
            row["budget"],
            _pairs(row["figures"]),
            _pairs(row["floor"]),
        )
        for row in rows
    ]
    if cells:
        table(cells, ("bench", "", "ratio", "budget", "figures", "floor"))


def _pairs(values):
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in (values or {}).items())
