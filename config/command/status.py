"""What runs, where, since when, and which databases there are. Exit status 0 when the server answers, 3 when not."""

from . import database, environment, house, odoo_source, paths, postgres, server
from .console import Trouble, say


def arguments(_parser):
    """No options."""


def execute(_options):
    """Look, change nothing."""
    state = server.current()
    answers = bool(state) and server.http_status(state["port"], "/web/health") == 200
    if state:
        word = "serves" if answers else "does not answer (yet) on"
        say(
            f"Odoo: {word} {server.address(state['port'])}, database {state['database']}, "
            f"process {state['pid']}, since {state['since']}"
        )
    else:
        say("Odoo: not running; start it with ./inventory run")
    try:
        tree = odoo_source.find()
        say(f"Odoo's code: {tree.version}, {tree.origin}" if tree else "Odoo's code: not fetched yet")
    except Trouble as trouble:
        say(f"Odoo's code: {trouble}")
    python = environment.interpreter()
    say(f"Python environment: {python or 'not made yet'}")
    names = ("run",) if postgres.given() else ("run", "test")
    clusters = [postgres.cluster(name) for name in names]
    for cluster in clusters:
        say(f"PostgreSQL: {cluster.describe()}")
    home = house.present()
    if home and home.cluster.running():
        for name, mark in sorted(database.marks(home).items()):
            if mark.get("house") == paths.house_id():
                say(f"Database: {name} ({mark.get('state')})")
    return 0 if answers else 3
