"""Webhooks against a real receiver: signed, tried again, nothing lost when a process is killed."""

import http.server
import json
import threading

import pytest

from tests.channels.test_readme_clients import example

SECRET = "a secret of the receiver"


class Receiver:
    """An outside shop: checks each signature, refuses the first posts, and keeps the newest number of each code."""

    def __init__(self, refuse=0, answers=True):
        self.refuse = refuse
        # Cleared, it takes what comes and does not answer.
        self.answering = threading.Event()
        if answers:
            self.answering.set()
        self.numbers = {}
        self.cursors = []
        self.refused = 0
        self.wrong = []
        self.arrived = threading.Event()
        # The check that the read-me shows to receivers.
        names = {}
        exec(example("def is_genuine("), names)
        self.is_genuine = names["is_genuine"]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/stock?shop=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        return Handler

    def take(self, path, headers, body):
        if not self.is_genuine(SECRET, headers, body) or self.is_genuine("another", headers, body):
            self.wrong.append(body)
            return 401
        if self.refused < self.refuse:
            self.refused += 1
            return 503
        content = json.loads(body)
        assert path == "/stock?shop=1"
        assert content["channel"] == "shop"
        self.cursors.append(int(content["cursor"]))
        self.numbers.update((change["sku"], change["available"]) for change in content["changes"])
        self.arrived.set()
        self.answering.wait(60)
        return 204


@pytest.fixture
def receiver(request):
    made = Receiver(**getattr(request, "param", {}))
    yield made
    made.answering.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize("receiver", [{"refuse": 2}], indirect=True)
def test_refused_twice_then_taken(clone, together, receiver):
    db = clone("inventory_plus")
    webhook = {"url": receiver.url, "secret": SECRET}
    [products] = together(db, [("tests.channels.feed_work:prepare_shop", (20, 100, webhook))])
    [deliveries] = together(db, [("tests.channels.feed_work:deliver", (4,))])
    assert receiver.numbers == {f"SKU{number}": 100 for number in range(len(products))}
    assert receiver.refused == 2
    assert not receiver.wrong
    assert [delivery["state"] for delivery in deliveries] == ["delivered"], deliveries
    assert (deliveries[0]["tries"], deliveries[0]["response_code"]) == (3, 204)


@pytest.mark.parametrize("receiver", [{"answers": False}], indirect=True)
def test_killed_in_the_middle_of_a_post(clone, together, registry_process, receiver, connect):
    """The receiver has it, the process dies before it can note so: it comes again, and what changed since with it."""
    db = clone("inventory_plus")
    webhook = {"url": receiver.url, "secret": SECRET}
    [products] = together(db, [("tests.channels.feed_work:prepare_shop", (5, 100, webhook))])
    victim = registry_process(db, "tests.channels.feed_work:deliver_and_tell").go()
    assert victim.say() == {"running": True}
    assert receiver.arrived.wait(30)
    victim.kill()
    with connect(db).cursor() as cr:
        cr.execute("SELECT state, tries FROM inventory_channel_delivery")
        assert cr.fetchall() == [("waiting", 0)]
        cr.execute("UPDATE stock_quant SET quantity = 55 WHERE product_id = %s AND quantity = 100", [products[0]])
    receiver.answering.set()
    [deliveries] = together(db, [("tests.channels.feed_work:deliver", (3,))])
    assert {delivery["state"] for delivery in deliveries} == {"delivered"}, deliveries
    assert receiver.numbers == {"SKU0": 55, **{f"SKU{number}": 100 for number in range(1, 5)}}
    assert receiver.cursors == sorted(receiver.cursors)
    assert not receiver.wrong
