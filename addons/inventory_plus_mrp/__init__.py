from . import models


def uninstall_hook(env):
    """Leave functions of the database behind that know no kits and production, instead of ones that look for tables that go away."""
    env["inventory.kit"]._drop()
    env["inventory.keeper"]._drop()
