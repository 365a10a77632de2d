"""The note by which somebody looks for a way out of slow stock."""

from odoo import api, fields, models

from .own_links import refuse_links


class MailActivity(models.Model):
    _inherit = "mail.activity"

    inventory_item_id = fields.Many2one(
        "inventory.item", "Slow Stock", readonly=True, ondelete="set null", index="btree_not_null"
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._inventory_refuse_link(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._inventory_refuse_link(vals)
        return super().write(vals)

    @api.model
    def _inventory_refuse_link(self, *values):
        """A note that somebody ties to an item would keep the real one from being written."""
        text = self.env._("Which item a note is about is written by the planning alone.")
        refuse_links(self, ("inventory_item_id",), values, text)
