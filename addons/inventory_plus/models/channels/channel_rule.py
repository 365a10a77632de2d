"""What a channel may promise of a product: keep-back, cap, end and ring-fenced quantity."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..common.sound_numbers import refuse_odd_numbers
from .channel import KEEP_BACK


class InventoryChannelRule(models.Model):
    """One rule applies to an item in a channel: the most exact one.

    A product goes before its template, that before its category (the nearest), that before a rule for all; with the
    same exactness a rule for the warehouse goes before one for all, then the order of the list decides.
    """

    _name = "inventory.channel.rule"
    _inherit = ["inventory.channel.part"]
    _description = "Rule of a Sales Channel"
    _order = "channel_id, sequence, id"
    _check_company_auto = True

    channel_id = fields.Many2one("inventory.channel", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    applied_on = fields.Selection(
        [
            ("product", "Product"),
            ("template", "Product and its variants"),
            ("category", "Category"),
            ("all", "All products"),
        ],
        required=True,
        default="all",
    )
    product_id = fields.Many2one("product.product", index=True, ondelete="cascade", check_company=True)
    product_tmpl_id = fields.Many2one(
        "product.template", "Product Template", index=True, ondelete="cascade", check_company=True
    )
    categ_id = fields.Many2one("product.category", "Category", index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", ondelete="cascade", check_company=True, help="Empty: all.")
    keep_back = fields.Selection(KEEP_BACK, required=True, default="nothing")
    keep_quantity = fields.Float("Keep Back Quantity", digits="Product Unit")
    keep_percent = fields.Float("Keep Back Percentage")
    has_maximum = fields.Boolean("Limit What Is Shown")
    maximum = fields.Float(
        "Maximum Shown",
        digits="Product Unit",
        help="The channel never sees more than this, and promises no more of it in one request.",
    )
    has_end = fields.Boolean("End Early")
    end_when = fields.Float(
        digits="Product Unit", help="The channel stops selling when no more than this is free to it."
    )
    pool_quantity = fields.Float(
        "Ring-fenced",
        digits="Product Unit",
        help="So much of each product is kept for this channel alone in each warehouse that it sells from (or in the"
        " rule's), until it has promised as much of it there. Zero: nothing.",
    )
    pool_since = fields.Datetime(
        "Ring-fenced since",
        default=fields.Datetime.now,
        help="Promises of the channel since then use up the ring-fenced quantity of their product and warehouse.",
    )

    @api.constrains("applied_on", "product_id", "product_tmpl_id", "categ_id")
    def _check_applied_on(self):
        fields_of = {"product": "product_id", "template": "product_tmpl_id", "category": "categ_id"}
        for rule in self:
            wanted = fields_of.get(rule.applied_on)
            if wanted and not rule[wanted]:
                raise ValidationError(self.env._("Choose what the rule applies to."))

    @api.constrains("keep_quantity", "keep_percent", "maximum", "end_when", "pool_quantity")
    def _check_quantities(self):
        for rule in self:
            if not 0 <= rule.keep_percent <= 100:
                raise ValidationError(self.env._("The percentage to keep back is between 0 and 100."))
            if not all(0 <= quantity < 10**12 for quantity in rule._quantities()):
                raise ValidationError(self.env._("Quantities of a rule are zero or more."))

    def _quantities(self):
        return (self.keep_quantity, self.maximum, self.end_when, self.pool_quantity)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        return super().create([self._normalised(vals) for vals in vals_list])

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        vals = self._normalised(vals)
        if "pool_quantity" in vals and "pool_since" not in vals:
            # A new allotment is a whole one: what was promised before does not use it up.
            vals = {**vals, "pool_since": fields.Datetime.now()}
        return super().write(vals)

    @api.model
    def _normalised(self, vals):
        """Only the field that ``applied_on`` names is kept, so that no leftover decides."""
        if "applied_on" not in vals:
            return vals
        keep = {"product": "product_id", "template": "product_tmpl_id", "category": "categ_id"}.get(vals["applied_on"])
        gone = {"product_id", "product_tmpl_id", "categ_id"} - {keep}
        return {**vals, **dict.fromkeys(gone, False)}
