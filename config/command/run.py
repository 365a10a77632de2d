"""Make what is missing and serve Odoo.

The first run fetches Odoo 19 and its Python packages, makes a private PostgreSQL cluster, installs the addons and the
demonstration company; later runs only start the server. It serves on the loopback interface in the background; stop it
with ./inventory stop.
"""

import os
import sys
import time
from pathlib import Path

from . import build, console, house, lock, options, process, server
from .console import Trouble, note, say, step


def arguments(parser):
    """Options of ``run``."""
    parser.add_argument("--port", type=options.port, default=8069, help="port to serve on (default 8069)")
    parser.add_argument("--database", type=options.database, default="inventory", help="name (default inventory)")
    parser.add_argument(
        "--workers",
        type=options.workers,
        default=0,
        metavar="N",
        help="worker processes; 0, the default, serves with threads and needs no proxy for live updates",
    )
    parser.add_argument(
        "--history",
        type=options.history,
        metavar="FILE",
        help="sales history to import (CSV, XLSX, Parquet) in place of the demonstration company",
    )
    parser.add_argument(
        "--as-of",
        type=options.date,
        metavar="DATE",
        help="planning date, YYYY-MM-DD; with --history the day after its last one is the default",
    )
    parser.add_argument(
        "--opening",
        choices=["seeded"],
        help="with --history: make stock and vendors for the imported products, marked as demonstration",
    )
    parser.add_argument("--empty", action="store_true", help="a new database without demonstration company and users")
    parser.add_argument("--foreground", action="store_true", help="stay in the terminal until Ctrl-C")


def execute(chosen):
    """Set up, build, serve."""
    _check_together(chosen)
    with lock.hold("run", "./inventory run"):
        running = server.current()
        if not running or running["port"] != chosen.port:
            server.check_port(chosen.port)
        note("Inventory Plus for Odoo 19")
        home = house.prepare()
        made = build.provide(home, chosen)
        state = _serve(home, chosen, made)
    _report(home, chosen, state, made)
    if chosen.foreground:
        return _stay(state)
    return 0


def _check_together(chosen):
    if chosen.opening and not chosen.history:
        raise Trouble("--opening makes stock for imported products: give the history too, with --history FILE.", code=2)
    if chosen.empty and chosen.history:
        raise Trouble("--empty and --history contradict each other: choose one.", code=2)


def _serve(home, chosen, changed):
    running = server.current()
    code = build.fingerprint()
    wanted = {"port": chosen.port, "database": chosen.database, "workers": chosen.workers, "code": code}
    if running and not changed and all(running.get(key) == value for key, value in wanted.items()):
        return running
    if running:
        with step("Stopping the server that runs"):
            server.stop()
    with step("Starting Odoo"):
        server.start(home, chosen.database, chosen.port, chosen.workers)
    server.note_code(code)
    return server.current()


def _report(home, chosen, state, made):
    note(
        f"  Ready after {console.duration(console.elapsed())}"
        + (f", of that downloads {console.duration(console.Clock.download)}" if console.Clock.download > 0.5 else "")
        + "."
    )
    say()
    say(f"Open {server.address(state['port'])}")
    say()
    logins = build.logins(home, chosen.database, fresh=made)
    if logins:
        console.table(logins, header=["Login", "Password", "Role"])
        say()
    for line in build.first_looks(chosen):
        say(line)
    if state["workers"]:
        say("Live updates need a proxy in front of worker processes: see config/nginx.conf, or use --workers 0.")
    say("Stop with ./inventory stop; the log is .local/log/odoo.log.")


def _stay(state):
    """Show the log until the server ends or the user stops it."""
    with Path(process.log_path("odoo")).open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        try:
            while server.current():
                line = stream.readline()
                if line:
                    sys.stdout.buffer.write(line)
                    sys.stdout.flush()
                else:
                    time.sleep(0.3)
        except KeyboardInterrupt:
            note("Stopping ...")
            server.stop()
            return 0
    note(f"The server (process {state['pid']}) has ended.")
    return 0
