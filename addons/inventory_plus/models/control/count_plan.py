"""Count plan: what is counted how often, by whom, and which differences matter."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

BASES = [
    ("abc", "By ABC class"),
    ("calendar", "On days of the calendar"),
    ("interval", "Every so many days"),
    ("random", "Random sample"),
    ("opportunity", "On occasion"),
]
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]
FREEZE = [
    ("none", "Goods move while they are counted"),
    ("wait", "New reservations wait, transfers under way go on"),
    ("refuse", "Nothing moves: reservations wait, transfers are refused"),
]


class InventoryCountPlan(models.Model):
    _name = "inventory.count.plan"
    _description = "Count Plan"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    location_ids = fields.Many2many(
        "stock.location",
        "inventory_count_plan_location_rel",
        "plan_id",
        "location_id",
        "Locations",
        required=True,
        domain="[('usage', 'in', ('internal', 'view', 'transit')), ('company_id', '=', company_id)]",
        help="What is below them is counted too.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "inventory_count_plan_categ_rel",
        "plan_id",
        "categ_id",
        "Product Categories",
        help="Empty for all products.",
    )
    basis = fields.Selection(BASES, required=True, default="abc", tracking=True)

    days_a = fields.Integer("Days between Counts, A", default=30)
    days_b = fields.Integer("Days between Counts, B", default=90)
    days_c = fields.Integer("Days between Counts, C and Others", default=180)
    calendar = fields.Selection([("week", "Every week"), ("month", "Every month")], default="week")
    weekday = fields.Selection(WEEKDAYS, default="0")
    month_day = fields.Integer("Day of the Month", default=1, help="From 1 to 28.")
    interval_days = fields.Integer("Days between Counts", default=30)
    sample_size = fields.Integer("Size of the Sample", default=20, help="Products at locations, drawn every day.")
    seed = fields.Char(
        default="1",
        help="The sample of a day follows from this text and the day alone: anybody can draw it again and see that "
        "nobody chose.",
    )
    on_empty = fields.Boolean("Emptied Locations", default=True, help="The last was taken since the plan last ran.")
    on_negative = fields.Boolean("Negative Stock", default=True)
    on_shortage = fields.Boolean(
        "Pick Shortages", default=True, help="A picker left goods behind that the books say are there."
    )
    on_long = fields.Boolean("Long Uncounted", default=True)
    long_days = fields.Integer("Days that are Long", default=365)

    daily_limit = fields.Integer(
        "At Most a Day", default=200, help="Products at locations; those counted longest ago come first."
    )
    task_size = fields.Integer("Lines a Task", default=50, help="A location with more products makes several tasks.")
    due_days = fields.Integer("Days to Count", default=1)
    user_ids = fields.Many2many(
        "res.users", "inventory_count_plan_user_rel", "plan_id", "user_id", "Counters", help="Tasks go round them."
    )
    blind = fields.Boolean("Blind", default=True, help="Who counts does not learn what the books expect.")
    freeze_policy = fields.Selection(FREEZE, "Freeze", required=True, default="none")
    create_lots = fields.Boolean("New Lots", help="A counter may enter lots that are not known yet.")
    second_count = fields.Boolean(
        "Second Count", default=True, help="What differs by more than allowed is counted by another person."
    )
    tolerance_ids = fields.One2many(
        "inventory.count.tolerance", "plan_id", "Allowed Differences", copy=True, help="Without any, none is allowed."
    )
    last_run = fields.Date("Last Run", readonly=True, copy=False)
    last_run_at = fields.Datetime(readonly=True, copy=False)
    task_ids = fields.One2many("inventory.count.task", "plan_id", "Tasks")

    @api.constrains(
        *("basis", "days_a", "days_b", "days_c", "interval_days", "sample_size", "month_day", "long_days"),
        *("daily_limit", "task_size", "due_days", "on_empty", "on_negative", "on_shortage", "on_long"),
    )
    def _check_numbers(self):
        names = ("days_a", "days_b", "days_c", "interval_days", "sample_size", "long_days", "daily_limit", "task_size")
        for plan in self:
            for name in names:
                if not 0 < plan[name] <= 100_000:
                    label = plan._fields[name]._description_string(self.env)
                    raise ValidationError(self.env._("%s must be a number from 1 to 100,000.", label))
            if not 1 <= plan.month_day <= 28:
                raise ValidationError(self.env._("Every month has the days 1 to 28: choose one of these."))
            if not 0 <= plan.due_days <= 1000:
                raise ValidationError(self.env._("The days to count are a number from 0 to 1,000."))
            occasions = plan.on_empty or plan.on_negative or plan.on_shortage or plan.on_long
            if plan.basis == "opportunity" and not occasions:
                raise ValidationError(self.env._("Choose at least one occasion to count on."))

    @api.constrains("location_ids", "company_id")
    def _check_locations(self):
        for plan in self:
            if not plan.location_ids:
                raise ValidationError(self.env._("Say where to count: choose at least one location."))
            for location in plan.sudo().location_ids:
                if location.company_id and location.company_id != plan.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(location)s belongs to %(other)s; the plan is made for %(company)s.",
                            location=location.display_name,
                            other=location.company_id.name,
                            company=plan.company_id.name,
                        )
                    )

    def action_generate(self):
        """Make today's tasks now; what was made today is not made again."""
        self.check_access("write")
        tasks = self._generate()
        message = (
            self.env._("%s counts were made.", len(tasks)) if tasks else self.env._("Nothing is due to be counted now.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success" if tasks else "info"},
        }

    def action_tasks(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("inventory_plus.count_task_action")
        return {**action, "domain": [("plan_id", "=", self.id)], "context": {"default_plan_id": self.id}}


class InventoryCountTolerance(models.Model):
    """A difference is allowed if it is within every limit that fits the item's class."""

    _name = "inventory.count.tolerance"
    _description = "Allowed Difference of a Count"
    _order = "plan_id, abc, kind"

    plan_id = fields.Many2one("inventory.count.plan", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    abc = fields.Selection([("A", "A"), ("B", "B"), ("C", "C")], "Class", help="Empty for all classes.")
    kind = fields.Selection(
        [("quantity", "Units"), ("percent", "% of the book"), ("value", "Value")], required=True, default="percent"
    )
    minus = fields.Float("Too Little by", digits=(16, 4), help="How much may be missing.")
    plus = fields.Float("Too Much by", digits=(16, 4), help="How much may be there in excess.")

    _not_negative = models.Constraint("CHECK (minus >= 0 AND plus >= 0)", "Allowed differences are not negative.")

    def _allows(self, abc, difference, book, value):
        """Whether a difference (product's unit) is within these limits; none of them allows nothing but zero.

        Beside a book quantity of zero or less every difference is more than any percentage.
        """
        limits = self.filtered(lambda limit: not limit.abc or limit.abc == abc)
        own = limits.filtered("abc")
        # A limit of the class takes the place of the general one of its kind.
        limits = own | limits.filtered(lambda limit: not limit.abc and limit.kind not in own.mapped("kind"))
        if not limits:
            return False
        for limit in limits:
            size = {
                "quantity": abs(difference),
                "percent": 100 * abs(difference) / book if book > 0 else float("inf"),
                "value": abs(value),
            }[limit.kind]
            if size > (limit.minus if difference < 0 else limit.plus) + 1e-9:
                return False
        return True
