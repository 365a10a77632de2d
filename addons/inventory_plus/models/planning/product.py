"""What planning wants to know of a product, and that its price changed."""

from odoo import fields, models
from odoo.tools import SQL


class ProductTemplate(models.Model):
    _inherit = "product.template"

    inventory_customer_id = fields.Many2one(
        "res.partner",
        "Made for",
        index="btree_not_null",
        help="The customer that this product is made for. When its stock lies idle, he is asked first.",
    )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Another cost is another value of the stock. Rules that Odoo archives with a product nobody decided about."""
        if "active" in vals:
            self = self.with_context(inventory_with_product=True)
        result = super().write(vals)
        if "standard_price" in vals and self.ids:
            self.env.cr.execute(
                SQL(
                    """INSERT INTO inventory_item_dirty (product_id)
                            SELECT DISTINCT product_id FROM inventory_item WHERE product_id = ANY(%s)""",
                    self.ids,
                )
            )
            self.env["inventory.item"]._wake_refresh()
        return result
