"""Shows the one-time code; it is stored nowhere else in clear."""

import shlex

from odoo import api, fields, models


class InventoryDevicePairing(models.TransientModel):
    _name = "inventory.device.pairing"
    _description = "Pair an Agent"
    _transient_max_hours = 0.2

    agent_id = fields.Many2one("inventory.device.agent", required=True, readonly=True, ondelete="cascade")
    code = fields.Char("Pairing Code", readonly=True)
    command = fields.Text(compute="_compute_command")

    @api.depends("code")
    def _compute_command(self):
        url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        database = self.env.cr.dbname
        for wizard in self:
            words = [
                "python3",
                "-m",
                "agent",
                "pair",
                "--url",
                url,
                "--database",
                database,
                "--code",
                wizard.code or "",
            ]
            wizard.command = shlex.join(words)
