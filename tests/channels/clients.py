"""Clients of the torture test: they keep a journal of what they were told, as a shop keeps its orders."""

import http.client
import random
import threading
import time
import urllib.error
import uuid
import xmlrpc.client

from tests.channels.work import API_LOGIN
from tests.support.rpc import Client, RemoteError

#: What a client meets when the server or the database is killed under it; then it asks again with the same key.
LOST = (
    *(OSError, http.client.HTTPException, urllib.error.URLError, xmlrpc.client.ProtocolError),
    *(xmlrpc.client.Fault, RemoteError, ValueError),
)


class Shop(threading.Thread):
    """Reserves, confirms, extends and releases at random until it is told to stop.

    :ivar journal: ``{(channel, key): {"request", "answer", "actions": [(action, answer or None)]}}``; an answer is
        what was acknowledged, None where the client cannot know what happened
    """

    def __init__(self, server, things, number, deadline):
        super().__init__(daemon=True)
        self.server, self.things, self.number, self.deadline = server, things, number, deadline
        self.random = random.Random(number)
        self.journal = {}
        self.calls = self.lost = 0
        self.odd = []
        self._call = self._xmlrpc if number % 2 else self._json2

    def _json2(self, method, **kwargs):
        client = Client(self.server.url, self.server.db)
        return client.json2("inventory.reservation", method, self.things["api_key"], **kwargs)

    def _xmlrpc(self, method, **kwargs):
        proxy = xmlrpc.client.ServerProxy(f"{self.server.url}/xmlrpc/2/object", allow_none=True)
        uid = self.things["api_uid"]
        return proxy.execute_kw(self.server.db, uid, API_LOGIN, "inventory.reservation", method, [], kwargs)

    def run(self):
        while time.monotonic() < self.deadline:
            try:
                self.random.choice((self.reserve, self.reserve, self.follow))()
            except Exception as error:  # a thread's error must not get lost
                self.odd.append(repr(error))
                return

    def ask(self, method, **kwargs):
        """Call until there is an answer; None when the time is over before."""
        while True:
            self.calls += 1
            try:
                return self._call(method, **kwargs)
            except LOST:
                self.lost += 1
                if time.monotonic() > self.deadline + 20:
                    return None
                time.sleep(self.random.uniform(0.05, 0.3))

    def reserve(self):
        channel = self.random.choice(("shop", "market"))
        skus = self.random.sample(self.things["skus"], 2)
        request = {
            "key": uuid.uuid4().hex,
            "channel": channel,
            "mode": self.random.choice(("all_or_nothing", "partial")),
            "ttl": self.random.choice((1, 60, 3600)),
            "lines": [{"sku": sku, "quantity": self.random.randint(1, 3)} for sku in skus],
        }
        entry = {"request": request, "answer": None, "actions": []}
        self.journal[channel, request["key"]] = entry
        answers = self.ask("reserve", requests=[request])
        if answers is None:
            return
        entry["answer"] = answers[0]
        if self.random.random() < 0.2:
            again = self.ask("reserve", requests=[request])
            if again is not None and again[0] != answers[0]:
                self.odd.append(f"another answer to the same key: {answers[0]} / {again[0]}")

    def follow(self):
        """Do something with a promise of one's own."""
        mine = [
            key
            for key, entry in self.journal.items()
            if entry["answer"] and entry["answer"]["state"] != "rejected" and len(entry["actions"]) < 2
        ]
        if not mine:
            return
        channel, key = self.random.choice(mine)
        action = self.random.choice(("confirm", "release", "release", "extend"))
        actions = self.journal[channel, key]["actions"]
        actions.append([action, None])
        kwargs = {"ttl": 60} if action == "extend" else {}
        answers = self.ask(action, keys=[{"channel": channel, "key": key}], **kwargs)
        if answers is not None:
            actions[-1][1] = answers[0]
