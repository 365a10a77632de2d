"""``./inventory test``: prove that it works."""

import argparse
import time

from . import lock, paths
from .testing import suites
from .testing.home import Home
from .testing.outcome import Report
from .testing.selection import Selection
from .testing.stages import Runner

_HELP = """\
SELECTOR is one of our addons (inventory_plus), a test file or folder (tests/law1), or part of a test's name
(test_reserved, with * and ? where you like). Without any, everything runs: lint, the rules of the house, pure packages,
the tests of each addon in Odoo with and without manufacturing, JavaScript and tours in a browser on desktop and phone,
tests that cross a process, the translation.

No test matched, a test file that was not loaded, a browser that could not start, a crashed Odoo: failures, never skips.
The last line is "N passed, N failed, N skipped"; the exit status is 0 when nothing failed."""


def arguments(parser):
    """What the command understands."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _HELP
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="addon, file, folder or part of a test's name")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="no browser, no pylint, no test marked slow: less than 4 minutes",
    )
    parser.add_argument("--addon", action="append", default=[], metavar="ADDON", help="only tests of this addon")
    parser.add_argument(
        "--name", "-k", action="append", default=[], metavar="PATTERN", help="only tests whose name holds this"
    )
    parser.add_argument(
        "--odoo-suite",
        nargs="?",
        const="run",
        choices=("run", "only", "record"),
        metavar="only|record",
        help="also Odoo's own suites with our addons (less than an hour in all); only: nothing else; "
        "record: write the baseline of the plain package to tests/odoo_suite/",
    )


def execute(options):
    """Run the tests; returns the exit status."""
    began = time.monotonic()
    selection = Selection.of(options.selectors, options.addon, options.name, options.quick)
    with lock.hold("test", "./inventory test"):
        home = Home()
        report = Report()
        try:
            if options.odoo_suite == "record":
                made = suites.baseline(home, record=True)
                report.passed("Odoo's suites", f"baseline recorded: {made['count']} tests, {len(made['failing'])} fail")
            else:
                if options.odoo_suite != "only":
                    Runner(home, report, selection).run()
                if options.odoo_suite:
                    suites.run_guarded(home, report)
        finally:
            home.databases.drop_clones()
    return report.finish(paths.LOG / "test" / "junit.xml", began)
