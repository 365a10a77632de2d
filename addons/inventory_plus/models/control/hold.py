"""Hold: goods that are there and that nobody may take until somebody else says so."""

import math

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..common.guard_state import DUST
from ..common.sound_numbers import refuse_odd_numbers
from .hold_state import WORK, HoldWork

#: Set by the methods alone.
GUARDED = {"state", "name", "company_id", "held_by_id", "held_at", "released_at", "outcome_count", "lost"}
#: What an active hold is about; it changes no more.
CONTENT = {
    *("kind", "product_id", "location_id", "lot_id", "package_id", "owner_id", "quantity", "warehouse_id"),
    *("reason_id", "key"),
}
#: May end a hold, so whoever may not release changes them no more once it stands.
ENDING = {"date_expiry", "release_on_expiry"}
FREE_PREFIXES = ("message_", "activity_", "rating_")
LARGEST = 1e9  # units; more is a typing error
MAY_RELEASE = "inventory_plus.group_approver"


class InventoryHold(models.Model):
    """Freezes a quantity of a product, a whole lot or a whole location.

    What is held is reserved natively, by moves without transfer towards a quarantine location outside every warehouse:
    on hand keeps it, and every number that says what may be had drops it. :mod:`.hold_guard` keeps everybody off.

    draft -> active -> released; cancelled before it was active. An operator holds, another person lets go.
    """

    _name = "inventory.hold"
    _description = "Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char("Reference", required=True, readonly=True, copy=False, default="/", index="trigram")
    state = fields.Selection(
        [("draft", "Draft"), ("active", "On Hold"), ("released", "Released"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    kind = fields.Selection(
        [("quantity", "A Quantity"), ("lot", "A Whole Lot"), ("location", "A Whole Location")],
        string="What is held",
        default="quantity",
        required=True,
        help="Whole lots and locations also hold what arrives there later.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        index=True,
        ondelete="restrict",
        domain="[('is_storable', '=', True), ('company_id', 'in', (company_id, False))]",
    )
    location_id = fields.Many2one(
        "stock.location",
        index=True,
        ondelete="restrict",
        domain="[('usage', 'in', ('internal', 'transit', 'view')), ('company_id', '=', company_id)]",
        help="Goods in the locations below it belong to it.",
    )
    lot_id = fields.Many2one(
        "stock.lot",
        "Lot/Serial Number",
        index=True,
        ondelete="restrict",
        domain="[('product_id', '=?', product_id), ('company_id', 'in', (company_id, False))]",
    )
    package_id = fields.Many2one("stock.package", ondelete="restrict")
    owner_id = fields.Many2one("res.partner", ondelete="restrict")
    tracking = fields.Selection(related="product_id.tracking")
    quantity = fields.Float(
        digits="Product Unit", help="To be held, in the product's unit. Whole lots and locations need none."
    )
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    move_ids = fields.One2many("stock.move", "inventory_hold_id", "Reservations", readonly=True)
    line_ids = fields.One2many("stock.move.line", compute="_compute_held", string="Held Stock", compute_sudo=True)
    held_quantity = fields.Float(
        "Held",
        compute="_compute_held",
        compute_sudo=True,
        digits="Product Unit",
        help="On hold now, in the products' units.",
    )
    reason_id = fields.Many2one(
        "inventory.reason",
        ondelete="restrict",
        domain="[('for_hold', '=', True), ('company_id', 'in', (company_id, False))]",
        help="Why it is held.",
    )
    note = fields.Text("What happened")
    evidence_ids = fields.Many2many("ir.attachment", string="Evidence", copy=False, help="Photos, reports, letters.")
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    date_expiry = fields.Datetime("Decide by", tracking=True, help="Then the responsible person is told.")
    release_on_expiry = fields.Boolean(
        "Release by Itself",
        tracking=True,
        help="Release what is held when its time has come. Nobody decides.",
    )
    is_expired = fields.Boolean("Overdue", compute="_compute_is_expired", search="_search_is_expired")
    expiry_told = fields.Boolean(readonly=True, copy=False)
    held_by_id = fields.Many2one("res.users", "Held by", readonly=True, copy=False)
    held_at = fields.Datetime("Held on", readonly=True, copy=False)
    released_at = fields.Datetime("Released on", readonly=True, copy=False)
    lost = fields.Html(
        "Who lost Goods", readonly=True, copy=False, help="Transfers whose reserved goods were taken by this hold."
    )
    key = fields.Char(
        "Client Key", readonly=True, copy=False, help="Sent again with the same key, a request returns the first hold."
    )

    outcome_ids = fields.One2many("inventory.hold.outcome", "hold_id", "Decisions", readonly=True)
    outcome_count = fields.Integer("Number of Decisions", compute="_compute_outcome_count")
    pending_count = fields.Integer("Decisions Awaited", compute="_compute_outcome_count")
    promise_conflicts = fields.Html(
        "Promises That Would Become Short",
        compute="_compute_promise_conflicts",
        groups="inventory_plus.group_operator,inventory_plus.group_approver",
        help="Who would lose goods if the hold were made now.",
    )

    _key_unique = models.UniqueIndex("(company_id, key) WHERE key IS NOT NULL", "This key was used before.")
    _whole_lot = models.UniqueIndex(
        "(lot_id) WHERE kind = 'lot' AND state = 'active'", "This lot is on hold as a whole already."
    )
    _whole_location = models.UniqueIndex(
        "(location_id) WHERE kind = 'location' AND state = 'active'", "This location is on hold as a whole already."
    )

    # ----------------------------------------------------------------- computed

    @api.depends("lot_id")
    def _compute_product_id(self):
        for hold in self:
            if hold.lot_id:
                hold.product_id = hold.lot_id.product_id

    @api.depends("move_ids.state", "move_ids.move_line_ids.quantity_product_uom")
    def _compute_held(self):
        lines = self.env["stock.move.line"].search(
            [("move_id.inventory_hold_id", "in", self.ids), ("state", "not in", ("done", "cancel"))], order="id"
        )
        of_hold = lines.grouped(lambda line: line.move_id.inventory_hold_id.id)
        for hold in self:
            hold.line_ids = of_hold.get(hold._origin.id, lines.browse())
            hold.held_quantity = sum(hold.line_ids.mapped("quantity_product_uom"))

    @api.depends("outcome_ids.approval_state")
    def _compute_outcome_count(self):
        for hold in self:
            decided = hold.outcome_ids.filtered(lambda outcome: outcome.approval_state != "draft")
            hold.outcome_count = len(decided)
            hold.pending_count = len(decided.filtered(lambda outcome: outcome.approval_state == "pending"))

    @api.depends("kind", "product_id", "location_id", "lot_id", "package_id", "owner_id", "quantity", "state")
    def _compute_promise_conflicts(self):
        for hold in self:
            lost = hold.sudo()._foreseen_losses() if hold.state == "draft" else []
            hold.promise_conflicts = self.env["inventory.adjustment"]._told_conflicts(lost) if lost else False

    @api.depends("date_expiry", "state")
    def _compute_is_expired(self):
        now = fields.Datetime.now()
        for hold in self:
            hold.is_expired = hold.state == "active" and bool(hold.date_expiry) and hold.date_expiry <= now

    def _search_is_expired(self, operator, value):
        if operator not in ("in", "=") or value in (False, [False]):
            return NotImplemented
        return [("state", "=", "active"), ("date_expiry", "<=", fields.Datetime.now())]

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind == "location":
            self.product_id = self.lot_id = self.package_id = self.owner_id = False
        if self.kind != "quantity":
            self.quantity = 0
            self.package_id = self.owner_id = False

    # -------------------------------------------------------------------- guard

    @api.model_create_multi
    def create(self, vals_list):
        begin = {"state": "draft", "held_by_id": False, "held_at": False, "released_at": False, "lost": False}
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
            if given := {name for name in begin if vals.get(name, begin[name]) != begin[name]}:
                self._refuse_guarded(given)
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            if company not in self.env.companies and not self.env.su:
                raise UserError(self.env._("Goods are held in a company of yours."))
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals["name"] = sequence.next_by_code("inventory.hold") or "/"
        return super().create([{**vals, **begin} for vals in vals_list])

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        if given := GUARDED & vals.keys():
            self._refuse_guarded(given)
        if any(hold.state != "draft" for hold in self):
            if CONTENT & vals.keys():
                raise UserError(self.env._("What is on hold is not changed: release it and hold anew."))
            if ENDING & vals.keys() and not self.env.user.has_group(MAY_RELEASE) and not self.env.su:
                raise AccessError(self.env._("When a hold ends is decided by an approver."))
        if "date_expiry" in vals:
            vals = {**vals, "expiry_told": False}
        return super().write(vals)

    def _refuse_guarded(self, names):
        raise AccessError(
            self.env._("A hold changes by its buttons only, not by writing %s.", ", ".join(sorted(names)))
        )

    def _set(self, vals):
        """Write what the methods alone write."""
        super(InventoryHold, self.sudo()).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        for hold in self:
            if hold.state not in ("draft", "cancelled"):
                raise UserError(self.env._("%s stays on record. Release it instead.", hold.name))

    def _lock(self, *states):
        """Lock the rows in id order, read their state afresh and see that it is one of ``states``."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT id FROM inventory_hold WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(self.ids))
        )
        self.invalidate_recordset(["state", "move_ids", "line_ids", "held_quantity"])
        for hold in self:
            if hold.state not in states:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(hold)s can not be changed so: its status is %(state)s.",
                        hold=hold.name,
                        state=labels[hold.state],
                    )
                )

    # ------------------------------------------------------------------ content

    def _check_content(self):
        """One clear sentence for everything that cannot be held."""
        for hold in self.sudo():
            if problem := hold._problem():
                raise UserError(problem)

    def _problem(self):
        _ = self.env._
        product, location, lot = self.product_id, self.location_id, self.lot_id
        if refusal := self.reason_id._refusal("for_hold", self.company_id):
            return refusal
        for record in (product, location, lot, self.package_id):
            if record.company_id and record.company_id != self.company_id:
                return _(
                    "%(record)s belongs to %(other)s; this hold is made for %(company)s.",
                    record=record.display_name,
                    other=record.company_id.name,
                    company=self.company_id.name,
                )
        if self.kind == "location":
            if not location:
                return _("Say which location is held.")
            if location.usage not in ("internal", "transit", "view"):
                return _("%s holds no stock of ours.", location.display_name)
            if not location.company_id:
                return _("%s is shared by companies: hold its goods by lot or by quantity.", location.display_name)
            return None
        if self.kind == "lot":
            return None if lot else _("Say which lot is held.")
        if not product:
            return _("Say which product is held.")
        if not product.is_storable:
            return _("%s is not kept in stock: nothing of it can be held.", product.display_name)
        if not (location or lot or self.package_id):
            return _("Say where the goods are: a location, a lot or a package.")
        if lot and lot.product_id != product:
            return _(
                "%(lot)s is a lot of %(other)s, not of %(product)s.",
                lot=lot.name,
                other=lot.product_id.display_name,
                product=product.display_name,
            )
        if not math.isfinite(self.quantity) or self.quantity <= 0:
            return _("Say how much of %s is held.", product.display_name)
        if self.quantity > LARGEST:
            return _("%s units to be held: that must be a typing error.", f"{self.quantity:.15g}")
        if product.uom_id.compare(product.uom_id.round(self.quantity), self.quantity):
            return _(
                "%(quantity)s of %(product)s: less than the smallest part of %(unit)s can not be held.",
                quantity=f"{self.quantity:.15g}",
                product=product.display_name,
                unit=product.uom_id.name,
            )
        return None

    # ------------------------------------------------------------------ actions

    def action_hold(self):
        """Freeze the goods now; whoever has them reserved or promised and not picked loses them, visibly.

        :raise UserError: there is not so much, or it is held or picked already; the sentence says which
        """
        self.check_access("write")
        self._lock("draft")
        self._check_content()
        for hold in self:
            hold._set({"state": "active", "held_by_id": self.env.uid, "held_at": fields.Datetime.now()})
            hold.sudo()._make_reservations()
            self.env["inventory.audit.entry"]._log(
                "hold.active", self.env._("%(user)s held %(hold)s", user=self.env.user.name, hold=hold._told()), hold
            )
        return True

    def action_cancel(self):
        """Give up a draft."""
        self.check_access("write")
        self._lock("draft")
        self._set({"state": "cancelled"})
        return True

    @api.model
    def hold(self, requests):
        """Hold goods, for other systems: each request is made and active at once, all or none.

        :param list requests: dicts with ``kind`` (``quantity`` if missing), ``product_id``, ``location_id``,
            ``lot_id``, ``package_id``, ``owner_id``, ``quantity`` in the product's unit, ``reason_id``, ``note``,
            ``date_expiry``, ``release_on_expiry``, ``user_id``, and ``key``: sent again with the same key, a request
            returns the first hold and holds nothing anew
        :return: list of dicts ``{"id", "name", "state", "held", "repeated"}``
        """
        allowed = CONTENT | ENDING | {"note", "user_id"}
        answers = []
        for request in requests if isinstance(requests, list | tuple) else [requests]:
            if not isinstance(request, dict) or (unknown := set(request) - allowed):
                raise UserError(
                    self.env._(
                        "A request to hold says %(known)s, and nothing else (%(unknown)s).",
                        known=", ".join(sorted(allowed)),
                        unknown=", ".join(sorted(map(str, unknown))) if isinstance(request, dict) else request,
                    )
                )
            answers.append(self._hold_one(request))
        return answers

    def _hold_one(self, request):
        key = request.get("key")
        first = self.search([("company_id", "=", self.env.company.id), ("key", "=", key)], limit=1) if key else self
        if not first:
            hold = self.create(dict(request))
            hold.action_hold()
            return hold._answer(False)
        if any(
            (first[name].id if isinstance(first[name], models.BaseModel) else first[name]) != request[name]
            for name in CONTENT & request.keys()
        ):
            raise UserError(self.env._("%(key)s was used for %(hold)s, with other content.", key=key, hold=first.name))
        return first._answer(True)

    def _answer(self, repeated):
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "held": self.held_quantity,
            "repeated": repeated,
        }

    def release(self, quantity=None, outcome="release", comment=None, **more):
        """Let go of what is held, or say what else becomes of it.

        Who may decide and did not hold it himself decides at once; everybody else asks for approval by this.

        :param float quantity: a part, in the product's unit; None for all
        :param str outcome: ``release``, ``quarantine``, ``rework``, ``return`` or ``scrap``
        :param more: ``product_id``, ``lot_id``, ``location_dest_id``, ``partner_id`` as on the form
        :return: list of dicts ``{"id", "state"}``; ``approved`` means done, ``pending`` waits for somebody's decision
        """
        self.check_access("read")
        outcomes = self.env["inventory.hold.outcome"]
        for hold in self:
            outcomes |= outcomes.create(
                {"hold_id": hold.id, "outcome": outcome, "quantity": quantity or 0.0, "note": comment, **more}
            )
        outcomes.action_decide()
        return [{"id": record.id, "state": record.approval_state} for record in outcomes]

    def action_release(self):
        """Open the form that asks what becomes of it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release or Use"),
            "res_model": "inventory.hold.outcome",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_hold_id": self.id,
                "default_outcome": "release",
                "default_quantity": self.held_quantity if self.kind == "quantity" else 0.0,
            },
        }

    def action_open_moves(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Held Stock"),
            "res_model": "stock.move.line",
            "view_mode": "list",
            "domain": [("move_id.inventory_hold_id", "in", self.ids)],
        }

    def action_open_outcomes(self):
        return {
            **self.env["ir.actions.actions"]._for_xml_id("inventory_plus.hold_outcome_action"),
            "domain": [("hold_id", "in", self.ids), ("approval_state", "!=", "draft")],
        }

    # --------------------------------------------------------------------- text

    def _told(self):
        """The hold in a few words."""
        what = self.location_id.display_name
        if self.kind == "lot":
            what = f"{self.product_id.display_name} {self.lot_id.name}"
        elif self.kind == "quantity":
            what = f"{self.quantity:g} {self.product_uom_id.name} {self.product_id.display_name}"
        return f"{self.name}: {what}"

    # ------------------------------------------------------------------- expiry

    @api.model
    def _cron_expiry(self):
        """Tell the responsible of holds whose time has come; release those that say so."""
        expired = self.search(
            [("state", "=", "active"), ("date_expiry", "<=", fields.Datetime.now())], order="date_expiry, id", limit=500
        )
        for hold in expired.filtered("release_on_expiry"):
            self.env["inventory.job"]._retrying(
                lambda env, hold_id=hold.id: env["inventory.hold"].browse(hold_id).exists()._release_by_itself()
            )
        for hold in expired.filtered(lambda hold: not hold.release_on_expiry and not hold.expiry_told):
            hold.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=(hold.user_id or hold.held_by_id).id,
                summary=self.env._("%s: decide what becomes of it", hold.name),
            )
            hold._set({"expiry_told": True})
        self._extend_all()

    def _release_by_itself(self):
        """The hold said when it was made that it ends by itself."""
        if self.state == "active" and self.release_on_expiry and self.is_expired:
            self._free_all()
            self.message_post(body=self.env._("Released by itself: its time has come."))
            self.env["inventory.audit.entry"]._log("hold.expired", self.env._("%s has expired", self._told()), self)

    def _working(self):
        """The same records, with leave to change what these holds hold."""
        context = {
            name: value
            for name, value in self.env.context.items()
            if name not in ("quants_cache", "reserved_quant") and not name.startswith("default_")
        }
        return self.with_context({**context, WORK: HoldWork(self.ids)})

    def _end(self):
        """Nothing is held any more."""
        self._set({"state": "released", "released_at": fields.Datetime.now()})
        self.activity_ids.filtered(lambda activity: activity.res_model == self._name).sudo().unlink()

    def _is_empty(self):
        return self.held_quantity <= DUST
