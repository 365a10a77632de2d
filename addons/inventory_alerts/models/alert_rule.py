"""Alert rules: which condition, how grave, who is told."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.inventory_plus.models.common import condition
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .. import pipeline

SEVERITIES = [("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")]


class InventoryAlertRule(models.Model):
    """A condition on the records of one model, evaluated for all of them at once."""

    _name = "inventory.alert.rule"
    _description = "Alert Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="A rule that is switched off resolves its alerts.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Empty: the rule watches all companies. Only who works in all of them changes such a rule.",
    )
    subject_model = fields.Selection(
        selection="_selection_subject_model", string="Watches", required=True, default="inventory.item"
    )
    domain = fields.Char(
        "Condition",
        required=True,
        default='[("status", "=", "red")]',
        help="The rule is true for records that match.",
    )
    condition_user_id = fields.Many2one(
        "res.users",
        "Condition by",
        readonly=True,
        copy=False,
        help="Who wrote the condition. Where it looks at related records, it sees what this person may see.",
    )
    severity = fields.Selection(SEVERITIES, required=True, default="medium")
    for_minutes = fields.Integer(
        "Only after (minutes)",
        help="How long the condition must hold before the alert opens. 0: at once. "
        "A condition that ends earlier never becomes an alert.",
    )
    notify_responsible = fields.Boolean(
        "Tell the Responsible",
        default=True,
        help="The record's responsible, else the product's, the warehouse's, the company's. "
        "When nobody is found and nobody named here, the planners are told, without planners the managers.",
    )
    user_ids = fields.Many2many(
        "res.users", "inventory_alert_rule_user_rel", "rule_id", "user_id", string="Also Tell Users"
    )
    group_ids = fields.Many2many(
        "res.groups", "inventory_alert_rule_group_rel", "rule_id", "group_id", string="Also Tell Roles"
    )
    evaluated_at = fields.Datetime("Last Evaluation", readonly=True, copy=False)
    evaluated_before = fields.Datetime(readonly=True, copy=False, help="Last evaluation that succeeded.")
    matching = fields.Integer(
        "True for", compute="_compute_counts", help="Records of your companies for which the rule is true now."
    )
    duration = fields.Float("Evaluation (s)", readonly=True, copy=False, digits=(12, 3))
    error = fields.Text("Why It Cannot Be Evaluated", readonly=True, copy=False)
    alert_ids = fields.One2many("inventory.alert", "rule_id")
    open_count = fields.Integer("Alerts", compute="_compute_counts")

    _for_minutes_positive = models.Constraint("CHECK (for_minutes >= 0)", "The waiting time cannot be negative.")

    @api.model
    def _selection_subject_model(self):
        """All models that inherit ``inventory.alert.subject``."""
        children = self.env.registry["inventory.alert.subject"]._inherit_children
        return sorted((name, self.env[name]._description) for name in children if not self.env[name]._abstract)

    def _compute_counts(self):
        """Counted from the alerts that the user may read: figures of other companies must not show (law 10)."""
        alerts = self.env["inventory.alert"]._read_group(
            [
                ("rule_id", "in", self.ids),
                ("state", "in", ("pending", "open", "acknowledged")),
                ("subject_model", "!=", self._name),
            ],
            ["rule_id", "state"],
            ["__count"],
        )
        counts = {(rule.id, state): count for rule, state, count in alerts}
        for rule in self:
            rule.open_count = counts.get((rule.id, "open"), 0) + counts.get((rule.id, "acknowledged"), 0)
            rule.matching = rule.open_count + counts.get((rule.id, "pending"), 0)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, "condition_user_id": self.env.uid} for vals in vals_list])

    def write(self, vals):
        """Odoo judges a record before it is written; the company that it is given has to be judged as well."""
        if not vals.keys().isdisjoint({"domain", "subject_model", "company_id", "condition_user_id"}):
            vals = {**vals, "condition_user_id": self.env.uid}
        result = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")
        return result

    @api.constrains("domain", "subject_model")
    def _check_domain(self):
        """Refuse what cannot be evaluated, and what its author may not see: a condition must not leak (law 10)."""
        for rule in self:
            model = rule._subject().with_user(self.env.user)
            try:
                # One look-up a rule, when a person saves one: the database is the only judge of a domain.
                model.search(rule._condition(), limit=1)
            except UserError as error:
                raise ValidationError(
                    self.env._(
                        "The condition of rule “%(rule)s” cannot be used: %(error)s", rule=rule.name, error=error
                    )
                ) from None
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The condition of rule “%(rule)s” is not a filter on %(model)s: %(error)s",
                        rule=rule.name,
                        model=model._description,
                        error=condition.first_line(error),
                    )
                ) from error

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if self.env["inventory.alert"].sudo().search_count([("rule_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("This rule has alerts, which would be lost with it. Archive the rule instead."))

    def _subject(self):
        """The watched model, empty recordset. :raises UserError: when its addon is gone"""
        self.ensure_one()
        if self.subject_model not in dict(self._selection_subject_model()):
            raise UserError(self.env._("The model %s can no longer be watched.", self.subject_model))
        return self.env[self.subject_model]

    def _condition(self):
        """The condition as a :class:`Domain`; only literals are read, no code runs.

        :raises ValueError: if it is none, or an empty one, for which every record would be an alert
        """
        self.ensure_one()
        found = condition.read(self.env, self.domain)
        if found.is_true():
            raise ValueError(self.env._("An empty condition is true for everything."))
        return found

    def _looks_elsewhere(self):
        """Whether the condition reads more than the columns of the watched records themselves."""
        return condition.looks_elsewhere(self._subject(), self._condition())

    def _watched(self):
        """The watched model as the condition has to read it (law 10).

        Their own columns are read for all records of the rule's company. Over a relation the superuser would
        find stock, prices and people of other companies, and the alert would tell: there the condition sees what its
        author may see, in the rule's company alone.

        :raises UserError: when the author may not look at all of what the rule watches; a rule that then watched a
            part in silence would lose alerts (law 8)
        """
        model = self._subject().sudo()
        if not self._looks_elsewhere():
            return model
        author = self.condition_user_id or self.write_uid
        companies = self.company_id or self.env["res.company"].sudo().search([])
        if author.id == SUPERUSER_ID:
            return model.with_context(allowed_company_ids=companies.ids)
        if companies - author.sudo().company_ids:
            raise UserError(
                self.env._(
                    "The condition of rule “%(rule)s” looks at related records, and %(user)s, who wrote it, does not "
                    "work in all companies that it watches. Somebody who does has to write it again.",
                    rule=self.name,
                    user=author.sudo().name,
                )
            )
        return model.with_user(author).with_context(allowed_company_ids=companies.ids)

    def _evaluation_domain(self):
        """Condition and company of the rule."""
        domain = self._condition()
        if self.company_id and "company_id" in self._subject()._fields:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

    # Evaluation

    @api.model
    def _evaluate(self, rules=None, now=None):
        """Run the pipeline in the current transaction.

        :param rules: rules to evaluate; None: all active ones, and archived ones that still have alerts
        :param now: naive UTC datetime, default the present
        :return: ``pipeline.batch.Batch``
        """
        env = self.sudo().with_context(lang=None, active_test=True, allowed_company_ids=None).env
        if rules is None:
            archived = env["inventory.alert.rule"].search(
                [("active", "=", False), ("alert_ids.state", "in", ("pending", "open", "acknowledged"))]
            )
            rules = env["inventory.alert.rule"].search([]) | archived
        return pipeline.run(env, rules.with_env(env), now or fields.Datetime.now())

    @api.model
    def _cron_evaluate(self):
        """Scheduled action: evaluate everything in an own transaction that is retried when it collides."""
        self.env["inventory.job"]._retrying(lambda env: env["inventory.alert.rule"]._evaluate())

    @api.model
    def _wake_evaluation(self):
        """Have the scheduled action run as soon as the current transaction commits."""
        cron = self.env.ref("inventory_alerts.cron_evaluate", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def action_evaluate(self):
        """Evaluate the chosen rules now and say what happened."""
        self.check_access("write")
        batch = self._evaluate(self)
        message = self.env._(
            "%(opened)s opened, %(resolved)s resolved, %(waiting)s waiting.",
            opened=batch.opened,
            resolved=batch.resolved,
            waiting=batch.waiting,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Rules evaluated"),
                "message": " ".join([*batch.broken.values(), message]),
                "type": "danger" if batch.broken else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_alerts(self):
        """The unresolved alerts of the rule."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_alerts.action_alert")
        return {**action, "domain": [("rule_id", "=", self.id)], "context": {"search_default_unresolved": 1}}
