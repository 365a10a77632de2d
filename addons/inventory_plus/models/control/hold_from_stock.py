"""Holding from where the goods are seen: stock, lots, locations."""

from odoo import fields, models

from ..common.guard_state import DUST
from .hold_guard import KEY

MAY_SEE = "inventory_plus.group_viewer,stock.group_stock_user"


def _new_hold(env, **defaults):
    return {
        "type": "ir.actions.act_window",
        "name": env._("Hold"),
        "res_model": "inventory.hold",
        "view_mode": "form",
        "views": [(False, "form")],
        "target": "current",
        "context": {f"default_{name}": value for name, value in defaults.items()},
    }


class StockQuant(models.Model):
    _inherit = "stock.quant"

    inventory_held_quantity = fields.Float(
        "On Hold",
        compute="_compute_inventory_held_quantity",
        compute_sudo=True,
        digits="Product Unit",
        groups=MAY_SEE,
        help="Part of the reserved quantity that holds keep.",
    )

    def _compute_inventory_held_quantity(self):
        held = self.env["inventory.hold.guard"]._held(self.product_id.ids) if self.product_id else {}
        for quant in self:
            quant.inventory_held_quantity = held.get(tuple(quant[name].id or None for name in KEY), 0.0)

    def action_inventory_hold(self):
        """Begin a hold of this stock, or a draft for each of several."""
        values = [
            {
                "kind": "quantity",
                "company_id": quant.company_id.id or self.env.company.id,
                **{name: quant[name].id for name in KEY},
                "quantity": max(0.0, quant.quantity - quant.sudo().inventory_held_quantity),
            }
            for quant in self
        ]
        values = [vals for vals in values if vals["quantity"] > DUST] or values[:1]
        if len(values) == 1:
            return _new_hold(self.env, **values[0])
        holds = self.env["inventory.hold"].create(values)
        return {
            **self.env["ir.actions.actions"]._for_xml_id("inventory_plus.hold_action"),
            "domain": [("id", "in", holds.ids)],
            "context": {},
        }


class StockLot(models.Model):
    _inherit = "stock.lot"

    def action_inventory_hold(self):
        """Begin a hold of the whole lot."""
        self.ensure_one()
        return _new_hold(
            self.env,
            kind="lot",
            lot_id=self.id,
            product_id=self.product_id.id,
            company_id=(self.company_id or self.env.company).id,
        )


class StockLocation(models.Model):
    _inherit = "stock.location"

    def action_inventory_hold(self):
        """Begin a hold of the whole location."""
        self.ensure_one()
        company = self.company_id or self.env.company
        return _new_hold(self.env, kind="location", location_id=self.id, company_id=company.id)
