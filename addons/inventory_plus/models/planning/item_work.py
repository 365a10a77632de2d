"""The planner's work list: the items that want something done, the dearest first, each with its next step."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..common.item import SEES_NEED
from .item_queue import SCREEN_LIMIT
from .item_replenish import STUCK

#: Days ahead, from the planning date, within which an order date is told.
SOON_DAYS = 7
WAITING = [("state", "=", "waiting")]


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    next_step = fields.Char(
        compute="_compute_next_step",
        compute_sudo=True,
        groups=SEES_NEED,
        help="What to do about this item first, from the figures of the last look.",
    )
    needs_work = fields.Boolean(
        compute="_compute_needs_work",
        search="_search_needs_work",
        groups=SEES_NEED,
        help="Short or soon short, to be bought, impossible to buy, with a change that waits for approval or with a "
        "pin to review.",
    )

    proposal_ids = fields.One2many("inventory.proposal", "item_id", readonly=True, groups=SEES_NEED)

    @api.model
    def action_open_work_list(self):
        """Open the work list, with what changed until now."""
        self._refresh_dirty(SCREEN_LIMIT)
        return self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_item_work")

    @api.model
    def _work_domain(self):
        """Items that want something done."""
        today = fields.Date.context_today(self)
        return Domain.OR(
            [
                [("status", "in", ("red", "yellow"))],
                [("suggested_order", ">", 0)],
                [("buy_problem", "in", STUCK)],
                [("pinned_until", "<=", today), ("pinned", "=", True)],
                # All of them: who may not decide sees no proposal, but that the item wants one.
                [("id", "in", self.env["inventory.proposal"].sudo()._search(WAITING).subselect("item_id"))],
            ]
        )

    @api.model
    def _search_needs_work(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = (True in value) == (operator == "in")
        if True in value and False in value:
            return Domain.TRUE if operator == "in" else Domain.FALSE
        return self._work_domain() if wanted else ~Domain(self._work_domain())

    @api.depends_context("tz")
    def _compute_needs_work(self):
        found = self.search(Domain("id", "in", self.ids) & self._work_domain())
        for item in self:
            item.needs_work = item in found

    @api.depends(
        "status",
        "suggested_order",
        "snapshot_date",
        "requested",
        "best_order_date",
        "buy_problem",
        "pinned",
        "pinned_until",
    )
    @api.depends_context("lang", "tz")
    def _compute_next_step(self):
        for item in self:
            item.next_step = next(filter(None, (step(item) for step in self._steps())), False)

    @api.model
    def _steps(self):
        """What may be next, the most pressing first: methods of one item that return a sentence or nothing."""
        model = type(self)
        return [
            model._step_stuck,
            model._step_transfer,
            model._step_buy,
            model._step_requested,
            model._step_decide,
            model._step_soon,
            model._step_pin,
            model._step_too_much,
        ]

    def _step_stuck(self):
        return self.buy_problem_note if self.buy_problem in STUCK else None

    def _step_transfer(self):
        return self.env._("Check the proposed transfer.") if self.proposed_transfer_count else None

    def _step_buy(self):
        if self.suggested_order <= 0:
            return None
        if not self.vendor_id:
            return self.env._("Add a vendor on the product's Purchase tab.")
        return self.env._("Buy %(quantity)s %(unit)s.", quantity=self._worded(), unit=self.product_id.uom_id.name)

    def _worded(self):
        return formatLang(self.env, self.suggested_order, digits=0 if self.suggested_order.is_integer() else 2)

    def _step_requested(self):
        short = self.status in ("red", "yellow")
        return self.env._("Confirm the request for quotation.") if short and self.requested > 0 else None

    def _step_decide(self):
        waiting = self.proposal_ids.filtered_domain(WAITING)[:1]
        if not waiting:
            return None
        old, new = (formatLang(self.env, value, digits=0) for value in (self.reorder_point, waiting.new_reorder_point))
        return self.env._("A change waits for approval: min %(old)s, proposed %(new)s.", old=old, new=new)

    def _step_soon(self):
        if self.status == "red" and self.stockout_date:
            return self.env._("Speed the receipts up: short on %s.", format_date(self.env, self.stockout_date))
        if not self.best_order_date:
            return None
        if not self.snapshot_date or self.best_order_date > self.snapshot_date + timedelta(days=SOON_DAYS):
            return None
        return self.env._("Order by %s.", format_date(self.env, self.best_order_date))

    def _step_pin(self):
        if not self.pinned or not self.pinned_until or self.pinned_until > fields.Date.context_today(self):
            return None
        return self.env._("Review the pinned values.")

    def _step_too_much(self):
        if self.status == "grey":
            return self.env._("Find a way out: nobody asked for %s days.", self.idle_days)
        return self.env._("Stop buying; move or promote what is too much.") if self.status == "blue" else None
