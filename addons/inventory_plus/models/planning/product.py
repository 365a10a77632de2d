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

    def write(self, vals):
        """Policies and events are for categories: who moves a product to another one chooses them (law 4)."""
        result = super().write(vals)
        if "categ_id" in vals:
            items = self.env["inventory.item"].sudo().with_context(active_test=False)
            items = items.search([("product_id.product_tmpl_id", "in", self.ids)], order="id")
            self.env["inventory.plan.change"]._note_items("category", items._fed_by())
        return result


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Another cost is another value of the stock. Rules that Odoo archives with a product nobody decided about."""
        if "active" in vals:
            self = self.with_context(inventory_with_product=True)
        result = super().write(vals)
        if "standard_price" in vals and not self.env.context.get("disable_auto_revaluation"):
            self._inventory_note_cost()
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

    def _inventory_note_cost(self):
        """Where stock is weighed against money, who writes the cost says how much of it (law 4).

        Not so where a receipt moves an average: that is nobody's wish.
        """
        items = self.env["inventory.item"].sudo().with_context(active_test=False)
        weighed = ["|", ("target", "=", "cost"), ("company_id.inventory_order_cost", ">", 0)]
        items = items.search([("product_id", "in", self.ids), ("company_id", "=", self.env.company.id), *weighed])
        if items:
            self.env["inventory.plan.change"]._note_items("cost", items.ids)
