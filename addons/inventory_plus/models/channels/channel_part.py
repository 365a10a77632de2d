"""What belongs to a channel: it stays with it, and so with its company (law 10)."""

from odoo import api, models
from odoo.exceptions import UserError


class InventoryChannelPart(models.AbstractModel):
    """For models with a ``channel_id`` that say something about that channel.

    Record rules are asked before something is written, never after. So nobody may be able to write what they look at:
    whoever could point a part at a channel of another company would sell, read or listen there.
    """

    _name = "inventory.channel.part"
    _description = "Part of a Sales Channel"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_company_is_derived(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_company_is_derived(vals)
        if "channel_id" in vals and any(part.channel_id.id != vals["channel_id"] for part in self):
            raise UserError(self.env._("This stays with its channel. Make another one in the other channel."))
        result = super().write(vals)
        self.check_access("write")
        return result

    @api.model
    def _check_company_is_derived(self, vals):
        if "company_id" in vals:
            raise UserError(self.env._("The company is that of the channel; it cannot be chosen."))
