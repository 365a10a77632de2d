from . import models


def uninstall_hook(env):
    """Leave a database in which Odoo works as if we had never been there.

    The audit trail goes with its tables; what it said is kept in a file beside the filestore.
    """
    env["inventory.hold"]._release_all()
    env["inventory.audit.entry"]._log("addon.uninstalled", "Inventory Plus is uninstalled")
    env["inventory.audit.chain"]._export("uninstall")
    env["inventory.audit.chain"]._forget_outside()
    env["inventory.daily.flow"]._untrack()
    env["inventory.feed"]._drop()
    env["inventory.dated"]._drop()
    env["inventory.promise"]._drop()
    env["inventory.lock"]._drop()
    env["inventory.item.dirty"]._drop_triggers()
    env.cr.execute(env["inventory.heartbeat"]._uninstall_sql())
    _forget_jobs(env, "inventory.%")


def _forget_jobs(env, model_pattern):
    """Take what still waits for models that go away from the queue: a runner would fail at it for ever.

    :param model_pattern: names of the models, as for the operator ``=like``
    """
    env["queue.job"].sudo().search([("model_name", "=like", model_pattern), ("state", "!=", "done")]).unlink()
