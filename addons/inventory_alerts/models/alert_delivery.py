"""Deliveries: one message to one person about the alerts that one run of one rule opened."""

import logging
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from psycopg2 import OperationalError

from ..pipeline import route
from ..pipeline.group import LOST_JOB_AFTER

_logger = logging.getLogger(__name__)

BACKOFF_MINUTES = (1, 5, 15, 60, 240)
"""Waiting time after the first, second ... failed attempt; after the last one the delivery has failed."""
LISTED = 10
"""Alerts named in one message; the others are counted, with a link."""


class InventoryAlertDelivery(models.Model):
    """Pending until the message exists, then sent; failed when all attempts did.

    The message and the state ``sent`` are one transaction, under a lock on this row: a killed job leaves both
    undone, a job that runs twice finds the work done (law 8). What Odoo sends by e-mail leaves through its own
    outgoing queue, which repeats by itself.
    """

    _name = "inventory.alert.delivery"
    _description = "Alert Delivery"
    _inherit = ["mail.thread"]
    _order = "id desc"

    rule_id = fields.Many2one("inventory.alert.rule", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "Recipient", readonly=True, index=True, ondelete="cascade")
    alert_ids = fields.Many2many(
        "inventory.alert", "inventory_alert_delivery_rel", "delivery_id", "alert_id", readonly=True
    )
    alert_count = fields.Integer("Alerts", compute="_compute_alert_count")
    state = fields.Selection(
        [("pending", "On its way"), ("sent", "Delivered"), ("failed", "Not delivered"), ("cancelled", "Not needed")],
        required=True,
        readonly=True,
        index=True,
        default="pending",
    )
    attempts = fields.Integer(readonly=True)
    next_attempt_at = fields.Datetime("Next Attempt", readonly=True)
    sent_at = fields.Datetime("Delivered at", readonly=True)
    error = fields.Char("Reason", readonly=True)
    message_id = fields.Many2one("mail.message", "Message", readonly=True, ondelete="set null")

    @api.depends("alert_ids")
    def _compute_alert_count(self):
        counts = {}
        if self.ids:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT delivery_id, count(*) FROM inventory_alert_delivery_rel
                     WHERE delivery_id = ANY(%s) GROUP BY delivery_id
                    """,
                    self.ids,
                )
            )
            counts = dict(rows)
        for delivery in self:
            delivery.alert_count = counts.get(delivery.id, 0)

    @api.depends("rule_id.name", "alert_ids")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = self.env._(
                "%(rule)s: %(count)s new alerts", rule=delivery.rule_id.sudo().name, count=delivery.alert_count
            )

    def _enqueue_delivery(self):
        """One job a delivery; few, because deliveries are grouped by rule and person."""
        for delivery in self:
            self.env["inventory.job"]._enqueue(
                delivery,
                "_deliver",
                description=f"Deliver alerts to {delivery.user_id.login}",
                identity_key=f"inventory.alert.delivery:{delivery.id}",
            )

    def _deliver(self):
        """Job: send the message once. A failure is noted and tried again later, never raised away."""
        self.ensure_one()
        delivery = self.sudo()
        delivery.invalidate_recordset()
        # Law 8: two jobs of one delivery queue here; the second one reads the state that the first one left.
        self.env.cr.execute(
            SQL("SELECT state FROM inventory_alert_delivery WHERE id = %s FOR NO KEY UPDATE", delivery.id)
        )
        row = self.env.cr.fetchone()
        if not row or row[0] != "pending":
            return False
        try:
            with self.env.cr.savepoint():
                delivery._send()
        except OperationalError:
            raise  # serialization and lost connections: the job runner repeats the whole job
        except Exception as error:
            _logger.warning("Alert delivery %s failed", delivery.id, exc_info=True)
            delivery._note_failure(error)
            return False
        return True

    def _send(self):
        """Make the message: an inbox notification, or an e-mail for users who chose e-mail."""
        alerts = self.alert_ids.filtered(lambda alert: alert.state in ("open", "acknowledged"))
        if not alerts:
            self.write({"state": "cancelled", "error": self.env._("No longer true before it was delivered.")})
            return
        user = self.user_id
        if not user.active:
            self._hand_over()
            return
        target = alerts if len(alerts) == 1 else self
        reader = target.with_context(lang=user.lang, allowed_company_ids=user.company_ids.ids)
        subject = reader.with_user(user).display_name
        message = reader.message_notify(
            partner_ids=user.partner_id.ids,
            author_id=self.env.ref("base.partner_root").id,
            subject=subject,
            body=self._body(alerts, user),
            email_layout_xmlid="mail.mail_notification_light",
        )
        if not message.notification_ids:
            raise UserError(self.env._("Odoo made no notification for %s.", user.name))
        self.write(
            {
                "state": "sent",
                "sent_at": fields.Datetime.now(),
                "attempts": self.attempts + 1,
                "error": False,
                "message_id": message.id,
            }
        )

    def _hand_over(self):
        """The recipient left after the alert was routed: the fallback of the routing gets it instead."""
        successors = route.fallback_users(self.env, self.company_id) - self.user_id
        if not successors:
            raise UserError(self.env._("%s is archived, and nobody else may be told.", self.user_id.name))
        heirs = self.create(
            [
                {
                    "rule_id": self.rule_id.id,
                    "company_id": self.company_id.id,
                    "user_id": user.id,
                    "alert_ids": [Command.set(self.alert_ids.ids)],
                    "next_attempt_at": fields.Datetime.now() + LOST_JOB_AFTER,
                }
                for user in successors
            ]
        )
        heirs._enqueue_delivery()
        self.write({"state": "cancelled", "error": self.env._("%s is archived; handed to others.", self.user_id.name)})

    def _body(self, alerts, user):
        """The message in the recipient's language, with the figures that the recipient may read."""
        listed = (
            alerts._most_urgent_first()[:LISTED]
            .with_user(user)
            .with_context(lang=user.lang, allowed_company_ids=user.company_ids.ids)
        )
        return listed.env["ir.qweb"]._render(
            "inventory_alerts.message_alerts",
            {
                "alerts": [
                    {"id": alert.id, "name": alert.display_name, "summary": alert._summary()} for alert in listed
                ],
                "more": len(alerts) - len(listed),
                "delivery_id": self.id,
            },
        )

    def _note_failure(self, error):
        """Count the attempt; the scheduled action repeats it after a growing pause, in the end a person sees it."""
        attempts = self.attempts + 1
        again = attempts <= len(BACKOFF_MINUTES)
        pause = timedelta(minutes=BACKOFF_MINUTES[attempts - 1]) if again else None
        self.write(
            {
                "state": "pending" if again else "failed",
                "attempts": attempts,
                "error": str(error).strip().split("\n")[0],
                "next_attempt_at": fields.Datetime.now() + pause if again else False,
            }
        )

    def action_retry(self):
        """Try failed deliveries again, from the first attempt on."""
        self.check_access("read")
        if not self.env.user.has_groups("inventory_plus.group_planner,inventory_plus.group_manager"):
            raise UserError(self.env._("Planners and managers send alerts again."))
        failed = self.filtered(lambda delivery: delivery.state == "failed" and delivery.user_id).sudo()
        failed.write({"state": "pending", "attempts": 0, "next_attempt_at": fields.Datetime.now()})
        failed._enqueue_delivery()
        return True

    def action_open_alerts(self):
        """The alerts of this delivery."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_alerts.action_alert")
        return {**action, "domain": [("id", "in", self.alert_ids.ids)], "context": {}}
