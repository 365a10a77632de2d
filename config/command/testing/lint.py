"""Lint: ruff's rules and format, pylint-odoo, well-formed XML. Each counts as a test."""

import json
import time
from xml.parsers import expat

from .. import paths
from . import child, files

LIMIT = 300
_SHOWN = 40
# Checks of pylint-odoo that do not fit, each with its reason.
_NOT_OURS = {
    "missing-readme": "the guide of an addon is its README.md; the check asks for README.rst",
    "manifest-superfluous-key": "a manifest may say what is the default",
    "attribute-string-redundant": "a label may be written out where its scope matters",
    "consider-merging-classes-inherited": "a model is split by capability and concept, one file each",
    "prefer-env-translation": "it does not see that _ is self.env._",
    "no-search-all": "what is small by nature (warehouses, companies, rules) may be read whole",
    "method-required-super": "it takes read and write of any class for those of a model, and refusals for omissions",
    "no-raise-unlink": "records of the audit and of devices refuse to be deleted",
    "missing-return": "it asks for a return where the method returns nothing",
    "super-method-mismatch": "a guarded model writes through a named method",
    "context-overridden": "contexts that come as a dictionary are passed on as one",
    "print-used": "the agent is a program for the command line",
    "except-pass": "ruff sees to it",
}


def run(home, report, selection):
    """Run the linters that the selection names."""
    checks = {
        "ruff check": lambda: _ruff(home, "check", "--output-format=concise"),
        "ruff format": lambda: _ruff(home, "format", "--check"),
        "pylint-odoo": lambda: _pylint(home),
        "XML is well-formed": _xml,
    }
    if selection.quick:
        # Half a minute of one core.
        del checks["pylint-odoo"]
    for name, check in checks.items():
        if selection.wants_name(name):
            began = time.monotonic()
            report.check("lint", name, check(), time.monotonic() - began)


def _ruff(home, *arguments):
    log = home.log_dir / f"ruff_{arguments[0]}.log"
    done = child.run([home.python, "-m", "ruff", *arguments, "--no-cache", "."], log, LIMIT, folder=paths.ROOT)
    return child.tail(log, _SHOWN).splitlines() or ["ruff failed without a word"] if done.code else []


def _pylint(home):
    """pylint with the rules of config/pylintrc over our addons.

    Messages decide, not the exit status, whose bits also tell of messages that the rules turn off.
    """
    log = home.log_dir / "pylint.log"
    command = [
        home.python,
        "-m",
        "pylint",
        f"--rcfile={paths.CONFIG / 'pylintrc'}",
        "--output-format=json2",
        f"--disable={','.join(_NOT_OURS)}",
    ]
    addons = [paths.ADDONS / name for name in paths.our_addons()]
    done = child.run([*command, *addons], log, LIMIT, home.environment(), paths.ROOT)
    text = log.read_text(encoding="utf-8", errors="replace")
    try:
        messages = json.loads(text[text.index("{") :])["messages"]
    except ValueError:
        return [f"pylint did not run (exit status {done.code}, see {log})", *text.splitlines()[-10:]]
    return [f"{item['path']}:{item['line']}: {item['message']} ({item['symbol']})" for item in messages]


def _xml():
    problems = []
    for path in files.sources(".xml"):
        try:
            # expat resolves no external entity: a file cannot make the check read another.
            expat.ParserCreate().Parse(path.read_bytes(), True)
        except expat.ExpatError as error:
            problems.append(f"{path.relative_to(paths.ROOT)}: {error}")
    return problems
