"""The demonstration's users, one each role, from the addon's demonstration data."""

from odoo.tools import file_open
from odoo.tools.convert import convert_file


def main(env):
    for name in env["ir.module.module"].search([("state", "=", "installed")]).mapped("name"):
        if not name.startswith("inventory_"):
            continue
        try:
            file_open(f"{name}/demo/users.xml").close()
        except FileNotFoundError:
            continue
        convert_file(env, name, "demo/users.xml", {}, mode="init", noupdate=True)
