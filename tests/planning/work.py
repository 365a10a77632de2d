"""What the processes of the planning tests do; each function gets a registry of its own process."""


def cron_refresh(registry):
    """The scheduled action that refreshes items; returns how many it refreshed."""
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        return api.Environment(cr, SUPERUSER_ID, {})["inventory.item"]._cron_refresh()
