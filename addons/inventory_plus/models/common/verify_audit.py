"""The audit trail among the checks of ``./inventory verify``."""

from odoo import api, models


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("audit trail", self.env["inventory.audit.chain"]._verify)]
