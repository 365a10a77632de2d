"""The dialog in which a planner pins values of an item."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..common.sound_numbers import refuse_odd_numbers
from .item_pin import FLAGS, PINS

#: Days until the review that the dialog offers.
REVIEW_DAYS = 90


class InventoryItemPin(models.TransientModel):
    """Shows what is in force and what was pinned; the item itself judges, names and logs."""

    _name = "inventory.item.pin"
    _description = "Pin Values of an Item"

    item_id = fields.Many2one("inventory.item", required=True, readonly=True, ondelete="cascade")
    pin_safety_stock = fields.Boolean("Pin the Safety Stock")
    pinned_safety_stock = fields.Float("Safety Stock", digits="Product Unit")
    pin_reorder_point = fields.Boolean("Pin the Reorder Point")
    pinned_reorder_point = fields.Float("Reorder Point", digits="Product Unit")
    pin_order_up_to = fields.Boolean("Pin the Order-up-to Level")
    pinned_order_up_to = fields.Float("Order up to", digits="Product Unit")
    pinned_until = fields.Date("Review on", required=True)
    pinned_reason = fields.Char("Reason", required=True)

    @api.model
    def default_get(self, fields):
        """Values pinned already, else those in force."""
        values = super().default_get(fields)
        item = self.env["inventory.item"].browse(values.get("item_id"))
        for name, (flag, value) in PINS.items() if item else ():
            values |= {flag: item[flag], value: item[value] if item[flag] else item[name]}
        if item:
            values["pinned_until"] = item.pinned_until or self._review_day(item)
            values["pinned_reason"] = item.pinned_reason
        return {name: value for name, value in values.items() if name in fields}

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        return super().create(vals_list)

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        return super().write(vals)

    def _review_day(self, item):
        return item._planning_date(item.company_id, item.warehouse_id) + timedelta(days=REVIEW_DAYS)

    def action_pin(self):
        """Pin what is chosen; what is in force changes with the next planning."""
        self.ensure_one()
        if not any(self[flag] for flag in FLAGS):
            raise UserError(self.env._("Choose at least one value to pin."))
        if self.pinned_until < self.item_id._planning_date(self.item_id.company_id, self.item_id.warehouse_id):
            raise UserError(self.env._("The review date has passed: choose a later one."))
        names = [*(name for pair in PINS.values() for name in pair), "pinned_until", "pinned_reason"]
        self.item_id.write({name: self[name] for name in names})
        return {"type": "ir.actions.act_window_close"}
