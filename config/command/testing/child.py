"""A test process under a wall limit: its output in a log, and nothing left running behind it."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 10
_QUIT_SECONDS = 3


@dataclass
class Finished:
    """How a process ended: exit status (negative for a signal), seconds, and whether its limit stopped it."""

    code: int
    seconds: float
    stopped: bool
    log: Path


def run(command, log, limit, environment=None, folder=None, stdin=None):
    """Run `command` in a process group of its own, output to `log`.

    :param limit: seconds after which it is stopped; first it is asked for its stacks (SIGQUIT), which end in the log
    :return: :class:`Finished`
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        stopped = False
        try:
            process.communicate(stdin.encode() if stdin is not None else None, timeout=limit)
        except subprocess.TimeoutExpired:
            stopped = True
            _signal(process, signal.SIGQUIT, _QUIT_SECONDS)
        finally:
            end(process)
    return Finished(process.returncode, time.monotonic() - began, stopped, log)


def end(process):
    """End a process group: politely, then not. Children that outlive their parent go too."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM, _PATIENCE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _signal(process, number, seconds):
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, number)
        process.wait(seconds)


def tail(path, lines=25):
    """The last lines of a log."""
    with contextlib.suppress(OSError):
        return "\n".join(Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""
