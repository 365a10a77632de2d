"""The quarantine location of a warehouse: ours, and outside every warehouse, so that nothing there is available."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    inventory_quarantine_id = fields.Many2one(
        "stock.location",
        "Quarantine Location",
        check_company=True,
        copy=False,
        domain="[('usage', '=', 'internal'), ('company_id', '=', company_id)]",
        help="Where goods on hold go when they are taken aside. It lies outside the warehouse, so nothing there counts "
        "as available. Made at the first hold.",
    )

    def _inventory_quarantine(self):
        """The quarantine location of this warehouse, made if there is none."""
        self.ensure_one()
        if not self.inventory_quarantine_id:
            self.env.cr.execute("SELECT FROM stock_warehouse WHERE id = %s FOR NO KEY UPDATE", [self.id])
            self.inventory_quarantine_id = self.env["stock.location"].create(
                {
                    "name": self.env._("Quarantine %s", self.code),
                    "usage": "internal",
                    "location_id": self.view_location_id.location_id.id,
                    "company_id": self.company_id.id,
                    "inventory_warehouse_id": self.id,
                }
            )
        return self.inventory_quarantine_id

    @api.constrains("inventory_quarantine_id")
    def _check_inventory_quarantine(self):
        places = self.env["inventory.scope"]._warehouse_places()
        for location in self.inventory_quarantine_id:
            if location.usage != "internal" or any(
                (location.parent_path or "").startswith(view) for view, *_ in places
            ):
                raise UserError(
                    self.env._(
                        "%s can not be a quarantine location: choose an internal location that lies in no warehouse.",
                        location.display_name,
                    )
                )


class StockLocation(models.Model):
    _inherit = "stock.location"

    inventory_warehouse_id = fields.Many2one(
        "stock.warehouse", "Quarantine of", readonly=True, copy=False, index="btree_not_null"
    )
