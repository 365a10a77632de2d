"""Stop the server and the private PostgreSQL clusters."""

from . import lock, postgres, server
from .console import say


def arguments(parser):
    """Options of ``stop``."""
    parser.add_argument("--keep-postgres", action="store_true", help="leave PostgreSQL running")


def execute(options):
    """Stop what runs; saying that nothing ran is no failure."""
    with lock.hold("run", "./inventory stop"):
        state = server.stop()
        if state:
            say(f"Stopped Odoo on port {state['port']} (database {state['database']}).")
        stopped = False
        if not postgres.given() and not options.keep_postgres:
            for name in ("run", "test"):
                if postgres.cluster(name).stop():
                    say(f"Stopped PostgreSQL ({name}).")
                    stopped = True
        if not state and not stopped:
            say("Nothing was running.")
    return 0
