"""Law 8: delivered once, retried until it got there, or visible that it did not."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from .common import AlertCase


@tagged("post_install", "-at_install")
class TestAlertDelivery(AlertCase):
    def setUp(self):
        super().setUp()
        self.item.write({"status": "red", "user_id": self.buyer.id, "need_to_buy": 40})

    def test_red_item_reaches_the_inbox(self):
        self.evaluate()
        delivery = self.alerts().delivery_ids
        self.assertEqual(delivery.state, "pending")
        self.assertFalse(self.inbox(self.buyer))
        self.run_jobs()
        self.assertEqual(delivery.state, "sent")
        message = self.inbox(self.buyer)
        self.assertEqual(len(message), 1)
        self.assertEqual((message.model, message.res_id), ("inventory.alert", self.alerts().id))
        self.assertIn("AL1", message.body)
        self.assertIn(self.rule.name, message.subject)
        self.assertEqual(message.author_id, self.env.ref("base.partner_root"))

    def test_a_second_job_sends_nothing(self):
        self.evaluate()
        jobs = list(self.jobs)
        self.assertEqual(self.run_jobs(), [True])
        self.jobs = jobs
        self.assertEqual(self.run_jobs(), [False])
        self.assertEqual(len(self.inbox(self.buyer)), 1)

    def test_several_alerts_in_one_message(self):
        self.other_item.write({"status": "red", "user_id": self.buyer.id})
        self.evaluate()
        self.run_jobs()
        message = self.inbox(self.buyer)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.model, "inventory.alert.delivery")
        self.assertIn("AL1", message.body)
        self.assertIn("AL2", message.body)

    def test_the_most_urgent_is_named_first(self):
        """In the order of the list of items: by stock-out date, not by when the alert was written."""
        items = self.item | self.other_item
        for first, day in ((self.item, "2030-01-01"), (self.other_item, "2030-01-02")):
            last = items - first
            items.write(
                {"status": "red", "status_sequence": 1, "user_id": self.buyer.id, "stockout_date": "2030-02-01"}
            )
            first.stockout_date = day
            self.env["inventory.alert"].search([("rule_id", "=", self.rule.id)]).unlink()
            self.evaluate()
            self.run_jobs()
            body = self.inbox(self.buyer).sorted("id")[-1:].body
            codes = [item.product_id.default_code for item in first + last]
            self.assertLess(body.index(codes[0]), body.index(codes[1]))

    def test_mail_user_gets_mail(self):
        self.buyer.notification_type = "email"
        self.evaluate()
        self.run_jobs()
        self.assertEqual(self.alerts().delivery_ids.state, "sent")
        self.assertFalse(self.inbox(self.buyer))
        mail = self.env["mail.notification"].search([("res_partner_id", "=", self.buyer.partner_id.id)])
        self.assertEqual(mail.notification_type, "email")

    def test_message_is_in_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.buyer.lang = "fr_FR"
        self.item.need_to_buy = 1234.5
        self.rule.with_context(lang="fr_FR").name = "Article en rupture"
        self.evaluate()
        self.run_jobs()
        message = self.inbox(self.buyer)
        self.assertIn("Article en rupture", message.subject)
        self.assertIn("234,5", message.body)

    def test_figures_need_the_right_to_read_them(self):
        """Law 10: a figure that the recipient may not read is neither in the message nor on the form."""
        self.item.write({"usable": 77, "need_to_buy": 40})
        self.rule.user_ids = self.viewer | self.planner
        self.evaluate()
        self.run_jobs()
        seen = {}
        for user in (self.viewer, self.buyer, self.planner):
            body = self.inbox(user).body
            names = {row["name"] for row in self.alerts().with_user(user).comparison}
            self.assertEqual(("77" in body, "40" in body), ("usable" in names, "need_to_buy" in names))
            seen[user.login] = ("77" in body, "40" in body)
        self.assertEqual(
            seen, {"alerts_viewer": (False, False), "alerts_buyer": (False, True), "alerts_planner": (True, True)}
        )

    def _fail(self, error):
        return patch.object(type(self.env["inventory.alert.delivery"]), "_send", side_effect=error)

    @mute_logger("odoo.addons.inventory_alerts.models.alert_delivery")
    def test_failure_is_retried_until_it_works(self):
        self.evaluate()
        delivery = self.alerts().delivery_ids
        with self._fail(UserError("The mail server sleeps.")):
            self.assertEqual(self.run_jobs(), [False])
        self.assertEqual((delivery.state, delivery.attempts), ("pending", 1))
        self.assertEqual(delivery.error, "The mail server sleeps.")
        self.evaluate()
        self.assertFalse(self.jobs, "not before its time")
        self.assertEqual(self.evaluate(now=delivery.next_attempt_at + timedelta(seconds=1)).retried, 1)
        self.run_jobs()
        self.assertEqual(delivery.state, "sent")
        self.assertFalse(delivery.error)
        self.assertEqual(len(self.inbox(self.buyer)), 1)

    @mute_logger("odoo.addons.inventory_alerts.models.alert_delivery")
    def test_failure_for_good_is_visible_and_can_be_repeated(self):
        self.evaluate()
        delivery = self.alerts().delivery_ids
        with self._fail(UserError("No way.")):
            for _attempt in range(20):
                self.run_jobs()
                if delivery.state == "failed":
                    break
                self.evaluate(now=delivery.next_attempt_at + timedelta(seconds=1))
        self.assertEqual(delivery.state, "failed")
        self.assertEqual(self.alerts().delivery_state, "failed")
        self.evaluate(now=fields.Datetime.now() + timedelta(days=3))
        self.assertFalse(self.jobs)
        with self.assertRaises(UserError):
            delivery.with_user(self.viewer).action_retry()
        delivery.with_user(self.planner).action_retry()
        self.run_jobs()
        self.assertEqual(delivery.state, "sent")

    def test_lost_race_is_left_to_the_job_runner(self):
        self.evaluate()
        with self._fail(SerializationFailure()), self.assertRaises(SerializationFailure):
            self.run_jobs()
        self.assertEqual(self.alerts().delivery_ids.attempts, 0)

    def test_lost_job_is_made_again(self):
        """The job vanished (queue emptied, process killed before it was stored): the delivery is not forgotten."""
        self.evaluate()
        self.jobs.clear()
        self.assertEqual(self.evaluate(now=fields.Datetime.now() + timedelta(minutes=11)).retried, 1)
        self.run_jobs()
        self.assertEqual(len(self.inbox(self.buyer)), 1)

    def test_over_before_it_was_sent(self):
        self.evaluate()
        self.item.status = "green"
        self.evaluate()
        self.run_jobs()
        self.assertEqual(self.alerts().delivery_ids.state, "cancelled")
        self.assertFalse(self.inbox(self.buyer))

    @mute_logger("odoo.addons.inventory_alerts.models.alert_delivery")
    def test_recipient_who_left_meanwhile(self):
        """Archived between evaluation and job: the planners get it instead."""
        self.evaluate()
        self.buyer.active = False
        self.run_jobs()
        self.run_jobs()
        self.assertIn(self.planner, self.alerts().delivery_ids.filtered(lambda d: d.state == "sent").user_id)
        self.assertEqual(len(self.inbox(self.planner)), 1)
