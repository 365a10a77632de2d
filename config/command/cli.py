"""The command line. A command is a module with ``arguments(parser)`` and ``execute(options) -> int``."""

import argparse
import importlib
import os
import signal
import sys

from .console import Trouble, note

# Name of a command: (module, what it does). Modules are imported when they are needed.
COMMANDS = {
    "run": ("run", "make what is missing and serve Odoo with the demonstration company"),
    "test": ("test", "run the tests; ends with N passed, N failed, N skipped"),
    "bench": ("bench", "run the benchmarks, each against its floor"),
    "verify": ("verify", "recompute what is stored and compare"),
    "doctor": ("doctor", "look at this machine, or with --data at a database"),
    "shell": ("shell", "Python with Odoo's environment; a script may come on standard input"),
    "odoo": ("raw", "Odoo's own command line with our paths: ./inventory odoo -- --help"),
    "stop": ("stop", "stop the server and the private PostgreSQL"),
    "status": ("status", "what runs, where, since when"),
    "reset": ("reset", "remove the databases and everything under .local/"),
    "screenshots": ("screenshots", "take pictures of the main screens into a folder"),
}

DESCRIPTION = "Inventory Plus for Odoo 19: one command runs it, one command tests it."
EPILOG = """\
first steps:
  ./inventory run                        install what is missing, make the demonstration company, serve it
  ./inventory run --history sales.csv    the same with your own sales history
  ./inventory test --quick               prove that it works, without a browser

Everything lies under .local/ in this checkout; ./inventory COMMAND --help explains a command.
ODOO_HOME=FOLDER uses an Odoo 19 you have; PGHOST, PGPORT, PGUSER, PGPASSWORD use a PostgreSQL you have."""


class _Parser(argparse.ArgumentParser):
    """Errors are one sentence and point to the help."""

    def error(self, message):
        note(f"inventory: {message}; see {self.prog} --help.")
        sys.exit(2)


def _load(name):
    return importlib.import_module(f"{__package__}.{COMMANDS[name][0]}")


def _parser(chosen):
    parser = _Parser(
        prog="./inventory",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for name, (_module, summary) in COMMANDS.items():
        module = _load(name) if name == chosen else None
        child = commands.add_parser(
            name,
            help=summary,
            description=(module.__doc__ if module else summary),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if module:
            module.arguments(child)
            child.set_defaults(execute=module.execute)
    return parser


def main(argv):
    """Run a command and return its exit status: 0 well, 1 trouble, 2 wrong use, 75 somebody else is at work."""
    # A closed terminal and a stop by a service manager end us in the same orderly way as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    chosen = next((word for word in argv if not word.startswith("-")), None)
    try:
        if not argv:
            _parser(None).print_help()
            return 0
        options = _parser(chosen if chosen in COMMANDS else None).parse_args(argv)
        return options.execute(options) or 0
    except Trouble as trouble:
        note(f"inventory: {trouble}")
        return trouble.code
    except KeyboardInterrupt:
        note("inventory: interrupted; run the same command again to go on.")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        note(f"inventory: {_sentence(error)}")
        return 1


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _sentence(error):
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (28, 122):
        return f"the disk is full{where}: free some space and run this again."
    if error.errno in (1, 13, 30):
        return f"permission was denied{where}: run this as the owner of the checkout or as root."
    return f"{error.strerror or error}{where}."
