"""Count task: one place or some products, counted by one person, and by a second one where it differs."""

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .count_error import CountError
from .count_plan import FREEZE
from .count_watch import BLIND_STATES, RUNNING_STATES

ACTIVITY = "inventory_plus.mail_activity_count"
SEES_FIGURES = (
    "inventory_plus.group_planner,inventory_plus.group_approver,"
    "inventory_plus.group_auditor,inventory_plus.group_manager"
)
PLANS = ("inventory_plus.group_planner", "inventory_plus.group_manager")
COUNTS = ("inventory_plus.group_counter", "inventory_plus.group_operator", "inventory_plus.group_manager")
FIGURES = (
    *("line_total", "line_accurate", "accuracy", "quantity_accuracy", "value_accuracy", "net_value", "absolute_value"),
    *("location_total", "location_accurate", "location_accuracy", "book_value"),
)
#: Changed by the methods of a task and in no other way.
SYSTEM = (
    *("name", "state", "round", "planned_on", "plan_key", "started_at", "finished_at", "first_user_id", "company_id"),
    *("adjustment_id", *FIGURES),
)
#: What decides who is blind and for what: settled before a task opens.
SCOPE = ("location_ids", "product_ids", "plan_id", "blind", "freeze_policy", "second_count", "create_lots")
FREE_PREFIXES = ("message_", "activity_", "rating_")


class InventoryCountTask(models.Model):
    """draft -> open -> counting -> (second ->) review -> done; cancelled on the way.

    An open blind task blinds its counters (see ``inventory.count.blind``); a running one freezes its goods if it says
    so. Devices work through :meth:`start`, :meth:`sheet`, :meth:`scan`, :meth:`count` and :meth:`finish`.
    """

    _name = "inventory.count.task"
    _description = "Count"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "due_date, id"
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char("Reference", required=True, readonly=True, copy=False, default="/", index="trigram")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("open", "To Count"),
            ("counting", "Counting"),
            ("second", "Second Count"),
            ("review", "To Review"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, default=lambda self: self.env.company
    )
    plan_id = fields.Many2one(
        "inventory.count.plan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Its allowed differences hold; without a plan none is allowed.",
    )
    planned_on = fields.Date(readonly=True, copy=False)
    plan_key = fields.Char(readonly=True, copy=False)
    location_ids = fields.Many2many(
        "stock.location",
        "inventory_count_task_location_rel",
        "task_id",
        "location_id",
        "Locations",
        domain="[('usage', 'in', ('internal', 'view', 'transit')), ('company_id', '=', company_id)]",
        help="What is below them is counted too. Empty: all warehouses of the company.",
    )
    product_ids = fields.Many2many(
        "product.product",
        "inventory_count_task_product_rel",
        "task_id",
        "product_id",
        "Products",
        domain="[('is_storable', '=', True)]",
        help="Empty: everything that is there.",
    )
    user_id = fields.Many2one("res.users", "Counter", index="btree_not_null", tracking=True, help="Empty: who starts.")
    second_user_id = fields.Many2one(
        "res.users", "Second Counter", index="btree_not_null", help="Empty: anybody but who counted first."
    )
    first_user_id = fields.Many2one("res.users", "Counted First by", readonly=True, copy=False)
    due_date = fields.Date("Count by", default=fields.Date.context_today, index="btree_not_null")
    blind = fields.Boolean("Blind", default=True, help="Who counts does not learn what the books expect.")
    freeze_policy = fields.Selection(FREEZE, "Freeze", required=True, default="none")
    second_count = fields.Boolean("Second Count", default=True)
    create_lots = fields.Boolean("New Lots", help="A counter may enter lots that are not known yet.")
    round = fields.Integer(default=1, readonly=True, copy=False, help="1 is the first count.")
    started_at = fields.Datetime("Started", readonly=True, copy=False)
    finished_at = fields.Datetime("Finished", readonly=True, copy=False)
    line_ids = fields.One2many("inventory.count.line", "task_id", "Sheet", copy=False)
    result_ids = fields.One2many(
        "inventory.count.result", "task_id", "Differences", domain=[("is_last", "=", True)], groups=SEES_FIGURES
    )
    adjustment_id = fields.Many2one("inventory.adjustment", readonly=True, copy=False, groups=SEES_FIGURES)
    progress = fields.Char(compute="_compute_progress")
    is_mine = fields.Boolean(compute="_compute_is_mine")
    can_count = fields.Boolean(compute="_compute_is_mine")
    has_started = fields.Boolean(compute="_compute_is_mine")
    is_late = fields.Boolean(compute="_compute_is_late")

    line_total = fields.Integer("Counted Lines", readonly=True, copy=False, groups=SEES_FIGURES)
    line_accurate = fields.Integer("Lines Within", readonly=True, copy=False, groups=SEES_FIGURES)
    accuracy = fields.Float(
        "Accuracy (%)", readonly=True, copy=False, groups=SEES_FIGURES, aggregator="avg",
        help="Lines whose difference is allowed / lines counted.",
    )  # fmt: skip
    quantity_accuracy = fields.Float(
        "Accuracy of Quantity (%)", readonly=True, copy=False, groups=SEES_FIGURES, aggregator="avg",
        help="Mean over the lines of max(0, 1 - |difference| / book); with a book of zero 100 if nothing was there, "
        "else 0.",
    )  # fmt: skip
    value_accuracy = fields.Float(
        "Accuracy of Value (%)", readonly=True, copy=False, groups=SEES_FIGURES, aggregator="avg",
        help="max(0, 1 - sum of |difference in value| / value in the books).",
    )  # fmt: skip
    location_total = fields.Integer("Counted Locations", readonly=True, copy=False, groups=SEES_FIGURES)
    location_accurate = fields.Integer("Locations Within", readonly=True, copy=False, groups=SEES_FIGURES)
    location_accuracy = fields.Float(
        "Accuracy of Locations (%)", readonly=True, copy=False, groups=SEES_FIGURES, aggregator="avg",
        help="Locations of which every line is within what is allowed / locations counted.",
    )  # fmt: skip
    currency_id = fields.Many2one(related="company_id.currency_id")
    book_value = fields.Monetary("Value in the Books", readonly=True, copy=False, groups=SEES_FIGURES)
    net_value = fields.Monetary("Net Difference", readonly=True, copy=False, groups=SEES_FIGURES)
    absolute_value = fields.Monetary("Absolute Difference", readonly=True, copy=False, groups=SEES_FIGURES)

    _plan_key = models.UniqueIndex("(plan_key)", "This count was made already.")
    _open = models.Index("(state) WHERE state IN ('open', 'counting', 'second')")

    # ---------------------------------------------------------------- computed

    @api.depends("line_ids.is_counted", "round")
    def _compute_progress(self):
        for task in self:
            lines = task.line_ids.filtered(lambda line, task=task: line.round == task.round)
            task.progress = f"{len(lines.filtered('is_counted'))} / {len(lines)}" if lines else ""

    @api.depends("user_id", "second_user_id", "state", "first_user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        for task in self:
            mine = bool(task.id) and task.state in BLIND_STATES and not task._refusal()
            task.is_mine = mine
            if task.round > 1:
                # Whoever was named when the sheet was made has it; anybody else takes it by starting.
                task.has_started = mine and task.sudo()._round_lines().user_id == self.env.user
            else:
                task.has_started = mine and task.state != "open"
            task.can_count = task.has_started

    @api.depends("due_date", "state")
    def _compute_is_late(self):
        today = fields.Date.context_today(self)
        for task in self:
            task.is_late = bool(task.due_date and task.due_date < today and task.state in BLIND_STATES)

    # ------------------------------------------------------------------- guard

    @api.model
    def _error(self, code, message):
        return CountError(code, message)

    @api.model_create_multi
    def create(self, vals_list):
        begin = {"name": "/", "state": "draft", "round": 1}
        for vals in vals_list:
            self._refuse_system(
                {
                    name
                    for name in SYSTEM
                    if name != "company_id" and vals.get(name, False) not in (False, 0, begin.get(name))
                }
            )
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            if company not in self.env.companies and not self.env.su:
                raise UserError(self.env._("Counts are made in a company of yours."))
        clean = {key: value for key, value in self.env.context.items() if key.removeprefix("default_") not in SYSTEM}
        return self.with_context(clean)._create_planned(vals_list).with_env(self.env)

    @api.model
    def _create_planned(self, vals_list):
        """Create with a reference, the defaults of the plan, and a place; the plan's own marks are allowed here."""
        self.env["inventory.count.watch"]._changed()
        plans = self.env["inventory.count.plan"]
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals["name"] = sequence.next_by_code("inventory.count.task") or "/"
            if plan := plans.browse(vals.get("plan_id") or []):
                for name in ("blind", "freeze_policy", "second_count", "create_lots"):
                    vals.setdefault(name, plan[name])
        tasks = super().create(vals_list)
        for task in tasks.filtered(lambda task: not task.location_ids):
            warehouses = self.env["stock.warehouse"].sudo().search([("company_id", "=", task.company_id.id)])
            task._set({"location_ids": [Command.set(warehouses.view_location_id.ids)]})
        return tasks

    def write(self, vals):
        names = {name for name in vals if not name.startswith(FREE_PREFIXES)}
        self._refuse_system(names & set(SYSTEM))
        if names - {"line_ids"}:
            if not self.env.su and not self.env.user.has_groups(",".join(PLANS)):
                raise AccessError(self.env._("Counts are planned by a planner; who counts fills in the sheet."))
            self._check_not_own_blind()
            for task in self:
                if names & set(SCOPE) and task.state != "draft":
                    raise UserError(self.env._("What %s counts is settled: cancel it and make another one.", task.name))
                if task.state in ("done", "cancelled") and names - {"due_date"}:
                    raise UserError(self.env._("%s is closed and stays as it is.", task.name))
                if "user_id" in names and task.state not in ("draft", "open"):
                    raise UserError(self.env._("%s is being counted: its counter stays.", task.name))
        self.env["inventory.count.watch"]._changed()
        return super().write(vals)

    def _check_not_own_blind(self):
        """Who is to count blind does not free himself from it."""
        if self.env.su:
            return
        for task in self:
            if (
                task.blind
                and task.state in BLIND_STATES
                and self.env.user in task.sudo().user_id | task.sudo().second_user_id
            ):
                raise AccessError(self.env._("You count %s blind: another person changes or cancels it.", task.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_not_own_blind()
        if any(task.state not in ("draft", "cancelled") or task.started_at for task in self):
            raise UserError(self.env._("A count that was started stays on record. Cancel it instead."))
        self.env["inventory.count.watch"]._changed()

    def _refuse_system(self, names):
        if names:
            raise AccessError(
                self.env._("A count changes by its buttons only, not by writing %s.", ", ".join(sorted(names)))
            )

    def _set(self, vals):
        """Write what is the system's to write; the only place that does."""
        self.env["inventory.count.watch"]._changed()
        return super(InventoryCountTask, self.sudo()).write(vals)

    def _lock(self):
        """Lock the rows in id order and read them afresh: of two at once the second sees what the first did."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM inventory_count_task WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(self.ids)
            )
        )
        self.invalidate_recordset()

    @api.constrains("location_ids", "product_ids", "company_id", "user_id", "second_user_id")
    def _check_content(self):
        for task in self.sudo():
            for record in (*task.location_ids, *task.product_ids):
                if record.company_id and record.company_id != task.company_id:
                    raise UserError(
                        self.env._(
                            "%(record)s belongs to %(other)s; this count is made for %(company)s.",
                            record=record.display_name,
                            other=record.company_id.name,
                            company=task.company_id.name,
                        )
                    )
            for location in task.location_ids:
                if location.usage not in ("internal", "view", "transit"):
                    raise UserError(
                        self.env._("%s holds no stock of ours: count in a storage location.", location.display_name)
                    )
            for product in task.product_ids:
                if not product.is_storable:
                    raise UserError(
                        self.env._("%s is not kept in stock: nothing of it can be counted.", product.display_name)
                    )
            if task.user_id and task.user_id == task.second_user_id:
                raise UserError(self.env._("The second count is made by another person than the first."))
            for user in task.user_id | task.second_user_id:
                if task.company_id not in user.company_ids:
                    raise UserError(
                        self.env._(
                            "%(user)s does not work in %(company)s.", user=user.name, company=task.company_id.name
                        )
                    )

    # ----------------------------------------------------------------- planning

    def action_open(self):
        """Hand the tasks to their counters."""
        self._check_plans()
        self._lock()
        for task in self:
            task._expect("draft")
        self._open()
        return True

    def _open(self):
        self._set({"state": "open"})
        if self.filtered(lambda task: task.blind or task.freeze_policy != "none"):
            self.env["inventory.count.watch"]._wake()
        self._remind("user_id")

    def action_cancel(self):
        self._check_plans()
        self._check_not_own_blind()
        self._lock()
        for task in self:
            task._expect("draft", "open", "counting", "second", "review")
        self._set({"state": "cancelled"})
        self.sudo().activity_unlink([ACTIVITY])
        return True

    def _check_plans(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_groups(",".join(PLANS)):
            raise AccessError(self.env._("Counts are planned by a planner or a manager."))

    def _remind(self, field):
        """An activity for each counter, due with the count; one statement for all."""
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not activity_type:
            return
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": task.id,
                    "user_id": task[field].id,
                    "date_deadline": task.due_date or fields.Date.context_today(task),
                    "summary": self.env._("Count %s", task._where()),
                    "automated": True,
                }
                for task in self.sudo()
                if task[field]
            ]
        )

    def _where(self):
        """The place in words, for people."""
        places = self.sudo().location_ids.mapped("display_name")
        return ", ".join(places[:2]) + (" …" if len(places) > 2 else "")

    # ------------------------------------------------------------------ asking

    def _expect(self, *states):
        if self.state not in states:
            raise CountError(
                "wrong_state",
                self.env._(
                    "%(name)s cannot be changed like this: it is %(state)s.",
                    name=self.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                ),
            )

    def _refusal(self):
        """Why the present user may not count this now, as ``(code, sentence)``; None if he may."""
        task, user = self.sudo(), self.env.user
        if not user.has_groups(",".join(COUNTS)) and user not in task.user_id | task.second_user_id:
            return "no_right", self.env._("Only a counter counts; ask for the role if it is yours.")
        if task.company_id not in user.company_ids:
            return "no_right", self.env._("%s belongs to a company that is not yours.", task.name)
        if task.round > 1:
            if user in self._earlier_counters():
                return "same_person", self.env._("You counted %s before: another person counts it again.", task.name)
            if task.second_user_id and task.second_user_id != user:
                return "not_yours", self.env._(
                    "%(name)s is counted again by %(user)s.", name=task.name, user=task.second_user_id.name
                )
        elif task.user_id and task.user_id != user:
            return "not_yours", self.env._("%(name)s is counted by %(user)s.", name=task.name, user=task.user_id.name)
        return None

    def _earlier_counters(self):
        """Who counted in a round before this one."""
        task = self.sudo()
        return task._all_lines().filtered(lambda line: line.round < task.round).user_id | task.first_user_id

    def _may_count(self, *states):
        self.ensure_one()
        self.check_access("read")
        self._lock()
        if refusal := self._refusal():
            raise CountError(*refusal)
        self._expect(*(states or RUNNING_STATES))

    def _counters(self):
        """Everybody who counted here: none of them decides on what comes of it."""
        task = self.sudo()
        return (task._all_lines().user_id | task.first_user_id).sudo(False)
