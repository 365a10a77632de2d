"""The demonstration's users, one each role, from the addons' demonstration data."""

from odoo.tools import file_open
from odoo.tools.convert import convert_file


def main(env):
    """Load ``demo/users.xml`` of each of our installed addons; Odoo itself loads demonstration data only for all."""
    installed = env["ir.module.module"].search([("state", "=", "installed"), ("name", "=like", "inventory_%")])
    # What others rest on comes first: their files name its users.
    states = ("uninstallable", "to remove")
    ordered = installed.sorted(lambda one: (len(one.upstream_dependencies(exclude_states=states)), one.name))
    for name in ordered.mapped("name"):
        try:
            file_open(f"{name}/demo/users.xml").close()
        except FileNotFoundError:
            continue
        convert_file(env, name, "demo/users.xml", {}, mode="init", noupdate=True)
