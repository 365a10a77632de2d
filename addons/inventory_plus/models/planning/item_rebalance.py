"""Before buying: goods that another warehouse of the company has too much of, as draft transfers."""

import logging
from collections import defaultdict
from datetime import datetime, time, timedelta

import numpy as np
import pytz
from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import formatLang

from ...planning_engine import rebalance

_logger = logging.getLogger(__name__)

#: Sorts items that never run out behind all others.
NEVER = 10**7
#: Days during which the nightly run buys what somebody did not want moved: a cancelled proposal is an answer.
REFUSED_DAYS = 7


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    proposed_transfer_count = fields.Integer(
        "Number of Proposed Transfers", compute="_compute_proposed_transfer_count", compute_sudo=True
    )

    transfer_proposed = fields.Boolean(
        compute="_compute_proposed_transfer_count",
        search="_search_transfer_proposed",
        compute_sudo=True,
        help="A draft transfer for this item waits for somebody to confirm it.",
    )

    def _compute_proposed_transfer_count(self):
        found = self.env["stock.move"]._read_group(
            [("inventory_item_id", "in", self.ids), ("state", "=", "draft")],
            ["inventory_item_id"],
            ["picking_id:count_distinct"],
        )
        counts = {item.id: count for item, count in found}
        for item in self:
            item.proposed_transfer_count = counts.get(item.id, 0)
            item.transfer_proposed = bool(item.proposed_transfer_count)

    def _search_transfer_proposed(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        waiting = self.env["stock.move"].sudo()._search([("inventory_item_id", "!=", False), ("state", "=", "draft")])
        found = Domain("id", "in", waiting.subselect("inventory_item_id"))
        return found if (True in value) == (operator == "in") else ~found

    def action_move_from_others(self):
        """Propose draft transfers for what these items lack and other warehouses of their company have in excess.

        The figures are taken anew under a lock on all items of these products. What is proposed counts as incoming
        at once, so need to buy falls and a second click adds nothing. Nobody gives below his order-up-to level or
        reorder point, after his own open demand.

        :return: an action: the transfers, or a notification that says why there are none
        :raise UserError: without the buyer's or planner's rights
        """
        if not self.env.user.has_groups("inventory_plus.group_buyer,inventory_plus.group_planner"):
            raise UserError(self.env._("Only buyers and planners propose transfers between warehouses."))
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Select at least one item that is short."))
        pickings, refused = self.sudo()._propose_transfers()
        if not pickings:
            return self._notification("\n".join(refused) or self._why_nothing_moves())
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Proposed Transfers"),
            "res_model": "stock.picking",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", pickings.ids)],
            "target": "current",
        }
        if refused:
            return self._notification("\n".join(refused), kind="warning", sticky=True, following=action)
        return action

    def _why_nothing_moves(self):
        short = self.sudo().filtered(lambda item: item.need_to_buy > item.requested)
        if not short:
            return self.env._("Nothing to move: stock, receipts and requests cover the need of these items.")
        return self.env._(
            "Nothing to move: no other warehouse has more of it than it needs itself, or less than %s of it is worth "
            "the way.",
            formatLang(
                self.env,
                short.company_id[:1].inventory_transfer_worth,
                currency_obj=short.company_id[:1].currency_id,
            ),
        )

    def action_open_proposed_transfers(self):
        """The draft transfers that bring something to this item."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Proposed Transfers"),
            "res_model": "stock.picking",
            "views": [(False, "list"), (False, "form")],
            "domain": [("move_ids.inventory_item_id", "=", self.id), ("state", "=", "draft")],
        }

    # ---------------------------------------------------------------- proposal

    def _propose_transfers(self):
        """Draft transfers for these items; one transaction, the same lock as the requests (law 3).

        :return: ``(pickings, sentences)``: what was made, and why some of it was not
        """
        everything = self.search([("product_id", "in", self.product_id.ids), ("company_id", "in", self.company_id.ids)])
        everything |= self
        everything._lock_items()
        self._refresh(everything)
        found, refused = self.env["stock.picking"], []
        stocked = everything.filtered(lambda item: item._is_stocked())
        for company in self.company_id:
            items = stocked.filtered(lambda item, company=company: item.company_id == company)
            made, sentences = items.with_company(company)._transfers_within(company, self)
            found |= made
            refused += sentences
        if found:
            self._refresh(everything)
        return found, refused

    def _transfers_within(self, company, takers):
        """Feed the engine with the items of one company and make the transfers that it answers.

        :return: ``(pickings, sentences)``: the transfers, and why some could not be made
        """
        if len(self.warehouse_id) < 2:
            return self.env["stock.picking"], []
        figures = self._rebalance_figures(takers)
        giver, taker, quantity = rebalance.transfers(**figures, least_worth=company.inventory_transfer_worth)
        pairs = defaultdict(list)
        for give, take, units in zip(giver.tolist(), taker.tolist(), quantity.tolist(), strict=True):
            pairs[self[give].warehouse_id, self[take].warehouse_id].append((self[take], units))
        pickings, refused = self.env["stock.picking"], []
        for (source, target), lines in pairs.items():
            rule = self._resupply_rule(source, target)
            kinds, idle = self._transfer_kinds(source, target, rule)
            if idle:
                refused.append(
                    self.env._(
                        "Nothing is moved from %(giver)s to %(receiver)s: %(warehouse)s has no operation type in use "
                        "for it. Take one out of the archive.",
                        giver=source.name,
                        receiver=target.name,
                        warehouse=idle.name,
                    )
                )
                continue
            pickings |= self._make_transfer(source, target, lines, rule, kinds)
        return pickings, refused

    def _rebalance_figures(self, takers):
        """Arrays of :func:`rebalance.transfers`, one row an item of ``self``."""

        def column(name):
            return np.array(self.mapped(name), float)

        asked = frozenset(takers.ids)
        wants = np.array([item_id in asked for item_id in self.ids], bool)
        requested, need_to_buy = column("requested"), column("need_to_buy")
        need = np.where(wants, np.maximum(0.0, need_to_buy - requested), 0.0)
        full = np.minimum(column("suggested_order"), need_to_buy + column("order_quantity") - requested)
        need = np.where(full > 0, need, 0.0)
        spare = rebalance.excess(
            column("usable") - column("held"),
            column("free"),
            column("open_demand"),
            column("reorder_point"),
            column("order_up_to"),
        )
        # Stock that is new and was never asked for is not too much: nobody knows yet. Nor is that of an item which
        # was never planned, or which lacks something itself although it was not asked about.
        known = np.array([bool(item.planned_at) and (item.demand_daily > 0 or item.status == "grey") for item in self])
        spare = np.where(known & (need_to_buy <= 0), spare, 0.0)
        return {
            "product": np.array([item.product_id.id for item in self]),
            "need": need,
            "top_up": np.maximum(0.0, full - need),
            "spare": spare,
            "urgency": np.array(
                [item.stockout_date.toordinal() if item.stockout_date else NEVER for item in self], float
            ),
            "multiple": column("vendor_multiple"),
            "cost": np.array([item.product_id.standard_price for item in self], float),
        }

    # --------------------------------------------------------------- documents

    def _make_transfer(self, source, target, lines, rule, kinds):
        """A draft transfer from one warehouse to another: over transit where a resupply route says so, else direct.

        An open proposal between the two takes the lines in.

        :param lines: list of ``(item that receives, units)``
        :param rule: of :meth:`_resupply_rule`
        :param kinds: operation types of :meth:`_transfer_kinds`, one a leg
        :return: the picking (of the first leg)
        """
        transit = rule.location_dest_id if rule else self.env["stock.location"]
        first = self._draft_picking(kinds[0], source.lot_stock_id, transit or target.lot_stock_id, source, target)
        moves = self._draft_moves(first, lines)
        if rule:
            second = self._draft_picking(kinds[1], transit, target.lot_stock_id, source, target, first)
            self._draft_moves(second, lines, moves)
        return first

    @api.model
    def _transfer_kinds(self, source, target, rule):
        """Operation types of the legs of a transfer; in the place of an archived one another of its kind.

        :return: ``(types, warehouse)``: the warehouse that has none in use, or no warehouse
        """
        leaves = source.out_type_id if rule and source.delivery_steps == "ship_only" else source.int_type_id
        legs = [(source, leaves), (target, target.in_type_id)] if rule else [(source, leaves)]
        kinds = []
        for warehouse, kind in legs:
            if not kind.active:
                kind = kind.search(
                    [("warehouse_id", "=", warehouse.id), ("code", "=", kind.code), ("active", "=", True)], limit=1
                )
            if not kind:
                return [], warehouse
            kinds.append(kind)
        return kinds, self.env["stock.warehouse"]

    @api.model
    def _resupply_rule(self, source, target):
        """The rule by which ``target`` is resupplied from ``source`` into transit, if there is such a route."""
        return self.env["stock.rule"].search(
            [
                ("route_id.supplier_wh_id", "=", source.id),
                ("route_id.supplied_wh_id", "=", target.id),
                ("route_id.active", "=", True),
                ("location_dest_id.usage", "=", "transit"),
                ("action", "!=", "push"),
            ],
            limit=1,
        )

    @api.model
    def _draft_picking(self, kind, location, destination, source, target, first=None):
        """The open proposal for that way, or a new one."""
        domain = [
            ("state", "=", "draft"),
            ("picking_type_id", "=", kind.id),
            ("location_id", "=", location.id),
            ("location_dest_id", "=", destination.id),
            ("move_ids.inventory_item_id.warehouse_id", "=", target.id),
        ]
        if first:
            domain.append(("move_ids.move_orig_ids.picking_id", "=", first.id))
        return self.env["stock.picking"].search(domain, limit=1) or self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "location_id": location.id,
                "location_dest_id": destination.id,
                "company_id": source.company_id.id,
                "partner_id": target.partner_id.id if kind.code == "outgoing" else False,
                "origin": self.env._("Planning: %(giver)s to %(receiver)s", giver=source.code, receiver=target.code),
                "scheduled_date": self._transfer_moment(target),
                "note": self.env._(
                    "Proposed before buying: %(giver)s has more of it than it needs, %(receiver)s less. Confirm it, or "
                    "cancel it, and the need to buy comes back.",
                    giver=source.name,
                    receiver=target.name,
                ),
            }
        )

    @api.model
    def _draft_moves(self, picking, lines, origins=None):
        """Add draft moves to a picking, after ``origins`` (in the same order) where given."""
        moment = picking.scheduled_date
        values = [
            {
                "product_id": item.product_id.id,
                "product_uom": item.product_id.uom_id.id,
                "product_uom_qty": units,
                "picking_id": picking.id,
                "picking_type_id": picking.picking_type_id.id,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
                "company_id": picking.company_id.id,
                "origin": picking.origin,
                "date": moment,
                "inventory_item_id": item.id,
                **(
                    {"procure_method": "make_to_order", "move_orig_ids": [Command.link(origins[number].id)]}
                    if origins
                    else {}
                ),
            }
            for number, (item, units) in enumerate(lines)
        ]
        return self.env["stock.move"].create(values)

    @api.model
    def _transfer_moment(self, warehouse):
        """Now; noon of the planning date where planning looks at another day."""
        now = fields.Datetime.now()
        zone = pytz.timezone(warehouse.inventory_tz or "UTC")
        day = self._planning_date(warehouse.company_id, warehouse)
        if pytz.utc.localize(now).astimezone(zone).date() == day:
            return now
        return zone.localize(datetime.combine(day, time(12))).astimezone(pytz.utc).replace(tzinfo=None)

    # --------------------------------------------------------------- schedule

    @api.model
    def _rebalance_company(self, company_id):
        """Propose transfers for the automatic items of a company, part by part.

        :return: number of transfers made or added to
        """
        if self.env["stock.warehouse"].sudo().search_count([("company_id", "=", company_id)]) < 2:
            return 0
        due = self.sudo().search_fetch(self._automatic_domain(company_id=company_id), ["product_id"])
        products = sorted(due.product_id.ids)
        made = 0
        for start in range(0, len(products), self._rebalance_part()):
            part = products[start : start + self._rebalance_part()]
            ids = due.filtered(lambda item, part=frozenset(part): item.product_id.id in part).ids
            made += self._do_part(ids, lambda items: len(items._rebalance_due()))
        return made

    @api.model
    def _rebalance_part(self):
        """Products that one transaction deals with."""
        return 300

    def _rebalance_due(self):
        """Transfers for those of these items that are still due; not for those whose proposal was just refused."""
        refused = self.env["stock.move"].search(
            [
                ("inventory_item_id", "in", self.ids),
                ("state", "=", "cancel"),
                ("write_date", ">=", fields.Datetime.now() - timedelta(days=REFUSED_DAYS)),
            ]
        )
        due = (self.exists() - refused.inventory_item_id).filtered(
            lambda item: (
                item.active and item.replenish_trigger == "auto" and not item.without_rule and item.suggested_order > 0
            )
        )
        if not due:
            return self.env["stock.picking"]
        pickings, refused = due._propose_transfers()
        for sentence in refused:
            _logger.warning(sentence)
        return pickings
