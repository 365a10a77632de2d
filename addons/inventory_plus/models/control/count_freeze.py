"""Freezing what is being counted: its goods stay where they are while somebody counts them."""

from odoo import api, models
from odoo.fields import Domain

from ...exceptions import GuardError


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _inventory_refuse_frozen(self, product, location, quantity):
        """Refuse that goods under a count that freezes them come or go, on whatever path (called by core's override).

        Without such a count this costs a look into the cache.
        """
        if not quantity:
            return
        for policy, scope in self.env["inventory.count.watch"]._frozen():
            if policy != "refuse" or location.id not in scope.locations:
                continue
            if scope.products is None or product.id in scope.products:
                task = self.env["inventory.count.task"].sudo().browse(scope.task_id)
                raise GuardError(
                    self.env._(
                        "%(product)s in %(location)s is being counted (%(count)s): it moves after the count.",
                        product=product.sudo().display_name,
                        location=location.sudo().display_name,
                        count=task.name,
                    )
                )

    @api.model
    def _inventory_without_frozen(
        self, domain, product_id, location_id, lot_id=None, package_id=None, owner_id=None, strict=False
    ):
        """What is being counted under a freeze is not offered to new reservations; they find it after the count."""
        if strict:
            return domain
        frozen = [scope for _policy, scope in self.env["inventory.count.watch"]._frozen()]
        for scope in frozen:
            if scope.products is None or product_id.id in scope.products:
                domain = Domain.AND([domain, Domain("location_id", "not in", scope.locations)])
        return domain
