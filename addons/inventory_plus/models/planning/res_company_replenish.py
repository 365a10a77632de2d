"""What a company tells the replenishment: who starts it, what is worth carrying, when stock is slow."""

from odoo import api, fields, models
from odoo.tools import SQL

from .item_trigger import TRIGGERS

#: Slow stock is looked for within this many months.
MOST_SLOW_MONTHS = 60


class ResCompany(models.Model):
    _inherit = "res.company"

    inventory_replenish_trigger = fields.Selection(
        TRIGGERS,
        "Replenishment",
        default="manual",
        required=True,
        help="By themselves: each night, goods to move from other warehouses and goods to buy are put on draft "
        "transfers and draft requests for quotation, for items whose best order date has come. Nothing is confirmed.",
    )
    inventory_transfer_worth = fields.Monetary(
        "Least Worth of a Transfer",
        default=50.0,
        help="Goods worth less than this, at cost, are not moved to another warehouse; buying is cheaper then.",
    )
    inventory_slow_months = fields.Integer(
        "Slow after (months)",
        default=6,
        help="Stock that nobody asked for in this many months is slow: no stock is planned for it, and it is listed "
        "with a way out.",
    )
    inventory_sales_user_id = fields.Many2one(
        "res.users",
        "Sales Responsible for Slow Stock",
        help="Gets the note to promote a slow product. Empty: the leader of the first sales team.",
    )

    # The same constraint, asked about the fields added here.
    @api.constrains("inventory_transfer_worth", "inventory_slow_months")
    def _check_inventory_replenishment(self):
        self._check_inventory_planning()

    def _inventory_planning_error(self):
        message = super()._inventory_planning_error()
        if message:
            return message
        if not 1 <= self.inventory_slow_months <= MOST_SLOW_MONTHS:
            return self.env._("Stock is slow after 1 to %s months without demand.", MOST_SLOW_MONTHS)
        if self.inventory_transfer_worth < 0:
            return self.env._("The least worth of a transfer cannot be negative.")
        return None

    def write(self, vals):
        """Items without a policy of their own follow the company at once; another slow limit makes colours stale."""
        result = super().write(vals)
        if "inventory_replenish_trigger" in vals:
            self._inventory_hand_down_trigger()
        if "inventory_slow_months" in vals:
            self.env["inventory.item.dirty"]._note_all()
        return result

    def _inventory_hand_down_trigger(self):
        self.flush_recordset(["inventory_replenish_trigger"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_item item SET replenish_trigger = company.inventory_replenish_trigger
                  FROM res_company company
                 WHERE company.id = item.company_id AND company.id = ANY(%s)
                   AND NOT COALESCE(item.own_trigger, FALSE)
                   AND item.replenish_trigger IS DISTINCT FROM company.inventory_replenish_trigger
                """,
                self.ids,
            )
        )
        self.env["inventory.item"].invalidate_model(["replenish_trigger"])
