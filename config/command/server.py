"""The Odoo server that ``run`` leaves in the background: started, waited for, found again, stopped."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import paths, process
from .console import Trouble

_STATE = paths.RUN / "server.json"
_START_SECONDS = 180


def current():
    """Facts of the running server (pid, began, port, database, workers, since, ...), or None."""
    state = paths.read_json(_STATE)
    if state and process.began_at(state["pid"]) == state["began"]:
        return state
    return None


def address(port):
    """What to type into the browser."""
    return f"http://localhost:{port}"


def check_port(port):
    """Refuse a port that another program uses or that only root may open."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Trouble(f"Port {port} may only be opened by root: choose one above 1023 with --port.") from None
        except OSError:
            raise Trouble(
                f"Port {port} is in use by another program: choose another with --port {port + 10}."
            ) from None


def free_port_beside(port):
    """A free port for the message bus of prefork mode, from ``port`` + 1 on."""
    for candidate in range(port + 1, min(port + 100, 65536)):
        with contextlib.suppress(Trouble):
            check_port(candidate)
            return candidate
    raise Trouble(f"No port is free beside {port}: choose another with --port.")


def argv(home, database, port, workers):
    """Odoo's command line to serve one database on the loopback interface."""
    command = home.odoo(
        "server", "-d", database, f"--db-filter=^{database.replace('.', '[.]')}$", f"--http-port={port}"
    )
    command.append(f"--workers={workers}")
    if workers:
        command.append(f"--gevent-port={free_port_beside(port)}")
    return command


def start(home, database, port, workers):
    """Start the server in the background and wait until it serves the login page.

    :raises Trouble: it did not come up; nothing is left running
    """
    check_port(port)
    log = process.log_path("odoo")
    command = argv(home, database, port, workers)
    with log.open("ab") as stream:
        since = stream.tell()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=home.environment(),
            cwd=paths.ROOT,
            start_new_session=True,
        )
    began = process.began_at(child.pid)
    state = {
        "pid": child.pid,
        "began": began,
        "port": port,
        "database": database,
        "workers": workers,
        "python": str(home.python),
        "since": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
    }
    # Written before the wait: a server whose starter was killed is found and stopped by the next command.
    paths.write_json(_STATE, state)
    try:
        _wait_until_served(child, port, log, since)
    except BaseException:
        process.end_group(child.pid, began)
        _STATE.unlink(missing_ok=True)
        raise
    return state


def note_code(fingerprint):
    """Remember which code the running server has loaded."""
    state = current()
    if state:
        paths.write_json(_STATE, {**state, "code": fingerprint})


def _wait_until_served(child, port, log, since):
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            text = process.tail(log, 100, since)
            reason = process.reason_in(text) or process.last_words(text)
            raise Trouble(f"Odoo ended while it started: {reason} (log: {log}).")
        status = http_status(port, "/web/login", timeout=60)
        if status == 200:
            return
        if status and status >= 500:
            raise Trouble(f"Odoo answers its login page with an error {status} (log: {log}).")
        time.sleep(0.2)
    raise Trouble(f"Odoo did not answer within {_START_SECONDS} s (log: {log}).")


def http_status(port, path, timeout=5):
    """HTTP status of a page of the server on this machine, or None when nobody answers."""
    # The machine's proxy has no business between two programs of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=timeout) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def stop():
    """Stop the running server; return its facts, or None when there was none."""
    state = current()
    if state:
        if not process.end_group(state["pid"], state["began"]):
            raise Trouble(f"The server (process {state['pid']}) does not end: look at .local/log/odoo.log.")
        # The child is reaped by us when we started it, else by init.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(state["pid"], os.WNOHANG)
    _STATE.unlink(missing_ok=True)
    return state
