"""The agents' protocol, version 1: pair once, then signed batches of events."""

import json
import time

from odoo import http
from odoo.http import request

from ..agent.signing import canonical

CLOCK_WINDOW = 120  # seconds that an agent's clock may differ
MAXIMUM_BODY = 2 * 1024 * 1024

MESSAGES = {
    "bad_request": "The request is not understood.",
    "too_large": "The request is too large.",
    "wrong_code": "This pairing code is wrong. Check it, or ask for a new one in Odoo.",
    "expired_code": "This pairing code is used up or too old. Ask for a new one in Odoo.",
    "unknown_agent": "Odoo does not know this agent. Pair it again.",
    "revoked": "This agent was revoked in Odoo. Pair it again if it shall be used.",
    "bad_signature": "The signature does not belong to this agent. Pair it again.",
    "clock": "The clock of the agent's computer is wrong by more than two minutes. Set it.",
    "replay": "This request was received before.",
}
STATUS = {"bad_request": 400, "too_large": 413}


class DeviceProtocol(http.Controller):
    """No session, no cookie, no cross-origin access: the signature is the only key."""

    @http.route(
        "/inventory_devices/v1/pair",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def pair(self, **_ignored):
        """Exchange a one-time code for an identity; body ``{code, public_key, host, version, next_seq}``."""
        body, error = self._body()
        if error:
            return self._refuse(error)
        if not isinstance(body, dict):
            return self._refuse("bad_request")
        texts = [body.get(name) for name in ("code", "public_key", "host", "version")]
        next_seq = body.get("next_seq", 1)
        well_formed = all(isinstance(text, str) and len(text) <= 128 and text.isprintable() for text in texts)
        if not well_formed or type(next_seq) is not int or not 0 < next_seq < 2**31:
            return self._refuse("bad_request")
        agent, error = self._agents()._pair(*texts, next_seq)
        if error:
            return self._refuse(error)
        answer = {"agent_id": agent.id, "name": agent.name, "station": agent.station_id.name, "time": time.time()}
        return request.make_json_response(answer)

    @http.route(
        "/inventory_devices/v1/events",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def events(self, **_ignored):
        """Take a signed batch; answers ``{ack, new, gap?, time}``. The same batch again changes nothing."""
        agent, error = self._authenticate()
        if error:
            return self._refuse(error)
        body, error = self._body()
        if error:
            return self._refuse(error)
        events = agent.env["inventory.device.event"]
        try:
            rows, lost = events._check_batch(body)
        except ValueError as problem:
            return self._refuse("bad_request", str(problem))
        return request.make_json_response({**events._ingest(agent, rows, lost), "time": time.time()})

    def _agents(self):
        return request.env(user=1, su=True)["inventory.device.agent"]

    def _body(self):
        """The parsed body: ``(value, None)`` or ``(None, error code)``."""
        raw = self._raw()
        if raw is None:
            return None, "too_large"
        try:
            return json.loads(raw), None
        except (ValueError, RecursionError):
            return None, "bad_request"

    def _raw(self):
        """The body as bytes, None when it is too large."""
        if (request.httprequest.content_length or 0) > MAXIMUM_BODY:
            return None
        return request.httprequest.get_data(cache=True)

    def _authenticate(self):
        """The agent that signed this request: ``(agent, None)`` or ``(None, error code)``."""
        headers = request.httprequest.headers
        number, stamp = headers.get("X-Inventory-Agent", ""), headers.get("X-Inventory-Timestamp", "")
        nonce, signature = headers.get("X-Inventory-Nonce", ""), headers.get("X-Inventory-Signature", "")
        if not (
            number.isdecimal() and stamp.isdecimal() and len(number) < 10 and len(stamp) < 12 and 16 <= len(nonce) <= 64
        ):
            return None, "bad_request"
        agent = self._agents().browse(int(number)).exists()
        if not agent or agent.state in ("new", "pairing"):
            return None, "unknown_agent"
        if agent.state == "revoked" or not agent.active:
            return None, "revoked"
        raw = self._raw()
        if raw is None:
            return None, "too_large"
        message = canonical("POST", request.httprequest.path, stamp, nonce, raw)
        if not agent._verify_signature(message, signature):
            return None, "bad_signature"
        if abs(time.time() - int(stamp)) > CLOCK_WINDOW:
            return None, "clock"
        if not agent.env["inventory.device.nonce"]._use(agent, nonce):
            return None, "replay"
        return agent, None

    def _refuse(self, error, message=None):
        answer = {"error": error, "message": message or MESSAGES[error], "time": time.time()}
        return request.make_json_response(answer, status=STATUS.get(error, 403))
