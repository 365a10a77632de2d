"""The demonstration users, for databases that have Odoo's demonstration data and for those that do not."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import config
from odoo.tools.convert import convert_file

FILE = "demo/users.xml"
ROLES = ("viewer", "sales", "buyer", "operator", "counter", "planner", "approver", "manager", "auditor")


class InventoryDemoUsers(models.AbstractModel):
    """One user a role, whose password is the login. For a demonstration; a real database must not have them."""

    _name = "inventory.demo.users"
    _description = "Demonstration users"

    @api.model
    def _load(self):
        """Create the demonstration users of ``demo/users.xml``; loading them again changes nothing.

        :return: list of ``(role, login)``; the password is the login
        :raise UserError: somebody else has one of the logins, or the server runs for production (it lists no
            databases: ``list_db = False``) and nobody asked for demonstration data
        """
        if not config["list_db"] and not self.env["ir.module.module"].sudo().search_count(
            [("demo", "=", True)], limit=1
        ):
            raise UserError(
                self.env._("This server runs for production: users with known passwords are not made here.")
            )
        ours = self._users()
        taken = self.env["res.users"].sudo().with_context(active_test=False).search([("login", "in", ROLES)]) - ours
        if taken:
            raise UserError(
                self.env._("The login %s is taken: no demonstration users were made.", ", ".join(taken.mapped("login")))
            )
        if len(ours) < len(ROLES):
            convert_file(self.sudo().env, "inventory_plus", FILE, {}, mode="init", noupdate=True)
        return [(role, role) for role in ROLES]

    @api.model
    def _users(self):
        """The demonstration users that are there."""
        users = self.env["res.users"].sudo()
        for role in ROLES:
            users |= self.env.ref(f"inventory_plus.demo_user_{role}", raise_if_not_found=False) or users
        return users
