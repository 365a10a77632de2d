"""The demonstration's users, one each role, and what else the addons' manifests name as demonstration data."""

from odoo.modules.module import get_manifest
from odoo.tools.convert import convert_file


def main(env):
    """Load the demonstration data of each of our installed addons; Odoo itself loads it only for all addons."""
    installed = env["ir.module.module"].search([("state", "=", "installed"), ("name", "=like", "inventory_%")])
    # What others rest on comes first: their files name its users.
    states = ("uninstallable", "to remove")
    ordered = installed.sorted(lambda one: (len(one.upstream_dependencies(exclude_states=states)), one.name))
    for name in ordered.mapped("name"):
        for file in get_manifest(name).get("demo", []):
            convert_file(env, name, file, {}, mode="init", noupdate=True)
