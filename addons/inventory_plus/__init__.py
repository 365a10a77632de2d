from . import models


def uninstall_hook(env):
    """Leave a database in which Odoo works as if we had never been there.

    The audit trail goes with its tables; what it said is kept in a file beside the filestore.
    """
    env["inventory.audit.entry"]._log("addon.uninstalled", "Inventory Plus is uninstalled")
    env["inventory.audit.chain"]._export("uninstall")
    env["inventory.daily.flow"]._untrack()
    env["inventory.lock"]._drop()
    env["inventory.item.dirty"]._drop_triggers()
    env.cr.execute(env["inventory.heartbeat"]._uninstall_sql())
