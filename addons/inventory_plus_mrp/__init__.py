from . import models


def uninstall_hook(env):
    """Leave functions of the database behind that know no kits, instead of ones that look for tables that go away."""
    env["inventory.kit"]._drop()
