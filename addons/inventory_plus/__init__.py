from . import models


def uninstall_hook(env):
    """Leave a database in which Odoo works as if we had never been there."""
    env["inventory.lock"]._drop()
