"""A subscription: where a channel's numbers are posted to as they change."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..common import secret_box
from . import webhook_post
from .request_text import is_text

SECRET_PURPOSE = "channel webhook"
SHORTEST_SECRET, LONGEST_SECRET = 16, 200
#: System parameter: hosts and networks, separated by commas, that may be posted to although they are private, and
#: without encryption.
PRIVATE_HOSTS = "inventory_plus.webhook_private_hosts"
#: Changes are collected so long (seconds) before they are posted.
DEBOUNCE = 2


class BigInteger(fields.Integer):
    """A sequence outgrows 32 bits."""

    _column_type = ("int8", "int8")


class InventoryChannelWebhook(models.Model):
    """Tells an outside system what a channel may sell; see ``webhook_delivery.py`` for how."""

    _name = "inventory.channel.webhook"
    _inherit = ["inventory.channel.part"]
    _description = "Webhook of a Sales Channel"
    _order = "channel_id, id"
    _rec_name = "url"

    channel_id = fields.Many2one("inventory.channel", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    url = fields.Char("Address", required=True, help="Begins with https. Changes are posted there as JSON.")
    secret = fields.Char(
        compute="_compute_secret",
        inverse="_inverse_secret",
        copy=False,
        help="Shared with the receiver, who checks with it that what arrives comes from here. At least 16 characters; "
        "it is kept sealed and never shown again.",
    )
    sealed_secret = fields.Char(groups=NO_ACCESS, copy=False)
    acknowledged = BigInteger(
        "Acknowledged up to", readonly=True, copy=False, help="The sequence up to which the receiver has everything."
    )
    told = BigInteger(
        "Told up to", readonly=True, copy=False, help="What became of promises that the receiver knows, by its number."
    )
    acknowledged_at = fields.Datetime("Last Delivered", readonly=True, copy=False)
    delivery_ids = fields.One2many("inventory.channel.delivery", "webhook_id", "Deliveries", readonly=True)
    state = fields.Selection(
        [("idle", "Up to date"), ("waiting", "Waiting"), ("failed", "Failed")], compute="_compute_state"
    )

    def _compute_secret(self):
        self.secret = False

    def _inverse_secret(self):
        for webhook in self:
            secret = webhook.secret
            if not secret:
                # Nothing was entered: the one that is there stays.
                continue
            if not is_text(secret):
                raise ValidationError(self.env._("The secret holds characters that no text can carry."))
            if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
                raise ValidationError(
                    self.env._(
                        "The secret has %(least)s to %(most)s characters.", least=SHORTEST_SECRET, most=LONGEST_SECRET
                    )
                )
            webhook.sudo().sealed_secret = secret_box.seal(SECRET_PURPOSE, secret)
        self.invalidate_recordset(["secret"])

    def _compute_state(self):
        groups = self.env["inventory.channel.delivery"]._read_group(
            [("webhook_id", "in", self.ids), ("state", "in", ("waiting", "failed"))],
            ["webhook_id"],
            ["state:array_agg"],
        )
        states = {webhook.id: set(found) for webhook, found in groups}
        for webhook in self:
            found = states.get(webhook.id, set())
            webhook.state = "failed" if "failed" in found else "waiting" if found else "idle"

    @api.model_create_multi
    def create(self, vals_list):
        if any(not vals.get("secret") for vals in vals_list):
            raise ValidationError(
                self.env._("A webhook needs a secret of at least %(least)s characters.", least=SHORTEST_SECRET)
            )
        webhooks = super().create([self._own_values(vals) for vals in vals_list])
        # What became of promises before is no news to anybody.
        webhooks.sudo().told = self.env["inventory.dated"]._last_told()
        webhooks._follow_feed()
        return webhooks

    def write(self, vals):
        result = super().write(self._own_values(vals))
        if not vals.keys().isdisjoint({"channel_id", "active"}):
            self._follow_feed()
        return result

    @api.model
    def _own_values(self, vals):
        """Without what only deliveries write. A secret is sealed by its own field alone."""
        if self.env.su:
            return vals
        if not vals.keys().isdisjoint({"sealed_secret", "acknowledged", "acknowledged_at", "told"}):
            raise AccessError(self.env._("This is written by deliveries only."))
        return vals

    def _follow_feed(self):
        """Have the channels' numbers published, and the scheduled action told, from this transaction's commit on."""
        self.env.flush_all()
        if self:
            self.env.cr.execute(
                SQL("SELECT inventory_feed_follow(c) FROM unnest(%s::integer[]) c ORDER BY c", self.channel_id.ids)
            )
        self.env["inventory.feed"]._wake()

    @api.constrains("url")
    def _check_url(self):
        for webhook in self:
            try:
                target = webhook_post.read_url(webhook.url, self._private_hosts())
                webhook_post.refuse_inside(target, self._private_hosts())
            except webhook_post.AddressError as error:
                raise ValidationError(self._address_text(error.code)) from None

    @api.model
    def _private_hosts(self):
        text = self.env["ir.config_parameter"].sudo().get_param(PRIVATE_HOSTS, "")
        return [part.strip() for part in text.split(",") if part.strip()]

    @api.model
    def _address_text(self, code):
        """What a person is told about an address that is not posted to."""
        return {
            "url": self.env._("This is no web address. Give one like https://shop.example.com/stock."),
            "https": self.env._("The address begins with https, so that nobody on the way can read what is posted."),
            "user": self.env._("The address holds a user name; what identifies us is the signature."),
            "unknown": self.env._("The host of this address is unknown."),
            "private": self.env._(
                "The address is inside our own network. An administrator can allow it in the system parameter "
                "%(parameter)s.",
                parameter=PRIVATE_HOSTS,
            ),
        }[code]

    # --- deliveries

    @api.model
    def _announce(self):
        """Make a delivery for each webhook that lacks something, and see that a job is there for each that waits.

        :return: the deliveries that wait
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO inventory_channel_delivery (webhook_id, channel_id, company_id, state, tries, next_try_at,
                                                    create_date, create_uid, write_date, write_uid)
            SELECT webhook.id, webhook.channel_id, webhook.company_id, 'waiting', 0, now() AT TIME ZONE 'UTC',
                   now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s
              FROM inventory_channel_webhook webhook
              JOIN inventory_channel channel ON channel.id = webhook.channel_id AND channel.active
             WHERE webhook.active
               AND (EXISTS (SELECT FROM inventory_feed feed
                             WHERE feed.channel_id = webhook.channel_id
                               AND feed.sequence > COALESCE(webhook.acknowledged, 0))
                    OR EXISTS (SELECT FROM inventory_reservation_event event
                                 JOIN inventory_reservation promise ON promise.id = event.reservation_id
                                WHERE promise.channel_id = webhook.channel_id
                                  AND event.told > COALESCE(webhook.told, 0)))
                ON CONFLICT DO NOTHING
            """,
            {"uid": self.env.uid},
        )
        deliveries = self.env["inventory.channel.delivery"].sudo()
        deliveries.invalidate_model()
        self.invalidate_model(["delivery_ids", "state"])
        waiting = deliveries.search([("state", "=", "waiting"), ("next_try_at", "<=", fields.Datetime.now())])
        for delivery in waiting:
            # A job each, or the one that waits already: queue_job makes them one at a time.
            delivery._enqueue(DEBOUNCE)
        return waiting
