"""The other side of :class:`tests.support.processes.RegistryProcess`: runs one function and prints its result."""

import importlib
import json
import sys


def tell(message):
    """Send a milestone to the test that started this process (read there with ``RegistryProcess.say``)."""
    sys.__stdout__.write(json.dumps(message) + "\n")
    sys.__stdout__.flush()


def configure(options):
    """Give Odoo its options once, as its command line would; works for a process that is no Odoo server."""
    from odoo.tools import config

    config.parse_config(options, setup_logging=True)


def main():
    # What Odoo or the function prints must not mix with our lines.
    sys.stdout = sys.stderr
    request = json.loads(sys.stdin.readline())
    configure(request["options"])
    from odoo.modules.registry import Registry

    registry = Registry(request["db"])
    module, _sep, name = request["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    sys.__stdout__.write("ready\n")
    sys.__stdout__.flush()
    if sys.stdin.readline().strip() != "go":
        return 1
    tell({"result": function(registry, *request["args"], **request["kwargs"])})
    return 0


if __name__ == "__main__":
    # The function imports this module by its name; let it find the one that runs.
    sys.modules["tests.support.registry_main"] = sys.modules["__main__"]
    sys.exit(main())
