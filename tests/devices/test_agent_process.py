"""The agent as a real process against a real server (law 9): exactly once, or shown as lost."""

import json
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from agent.signing import signed_headers

from tests.devices.conftest import ADDON
from tests.support.browser import PHONE, chromium

pytestmark = pytest.mark.slow

EVENTS = "/inventory_devices/v1/events"


def post(site, path, body, headers=None):
    """(status, answer) of a raw POST."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(site.url + path, raw, {"X-Odoo-Database": site.db, **(headers or {})})
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def identity(agent):
    """(agent id, private key) of a paired agent."""
    pairing = json.loads((agent.state / "agent.json").read_text())
    return pairing["agent_id"], bytes.fromhex(pairing["private_key"])


def event(seq, payload="X", uid=None):
    return {
        "uid": uid or f"test-event-{seq}",
        "seq": seq,
        "kind": "scan",
        "device": "t",
        "payload": payload,
        "happened_at": 1e9,
    }


def send(site, agent, events, lost=(), now=None):
    """Post signed events, as the agent does."""
    body = json.dumps({"events": events, "lost": list(lost)}).encode()
    number, key = identity(agent)
    return post(site, EVENTS, body, signed_headers(key, number, "POST", EVENTS, body, now))


def test_typed_line_shows_on_open_page(site, paired):
    """A line on standard input appears on the open page, with its product, without a reload; on a phone too."""
    product = {"name": "Blue paint", "barcode": "5901234123457", "is_storable": True}
    site.admin.call("product.product", "create", product)
    with chromium() as open_page:
        for device in ({}, PHONE):
            watched = open_page(device).login(site.url, site.db, "admin", "admin")
            watched.page.goto(f"{site.url}/odoo/action-inventory_devices.action_station_page")
            watched.page.wait_for_selector(".o_inventory_station_empty, .o_inventory_station_latest")
            paired.start()
            paired.scan("5901234123457")
            watched.page.wait_for_selector(".o_inventory_station_code:has-text('5901234123457')", timeout=15000)
            assert "Blue paint" in watched.page.inner_text(".o_inventory_station_latest")
            paired.scan(f"UNKNOWN-{len(device)}")
            watched.page.wait_for_selector(
                f".o_inventory_station_code:has-text('UNKNOWN-{len(device)}')", timeout=15000
            )
            assert "No product has this code" in watched.page.inner_text(".o_inventory_station_latest")
            assert paired.finish() == 0
            assert watched.errors == []


def test_lost_requests_and_answers_change_nothing(site, paired, lossy):
    """Every third request and every third answer is lost: each scan stands once, in order."""
    proxy = lossy(lambda number: ("lose answer", "lose request", "pass")[number % 3])
    paired.point_to(proxy.url)
    paired.start()
    codes = [f"CODE-{number}" for number in range(300)]
    for start in range(0, 300, 30):
        paired.scan(*codes[start : start + 30])
        time.sleep(0.05)  # several batches, as a person scans; not a wait for a result
    assert paired.finish() == 0
    assert [payload for _seq, _kind, payload in site.events()] == codes
    assert proxy.counts["lose answer"] and proxy.counts["lose request"]


def test_killed_agent_loses_nothing_it_took(site, paired, lossy):
    """kill -9 while Odoo is unreachable: what was in the outbox arrives after the restart, once."""
    unreachable = lossy(lambda _number: "lose answer")
    paired.point_to(unreachable.url)
    paired.start()
    paired.scan(*(f"A{number}" for number in range(50)))
    outbox = sqlite3.connect(paired.state / "outbox.sqlite")
    deadline = time.monotonic() + 20
    while outbox.execute("SELECT COUNT(*) FROM event").fetchone()[0] < 50:
        assert time.monotonic() < deadline, "the agent did not store the scans"
        time.sleep(0.02)
    paired.kill()
    paired.point_to(site.url)
    paired.start()
    paired.scan("B0")
    assert paired.finish() == 0
    assert [payload for _seq, _kind, payload in site.events()] == [f"A{number}" for number in range(50)] + ["B0"]


def test_lost_outbox_is_shown(site, paired):
    """Events that no outbox holds any more are declared lost and shown; the stream goes on behind them."""
    assert send(site, paired, [event(1)])[1]["ack"] == 1
    status, answer = send(site, paired, [event(5)])
    assert (status, answer["ack"], answer["gap"]) == (200, 1, [2, 4])
    outbox = sqlite3.connect(paired.state / "outbox.sqlite")
    with outbox:
        outbox.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('event', 5)")
    outbox.close()
    paired.start()
    paired.scan("AFTER")
    assert paired.finish() == 0
    events = site.events()
    assert [(seq, payload) for seq, kind, payload in events if kind == "lost"] == [(4, "2-4")]
    assert [(seq, payload) for seq, kind, payload in events if kind == "scan"] == [(1, "X"), (5, "X"), (6, "AFTER")]
    assert site.admin.call("inventory.device.agent", "read", [site.agent], ["last_seq", "lost_count"])[0] == {
        "id": site.agent,
        "last_seq": 6,
        "lost_count": 3,
    }


def test_same_batch_twice(site, paired):
    first = send(site, paired, [event(1), event(2)])
    again = send(site, paired, [event(1), event(2)])
    assert (first[1]["new"], again[1]["new"], again[1]["ack"]) == (2, 0, 2)
    assert len(site.events()) == 2


def test_forged_requests_are_refused(site, paired):
    """Without the key, altered, too old, played back: refused, and nothing is stored."""
    number, key = identity(paired)
    body = json.dumps({"events": [event(1)], "lost": []}).encode()
    headers = signed_headers(key, number, "POST", EVENTS, body)
    assert post(site, EVENTS, body.replace(b"X", b"Y"), headers)[1]["error"] == "bad_signature"
    assert (
        post(site, EVENTS, body, signed_headers(b"\x01" * 32, number, "POST", EVENTS, body))[1]["error"]
        == "bad_signature"
    )
    assert post(site, EVENTS, body)[1]["error"] == "bad_request"
    assert send(site, paired, [event(1)], now=time.time() - 600)[1]["error"] == "clock"
    assert site.events() == []
    assert post(site, EVENTS, body, headers)[0] == 200
    assert post(site, EVENTS, body, headers)[1]["error"] == "replay"
    assert len(site.events()) == 1


def test_bad_batches_change_nothing(site, paired):
    """Each kind of nonsense gets a sentence; good events beside a bad one are not stored either."""
    bad = [
        {**event(2), "seq": 0},
        {**event(2), "seq": "2"},
        {**event(2), "seq": True},
        {**event(2), "payload": ""},
        {**event(2), "payload": "x" * 513},
        {**event(2), "kind": "move"},
        {**event(2), "uid": "short"},
        {**event(2), "uid": "lost-2-3"},
        {**event(2), "happened_at": "now"},
        {**event(2), "happened_at": 1e18},
        "event",
    ]
    for nonsense in bad:
        status, answer = send(site, paired, [event(1), nonsense])
        assert (status, answer["error"]) == (400, "bad_request"), nonsense
        assert answer["message"].endswith("."), nonsense
    assert send(site, paired, [], lost=[[5, 2]])[0] == 400
    assert site.events() == []


def test_pairing_code_is_guarded(site, agent):
    """Five wrong codes end it, a used code serves only the same key again, a revoked agent stops by itself."""
    code = site.code()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _try in range(5):
        done = agent.pair(site.url, site.db, wrong)
        assert done.returncode == 2 and "wrong" in done.stderr
    assert "Ask for a new one" in agent.pair(site.url, site.db, code).stderr
    code = site.code()
    body = {"code": code, "public_key": "A" * 43 + "=", "host": "h", "version": "1"}
    assert post(site, "/inventory_devices/v1/pair", body)[0] == 200
    assert post(site, "/inventory_devices/v1/pair", body)[0] == 200
    assert post(site, "/inventory_devices/v1/pair", {**body, "public_key": "B" * 43 + "="})[0] == 403
    assert agent.pair(site.url, site.db, site.code().lower()).returncode == 0
    site.admin.call("inventory.device.agent", "action_revoke", [site.agent])
    agent.start()
    agent.scan("AFTER")
    assert agent.process.wait(30) == 2
    assert "revoked" in (agent.state / "log").read_text()
    assert site.events() == []


def test_second_agent_on_the_same_folder(site, paired):
    paired.start()
    try:
        deadline = time.monotonic() + 20
        while not (paired.state / "lock").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        paired.scan("ONE")
        while not site.events():
            assert time.monotonic() < deadline + 20
            time.sleep(0.05)
        second = subprocess.run(paired.command("run"), cwd=ADDON, input="", capture_output=True, text=True, timeout=30)
        assert second.returncode == 2 and "Another agent" in second.stderr
    finally:
        assert paired.finish() == 0
