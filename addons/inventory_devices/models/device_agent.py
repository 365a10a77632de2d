"""The agent: the paired process beside the hardware, known by its public key."""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Crockford's alphabet: no letter that is read or typed as another one.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
CODE_MINUTES = 10
CODE_TRIES = 5
ONLINE_SECONDS = 45
PRIVATE = "base.group_system"


class InventoryDeviceAgent(models.Model):
    """Pairing, keys and the position in the stream of events (law 9)."""

    _name = "inventory.device.agent"
    _description = "Device Agent"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    station_id = fields.Many2one("inventory.device.station", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="station_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("new", "Not paired"), ("pairing", "Waiting for pairing"), ("paired", "Paired"), ("revoked", "Revoked")],
        default="new",
        required=True,
        readonly=True,
        copy=False,
    )
    status = fields.Selection(
        [("off", "Not connected"), ("online", "Online"), ("offline", "Offline")], compute="_compute_status"
    )
    host = fields.Char("Computer", readonly=True, copy=False)
    version = fields.Char(readonly=True, copy=False)
    public_key = fields.Char(readonly=True, copy=False, groups=PRIVATE)
    pairing_hash = fields.Char(readonly=True, copy=False, groups=PRIVATE)
    pairing_salt = fields.Char(readonly=True, copy=False, groups=PRIVATE)
    pairing_expires_at = fields.Datetime(readonly=True, copy=False, groups=PRIVATE)
    pairing_tries = fields.Integer(readonly=True, copy=False, groups=PRIVATE)
    pairing_used = fields.Boolean(readonly=True, copy=False, groups=PRIVATE)
    paired_at = fields.Datetime(readonly=True, copy=False)
    last_seen_at = fields.Datetime(readonly=True, copy=False)
    last_seq = fields.Integer("Last Confirmed Event", readonly=True, copy=False)
    lost_count = fields.Integer("Lost Events", readonly=True, copy=False)

    @api.depends("state", "last_seen_at")
    def _compute_status(self):
        limit = fields.Datetime.now() - timedelta(seconds=ONLINE_SECONDS)
        for agent in self:
            if agent.state != "paired":
                agent.status = "off"
            else:
                agent.status = "online" if agent.last_seen_at and agent.last_seen_at > limit else "offline"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._without_protocol_fields(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._without_protocol_fields(vals))

    def _without_protocol_fields(self, vals):
        """Refuse values of the pairing protocol from anybody but the protocol itself.

        :raise UserError: a client tries to set the state, a key or a position directly
        """
        protected = {"state", "public_key", "pairing_hash", "pairing_salt", "pairing_expires_at"}
        protected |= {
            "pairing_tries",
            "pairing_used",
            "paired_at",
            "last_seen_at",
            "last_seq",
            "lost_count",
            "host",
            "version",
        }
        if not self.env.su and protected & vals.keys():
            raise UserError(self.env._("An agent gets its state and key only by pairing."))
        return vals

    # -- pairing ---------------------------------------------------------------------------------------------

    def action_pair(self):
        """Make a one-time code and show it; an earlier pairing ends when the new one succeeds."""
        self.ensure_one()
        self.check_access("write")
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        salt = secrets.token_hex(16)
        self.sudo().write(
            {
                "pairing_salt": salt,
                "pairing_hash": self._hash_code(salt, code),
                "pairing_expires_at": fields.Datetime.now() + timedelta(minutes=CODE_MINUTES),
                "pairing_tries": 0,
                "pairing_used": False,
                "state": "paired" if self.state == "paired" else "pairing",
            }
        )
        wizard = self.env["inventory.device.pairing"].create({"agent_id": self.id, "code": f"{self.id}-{code}"})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pair %s", self.name),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_revoke(self):
        """Refuse everything from this agent from now on."""
        self.check_access("write")
        self.sudo().write({"state": "revoked", "pairing_hash": False, "public_key": False})

    @api.model
    def _hash_code(self, salt, code):
        return hashlib.sha256(f"{salt}:{code}".encode()).hexdigest()

    @api.model
    def _normalise_code(self, code):
        """``(agent id, code)`` of what a person typed; letters that look like digits are read as digits."""
        number, _dash, rest = str(code).strip().upper().partition("-")
        rest = rest.replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
        return (int(number) if number.isdigit() and len(number) < 10 else 0), rest

    @api.model
    def _pair(self, code, public_key, host, version, next_seq):
        """Accept the agent that knows the code (called by the controller, as superuser).

        A failed try is counted and must be committed: the caller answers, it does not raise. The same code with
        the same key is answered again (law 3), because the first answer may have been lost; a used code with
        another key is refused.

        :param public_key: 32 bytes, base64
        :param next_seq: number of the first event that the agent will send
        :return: ``(agent, None)`` or ``(None, error code)``
        """
        agent_id, secret = self._normalise_code(code)
        agent = self.browse(agent_id).exists().filtered("pairing_hash")
        if not agent or len(self._decode_key(public_key)) != 32:
            return None, "wrong_code"
        # Two tries at once must not share one count.
        self.env.cr.execute(SQL("SELECT id FROM inventory_device_agent WHERE id = %s FOR UPDATE", agent.id))
        agent.invalidate_recordset()
        if agent.pairing_tries >= CODE_TRIES or agent.pairing_expires_at < fields.Datetime.now():
            return None, "expired_code"
        if not hmac.compare_digest(self._hash_code(agent.pairing_salt, secret), agent.pairing_hash):
            agent.pairing_tries += 1
            return None, "wrong_code"
        if agent.pairing_used:
            return (agent, None) if agent.public_key == public_key else (None, "expired_code")
        agent.write(
            {
                "state": "paired",
                "public_key": public_key,
                "pairing_used": True,
                "paired_at": fields.Datetime.now(),
                "last_seen_at": fields.Datetime.now(),
                "last_seq": next_seq - 1,
                "host": host,
                "version": version,
            }
        )
        return agent, None

    @api.model
    def _decode_key(self, text):
        try:
            return base64.b64decode(text or "", validate=True)
        except (ValueError, TypeError):
            return b""

    def _verify_signature(self, message, signature):
        """True when ``signature`` (base64) of ``message`` (bytes) was made with this agent's key."""
        self.ensure_one()
        try:
            key = Ed25519PublicKey.from_public_bytes(self._decode_key(self.public_key))
            key.verify(self._decode_key(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True
