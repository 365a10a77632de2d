"""Odoo's own command line with our paths and database server.

./inventory odoo -- --help
./inventory odoo -- -d inventory -u inventory_plus --stop-after-init
./inventory odoo -- i18n --help
"""

import argparse
import os
import sys

from . import house


def arguments(parser):
    """What follows ``--`` goes to Odoo untouched."""
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="-- ARGS", help="arguments for Odoo")


def execute(options):
    """Become Odoo."""
    home = house.prepare()
    args = options.args[1:] if options.args[:1] == ["--"] else options.args
    argv = home.odoo(*args)
    sys.stdout.flush()
    os.execve(argv[0], argv, home.environment())
