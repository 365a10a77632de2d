"""What the test of the main job prepares in a process of its own, with committed data."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api

from config.command.inside import settle, users


def prepare(registry, products, days):
    """The demonstration's users and a small demonstration company, brought up to date as ``./inventory run`` does."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        users.main(env)
        cr.commit()
        env["inventory.demo"]._generate(seed=5, products=products, days=days)
        settle.main(env)
        # The night is over: in a database that was made yesterday its work would be due while the buyer works.
        nightly = env["ir.cron"].search([("interval_type", "in", ("days", "weeks"))])
        nightly.nextcall = env.cr.now() + timedelta(days=1)
        cr.commit()
