"""Kits: what is promised and ordered of one are its components, as Odoo's moves will ask for them."""

from odoo import api, models
from odoo.tools import SQL

from . import kit_sql
from .mrp_bom import Recipes


class InventoryKit(models.AbstractModel):
    _inherit = "inventory.kit"

    def init(self):
        super().init()
        # When the tables of bills and of the feed are there.
        self.pool.post_init(self._install)

    @api.model
    def _functions(self):
        return kit_sql.KITS

    def _install(self):
        cr = self.env.cr
        cr.execute("SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s)", [list(kit_sql.TRIGGERS)])
        missing = kit_sql.TRIGGERS.keys() - {name for (name,) in cr.fetchall()}
        # Only what is missing: a trigger keeps writers of its table waiting.
        for name in sorted(missing):
            cr.execute(SQL("CREATE TRIGGER %s %s", SQL.identifier(name), SQL(kit_sql.TRIGGERS[name])))
        if missing:
            cr.execute(kit_sql.NOTE_ALL)

    @api.model
    def _drop(self):
        """From now on no kits are known; called at uninstall."""
        self.env.cr.execute(kit_sql.DROP)
        self.env.cr.execute(super()._functions())
        self.env.cr.execute(kit_sql.NOTE_ALL)

    @api.model
    def _prepared(self, products, company):
        recipes = self.env["mrp.bom"].sudo().with_company(company)._inventory_recipes(products, company)
        return super()._prepared(products, company).with_context(inventory_recipes=recipes)

    @api.model
    def _parts(self, product, quantity, never=None):
        recipes = self.env.context.get("inventory_recipes")
        bom = recipes.of(product) if isinstance(recipes, Recipes) else None
        if not bom:
            return super()._parts(product, quantity, never)
        # As the run of procurements explodes it.
        batches = product.uom_id._compute_quantity(quantity, bom.product_uom_id, round=False) / bom.product_qty
        _boms, lines = bom.with_context(inventory_recipes=recipes).explode(
            product, batches, never_attribute_values=never or False
        )
        needed = {}
        for line, values in lines:
            component = line.product_id
            if component.is_storable:
                amount = line.product_uom_id._compute_quantity(values["qty"], component.uom_id, round=False)
                needed[component] = needed.get(component, 0.0) + amount
        parts = [(component, amount) for component, amount in needed.items() if amount > 0]
        # A kit of nothing that is kept in stock is no more kept in stock than its parts.
        return parts or super()._parts(product, quantity, never)
