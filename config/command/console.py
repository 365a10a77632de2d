"""What the user reads: steps with elapsed time on standard error; standard output is the command's answer."""

import contextlib
import os
import sys
import threading
import time

_BEGAN = time.monotonic()
_HEARTBEAT_SECONDS = 15


class Trouble(Exception):
    """Something the user can mend. Its text is one sentence that says what to do; ``code`` is the exit status."""

    def __init__(self, sentence, code=1):
        super().__init__(sentence)
        self.code = code


class Clock:
    """Sums up what the steps of this command took, downloads apart from work."""

    work = 0.0
    download = 0.0


def elapsed():
    """Seconds since the command began."""
    return time.monotonic() - _BEGAN


def duration(seconds):
    """``7.2 s``, ``1 min 05 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def note(text=""):
    """A line for the user beside the command's answer."""
    print(text, file=sys.stderr, flush=True)


def say(text=""):
    """A line of the command's answer."""
    print(text, flush=True)


class Step:
    """One step at work; ``detail`` is shown while it goes on (megabytes so far, the module being installed)."""

    def __init__(self, title, download):
        self.title = title
        self.download = download
        self.detail = ""
        self.began = time.monotonic()
        self._live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def start(self):
        """Announce the step and keep showing that it lives."""
        if not self._live:
            note(f"  {self.title} ...")
        self._thread.start()
        return self

    def _show(self):
        wait = 0.5 if self._live else _HEARTBEAT_SECONDS
        while not self._stop.wait(wait):
            seconds = time.monotonic() - self.began
            text = f"  {self.title} ... {duration(seconds)}{'  ' + self.detail if self.detail else ''}"
            if self._live:
                print(f"\r\033[K{text[: _width()]}", end="", file=sys.stderr, flush=True)
            else:
                note(f"  {text}")

    def end(self, failed=False):
        """Say how long the step took and add it to the clock."""
        self._stop.set()
        self._thread.join()
        seconds = time.monotonic() - self.began
        if self.download:
            Clock.download += seconds
        else:
            Clock.work += seconds
        mark = "FAILED after" if failed else "done in"
        text = f"  {self.title}: {mark} {duration(seconds)}{' (download)' if self.download else ''}"
        print(f"\r\033[K{text}" if self._live else text, file=sys.stderr, flush=True)


def _width():
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
    except OSError:
        return 79


@contextlib.contextmanager
def step(title, download=False):
    """Show ``title``, progress and the time it took; with ``download`` the time counts as download, not as work."""
    current = Step(title, download).start()
    try:
        yield current
    except BaseException:
        current.end(failed=True)
        raise
    current.end()


def table(rows, header=None):
    """Print rows of strings in aligned columns as part of the answer."""
    lines = ([header] if header else []) + [[str(cell) for cell in row] for row in rows]
    if not lines:
        return
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for index, line in enumerate(lines):
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if header and index == 0:
            say("  ".join("-" * width for width in widths))


def confirm(question):
    """Ask yes or no; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
