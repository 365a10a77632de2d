"""What a person does with an order that is short: wait, order a part, use other warehouses, or leave it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .sale_confirm import Choice


class InventoryShortageChoice(models.TransientModel):
    """Shown by the button that confirms an order, where the channel leaves a choice."""

    _name = "inventory.shortage.choice"
    _description = "Choice for an Order That Is Short"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    channel_id = fields.Many2one("inventory.channel", compute="_compute_channel_id")
    may_wait = fields.Boolean(related="channel_id.may_wait")
    may_part = fields.Boolean(related="channel_id.may_part")
    may_elsewhere = fields.Boolean(compute="_compute_may_elsewhere")
    line_ids = fields.One2many("inventory.shortage.choice.line", "choice_id", "Short", readonly=True)

    @api.depends("order_id")
    def _compute_channel_id(self):
        # The channel is found past the records' rules: whoever may not see the order is told nothing of it.
        self.order_id.check_access("read")
        for choice in self:
            choice.channel_id = choice.order_id._inventory_sold_in()

    @api.depends("channel_id.may_elsewhere", "line_ids.elsewhere")
    def _compute_may_elsewhere(self):
        for choice in self:
            choice.may_elsewhere = choice.channel_id.may_elsewhere and any(choice.line_ids.mapped("elsewhere"))

    @api.model
    def _ask(self, order, missing):
        """Action that shows what of ``order`` is short.

        :param missing: ``{order line id: quantity in the product's unit}``
        """
        channel = order._inventory_sold_in()
        lines = order.order_line.filtered(lambda line: line.id in missing)
        elsewhere = self._elsewhere(order, channel, lines.product_id)
        choice = self.create(
            {
                "order_id": order.id,
                "line_ids": [
                    (0, 0, self._line_values(line, missing[line.id], elsewhere.get(line.product_id, 0.0)))
                    for line in lines
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Goods Are Short"),
            "res_model": self._name,
            "res_id": choice.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _line_values(self, line, missing, elsewhere):
        product = line.product_id

        def in_unit(quantity):
            return product.uom_id._compute_quantity(quantity, line.product_uom_id, rounding_method="HALF-UP")

        return {
            "line_id": line.id,
            "there": max(0.0, line.product_uom_qty - in_unit(missing)),
            "missing": in_unit(missing),
            "elsewhere": in_unit(elsewhere),
        }

    @api.model
    def _elsewhere(self, order, channel, products):
        """``{product: quantity}`` that the channel could have in warehouses that it does not sell from."""
        if not channel.may_elsewhere:
            return {}
        own = channel.sudo().warehouse_line_ids.warehouse_id or order.warehouse_id
        others = order._inventory_other_warehouses(own)
        shown = self.env["inventory.reservation"]._shown(channel, products.ids, others)
        return {product: sum(shown.get((product.id, place), 0.0) for place in others.ids) for product in products}

    # --- buttons

    def action_wait(self):
        """Confirm; what is short is promised as soon as there is any."""
        return self._confirm("wait", self.may_wait)

    def action_part(self):
        """Order only what there is."""
        return self._confirm("part", self.may_part)

    def action_elsewhere(self):
        """Have what is short sent from other warehouses of the company, as far as they have it; wait for the rest."""
        return self._confirm("elsewhere", self.may_elsewhere)

    def _confirm(self, choice, is_allowed):
        self.ensure_one()
        if not is_allowed:
            raise AccessError(self.env._("The channel of this order does not allow this choice."))
        order = self.order_id.with_context(inventory_ask=None, inventory_choice=Choice(choice))
        order.action_confirm()
        return {"type": "ir.actions.act_window_close"}


class InventoryShortageChoiceLine(models.TransientModel):
    """One line of the order that is short."""

    _name = "inventory.shortage.choice.line"
    _description = "Line of an Order That Is Short"

    choice_id = fields.Many2one("inventory.shortage.choice", required=True, ondelete="cascade")
    line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="line_id.product_id", related_sudo=False)
    ordered = fields.Float(related="line_id.product_uom_qty", related_sudo=False)
    unit_id = fields.Many2one(related="line_id.product_uom_id", string="Unit", related_sudo=False)
    there = fields.Float("There", digits="Product Unit", help="What the channel's warehouses have for this order.")
    missing = fields.Float("Short", digits="Product Unit")
    elsewhere = fields.Float("Elsewhere", digits="Product Unit", help="What other warehouses of the company have.")
