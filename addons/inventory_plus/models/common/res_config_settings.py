"""Settings of the ground that all rooms stand on."""

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_guard = fields.Boolean(
        "Ask before Reserving",
        help="Every reservation asks for its goods first, so that concurrent work cannot take the same goods twice"
        " and promised goods are left alone. Switched off, Odoo reserves as it does without this app.",
    )

    @api.model
    def get_values(self):
        values = super().get_values()
        values["inventory_guard"] = self.env["inventory.lock"]._is_on()
        return values

    def set_values(self):
        super().set_values()
        if self.inventory_guard != self.env["inventory.lock"]._is_on():
            state = "on" if self.inventory_guard else "off"
            self.env["inventory.audit.entry"]._log("guard.switched", f"Ask before reserving: {state}")
        self.env["ir.config_parameter"].sudo().set_param(
            "inventory_plus.guard", "on" if self.inventory_guard else "off"
        )
