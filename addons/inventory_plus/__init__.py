from . import models


def uninstall_hook(env):
    """Leave a database in which Odoo works as if we had never been there."""
    env["inventory.daily.flow"]._untrack()
    env["inventory.lock"]._drop()
    env["inventory.item.dirty"]._drop_triggers()
    env.cr.execute(env["inventory.heartbeat"]._uninstall_sql())
