from odoo.addons.inventory_plus import _forget_jobs

from . import models, pipeline


def uninstall_hook(env):
    """Leave nothing in the job queue that only our models can do."""
    _forget_jobs(env, "inventory.alert%")
