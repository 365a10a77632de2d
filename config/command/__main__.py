"""Entry point: ``python3 -B config/command``."""

import sys
from pathlib import Path

# Modules of this package are imported as command.xxx: names such as test or shell must not hide the standard library's.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from command import cli

if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
