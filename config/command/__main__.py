"""Entry point: ``python3 -B config/command``."""

import importlib
import os
import sys
from pathlib import Path


def main():
    """Hand over to :mod:`command.cli`."""
    # Modules of this package are imported as command.xxx: names such as test must not hide the standard library's.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    # Files that we make may be read by others, such as the user that runs PostgreSQL; secret ones are made so by hand.
    os.umask(0o022)
    return importlib.import_module("command.cli").main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
