"""Child processes: output into a log, killed with us, failures put into one sentence."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import paths
from .console import Trouble

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

# What a tool prints when the reason lies outside it, and what the user can do about it.
_REASONS = (
    (
        ("no space left on device", "not enough free space", "disk quota exceeded", "errno 28"),
        "the disk is full: free some space (./inventory needs about 3 GB) and run this again",
    ),
    (
        (
            "temporary failure resolving",
            "temporary failure in name resolution",
            "name or service not known",
            "could not resolve",
            "network is unreachable",
            "failed to establish a new connection",
            "no route to host",
            "connection timed out",
            "could not connect to",
            "unable to connect to",
            "connection refused",
        ),
        "the network could not be reached: connect this machine (or set its proxy) and run this again",
    ),
    (
        ("permission denied", "are you root?", "operation not permitted", "read-only file system"),
        "permission was denied: run this as the owner of the checkout, or as root, and again",
    ),
)


def die_with_parent():
    """For ``preexec_fn``: the child is killed when we are."""
    # A killed ./inventory must not leave a pip or an Odoo behind that still writes where the next run begins anew.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def reason_in(text):
    """The user's sentence for what a failed tool printed, or None."""
    lowered = text.lower()
    for needles, sentence in _REASONS:
        if any(needle in lowered for needle in needles):
            return sentence
    return None


def last_words(text):
    """What a failed program said in the end: the last exception's line, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    exceptions = [line for line in lines if re.match(r"(?:[A-Za-z_][\w.]*(?:Error|Exception)|psycopg2\.\S+): ", line)]
    return (exceptions or lines or ["no output"])[-1][:300]


def tail(path, lines=12, since=0):
    """The last lines of a log file, read from byte ``since``."""
    with Path(path).open("rb") as stream:
        stream.seek(since)
        return "\n".join(stream.read().decode("utf-8", "replace").splitlines()[-lines:])


def run(argv, *, log="setup", what=None, env=None, cwd=None, stdin=None, watch=None, die_with_us=True):
    """Run a command, its output appended to ``.local/log/<log>.log``.

    :param argv: the command
    :param log: name of the log file, or None to leave the output on the terminal
    :param what: what failed, for the sentence ("installing Python packages"); default the command's name
    :param watch: called twice a second with the log's path and the byte where this command's output begins
    :param die_with_us: False for package managers, which must never be cut short
    :raises Trouble: the command could not be started or failed
    :return: the output's text when logged, else None
    """
    what = what or Path(argv[0]).name
    options = {"env": env, "cwd": cwd, "stdin": stdin if stdin is not None else subprocess.DEVNULL}
    if die_with_us:
        options["preexec_fn"] = die_with_parent
    else:
        # Ctrl-C in our terminal is not for it.
        options["start_new_session"] = True
    if log is None:
        options["stdin"] = stdin
        code = wait(_start(argv, what, options))
        if code:
            raise Trouble(
                f"{what} failed (exit status {code}); its output is above.", code=code if 0 < code < 126 else 1
            )
        return None
    path = log_path(log)
    with path.open("ab") as stream:
        stream.write(f"\n$ {' '.join(str(part) for part in argv)}\n".encode())
        stream.flush()
        since = stream.tell()
        tick = (lambda: watch(path, since)) if watch else None
        with _interrupts_held() as let_through:
            process = _start(argv, what, {**options, "stdout": stream, "stderr": subprocess.STDOUT})
            code = wait(process, tick, cut_short=die_with_us, begun=let_through)
    output = tail(path, 400, since)
    if code:
        reason = reason_in(output)
        raise Trouble(f"{what} failed: {reason or last_words(output)} (log: {path}).")
    return output


def _start(argv, what, options):
    try:
        return subprocess.Popen([str(part) for part in argv], **options)
    except FileNotFoundError as error:
        raise Trouble(f"{what} failed: {error.filename} is not installed.") from error
    except PermissionError as error:
        raise Trouble(f"{what} failed: no permission to run {error.filename}.") from error


@contextlib.contextmanager
def _interrupts_held():
    """Ctrl-C while a child is being started counts only once somebody waits for that child.

    Yields what lets it through. Only the main thread gets signals; in others there is nothing to hold.
    """
    held = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield None
        return

    def let_through():
        signal.signal(signal.SIGINT, before)
        if held:
            before(*held.pop())

    signal.signal(signal.SIGINT, lambda *arguments: held.append(arguments))
    try:
        yield let_through
    finally:
        signal.signal(signal.SIGINT, before)


def wait(process, tick=None, cut_short=True, begun=None):
    """Wait for a child, calling ``tick`` twice a second; return its exit status.

    When we are interrupted the child is stopped, or without ``cut_short`` waited for, and the interruption goes on.

    :param begun: called as soon as that holds
    """
    try:
        if begun:
            begun()
        while True:
            try:
                return process.wait(0.5 if tick else None)
            except subprocess.TimeoutExpired:
                tick()
    except BaseException:
        if cut_short:
            stop(process)
        else:
            process.wait()
        raise


def stop(process, patience=15):
    """End a child: politely, then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def capture(argv, *, env=None, cwd=None, text_in=None, timeout=None):
    """Exit status, standard output and standard error of a short command; (127, "", reason) when it cannot start."""
    try:
        done = subprocess.run(
            [str(part) for part in argv],
            env=env,
            cwd=cwd,
            input=text_in,
            stdin=subprocess.DEVNULL if text_in is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def log_path(name):
    """Where the log ``name`` is written; its folder is made."""
    paths.LOG.mkdir(parents=True, exist_ok=True)
    return paths.LOG / f"{name}.log"


def began_at(pid):
    """The kernel's start tick of a process, None without one: tells it from a later one with the same number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def end_group(pid, began, patience=20):
    """End the process group of ``pid`` if it is still the process that began at ``began``.

    :return: True when it was there and is gone now
    """
    if began_at(pid) != began or began is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return True
        except PermissionError as error:
            raise Trouble(f"Process {pid} belongs to another user; stop it as that user or as root.") from error
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if began_at(pid) != began:
                return True
            time.sleep(0.1)
    return began_at(pid) != began
