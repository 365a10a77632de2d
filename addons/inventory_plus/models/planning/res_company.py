"""What a company tells the planning: its date, its target, how often it orders."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..common.sound_numbers import FIRST_YEAR, LAST_YEAR, refuse_odd_numbers

#: What all items of a company are planned with.
PLANNED_WITH = {
    "inventory_as_of",
    "inventory_service_target",
    "inventory_review_days",
    "inventory_cycle_days",
    "inventory_lead_days",
    "inventory_order_cost",
    "inventory_holding_rate",
    "inventory_auto_percent",
    "inventory_auto_value",
    "inventory_slow_months",
    "days_to_purchase",
}


class ResCompany(models.Model):
    _inherit = "res.company"

    inventory_as_of = fields.Date(
        "Planning Date",
        help="The day that planning takes for today: demand counts up to the day before. Empty: today.",
    )
    inventory_service_target = fields.Float(
        "Target Cycle Service (%)",
        default=95.0,
        help="Share of replenishment cycles that shall pass without a stock-out. Safety stock follows from it.",
    )
    inventory_review_days = fields.Integer(
        "Review Period (days)", default=1, help="Days between two looks at what to buy. Safety stock covers them too."
    )
    inventory_cycle_days = fields.Integer(
        "Days per Order", default=14, help="Days of demand that one order shall last."
    )
    inventory_lead_days = fields.Integer(
        "Default Lead Time (days)",
        default=7,
        help="Used where neither receipts nor a vendor's lead time are known.",
    )
    inventory_order_cost = fields.Monetary(
        "Cost of one Order",
        help="What one purchase order costs in work. With it and the holding cost, orders are sized by the economic "
        "order quantity, sqrt(2 x cost x yearly demand / holding cost per unit), instead of days.",
    )
    inventory_holding_rate = fields.Float(
        "Holding Cost (% a year)", default=20.0, help="Yearly cost of keeping stock, in percent of its value."
    )
    inventory_auto_percent = fields.Float(
        "Changes Apply by Themselves up to (%)",
        default=20.0,
        help="A planned change of safety stock, reorder point or order-up-to level beyond this waits for an approver. "
        "It is measured from the values that a person approved last. 0: every change from them waits; 999: none does "
        "because of its percentage. An item's first values apply at once, unless a person's policy, event, link or "
        "pin is in them that nobody approved yet.",
    )
    inventory_auto_value = fields.Monetary(
        "Changes Apply by Themselves up to",
        help="A planned change of the average stock's value beyond this, up or down, waits for an approver, however "
        "small its percentage. 0: no limit by value.",
    )

    @api.constrains(
        "inventory_as_of",
        "inventory_service_target",
        "inventory_review_days",
        "inventory_cycle_days",
        "inventory_lead_days",
        "inventory_order_cost",
        "inventory_holding_rate",
        "inventory_auto_percent",
        "inventory_auto_value",
    )
    def _check_inventory_planning(self):
        for company in self:
            message = company._inventory_planning_error()
            if message:
                raise ValidationError(message)

    def _inventory_planning_error(self):
        """A sentence about the first setting that the planning cannot work with, or None."""
        if self.inventory_as_of and not FIRST_YEAR <= self.inventory_as_of.year <= LAST_YEAR:
            return self.env._(
                "The planning date must lie between the years %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR
            )
        if not 50 <= self.inventory_service_target <= 99.9:
            return self.env._(
                "The target cycle service must lie between 50 and 99.9 %%, not %s: below 50 no safety stock is needed, "
                "and no stock is large enough for 100.",
                self.inventory_service_target,
            )
        if not 1 <= self.inventory_review_days <= 90:
            return self.env._("The review period must be between 1 and 90 days.")
        if not 1 <= self.inventory_cycle_days <= 365:
            return self.env._("An order must last between 1 and 365 days.")
        if not 0 <= self.inventory_lead_days <= 365:
            return self.env._("The default lead time must be between 0 and 365 days.")
        if self.inventory_order_cost < 0 or not 0 <= self.inventory_holding_rate <= 1000:
            return self.env._("The cost of an order and the holding cost cannot be negative.")
        if not 0 <= self.inventory_auto_percent <= 999 or self.inventory_auto_value < 0:
            return self.env._("The limits of changes that apply by themselves must be 0 or more, and at most 999 %%.")
        return None

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals, prefix="inventory_")
        return super().create(vals_list)

    def write(self, vals):
        """Another planning date makes every snapshot stale; who changes what is planned with is remembered (law 4)."""
        refuse_odd_numbers(self, vals, prefix="inventory_")
        changed = "inventory_as_of" in vals
        result = super().write(vals)
        if not PLANNED_WITH.isdisjoint(vals):
            self.env["inventory.plan.change"]._note_company(self)
        if changed:
            self.env["inventory.item.dirty"]._note_all()
        return result
