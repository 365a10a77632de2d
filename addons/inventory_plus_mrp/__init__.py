from . import models


def uninstall_hook(env):
    """Leave functions of the database behind that know no kits and no production, and look for no tables that go."""
    env["inventory.kit"]._drop()
    env["inventory.keeper"]._drop()
