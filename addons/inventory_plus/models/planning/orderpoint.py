"""Odoo's reordering rule of an item: it carries the planned min and max, and orders what the item suggests."""

import math
from datetime import datetime, time

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL, float_compare, split_every
from pytz import UTC, timezone

from ..common.item import SEES_NEED
from .item_refresh import SCREEN_LIMIT
from .lead_time import MOST_LEAD_DAYS

#: Rules procured in one transaction, as Odoo does.
PROCURED_AT_ONCE = 1000


class StockWarehouseOrderpoint(models.Model):
    """One managed rule an item, at the warehouse's stock location.

    Odoo computes what to order from its forecast over lead time and ``company.horizon_days`` (365 by default: every
    order within a year counts), less nothing for what is held or expired. A managed rule that still has the planned
    values takes the item's figures instead: the same demand, the same horizon (lead time and review), the same number
    on both screens. A rule edited by hand is Odoo's again, until a planner puts the planned values back or a proposal
    comes into force.

    The stored figures are written by the refresh of the items, in sets; a move that Odoo books marks them for
    computing, which leaves them alone here, so that native work meets no row that all deliveries of a product write.
    They decide nothing: whoever procures takes them anew under the lock on the items first (laws 2 and 3).

    An automatic rule (its policy says so) is served by our replenishment, not by Odoo's scheduler: one path, in which
    goods are moved before they are bought, with minimum orders and price breaks.
    """

    _inherit = "stock.warehouse.orderpoint"

    inventory_item_id = fields.Many2one(
        "inventory.item",
        "Planned Item",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The planning keeps min and max of this rule.",
    )
    inventory_trigger = fields.Char(
        "Planned Trigger", readonly=True, copy=False, help="What the planning set; another trigger was set by hand."
    )
    inventory_archived = fields.Boolean(
        "Archived by the Planning", readonly=True, copy=False, help="It comes back with its warehouse."
    )
    inventory_by_hand = fields.Boolean(
        "Min or Max Written by Hand", readonly=True, copy=False, help="Until the planned values are put back."
    )
    inventory_need_to_buy = fields.Float(
        related="inventory_item_id.need_to_buy", string="Need to Buy", groups=SEES_NEED, digits="Product Unit"
    )
    inventory_edited = fields.Boolean(
        "Differs from the Plan",
        compute="_compute_inventory_edited",
        help="Somebody changed min or max by hand: Odoo's own calculation holds for this rule, and the next proposal "
        "for it waits for an approver.",
    )

    @api.depends("inventory_item_id", "product_min_qty", "product_max_qty")
    def _compute_inventory_edited(self):
        following = self._inventory_following()
        for rule in self:
            rule.inventory_edited = bool(rule.sudo().inventory_item_id) and rule not in following

    def _inventory_following(self):
        """The managed rules among these that have the planned min and max."""
        managed = self.sudo().filtered("inventory_item_id")
        if not managed:
            return self.browse()
        managed.inventory_item_id.fetch(["reorder_point", "order_up_to"])
        digits = self.env["decimal.precision"].precision_get("Product Unit")

        def same(left, right):
            return float_compare(left, right, precision_digits=digits) == 0

        return managed.filtered(
            lambda rule: (
                same(rule.product_min_qty, rule.inventory_item_id.reorder_point)
                and same(rule.product_max_qty, rule.inventory_item_id.order_up_to)
            )
        ).with_env(self.env)

    # ---------------------------------------------------------------- figures

    def _compute_qty_to_order_computed(self):
        """Of managed rules the stored figure stays; see the class."""
        return super(StockWarehouseOrderpoint, self - self._inventory_following())._compute_qty_to_order_computed()

    def _compute_deadline_date(self):
        """Of managed rules it is the item's best order date, written by its refresh."""
        return super(StockWarehouseOrderpoint, self - self._inventory_following())._compute_deadline_date()

    def _compute_lead_days(self):
        """Managed rules look as far as the plan: lead time and review, whatever the company's horizon."""
        super()._compute_lead_days()
        for rule in self._inventory_following():
            item = rule.sudo().inventory_item_id
            rule.lead_horizon_date = fields.Date.today() + relativedelta(
                days=math.ceil(min((item.lead_time_mean or 0.0) + (item.review_days or 0), MOST_LEAD_DAYS))
            )

    def _compute_unwanted_replenish(self):
        """Odoo warns of receipts that it does not count; what a managed rule suggests has them taken off already."""
        following = self._inventory_following()
        following.unwanted_replenish = False
        return super(StockWarehouseOrderpoint, self - following)._compute_unwanted_replenish()

    def _get_qty_to_order(self, qty_in_progress_by_orderpoint=None):
        if self._inventory_following():
            return self.qty_to_order_computed
        return super()._get_qty_to_order(qty_in_progress_by_orderpoint)

    def _get_orderpoint_procurement_date(self):
        """Odoo takes the horizon off this date again: what is ordered today arrives after Odoo's own lead days."""
        if not self._inventory_following():
            return super()._get_orderpoint_procurement_date()
        day = fields.Date.today() + relativedelta(days=math.ceil(self.lead_days) + int(self.get_horizon_days()))
        zone = timezone(self.company_id.partner_id.tz or "UTC")
        return zone.localize(datetime.combine(day, time(12))).astimezone(UTC).replace(tzinfo=None)

    # ---------------------------------------------------------------- procure

    def _procure_orderpoint_confirm(self, use_new_cursor=False, company_id=None, raise_user_error=True):
        """Take the figures of managed rules anew under the lock on their items, then let Odoo procure.

        Law 3: of two that procure at once, one waits at the items, is started again, and finds the need met.
        Odoo's scheduler, and its look at a confirmed move, leave out the rules that we serve
        (:meth:`_inventory_served`); a person who presses "Order" is obeyed.
        """
        if not raise_user_error and (served := self._inventory_served()):
            served._inventory_serve()
            return (self - served)._procure_orderpoint_confirm(use_new_cursor, company_id, raise_user_error)
        following = self._inventory_following()
        company = company_id.id if isinstance(company_id, models.BaseModel) else company_id
        if following and use_new_cursor:
            # Odoo's batches open cursors of their own, in which no lock taken here would hold.
            for ids in split_every(PROCURED_AT_ONCE, following.ids):
                self.env["inventory.job"]._retrying(
                    lambda env, ids=ids: (
                        env[self._name]
                        .browse(ids)
                        ._procure_orderpoint_confirm(company_id=company, raise_user_error=raise_user_error)
                    )
                )
            following.invalidate_recordset()
            rest = self - following
            return super(StockWarehouseOrderpoint, rest)._procure_orderpoint_confirm(
                use_new_cursor, company_id, raise_user_error
            )
        items = following.sudo().inventory_item_id
        if items:
            items._lock_items()
            items._refresh(items.ids)
        result = super()._procure_orderpoint_confirm(use_new_cursor, company_id, raise_user_error)
        if items:
            items._refresh(items.ids)
        return result

    def _inventory_served(self):
        """The automatic rules among these that the replenishment of ours serves, instead of Odoo's scheduler.

        It moves what other warehouses have too much of before it buys, and keeps to vendors' minimum orders and price
        breaks. A rule that was edited by hand, or that brings goods by another way than buying, is Odoo's.
        """
        following = self._inventory_following().sudo()
        automatic = following.filtered(
            lambda rule: (
                rule.trigger == rule.inventory_trigger == "auto" and rule.inventory_item_id.replenish_trigger == "auto"
            )
        )
        return automatic._inventory_bought().with_env(self.env)

    def _inventory_bought(self):
        """The rules among these for which Odoo would buy, or can do nothing: for others it makes or fetches goods."""
        model, known = self.env["stock.rule"], {}

        def action(rule):
            product = rule.product_id
            place = (rule.location_id, rule.route_id, product.route_ids | product.categ_id.total_route_ids)
            if place not in known:  # products of the same routes, as nearly all are, are asked for once
                values = {"route_ids": rule.route_id, "warehouse_id": rule.warehouse_id}
                known[place] = model._get_rule(product, rule.location_id, values).action
            return known[place]

        return self.filtered(lambda rule: action(rule) in ("buy", False))

    def _inventory_serve(self):
        """Have the replenishment look at these rules: after a confirmed move at their items, else at the company."""
        items = self.sudo().inventory_item_id
        if "origins" in self.env.context:
            items._replenish_soon()
            return
        for company in items.company_id:
            items._enqueue_company(company)

    # ----------------------------------------------------------------- screen

    @api.model
    def action_open_orderpoints(self):
        """Odoo's replenishment screen, with what changed until now."""
        self.env["inventory.item"].sudo()._refresh_dirty(SCREEN_LIMIT)
        return super().action_open_orderpoints()

    def action_inventory_open_item(self):
        """The item that this rule belongs to: why min and max are what they are."""
        self.ensure_one()
        return self.sudo().inventory_item_id._form_action()

    @api.model
    def _inventory_figures(self):
        """Write what the items of ``inventory_snapshot_stage`` suggest to their rules, where it changed.

        :return: the number of rules written
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_warehouse_orderpoint rule
                   SET qty_to_order_computed = COALESCE(item.suggested_order, 0), deadline_date = item.best_order_date
                  FROM inventory_item item
                  JOIN inventory_snapshot_stage fresh ON fresh.id = item.id
                 WHERE rule.inventory_item_id = item.id
                   AND (rule.product_min_qty, rule.product_max_qty) = (item.reorder_point, item.order_up_to)
                   AND (rule.qty_to_order_computed, rule.deadline_date)
                       IS DISTINCT FROM (COALESCE(item.suggested_order, 0), item.best_order_date)
                """
            )
        )
        if count := self.env.cr.rowcount:
            self.invalidate_model(["qty_to_order_computed", "qty_to_order", "deadline_date"])
        return count
