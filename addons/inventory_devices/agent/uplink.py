"""Sends the outbox to Odoo in signed batches, in order, until each event is confirmed."""

import asyncio
import json
import logging
import random

import aiohttp

from .signing import signed_headers

_logger = logging.getLogger(__name__)

EVENTS_PATH = "/inventory_devices/v1/events"
BATCH = 200
LINGER = 0.02  # seconds: scans that come together travel together
HEARTBEAT = 15.0  # seconds between signs of life when nothing happens
SHORTEST_WAIT, LONGEST_WAIT = 0.25, 30.0  # seconds between tries, with full jitter
TIMEOUT = aiohttp.ClientTimeout(total=30)


class Refused(Exception):
    """Odoo will not take anything from this agent until a person acts; the message says what."""


class Uplink:
    """One connection upward.

    :param pairing: dict of :meth:`State.read`
    :param outbox: :class:`Outbox`
    """

    def __init__(self, pairing, outbox):
        self.url = pairing["url"].rstrip("/")
        self.database = pairing["database"]
        self.agent_id = pairing["agent_id"]
        self.private_key = bytes.fromhex(pairing["private_key"])
        self.outbox = outbox
        self.wake = asyncio.Event()
        self.failures = 0
        self.lost = []

    def notify(self):
        """Tell the uplink that the outbox has something new."""
        self.wake.set()

    async def run(self):
        """Send for ever; a failure waits and tries again.

        :raise Refused: the agent was revoked or never paired
        """
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while True:
                await self._step(session)

    async def drain(self, seconds):
        """Send what waits, for at most ``seconds``; return how many events still wait."""
        deadline = asyncio.get_running_loop().time() + seconds
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            while self.outbox.waiting() and asyncio.get_running_loop().time() < deadline:
                if not await self._send(session):
                    await asyncio.sleep(self._pause())
        return self.outbox.waiting()

    async def _step(self, session):
        """One round: wait for work or the heartbeat, then send."""
        if not self.outbox.waiting():
            try:
                await asyncio.wait_for(self.wake.wait(), HEARTBEAT)
                await asyncio.sleep(LINGER)
            except asyncio.TimeoutError:
                pass  # the empty batch below is the sign of life
        self.wake.clear()
        if not await self._send(session):
            await asyncio.sleep(self._pause())

    def _pause(self):
        """Seconds until the next try: full jitter over a doubling range."""
        return random.uniform(SHORTEST_WAIT, min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(self.failures, 10)))

    async def _send(self, session):
        """Post one batch and act on the answer; True when Odoo took it."""
        batch = self.outbox.first(BATCH)
        body = json.dumps({"events": batch, "lost": self.lost}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Odoo-Database": self.database,
            **signed_headers(self.private_key, self.agent_id, "POST", EVENTS_PATH, body),
        }
        try:
            async with session.post(self.url + EVENTS_PATH, data=body, headers=headers) as response:
                answer = await self._answer(response)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            return self._failed(f"Odoo cannot be reached ({type(error).__name__}: {error})")
        if answer is None:
            return False
        self._accepted(answer, batch)
        return True

    async def _answer(self, response):
        """The parsed answer, or None when it has to be tried again.

        :raise Refused: trying again is of no use
        """
        try:
            answer = json.loads(await response.read())
        except ValueError:
            answer = {}
        if response.status == 200 and "ack" in answer:
            return answer
        message = answer.get("message") or f"HTTP {response.status}"
        if answer.get("error") in ("unknown_agent", "revoked", "bad_signature"):
            raise Refused(message)
        self._failed(message)
        return None

    def _failed(self, why):
        if not self.failures:
            _logger.warning("%s; %s events wait and will be sent again.", why, self.outbox.waiting())
        self.failures += 1
        return False

    def _accepted(self, answer, batch):
        """Forget what is confirmed; say what is missing in between is lost for good."""
        if self.failures:
            _logger.info("Connected again.")
        self.failures = 0
        self.lost = []
        # Odoo may know higher numbers, of an earlier outbox; what was not sent in this batch stays.
        if batch:
            self.outbox.acknowledge(min(answer["ack"], batch[-1]["seq"]))
        if not batch or answer["ack"] > batch[-1]["seq"]:
            # An earlier outbox of this agent was ahead of this one (a restored disk): its numbers are taken.
            self.outbox.skip_to(answer["ack"])
        gap = answer.get("gap")
        if gap:
            held = {event["seq"] for event in self.outbox.first(BATCH)}
            if gap[0] not in held:
                # The outbox no longer has them (a new disk): say so, a person must see it.
                end = min([seq for seq in held if seq > gap[0]], default=gap[1] + 1) - 1
                self.lost = [[gap[0], min(end, gap[1])]]
                _logger.error("Events %s to %s are lost: this outbox does not hold them.", *self.lost[0])
