"""Blind counting: who counts learns of no read what the books say about what he counts (law 10)."""

from odoo import api, models
from odoo.fields import Domain

#: Models about stock; of these, records about the counted goods are hidden from who counts them blind.
ABOUT_STOCK = (
    *("stock.", "report.stock", "inventory.", "product.value", "vendor.delay", "purchase.report", "sale.report"),
    *("mrp.production", "mrp.workorder", "mrp.unbuild", "mrp.report", "mrp.consumption", "repair.", "lot.label"),
    *("picking.label", "product.label", "product.replenish", "expiry.picking", "confirm.expiry"),
)
#: Of these, what says nothing about quantities: names, places and rules, which counting needs.
SAYS_NOTHING = {
    *("stock.lot", "stock.package", "stock.package.type", "stock.location", "stock.warehouse", "stock.route"),
    *("stock.rule", "stock.picking.type", "stock.putaway.rule", "stock.storage.category"),
    *("stock.storage.category.capacity", "stock.reference", "inventory.policy", "inventory.demand.event"),
    *("inventory.count.plan", "inventory.count.tolerance", "inventory.count.task", "inventory.count.request"),
}
#: Stock at one exact place; everything else that names a place may stand above it and add up what is below.
EXACT = {"stock.quant", "stock.move", "stock.move.line"}
#: Models that are hidden with one of their parts: the field that holds them.
HEADERS = {"stock.picking": "move_ids", "inventory.adjustment": "line_ids", "stock.picking.batch": "picking_ids"}
#: Hidden altogether: texts that name quantities of anything.
CLOSED = {"inventory.audit.entry", "inventory.history.import"}


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _compute_domain_context_values(self):
        yield from super()._compute_domain_context_values()
        yield None if self.env.su else self.env["inventory.count.watch"]._blind()

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        domain = super()._compute_domain(model_name, mode)
        if self.env.su:
            return domain
        scopes = self.env["inventory.count.watch"]._blind()
        if not scopes:
            return domain
        hidden = self.env["inventory.count.blind"]._hidden(model_name, scopes)
        return domain if hidden is None else Domain.AND([domain, ~hidden]).optimize(self.env[model_name])

    def _make_access_error(self, operation, records):
        error = super()._make_access_error(operation, records)
        if self.env["inventory.count.watch"]._blind():
            text = self.env._("You are counting blind: what concerns the counted goods is shown after the count.")
            error.args = (f"{error.args[0]}\n\n{text}", *error.args[1:])
        return error


class InventoryCountBlind(models.AbstractModel):
    """The condition, model by model, on what a blind counter does not get to see."""

    _name = "inventory.count.blind"
    _description = "Blind Counting"

    @api.model
    def _products(self, scopes):
        """Ids of the products under count; None stands for all."""
        if any(scope.products is None for scope in scopes):
            return None
        return frozenset().union(*(scope.products for scope in scopes))

    @api.model
    def _is_blind_for(self, scopes, product_ids):
        products = self._products(scopes)
        return products is None or not products.isdisjoint(product_ids)

    @api.model
    def _refuse(self, product_ids=None):
        """Raise a sentence where a number outside of records is asked for that the user may not learn now."""
        scopes = None if self.env.su else self.env["inventory.count.watch"]._blind()
        if scopes and (product_ids is None or self._is_blind_for(scopes, product_ids)):
            raise self.env["inventory.count.task"]._error(
                "blind",
                self.env._("You are counting blind: what concerns the counted goods is shown after the count."),
            )

    @api.model
    def _hidden(self, model_name, scopes, depth=2):
        """A condition on the records of a model that tell about these scopes; None if none of them does.

        Built from the model's fields, so that a model that a later addon brings is covered too: whatever is about
        stock and names a counted product there, in or above the counted places, or belongs to such a record.
        """
        if model_name in CLOSED:
            return Domain.TRUE
        if model_name == "inventory.count.line":
            tasks = [scope.task_id for scope in scopes]
            return Domain("task_id", "in", tasks) & Domain("user_id", "!=", self.env.uid)
        if model_name in SAYS_NOTHING or not model_name.startswith(ABOUT_STOCK):
            return None
        if model_name in HEADERS:
            field = self.env[model_name]._fields.get(HEADERS[model_name])
            inner = field and self._hidden(field.comodel_name, scopes, depth)
            return inner and Domain(field.name, "any!", inner)
        parts = [self._hidden_of_scope(model_name, scope) for scope in scopes]
        parts = [part for part in parts if part is not None]
        if model_name == "stock.move":
            # Goods that the move takes from or puts to a place below the one it names.
            parts.append(Domain("move_line_ids", "any!", self._hidden("stock.move.line", scopes, 0)))
        if not parts and depth:
            parts = self._hidden_parents(model_name, scopes, depth - 1)
        return Domain.OR(parts) if parts else None

    @api.model
    def _links(self, model_name, *comodels):
        return [
            field.name
            for field in self.env[model_name]._fields.values()
            if field.type == "many2one" and field.store and field.comodel_name in comodels
        ]

    @api.model
    def _hidden_of_scope(self, model_name, scope):
        """The condition of one scope by the model's own links to products and places; None without a product."""
        about = []
        for name in self._links(model_name, "product.product"):
            about.append(Domain(name, "!=", False) if scope.products is None else Domain(name, "in", scope.products))
        if not about:
            for name in self._links(model_name, "product.template"):
                variants = Domain("product_variant_ids", "in", scope.products or [])
                about.append(Domain(name, "!=", False) if scope.products is None else Domain(name, "any!", variants))
        if not about:
            return None
        places = self._links(model_name, "stock.location")
        where = []
        for name in places:
            where.append(Domain(name, "in", scope.locations if model_name in EXACT else scope.around))
        if model_name == "stock.quant":
            # What came from vendors and went to customers is booked there with the opposite sign.
            where.append(Domain("location_id.usage", "not in", ("internal", "transit")))
        for name in [] if places else self._links(model_name, "stock.warehouse"):
            where.append(Domain(name, "in", scope.warehouses) | Domain(name, "=", False))
        return Domain.OR(about) & Domain.OR(where) if where else Domain.OR(about)

    @api.model
    def _hidden_parents(self, model_name, scopes, depth):
        """A model without a product: hidden with the records about stock that it belongs to."""
        parts = []
        for field in self.env[model_name]._fields.values():
            if field.type != "many2one" or not field.store or field.comodel_name == model_name:
                continue
            if field.comodel_name == "stock.lot":
                products = self._products(scopes)
                any_lot = Domain(field.name, "!=", False)
                parts.append(
                    any_lot if products is None else any_lot & Domain(f"{field.name}.product_id", "in", products)
                )
            elif (inner := self._hidden(field.comodel_name, scopes, depth)) is not None:
                parts.append(Domain(field.name, "any!", inner))
        return parts
