"""Reads the event files of the recorders (config/addons/test_results in Odoo, tests/support/recorder.py in pytest)."""

import json
import re
from dataclasses import dataclass, field

from .outcome import FAILED, PASSED, SKIPPED, Outcome

_LOGGED_SHOWN = 5
# Odoo skips a test whose browser cannot start; for us that is a failure.
_NO_BROWSER = re.compile(r"chrom|websocket|devtools|browser", re.IGNORECASE)


@dataclass
class Record:
    """What a test process told.

    :ivar outcomes: test -> :class:`Outcome`; of several errors of one test the first is kept, the others follow it
    :ivar started: tests that began, in order
    :ivar classes: failed test -> names of its exceptions' classes
    :ivar loaded: test files that the loader found
    :ivar logged: ERROR lines that were logged while no test ran
    :ivar matched: number of tests that the selection left
    :ivar ended: whether the process reached its end
    :ivar code: what it returned, when it ended
    :ivar running: the test that began and did not end
    """

    stage: str
    log: str = ""
    outcomes: dict = field(default_factory=dict)
    started: list = field(default_factory=list)
    classes: dict = field(default_factory=dict)
    loaded: set = field(default_factory=set)
    logged: list = field(default_factory=list)
    matched: int = 0
    ended: bool = False
    code: int | None = None
    running: str | None = None

    @classmethod
    def read(cls, path, stage, log=""):
        """Read an event file; a last line cut short by a kill is left out."""
        record = cls(stage, str(log))
        if path.exists():
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue
                    getattr(record, f"_on_{event.pop('e')}")(**event)
        if record.running and not record.ended:
            record.outcomes[record.running].message = "The process ended or was stopped while this test ran."
        return record

    def _on_loaded(self, module, files):
        self.loaded |= set(files)

    def _on_matched(self, count):
        self.matched += count

    def _on_start(self, t):
        self.started.append(t)
        self.running = t
        # Failed until it ends: a test that never ended has not passed.
        self.outcomes[t] = Outcome(self.stage, t, FAILED, log=self.log)

    def _on_end(self, t, s):
        outcome = self.outcomes[t]
        outcome.seconds = s
        if outcome.state == FAILED and t not in self.classes:
            outcome.state = PASSED
        self.running = None

    def _on_skip(self, t, why):
        browser = _NO_BROWSER.search(why)
        message = f"A browser is needed and could not start: {why}" if browser else why
        self.outcomes[t] = Outcome(self.stage, t, FAILED if browser else SKIPPED, message=message, log=self.log)
        if browser:
            self.classes.setdefault(t, [])

    def _on_fail(self, t, trace, **kinds):
        outcome = self.outcomes.setdefault(t, Outcome(self.stage, t, FAILED, log=self.log))
        outcome.state = FAILED
        outcome.message = f"{outcome.message}\n{trace}" if outcome.message else trace
        self.classes.setdefault(t, []).append(kinds.get("class", []))

    _on_error = _on_fail

    def _on_log(self, logger, message):
        self.logged.append(f"{logger}: {message}")

    def _on_done(self, rc):
        self.ended = True
        self.code = rc

    def failures(self):
        """Names of failed tests."""
        return {name for name, outcome in self.outcomes.items() if outcome.state == FAILED}

    def problems(self, exit_code, limit=None):
        """Sentences about the process as a whole: crashed, killed, stopped at its limit, nothing ran, errors logged.

        :param exit_code: exit status of the process
        :param limit: seconds after which it was stopped, when it was
        """
        found = []
        where = f" while {self.running} ran" if self.running else ""
        if limit is not None:
            found.append(f"It was stopped after {limit} s{where}.")
        elif not self.ended:
            found.append(f"The process was killed or ended early (exit status {exit_code}){where}.")
        elif self.code == -1 or exit_code == 255:
            found.append("Odoo could not load the database (exit status 255); no test result of it counts.")
        elif exit_code and not self.failures():
            found.append(f"The process ended with exit status {exit_code} although no test failed.")
        return [*found, *self._logged_problems()]

    def _logged_problems(self):
        shown = list(dict.fromkeys(self.logged))
        found = [f"An error was logged outside of any test: {line}" for line in shown[:_LOGGED_SHOWN]]
        if len(shown) > _LOGGED_SHOWN:
            found.append(f"... and {len(shown) - _LOGGED_SHOWN} more errors, see the log.")
        return found
