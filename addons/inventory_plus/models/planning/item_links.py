"""From anywhere to an item, and from an item to what stands behind it."""

from odoo import models


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def _form_action(self):
        """The action that opens this item's page."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_open_replenishment(self):
        """Odoo's reordering rules of this product in this warehouse."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replenishment of %s", self.product_id.display_name),
            "res_model": "stock.warehouse.orderpoint",
            "views": [
                (self.env.ref("stock.view_warehouse_orderpoint_tree_editable").id, "list"),
                (False, "form"),
            ],
            "domain": [("product_id", "=", self.product_id.id), ("warehouse_id", "=", self.warehouse_id.id)],
            "context": {
                "default_product_id": self.product_id.id,
                "default_warehouse_id": self.warehouse_id.id,
            },
        }

    def action_open_history(self):
        """The days on which this item was asked for."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("History of %s", self.product_id.display_name),
            "res_model": "inventory.daily.flow",
            "view_mode": "graph,pivot,list",
            "domain": [
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "=", self.warehouse_id.id),
                ("is_effective", "=", True),
                ("demand", "!=", 0),
            ],
            "context": {"graph_measure": "demand", "graph_groupbys": ["date:month"], "graph_mode": "line"},
        }

    def action_open_requests(self):
        """Requests for quotation that ask for this product and are not confirmed yet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Requests for %s", self.product_id.display_name),
            "res_model": "purchase.order",
            "view_mode": "list,form",
            "domain": [
                ("order_line.product_id", "=", self.product_id.id),
                ("state", "in", ("draft", "sent", "to approve")),
                ("picking_type_id.warehouse_id", "=", self.warehouse_id.id),
            ],
        }
