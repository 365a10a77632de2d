"""The nightly replenishment: first move what other warehouses have too much of, then ask vendors for the rest.

One job a company proposes transfers and then enqueues one job a warehouse that makes the requests. A job works in
parts, each whole in a transaction of its own, and every part looks at the figures anew under the lock that the buyer's
button takes (law 3): a job that is killed and repeated, or runs beside a buyer, adds nothing twice.
"""

from hashlib import sha1

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..common.item import SEES_NEED
from .lead_time import MOST_LEAD_DAYS

#: Items of one transaction; a vendor's items stay together, so that his minimum order is judged once.
PART = 300
PROBLEMS = [
    ("vendor", "No vendor"),
    ("rule", "Warehouse does not buy"),
    ("product", "Product not bought any more"),
    ("delay", "Lead time cannot be right"),
    ("refused", "Refused by Odoo"),
    ("failed", "Failed"),
    ("minimum", "Below the minimum order"),
]
#: Reasons that only a person can take away. Below the minimum order an item only waits for others.
STUCK = tuple(code for code, _label in PROBLEMS if code != "minimum")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    buy_problem = fields.Selection(
        PROBLEMS,
        "Why Not Requested",
        readonly=True,
        index="btree_not_null",
        groups=SEES_NEED,
        help="Why the automatic replenishment did not request this item, though it is needed.",
    )
    buy_problem_since = fields.Date("Not Requested since", readonly=True, groups=SEES_NEED)
    buy_problem_data = fields.Json("Figures of the Reason", readonly=True, groups=SEES_NEED)
    buy_problem_note = fields.Char(
        "What to Do", compute="_compute_buy_problem_note", groups=SEES_NEED, compute_sudo=True
    )

    @api.depends("buy_problem", "buy_problem_data")
    @api.depends_context("lang")
    def _compute_buy_problem_note(self):
        for item in self:
            item.buy_problem_note = item._told_problem() if item.buy_problem else False

    def _told_problem(self):
        """The sentence for a buyer, in the reader's language."""
        data = self.buy_problem_data or {}
        if self.buy_problem == "vendor":
            return self.env._("Add a vendor on the product's Purchase tab.")
        if self.buy_problem == "rule":
            return self.env._("Switch on 'Buy to Resupply' of %s, or move goods there.", self.warehouse_id.name)
        if self.buy_problem == "product":
            return self.env._("Switch on 'Purchase' on the product, or let nobody ask for it any more.")
        if self.buy_problem == "delay":
            return self.env._(
                "Correct the vendor's lead time on the product's Purchase tab: 0 to %s days.",
                formatLang(self.env, MOST_LEAD_DAYS, digits=0),
            )
        if self.buy_problem == "failed":
            return self.env._(
                "An unexpected error stopped it (%s): look at its vendor and units. The server's log says more; the "
                "next night tries again.",
                data.get("error") or "-",
            )
        if self.buy_problem == "refused":
            return self.env._("Odoo says: %s", data.get("message") or "-")
        currency = self.env["res.currency"].browse(data.get("currency")) or self.company_id.currency_id
        return self.env._(
            "What is due from %(vendor)s comes to %(amount)s of the minimum order of %(minimum)s, with what is soon "
            "due too little as well. Make RFQ asks for it all the same.",
            vendor=data.get("partner") or "-",
            amount=formatLang(self.env, data.get("amount") or 0.0, currency_obj=currency),
            minimum=formatLang(self.env, data.get("minimum") or 0.0, currency_obj=currency),
        )

    # --------------------------------------------------------------- schedule

    @api.model
    def _cron_replenish(self):
        """Nightly: one job a company that has items to be replenished by themselves."""
        found = self.sudo()._read_group([("replenish_trigger", "=", "auto")], ["company_id"])
        for (company,) in found:
            self._enqueue_company(company)

    @api.model
    def _enqueue_company(self, company):
        """Have the items of a company replenished in the background; one such job waits at a time."""
        self.env["inventory.job"]._enqueue(
            self.browse().sudo(),
            "_replenish_company",
            company.id,
            description=self.env._("Replenish the items of %s", company.name),
            identity_key=f"inventory_replenish_{company.id}",
        )

    @api.model
    def _replenish_company(self, company_id):
        """Look at all items of a company anew, move what can be moved, then enqueue the requests, a job a warehouse."""
        warehouses = self.env["stock.warehouse"].sudo().search([("company_id", "=", company_id)])
        job = self.env["inventory.job"]
        job._retrying(lambda env: env["inventory.item"]._refresh(warehouse_ids=warehouses.ids))
        self._rebalance_company(company_id)
        for warehouse in warehouses:
            job._enqueue(
                self.sudo(),
                "_replenish_warehouse",
                warehouse.id,
                description=self.env._("Request what %s needs", warehouse.name),
                identity_key=f"inventory_replenish_warehouse_{warehouse.id}",
            )

    def _replenish_soon(self):
        """Have these items replenished in the background, after the caller's commit: a move for them was confirmed."""
        ids = sorted(self.ids)
        self.env["inventory.job"]._enqueue(
            self.browse().sudo(),
            "_replenish_items",
            ids,
            description=self.env._("Replenish what was just asked for"),
            identity_key=f"inventory_replenish_items_{sha1(str(ids).encode()).hexdigest()}",
        )

    @api.model
    def _replenish_items(self, item_ids):
        """Move, then request what these items need now.

        :return: number of items requested
        """
        self.env["inventory.job"]._retrying(lambda env: env["inventory.item"]._refresh(item_ids))
        self._do_part(item_ids, lambda items: len(items._rebalance_due()))
        return self._do_part(item_ids, lambda items: items._request_due())

    @api.model
    def _automatic_domain(self, **scope):
        return [
            *((name, "=", value) for name, value in scope.items()),
            ("replenish_trigger", "=", "auto"),
            ("without_rule", "=", False),
            ("suggested_order", ">", 0),
        ]

    @api.model
    def _replenish_warehouse(self, warehouse_id):
        """Put what the automatic items of a warehouse need on draft requests, part by part.

        What fails is listed on its items, with the trace in the log; the others go on (:meth:`_do_part`).

        :return: number of items requested
        """
        job = self.env["inventory.job"]
        job._retrying(lambda env: env["inventory.item"]._forget_solved(warehouse_id))
        due = self.sudo().search_fetch(self._automatic_domain(warehouse_id=warehouse_id), ["vendor_id"])
        parts, part = [], []
        for items in due.sorted(lambda item: (item.vendor_id.id, item.id)).grouped("vendor_id").values():
            part += items.ids
            if len(part) >= PART:
                parts.append(part)
                part = []
        requested = 0
        for ids in [*parts, part] if part else parts:
            requested += self._do_part(ids, lambda items: items._request_due())
        return requested

    @api.model
    def _forget_solved(self, warehouse_id):
        """Clear the reasons of items that need nothing any more, or that a buyer decides about."""
        self.sudo().with_context(active_test=False).search(
            [
                ("warehouse_id", "=", warehouse_id),
                ("buy_problem", "!=", False),
                "|",
                "|",
                "|",
                ("without_rule", "=", True),
                ("suggested_order", "<=", 0),
                ("replenish_trigger", "!=", "auto"),
                ("active", "=", False),
            ]
        )._note_buying({})

    def _request_due(self):
        """Request what these items need now, filling up to vendors' minimum orders; one transaction.

        :return: number of items requested
        """
        due = self.exists()
        everything = due | due._soon_due()
        everything._lock_items()
        self._refresh(everything)
        wanted = due.filtered(
            lambda item: (
                item.suggested_order > 0
                and item.replenish_trigger == "auto"
                and not item.without_rule
                and item._is_stocked()
            )
        )
        # What Odoo makes, or fetches by a route: its scheduler does so where the rule is automatic, and it is not
        # bought as well; where the rule is manual, nobody misses a vendor.
        rules = wanted.orderpoint_ids
        elsewhere = rules - rules._inventory_bought()
        wanted -= elsewhere.filtered(lambda rule: rule.trigger == "auto").inventory_item_id
        offers, refused = wanted._offers()
        refused = {
            item: problem
            for item, problem in refused.items()
            if problem[0] != "vendor" or item not in elsewhere.inventory_item_id
        }
        soon = (everything - due).filtered(
            lambda item: item.requested <= 0 and item.suggested_order <= 0 and item.replenish_trigger == "auto"
        )
        offers, waiting, _joined = self._meet_minimum(offers, soon.sorted(lambda item: (item.best_order_date, item.id)))
        failed = {}
        if offers:
            _orders, failed = self._request_each(offers)
        problems = {item: (code, None) for item, (code, _sentence) in refused.items()}
        problems |= {item: ("minimum", figures) for item, figures in waiting.items()}
        problems |= failed
        everything._note_buying(problems)
        self._refresh(everything)
        return len(offers) - len(failed)

    def _note_buying(self, problems):
        """Store why items were not requested, and clear what is solved; what stays as it was is not written.

        :param problems: ``{item: (code, figures)}``; items that are not in it have no problem
        """
        before = {item: item.buy_problem for item in self}
        for item in self:
            code, data = problems.get(item, (False, None))
            if item.buy_problem == code and (item.buy_problem_data or None) == (data or None):
                continue
            values = {"buy_problem": code, "buy_problem_data": data}
            if item.buy_problem != code:
                values["buy_problem_since"] = code and item._planning_date(item.company_id, item.warehouse_id)
            item.write(values)
        self._tell_buyers(before)

    @api.model
    def action_replenish_now(self):
        """Start the nightly replenishment of the user's company now, in the background; for buyers and planners."""
        if not self.env.user.has_groups("inventory_plus.group_buyer,inventory_plus.group_planner"):
            return self._notification(self.env._("Only buyers and planners start the replenishment."), kind="warning")
        company = self.env.company
        if not self.sudo().search_count([("company_id", "=", company.id), ("replenish_trigger", "=", "auto")], limit=1):
            return self._notification(
                self.env._(
                    "No item is replenished by itself: select items and use Make RFQ, or let drafts be made by "
                    "themselves in Settings > Inventory Plus."
                )
            )
        self._enqueue_company(company)
        return self._notification(
            self.env._("Draft transfers and requests are made in the background. Reload the list in a moment.")
        )
