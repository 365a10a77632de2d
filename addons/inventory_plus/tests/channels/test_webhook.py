"""Webhooks: who may see and write what, where is posted to, and what happens until a receiver has everything."""

import hashlib
import hmac
import itertools
import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ...models.channels import webhook_post
from ...models.channels.webhook_delivery import MOST_TRIES
from ...models.common import secret_box
from .channel_case import ChannelCase

SECRET = "correct horse battery"


class WebhookCase(ChannelCase):
    """A webhook of ``shop`` whose receiver answers what ``self.answers`` says, the last one for ever."""

    def setUp(self):
        super().setUp()
        self.manager = new_test_user(self.env, "webhook_manager", groups="inventory_plus.group_manager")
        self.webhook = self.make_webhook()
        self.posts = []
        self.answers = [(200, "")]
        self.startPatcher(patch.object(webhook_post, "post", self._receive))

    def make_webhook(self, **values):
        return (
            self.env["inventory.channel.webhook"]
            .with_user(self.manager)
            .create({"channel_id": self.shop.id, "url": "https://shop.example.com/stock", "secret": SECRET, **values})
        )

    def _receive(self, url, body, headers, allowed=()):
        self.posts.append((url, body, headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def announce(self):
        """The delivery that waits after the relay has run."""
        self.env["inventory.feed"]._cron_relay()
        return self.env["inventory.channel.delivery"].search(
            [("webhook_id", "=", self.webhook.id), ("state", "=", "waiting")]
        )

    def numbers(self, place=-1):
        """What was posted, as ``{sku: available}``."""
        return {change["sku"]: change["available"] for change in json.loads(self.posts[place][1])["changes"]}

    def jobs(self, delivery):
        return self.env["queue.job"].search(
            [("identity_key", "=", f"inventory.delivery.{delivery.id}"), ("state", "=", "pending")]
        )


@tagged("post_install", "-at_install")
class TestDelivery(WebhookCase):
    def test_everything_first_then_what_changed(self):
        self.announce()._send()
        self.assertEqual(self.numbers()["GUARDED"], 12)
        self.assertFalse(self.announce())
        self.assertEqual(self.webhook.state, "idle")
        self.put(self.product, 3)
        delivery = self.announce()
        self.assertEqual(self.webhook.state, "waiting")
        delivery._send()
        self.assertEqual(self.numbers(), {"GUARDED": 15})
        self.assertEqual((delivery.state, delivery.response_code, delivery.tries), ("delivered", 200, 1))
        self.assertEqual(json.loads(self.posts[-1][1])["cursor"], str(self.webhook.acknowledged))
        self.assertEqual(json.loads(self.posts[-1][1])["channel"], "shop")

    def test_it_is_signed(self):
        self.announce()._send()
        url, body, headers = self.posts[-1]
        self.assertEqual(url, self.webhook.url)
        signed = headers["X-Inventory-Timestamp"].encode() + b"." + body
        self.assertEqual(
            headers["X-Inventory-Signature"], hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        )

    def test_changes_are_collected_into_one_delivery_and_one_job(self):
        self.announce()._send()
        self.put(self.product, 1)
        first = self.announce()
        self.put(self.product, 1)
        self.assertEqual(self.announce(), first)
        self.assertEqual(len(self.jobs(first)), 1)
        self.put(self.product, 1)
        first._send()
        self.assertEqual(self.numbers(), {"GUARDED": 15}, "the newest number, once")
        self.assertFalse(self.announce())

    def test_failures_are_tried_again_later_and_later(self):
        self.answers = [(500, "out of\norder"), OSError("refused"), TimeoutError(), (301, ""), (204, "")]
        delivery = self.announce()
        waits = []
        for said in ("500", "refused", "in time", "301"):
            delivery._send()
            self.assertEqual(delivery.state, "waiting")
            self.assertIn(said, delivery.last_error)
            waits.append((delivery.next_try_at - fields.Datetime.now()).total_seconds())
            self.assertEqual(len(self.jobs(delivery)), 1)
            self.assertFalse(self.webhook.acknowledged)
        for before, after in itertools.pairwise(waits):
            self.assertGreater(after, before * 1.5)
        delivery._send()
        self.assertEqual((delivery.state, delivery.tries, delivery.last_error), ("delivered", 5, False))
        self.assertEqual(self.numbers()["GUARDED"], 12)

    def test_given_up_seen_and_sent_again(self):
        self.answers = [(503, "")]
        delivery = self.announce()
        for _try in range(MOST_TRIES):
            delivery._send()
            self.assertLessEqual(
                delivery.next_try_at or fields.Datetime.now(), fields.Datetime.now() + timedelta(hours=1.2)
            )
        self.assertEqual((delivery.state, delivery.tries), ("failed", MOST_TRIES))
        self.assertEqual(self.webhook.state, "failed")
        self.jobs(delivery).state = "done"
        delivery.with_user(self.manager).action_resend()
        self.assertEqual((delivery.state, delivery.tries, len(self.jobs(delivery))), ("waiting", 0, 1))
        self.answers = [(200, "")]
        delivery._send()
        self.assertEqual((delivery.state, self.webhook.state), ("delivered", "idle"))
        self.assertEqual(self.numbers()["GUARDED"], 12)
        with self.assertRaises(UserError):
            delivery.with_user(self.manager).action_resend()

    def test_a_later_delivery_makes_up_for_one_that_was_given_up(self):
        self.answers = [(503, "")]
        lost = self.announce()
        for _try in range(MOST_TRIES):
            lost._send()
        self.answers = [(200, "")]
        later = self.announce()
        self.assertNotEqual(later, lost)
        later._send()
        self.assertEqual(self.numbers()["GUARDED"], 12)
        self.assertEqual((later.state, lost.state), ("delivered", "overtaken"))

    def test_sending_again_beside_one_that_waits(self):
        self.answers = [(503, "")]
        lost = self.announce()
        for _try in range(MOST_TRIES):
            lost._send()
        later = self.announce()
        lost.with_user(self.manager).action_resend()
        self.assertEqual((lost.state, later.state), ("overtaken", "waiting"))

    def test_many_changes_come_in_parts(self):
        self.announce()._send()
        self.startPatcher(patch("odoo.addons.inventory_plus.models.channels.webhook_delivery.MOST_CHANGES", 2))
        for number in range(5):
            self.make_product(default_code=f"PART{number}")
        seen = {}
        for _part in range(3):
            delivery = self.announce()
            delivery._send()
            self.assertLessEqual(delivery.change_count, 2)
            seen.update(self.numbers())
        self.assertEqual(len(seen), 5)
        self.assertFalse(self.announce())

    def test_a_job_that_was_lost_is_made_again(self):
        delivery = self.announce()
        self.jobs(delivery).state = "failed"
        self.assertEqual(self.announce(), delivery)
        self.assertEqual(len(self.jobs(delivery)), 1)

    def test_an_archived_webhook_or_channel_is_left_alone(self):
        delivery = self.announce()
        self.webhook.active = False
        delivery._send()
        self.assertEqual((delivery.state, self.posts), ("cancelled", []))
        self.assertFalse(self.announce())
        self.webhook.active = True
        self.assertTrue(self.announce())

    def test_who_subscribed_is_told_soon(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        cron = self.env.ref("inventory_plus.cron_relay")
        self.env.cr.precommit.data.pop("inventory_feed_wake", None)
        self.reserve(1)
        self.env.cr.precommit.run()
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))


@tagged("post_install", "-at_install")
class TestWebhookRights(WebhookCase):
    def test_the_secret_is_sealed_and_read_by_nobody(self):
        webhook = self.webhook.with_user(self.manager)
        webhook.invalidate_recordset()
        self.assertEqual(webhook.read(["secret"])[0]["secret"], False)
        self.assertNotIn("sealed_secret", webhook.read()[0])
        admin = self.env.ref("base.user_admin")
        for user in (self.manager, admin):
            for method, args in (
                ("read", [["sealed_secret"]]),
                ("export_data", [["sealed_secret"]]),
                ("search", [[("sealed_secret", "like", "g")]]),
                ("mapped", ["sealed_secret"]),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(UserError):
                    getattr(webhook.with_user(user), method)(*args)
        self.env.cr.execute("SELECT sealed_secret FROM inventory_channel_webhook WHERE id = %s", [webhook.id])
        sealed = self.env.cr.fetchone()[0]
        self.assertNotIn(SECRET, sealed)
        self.assertEqual(secret_box.unseal("channel webhook", sealed), SECRET)

    def test_a_new_secret_and_none(self):
        webhook = self.webhook.with_user(self.manager)
        webhook.write({"secret": False, "active": True})
        self.announce()._send()
        webhook.secret = "another secret altogether"
        self.put(self.product, 1)
        self.announce()._send()
        for (_url, body, headers), secret in zip(self.posts, (SECRET, "another secret altogether"), strict=True):
            signed = headers["X-Inventory-Timestamp"].encode() + b"." + body
            self.assertEqual(
                headers["X-Inventory-Signature"], hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            )
        for secret in ("short", "x" * 201):
            with self.subTest(secret=secret), self.assertRaisesRegex(ValidationError, "16"):
                webhook.secret = secret
        with self.assertRaisesRegex(ValidationError, "secret"):
            self.make_webhook(secret=False)

    def test_another_key_is_told(self):
        delivery = self.announce()
        with patch.object(secret_box, "secret_key", lambda: b"another"):
            delivery._send()
        self.assertEqual((delivery.state, delivery.response_code, self.posts), ("waiting", 0, []))
        self.assertIn("enter it again", delivery.last_error)

    def test_what_deliveries_write_is_written_by_nobody_else(self):
        for values in ({"acknowledged": 10**9}, {"sealed_secret": "x"}, {"acknowledged_at": fields.Datetime.now()}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.webhook.with_user(self.manager).write(values)
        delivery = self.announce()
        with self.assertRaises(AccessError):
            delivery.with_user(self.manager).write({"state": "delivered"})

    def test_only_managers_send_again(self):
        auditor = new_test_user(self.env, "webhook_auditor", groups="inventory_plus.group_auditor")
        delivery = self.announce()
        delivery.state = "failed"
        with self.assertRaises(AccessError):
            delivery.with_user(auditor).action_resend()
        self.assertTrue(delivery.with_user(auditor).read(["last_error"]))

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        outsider = new_test_user(
            self.env,
            "outsider",
            groups="inventory_plus.group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        delivery = self.announce()
        for record in (self.webhook, delivery):
            with self.assertRaises(AccessError):
                record.with_user(outsider).read(["url"])
            self.assertFalse(record.with_user(outsider).search([]))


@tagged("post_install", "-at_install")
class TestAddresses(WebhookCase):
    def test_a_secret_is_a_text(self):
        for secret in ("\x00" * 20, "\ud800" * 20, "long enough, but\x00"):
            with self.subTest(secret=secret), self.assertRaisesRegex(ValidationError, "characters"):
                self.webhook.with_user(self.manager).secret = secret

    def test_only_web_addresses_are_entered(self):
        for url in (
            "http://shop.example.com/x",
            "ftp://shop.example.com",
            "https://",
            "https://user:password@shop.example.com",
            "https://shop.example.com:99999",
            "https://shop.example.com/a b",
            "https://shop.example.com/\r\nX-Evil: 1",
            "https://shöp.example.com",
            "file:///etc/passwd",
            "https://a.example/" + "x" * 2000,
            *(
                f"https://{host}/x"
                for host in ("localhost", "shop.localhost.", "127.1", "2130706433", "[::1]", "10.0.0.1")
            ),
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.webhook.with_user(self.manager).url = url

    def test_our_own_network_is_not_posted_to(self):
        for host in (
            "127.0.0.1", "127.1", "2130706433", "0.0.0.0", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254",
            "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
            "100.64.0.1", "224.0.0.1", "localhost",
        ):  # fmt: skip
            target = webhook_post.read_url(f"https://{host}/x")
            with self.subTest(host=host), self.assertRaises(webhook_post.AddressError) as caught:
                webhook_post.resolve(target)
            self.assertIn(caught.exception.code, ("private", "unknown"))

    def test_a_name_that_leads_inside(self):
        found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
        target = webhook_post.read_url("https://shop.example.com/x")
        with patch("socket.getaddrinfo", lambda *args, **kwargs: found):
            with self.assertRaises(webhook_post.AddressError):
                webhook_post.resolve(target)
            self.assertEqual(webhook_post.resolve(target, ["10.0.0.0/8"]), "93.184.216.34")

    def test_what_an_administrator_allows(self):
        self.env["ir.config_parameter"].set_param("inventory_plus.webhook_private_hosts", "127.0.0.1, 10.1.0.0/16")
        self.webhook.with_user(self.manager).url = "http://127.0.0.1:8069/x"
        allowed, other = "10.1.2.3", "10.2.2.3"
        self.webhook.with_user(self.manager).url = f"http://{allowed}/x"
        with self.assertRaises(ValidationError):
            self.webhook.with_user(self.manager).url = f"http://{other}/x"

    def test_a_refused_address_is_told_on_the_delivery(self):
        delivery = self.announce()
        self.answers = [webhook_post.AddressError("private")]
        delivery._send()
        self.assertIn("inside our own network", delivery.last_error)
        self.assertIn("inventory_plus.webhook_private_hosts", delivery.last_error)
