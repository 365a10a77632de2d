"""A station with one agent on a running server, and the agent as a real process."""

import json
import os
import subprocess
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.rpc import Client

ADDON = Path(__file__).resolve().parents[2] / "addons" / "inventory_devices"
sys.path.insert(0, str(ADDON))  # the agent is a plain package beside the addon


class Site:
    """A server with a station and one agent that is not paired yet."""

    def __init__(self, server, db):
        self.url, self.db = server.url, db
        self.admin = Client(server.url, db).login("admin", "admin")
        self.station = self.admin.call("inventory.device.station", "create", {"name": "Bench"})
        values = {"name": "Bench computer", "station_id": self.station}
        self.agent = self.admin.call("inventory.device.agent", "create", values)

    def code(self):
        """A fresh pairing code, as the manager sees it."""
        action = self.admin.call("inventory.device.agent", "action_pair", [self.agent])
        return self.admin.call("inventory.device.pairing", "read", [action["res_id"]], ["code"])[0]["code"]

    def events(self):
        """(seq, kind, payload) of all events in order of arrival."""
        rows = self.admin.call("inventory.device.event", "search_read", [], ["seq", "kind", "payload"], order="id")
        return [(row["seq"], row["kind"], row["payload"]) for row in rows]


class AgentProcess:
    """``python -m agent`` with its own state folder."""

    def __init__(self, state):
        self.state = state
        self.process = None

    def command(self, *arguments):
        return [sys.executable, "-m", "agent", "--state", str(self.state), *arguments]

    def pair(self, url, db, code):
        """Pair and return the finished process."""
        words = self.command("pair", "--url", url, "--database", db, "--code", code)
        return subprocess.run(words, cwd=ADDON, capture_output=True, text=True, timeout=60)

    def point_to(self, url):
        """Let the paired agent speak to another address."""
        file = self.state / "agent.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "url": url}))

    def start(self):
        """Run with a pipe as the scanner."""
        log = (self.state / "log").open("a")
        self.process = subprocess.Popen(self.command("run"), cwd=ADDON, stdin=subprocess.PIPE, stderr=log, stdout=log)
        return self

    def scan(self, *codes):
        self.process.stdin.write("".join(f"{code}\n" for code in codes).encode())
        self.process.stdin.flush()

    def finish(self):
        """End the input and wait until everything is sent; return the exit code."""
        self.process.stdin.close()
        return self.process.wait(60)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class LossyProxy:
    """Forwards to Odoo, but swallows requests or answers as ``plan`` says; counts what it did.

    ``plan(number)`` returns "pass", "lose request" or "lose answer" for the n-th request.
    """

    def __init__(self, url, plan):
        target = urlsplit(url)
        proxy = self
        self.counts = {"pass": 0, "lose request": 0, "lose answer": 0}
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                with lock:
                    fate = plan(sum(proxy.counts.values()))
                    proxy.counts[fate] += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if fate == "lose request":
                    self.close_connection = True
                    return
                upstream = HTTPConnection(target.hostname, target.port, timeout=60)
                headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
                upstream.request("POST", self.path, body, {**headers, "Host": target.netloc})
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                if fate == "lose answer":
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments):
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(clone, server):
    db = clone("inventory_devices", assets=True)
    return Site(server(db, workers=0), db)  # threads: the bus answers on the same port


@pytest.fixture
def agent(tmp_path):
    process = AgentProcess(tmp_path / "agent")
    yield process
    process.kill()


@pytest.fixture
def paired(site, agent):
    done = agent.pair(site.url, site.db, site.code())
    assert done.returncode == 0, done.stderr
    return agent


@pytest.fixture
def lossy(site):
    made = []

    def make(plan):
        made.append(LossyProxy(site.url, plan))
        return made[-1]

    yield make
    for proxy in made:
        proxy.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Loopback is never reached through a proxy."""
    monkeypatch.setitem(os.environ, "NO_PROXY", "127.0.0.1")
