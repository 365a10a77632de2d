"""Outcomes of tests, and the report that ends with ``N passed, N failed, N skipped``."""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from xml.etree import ElementTree

from ..console import duration, note, say

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_TRACE_LINES = 25
# Characters that XML 1.0 cannot hold.
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


@dataclass
class Outcome:
    """What one test did.

    :param stage: the stage it ran in
    :param name: ``module.tests.file:Class.method``, a pytest node or the name of a check
    :param state: ``passed``, ``failed`` or ``skipped``
    :param message: traceback or reason
    :param log: path of the log with more
    """

    stage: str
    name: str
    state: str
    seconds: float = 0.0
    message: str = ""
    log: str = ""


class Report:
    """Collects outcomes of all stages; several stages report at the same time."""

    def __init__(self):
        self.outcomes = []
        self.timings = []
        self.remarks = []
        self._lock = threading.Lock()

    def add(self, outcome):
        """Keep an outcome; a failure is shown at once."""
        with self._lock:
            self.outcomes.append(outcome)
            if outcome.state == FAILED:
                note(f"  FAILED {outcome.stage}: {outcome.name}")

    def passed(self, stage, name, seconds=0.0):
        """Keep a test that passed."""
        self.add(Outcome(stage, name, PASSED, seconds))

    def failed(self, stage, name, message, log="", seconds=0.0):
        """Keep a test that failed, and why."""
        self.add(Outcome(stage, name, FAILED, seconds, message, str(log)))

    def check(self, stage, name, problems, seconds=0.0):
        """Keep a check: failed with `problems` (sentences), passed when there are none."""
        if problems:
            self.failed(stage, name, "\n".join(problems), seconds=seconds)
        else:
            self.passed(stage, name, seconds)

    def time(self, stage, seconds):
        """Keep how long a stage took."""
        with self._lock:
            self.timings.append((stage, seconds))

    def remark(self, text):
        """Something to say at the end that is no failure."""
        with self._lock:
            self.remarks.append(text)

    def counts(self):
        """Number of outcomes by state."""
        return Counter(outcome.state for outcome in self.outcomes)

    def finish(self, junit, began):
        """Print failures with the end of their traceback, skips with their reason, times, and the closing line.

        :return: exit status: 0 when something ran and nothing failed
        """
        if not any(outcome.state != SKIPPED for outcome in self.outcomes):
            self.failed("selection", "no test matched", "Nothing ran: no test matches what was asked for.")
        counts = self.counts()
        for outcome in self.outcomes:
            if outcome.state == FAILED:
                self._show(outcome)
        skipped = [outcome for outcome in self.outcomes if outcome.state == SKIPPED]
        if skipped:
            say("\nSkipped:")
            for outcome in skipped:
                say(f"  {outcome.stage}: {outcome.name}: {outcome.message}")
        for remark in self.remarks:
            say(f"\n{remark}")
        say("\nTimes:")
        for stage, seconds in self.timings:
            say(f"  {stage}: {duration(seconds)}")
        say(f"  together: {duration(time.monotonic() - began)}")
        self._write_junit(junit)
        say(f"\nSummary for machines: {junit}")
        say(f"{counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped")
        return 1 if counts[FAILED] else 0

    @staticmethod
    def _show(outcome):
        lines = outcome.message.strip().splitlines()
        if len(lines) > _TRACE_LINES:
            lines = ["...", *lines[-_TRACE_LINES:]]
        say(f"\nFAILED {outcome.stage}: {outcome.name}")
        for line in lines:
            say(f"    {line}")
        if outcome.log:
            say(f"    log: {outcome.log}")

    def _write_junit(self, path):
        counts = self.counts()
        root = ElementTree.Element(
            "testsuite",
            name="inventory",
            tests=str(len(self.outcomes)),
            failures=str(counts[FAILED]),
            skipped=str(counts[SKIPPED]),
        )
        for outcome in self.outcomes:
            case = ElementTree.SubElement(
                root, "testcase", classname=outcome.stage, name=outcome.name, time=f"{outcome.seconds:.3f}"
            )
            if outcome.state != PASSED:
                kind = "failure" if outcome.state == FAILED else "skipped"
                child = ElementTree.SubElement(case, kind, message=_UNPRINTABLE.sub("?", outcome.message[:300]))
                child.text = _UNPRINTABLE.sub("?", outcome.message)
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
