"""What a vendor asks for before he delivers."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..common.sound_numbers import refuse_odd_numbers


class ResPartner(models.Model):
    _inherit = "res.partner"

    inventory_minimum_order = fields.Float(
        "Minimum Order",
        company_dependent=True,
        groups="purchase.group_purchase_user,inventory_plus.group_buyer,inventory_plus.group_planner",
        help="Least value of an order, in the vendor's purchase currency, taxes excluded. Automatic requests reach it "
        "by taking in what is due soon, or wait and say so.",
    )
    inventory_minimum_currency_id = fields.Many2one(
        "res.currency",
        "Minimum Order Currency",
        compute="_compute_inventory_minimum_currency_id",
        help="Currency of the minimum order: the vendor's purchase currency, else the company's.",
    )

    @api.depends("property_purchase_currency_id")
    @api.depends_context("company")
    def _compute_inventory_minimum_currency_id(self):
        for partner in self:
            partner.inventory_minimum_currency_id = (
                partner.sudo().property_purchase_currency_id or self.env.company.currency_id
            )

    @api.model
    def _commercial_fields(self):
        """A vendor's contacts share his minimum: price lists may name any of them."""
        return [*super()._commercial_fields(), "inventory_minimum_order"]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals, prefix="inventory_")
        return super().create(vals_list)

    def write(self, vals):
        refuse_odd_numbers(self, vals, prefix="inventory_")
        return super().write(vals)

    @api.constrains("inventory_minimum_order")
    def _check_inventory_minimum_order(self):
        for partner in self.sudo():
            if partner.inventory_minimum_order < 0:
                raise ValidationError(self.env._("The minimum order of %s cannot be negative.", partner.display_name))
