"""Python with Odoo's environment: env, self and odoo are there. A script may come on standard input.

    ./inventory shell
    echo "print(env['inventory.item'].search_count([]))" | ./inventory shell

Nothing is committed unless the script says env.cr.commit().
"""

import os

from . import database, house, options
from .console import Trouble


def arguments(parser):
    """Options of ``shell``."""
    parser.add_argument("--database", type=options.database, default="inventory", help="name (default inventory)")


def execute(chosen):
    """Become Odoo's shell."""
    home = house.prepare()
    if not database.look(home, chosen.database).exists:
        raise Trouble(
            f"There is no database {chosen.database}: make it with ./inventory run, or name another with --database."
        )
    argv = home.odoo("shell", "-d", chosen.database, "--no-http", "--log-level=warn", "--max-cron-threads=0")
    os.execve(argv[0], argv, home.environment())
