"""A delivery: what a channel's receiver lacks, posted until he has it or a person has to look."""

import hashlib
import hmac
import http.client
import json
import random
import ssl
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..common import secret_box
from . import webhook_post
from .webhook import SECRET_PURPOSE, BigInteger

#: Tries before a person has to look: over about 16 hours, an hour apart at the longest.
MOST_TRIES = 25
FIRST_WAIT, LONGEST_WAIT = 10, 3600
#: Changes in one delivery.
MOST_CHANGES = 1000
#: Days for which deliveries are shown that have arrived.
KEEP_DAYS = 30


class InventoryChannelDelivery(models.Model):
    """One at a time for a webhook. Its content is made anew at each try: the newest number of each code that has
    changed since the receiver last acknowledged something. So whatever happens in between, he misses nothing, and gets
    no number twice that did not change; after a lost acknowledgement the same may come again.
    """

    _name = "inventory.channel.delivery"
    _description = "Delivery of a Webhook"
    _order = "id desc"
    _rec_name = "webhook_id"

    webhook_id = fields.Many2one(
        "inventory.channel.webhook", required=True, index=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one("inventory.channel", required=True, index=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    url = fields.Char("Address", related="webhook_id.url")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("delivered", "Delivered"),
            ("failed", "Failed"),
            ("overtaken", "Made up for"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        index=True,
        default="waiting",
        help="Failed: given up; send it again when the receiver works. Made up for: a later delivery brought what was "
        "in it.",
    )
    tries = fields.Integer(readonly=True)
    next_try_at = fields.Datetime("Next Try", readonly=True)
    tried_at = fields.Datetime("Last Try", readonly=True)
    delivered_at = fields.Datetime("Delivered at", readonly=True)
    change_count = fields.Integer("Changes", readonly=True)
    last_sequence = BigInteger("Up to Sequence", readonly=True)
    last_told = BigInteger("Promises up to", readonly=True)
    response_code = fields.Integer("Response", readonly=True, help="HTTP status of the last try; 0: none came.")
    milliseconds = fields.Integer("Took (ms)", readonly=True)
    last_error = fields.Char(readonly=True)

    _waiting_unique = models.UniqueIndex("(webhook_id) WHERE state = 'waiting'")
    _due_index = models.Index("(next_try_at) WHERE state = 'waiting'")

    def _enqueue(self, seconds):
        """Have this delivery tried by a job in ``seconds``; the one that waits already serves."""
        self.ensure_one()
        return self.env["inventory.job"]._enqueue(
            self.sudo(),
            "_send",
            description=f"Webhook of channel {self.channel_id.code}",
            identity_key=f"inventory.delivery.{self.id}",
            eta=seconds,
        )

    def action_resend(self):
        """Try again what was given up."""
        if not self.env.user.has_group("inventory_plus.group_manager"):
            raise AccessError(self.env._("Only managers send deliveries again."))
        self.check_access("read")
        failed = self.sudo().filtered(lambda delivery: delivery.state == "failed")
        if not failed:
            raise UserError(self.env._("Only deliveries that failed are sent again."))
        waiting = failed.search([("webhook_id", "in", failed.webhook_id.ids), ("state", "=", "waiting")])
        chosen = waiting
        for delivery in failed:
            if delivery.webhook_id in chosen.webhook_id:
                # What waits already brings what is in this one.
                delivery.state = "overtaken"
            else:
                delivery.write({"state": "waiting", "tries": 0})
                chosen |= delivery
        chosen.next_try_at = fields.Datetime.now()
        for delivery in chosen:
            delivery._enqueue(0)
        return True

    # --- one try

    def _send(self):
        """Try this delivery once; the job. Books what came of it and sees to the next try."""
        delivery = self.sudo().try_lock_for_update().filtered(lambda found: found.state == "waiting")
        if not delivery:
            # Another job is at it, or it is done.
            return
        webhook = delivery.webhook_id
        if not (webhook.active and webhook.channel_id.active):
            delivery.state = "cancelled"
            return
        feed = self.env["inventory.feed"]
        feed._relay()
        rows = feed._read_since(webhook.channel_id, webhook.acknowledged, MOST_CHANGES)
        promises = self.env["inventory.dated"]._told_since(webhook.channel_id, webhook.told, MOST_CHANGES)
        if not rows and not promises:
            delivery.write({"state": "delivered", "delivered_at": fields.Datetime.now(), "last_error": False})
            return
        sequence = rows[-1][3] if rows else webhook.acknowledged
        content = {
            "channel": webhook.channel_id.code,
            "cursor": str(sequence),
            "changes": [{"sku": sku, "available": available, "at": at} for sku, available, at, _number in rows],
        }
        if promises:
            content["promises"] = [promise for _number, promise in promises]
        body = json.dumps(
            content,
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        began = time.monotonic()
        code, error = delivery._post(body)
        delivery.write(
            {
                "tries": delivery.tries + 1,
                "tried_at": fields.Datetime.now(),
                "change_count": len(rows),
                "last_sequence": sequence,
                "last_told": promises[-1][0] if promises else webhook.told,
                "response_code": code,
                "last_error": error,
                "milliseconds": int((time.monotonic() - began) * 1000),
            }
        )
        if error:
            delivery._put_off()
        else:
            delivery._settle()

    def _post(self, body):
        """:return: ``(HTTP status or 0, error sentence or False)``"""
        webhook = self.webhook_id
        try:
            secret = secret_box.unseal(SECRET_PURPOSE, webhook.sealed_secret or "")
        except ValueError:
            return 0, self.env._("The secret cannot be opened with the key of this server; enter it again.")
        try:
            code, text = webhook_post.post(
                webhook.url, body, self._headers(secret, body, int(time.time())), webhook._private_hosts()
            )
        except webhook_post.AddressError as error:
            return 0, webhook._address_text(error.code)
        except TimeoutError:
            return 0, self.env._("The receiver did not answer in time.")
        except ssl.SSLError as error:
            return 0, self.env._("The connection could not be encrypted: %(reason)s", reason=error.reason or error)
        except (OSError, http.client.HTTPException) as error:
            return 0, self.env._("The receiver could not be reached: %(reason)s", reason=error)
        if 200 <= code < 300:
            return code, False
        if 300 <= code < 400:
            return code, self.env._("The receiver sends elsewhere (%(code)s); enter its final address.", code=code)
        return code, self.env._(
            "The receiver refused (%(code)s): %(text)s", code=code, text=" ".join(text.replace("\0", "").split())[:200]
        )

    def _headers(self, secret, body, timestamp):
        """:param int timestamp: seconds since 1970; the receiver refuses what is too old"""
        signed = str(timestamp).encode() + b"." + body
        return {
            "Content-Type": "application/json",
            "User-Agent": "inventory-plus",
            "X-Inventory-Delivery": str(self.id),
            "X-Inventory-Timestamp": str(timestamp),
            "X-Inventory-Signature": hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(),
        }

    def _settle(self):
        """The receiver has it, and with it all that earlier deliveries wanted to bring."""
        now = fields.Datetime.now()
        self.write({"state": "delivered", "delivered_at": now})
        self.webhook_id.write({"acknowledged": self.last_sequence, "told": self.last_told, "acknowledged_at": now})
        self.search([("webhook_id", "=", self.webhook_id.id), ("state", "=", "failed")]).state = "overtaken"
        # There may be more than fits in one.
        self.env["inventory.channel.webhook"]._announce()

    def _put_off(self):
        if self.tries >= MOST_TRIES:
            self.write({"state": "failed", "next_try_at": False})
            return
        seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.tries - 1))
        # Receivers that broke down together are not asked again all at the same moment.
        seconds = int(seconds * random.uniform(0.9, 1.1))
        self.next_try_at = fields.Datetime.now() + timedelta(seconds=seconds)
        self._enqueue(seconds)

    @api.autovacuum
    def _gc_arrived(self):
        """Forget what arrived long ago; what failed stays until a person has looked."""
        limit = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search(
            [("state", "in", ("delivered", "overtaken", "cancelled")), ("write_date", "<", limit)], limit=10_000
        ).unlink()
