"""Alerts: one occurrence of a rule being true for one record."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .alert_rule import SEVERITIES

STATES = [("pending", "Waiting"), ("open", "Open"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")]
KEEP_DAYS = 400


class InventoryAlert(models.Model):
    """Written by the pipeline only; people acknowledge, comment and act on the subject.

    The subject is model and id without a foreign key: an alert outlives its record, and its name is kept. Nobody
    resolves an alert by hand: it ends when its condition does.
    """

    _name = "inventory.alert"
    _description = "Inventory Alert"
    _inherit = ["mail.thread"]
    _order = "severity_rank desc, opened_at desc, id desc"
    _mail_post_access = "read"

    rule_id = fields.Many2one("inventory.alert.rule", required=True, readonly=True, index=True, ondelete="cascade")
    fingerprint = fields.Char(required=True, readonly=True, help="Rule and record, without any value.")
    subject_model = fields.Char(required=True, readonly=True)
    subject_id = fields.Many2oneReference(
        "Record", model_field="subject_model", required=True, readonly=True, index=True
    )
    subject_name = fields.Char("Name of the Record", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", readonly=True, index="btree_not_null", ondelete="set null")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, index="btree_not_null", ondelete="set null")
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    severity_rank = fields.Integer(readonly=True, aggregator="max")
    state = fields.Selection(STATES, required=True, readonly=True, index=True)
    first_seen_at = fields.Datetime("First Seen", readonly=True)
    opened_at = fields.Datetime("Open Since", readonly=True)
    last_seen_at = fields.Datetime("Last Seen", readonly=True, help="Kept when the alert resolves.")
    seen_at = fields.Datetime("Still True at", compute="_compute_seen_at")
    resolved_at = fields.Datetime("Resolved", readonly=True)
    acknowledged_at = fields.Datetime("Acknowledged", readonly=True)
    acknowledged_by_id = fields.Many2one("res.users", "Acknowledged by", readonly=True)
    user_id = fields.Many2one("res.users", "Responsible", readonly=True, index="btree_not_null")
    details = fields.Json(
        "Figures when It Opened", readonly=True, groups="inventory_plus.group_manager,inventory_plus.group_auditor"
    )
    delivery_ids = fields.Many2many(
        "inventory.alert.delivery",
        "inventory_alert_delivery_rel",
        "alert_id",
        "delivery_id",
        string="Deliveries",
        readonly=True,
    )
    delivery_state = fields.Selection(
        [("pending", "On its way"), ("sent", "Delivered"), ("failed", "Not delivered")],
        compute="_compute_delivery_state",
        search="_search_delivery_state",
        string="Delivery",
    )
    summary = fields.Char(compute="_compute_summary", help="The figures when the alert opened.")
    comparison = fields.Json(compute="_compute_comparison")
    is_mine = fields.Boolean("Mine", compute="_compute_is_mine", search="_search_is_mine")
    can_acknowledge = fields.Boolean(compute="_compute_can_acknowledge")
    can_order = fields.Boolean(compute="_compute_can_order")

    _fingerprint_unresolved = models.UniqueIndex(
        "(fingerprint) WHERE state != 'resolved'", "This record has an alert of this rule already."
    )

    # What it shows

    @api.depends("rule_id.name", "subject_name", "product_id", "warehouse_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            if alert.subject_model == "inventory.alert.rule":
                alert.display_name = self.env._("Rule cannot be evaluated: %s", alert.rule_id.name)
                continue
            subject = alert.subject_name
            if alert.product_id and alert.warehouse_id:
                subject = f"{alert.product_id.display_name} · {alert.warehouse_id.sudo().code}"
            alert.display_name = f"{alert.rule_id.sudo().name}: {subject}"

    @api.depends("state", "last_seen_at", "rule_id.evaluated_before")
    def _compute_seen_at(self):
        for alert in self:
            alert.seen_at = alert.last_seen_at or alert.rule_id.sudo().evaluated_before

    @api.depends_context("uid", "lang")
    @api.depends("details")
    def _compute_summary(self):
        for alert in self:
            alert.summary = alert._summary()

    def _summary(self):
        """The figures at opening in one line, only those that the environment's user may read."""
        self.ensure_one()
        if self.subject_model == "inventory.alert.rule":
            return self.sudo().rule_id.error or ""
        subject = self._subject_model()
        if subject is None:
            return ""
        subject = subject.with_company(self.company_id) if self.company_id else subject
        return subject._alert_summary(subject._alert_visible(self.sudo().details))

    @api.depends_context("uid", "lang")
    @api.depends("details")
    def _compute_comparison(self):
        """Rows of label, figure when it opened, figure now, for the form."""
        for alerts in self.grouped("subject_model").values():
            subject = alerts._subject_model()
            if subject is None:
                alerts.comparison = []
                continue
            names = list(subject._alert_visible(dict.fromkeys(subject._alert_snapshot_fields())))
            living = subject.browse(alerts.mapped("subject_id")).exists()._filtered_access("read")
            records = {record.id: record for record in living}
            for alert in alerts:
                then = alert.sudo().details or {}
                record = records.get(alert.subject_id)
                alert.comparison = [
                    {
                        "name": name,
                        "label": subject._fields[name]._description_string(self.env),
                        "then": subject._alert_format(name, then.get(name)),
                        "now": subject._alert_format(name, record._fields[name].convert_to_read(record[name], record))
                        if record
                        else "",
                    }
                    for name in names
                ]

    @api.depends("delivery_ids.state")
    def _compute_delivery_state(self):
        """The worst of its deliveries, so that one person who did not get it stays visible."""
        for alert in self:
            states = set(alert.sudo().delivery_ids.mapped("state"))
            alert.delivery_state = next((s for s in ("failed", "pending", "sent") if s in states), False)

    @api.model
    def _search_delivery_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        # "False" in the set means alerts without any delivery.
        domain = [("delivery_ids.state", "in", [state for state in value if state])]
        return ["|", ("delivery_ids", "=", False), *domain] if False in value else domain

    @api.depends_context("uid")
    @api.depends("user_id", "delivery_ids.user_id")
    def _compute_is_mine(self):
        mine = self.filtered_domain([("id", "in", self._mine_query())]) if self.ids else self.browse()
        for alert in self:
            alert.is_mine = alert in mine

    @api.model
    def _search_is_mine(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = (True in value) == (operator == "in")
        return [("id", "in" if wanted else "not in", self._mine_query())]

    @api.model
    def _mine_query(self):
        """Query of the ids of alerts whose responsible or recipient is the user."""
        return self.sudo()._search(["|", ("user_id", "=", self.env.uid), ("delivery_ids.user_id", "=", self.env.uid)])

    @api.depends_context("uid")
    @api.depends("state", "user_id")
    def _compute_can_acknowledge(self):
        everything = self.env.user.has_groups("inventory_plus.group_planner,inventory_plus.group_manager")
        for alert in self:
            alert.can_acknowledge = alert.state == "open" and (everything or alert.is_mine)

    @api.depends_context("uid")
    @api.depends("state", "subject_model")
    def _compute_can_order(self):
        buyer = self.env.user.has_group("purchase.group_purchase_user")
        for alert in self:
            subject = alert._subject_model()
            alert.can_order = buyer and alert.state in ("open", "acknowledged") and hasattr(subject, "action_make_rfq")

    def _subject_model(self):
        """The model of the subjects of these alerts (of one model), None when its addon is gone."""
        name = self[:1].subject_model
        return self.env[name] if name in self.env and name != "inventory.alert.rule" else None

    def _subject(self):
        """The subject if it still exists and may be read, else an empty recordset of any model."""
        self.ensure_one()
        if self.subject_model not in self.env:
            return self.browse()
        return self.env[self.subject_model].browse(self.subject_id).exists()._filtered_access("read")

    def _most_urgent_first(self):
        """These alerts of one rule in the order of their subjects' own list, whose first one is the most urgent."""
        subject = self._subject_model()
        if subject is None:
            return self
        domain = [("id", "in", self.mapped("subject_id"))]
        order = {
            key: place for place, key in enumerate(subject.sudo().with_context(active_test=False).search(domain).ids)
        }
        return self.sorted(lambda alert: order.get(alert.subject_id, len(order)))

    # What people do

    def action_acknowledge(self):
        """ "I have seen it and take care": recipients, planners and managers. Repeating changes nothing."""
        self.check_access("read")
        waiting = self.filtered(lambda alert: alert.state == "open")
        refused = waiting.filtered(lambda alert: not alert.can_acknowledge)
        if refused:
            raise AccessError(
                self.env._(
                    "Only its recipients, planners and managers acknowledge an alert: %s", refused[0].display_name
                )
            )
        waiting.sudo().write(
            {
                "state": "acknowledged",
                "acknowledged_at": fields.Datetime.now(),
                "acknowledged_by_id": self.env.uid,
            }
        )
        body = self.env._("Acknowledged by %s", self.env.user.name)
        waiting.sudo()._message_log_batch(bodies=dict.fromkeys(waiting.ids, body))
        return True

    def action_open_subject(self):
        """The form of the record that the alert is about."""
        subject = self._subject()
        if not subject:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "message": self.env._("“%s” no longer exists, or you may not see it.", self.subject_name),
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": subject._name,
            "res_id": subject.id,
            "views": [(False, "form")],
        }

    def action_make_rfq(self):
        """A draft request for quotation for the item; whoever orders has seen the alert."""
        self.ensure_one()
        subject = self._subject()
        if not self.can_order or not subject:
            raise AccessError(self.env._("Nothing can be ordered from this alert, or not by you."))
        action = subject.action_make_rfq()
        if self.can_acknowledge:
            self.action_acknowledge()
        return action

    @api.autovacuum
    def _gc_resolved(self):
        """Forget alerts resolved long ago (parameter ``inventory_alerts.keep_days``, 0 keeps all)."""
        days = int(self.env["ir.config_parameter"].sudo().get_param("inventory_alerts.keep_days", KEEP_DAYS))
        if days <= 0:
            return 0, 0
        limit = 10000
        old = self.sudo().search(
            [("state", "=", "resolved"), ("resolved_at", "<", fields.Datetime.now() - timedelta(days=days))],
            limit=limit,
            order="id",
        )
        old.unlink()
        # Deliveries without any alert left tell nothing.
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_alert_delivery delivery
                 WHERE delivery.create_date < %s
                   AND NOT EXISTS (
                       SELECT FROM inventory_alert_delivery_rel rel WHERE rel.delivery_id = delivery.id)
                """,
                fields.Datetime.now() - timedelta(days=days),
            )
        )
        return len(old), len(old) == limit
