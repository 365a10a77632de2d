"""What the uplink does with answers, without a network."""

import asyncio
import sqlite3

import pytest
from agent.__main__ import main
from agent.outbox import Outbox
from agent.state import State
from agent.uplink import BATCH, Uplink

PAIRING = {"url": "http://127.0.0.1:9", "database": "d", "agent_id": 1, "private_key": "00" * 32}


@pytest.fixture
def uplink(tmp_path):
    outbox = Outbox(tmp_path / "o.sqlite")
    yield Uplink(PAIRING, outbox)
    outbox.close()


def test_only_what_was_sent_is_forgotten(uplink):
    """Odoo knows 1,000 numbers of an earlier outbox: the events that wait behind the batch stay."""
    for number in range(BATCH + 100):
        uplink.outbox.append("scan", "d", str(number))
    uplink._accepted({"ack": 1000}, uplink.outbox.first(BATCH))
    assert uplink.outbox.waiting() == 100
    assert uplink.outbox.append("scan", "d", "new") == 1001


def test_heartbeat_forgets_nothing(uplink):
    """A scan that came while the heartbeat was under way is not forgotten by its answer."""
    uplink.outbox.append("scan", "d", "x")
    uplink._accepted({"ack": 1000}, [])
    assert uplink.outbox.waiting() == 1


def test_full_disk_is_not_a_success(tmp_path, monkeypatch, capsys):
    """A scan that cannot be kept ends the agent with a sentence and an exit code that restarts it."""
    state = State(tmp_path / "agent")
    state.write(PAIRING)

    class Stream:
        lines = [b"SCAN\n", b""]

        def readline(self, _size):
            return self.lines.pop(0)

    def full(*_arguments, **_values):
        raise sqlite3.OperationalError("database or disk is full")

    async def quiet(_self):
        await asyncio.sleep(60)

    monkeypatch.setattr(Outbox, "append", full)
    monkeypatch.setattr(Uplink, "run", quiet)
    monkeypatch.setattr("agent.drivers.stdin.sys.stdin", type("Input", (), {"buffer": Stream()}))
    assert main(["--state", str(state.folder), "run", "--drain", "0"]) == 2
    assert "disk is full" in capsys.readouterr().err
