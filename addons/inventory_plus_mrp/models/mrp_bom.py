"""Bills of kits for many products at once."""

from collections import defaultdict

from odoo import api, models


class Recipes(dict):
    """``{product id: bills of kits in Odoo's order}`` with all that stands in them; no client can send one."""

    def __init__(self, company):
        super().__init__()
        self.company = company

    def of(self, product, picking_type=None, company_id=None):
        """The bill by which a product is a kit, as ``_bom_find`` chooses it; None where there is none."""
        company_id = self.company.id if company_id is None else company_id
        if product.type == "service":
            return None
        for bom in self.get(product.id, ()):
            if company_id and bom.company_id.id not in (False, company_id):
                continue
            if picking_type and bom.picking_type_id.id not in (False, picking_type.id):
                continue
            return bom
        return None


class MrpBom(models.Model):
    _inherit = "mrp.bom"

    @api.model
    def _inventory_recipes(self, products, company):
        """:class:`Recipes` of products and of the kits within them."""
        recipes = Recipes(company)
        layer = products
        # A level of kits within kits at a time; how many products there are makes no difference.
        while layer:
            fresh = {product.id: [] for product in layer}
            recipes.update(fresh)
            boms = self.search(self._bom_find_domain(layer, bom_type="phantom"), order="sequence, product_id, id")
            for bom in boms:
                for product in bom.product_id or bom.product_tmpl_id.product_variant_ids:
                    if product.id in fresh:
                        fresh[product.id].append(bom)
            layer = boms.bom_line_ids.product_id.filtered(lambda product: product.id not in recipes)
        return recipes

    @api.model
    def _bom_find(self, products, picking_type=None, company_id=False, bom_type=False):
        recipes = self.env.context.get("inventory_recipes")
        if (
            bom_type != "phantom"
            or not isinstance(recipes, Recipes)
            or any(product.id not in recipes for product in products)
        ):
            return super()._bom_find(products, picking_type=picking_type, company_id=company_id, bom_type=bom_type)
        found = defaultdict(lambda: self.env["mrp.bom"])
        for product in products:
            bom = recipes.of(product, picking_type, company_id or self.env.context.get("company_id") or False)
            if bom:
                found[product] = bom.with_env(self.env)
        return found
