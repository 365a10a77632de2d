"""The agent's parts without Odoo: milliseconds."""

import base64

import pytest
from agent.identifiers import uuid7
from agent.normaliser import MAXIMUM_LENGTH, clean_scan
from agent.outbox import Outbox
from agent.signing import canonical, new_private_key, public_key, signed_headers
from agent.state import State, StateError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def test_uuid7_sorts_by_time_and_carries_its_version():
    ids = [uuid7(milliseconds) for milliseconds in (1, 2, 1_700_000_000_000)]
    assert ids == sorted(ids)
    assert all(value.version == 7 and value.variant == "specified in RFC 4122" for value in ids)
    assert ids[-1].int >> 80 == 1_700_000_000_000
    assert len({uuid7(5) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"5901234123457\n", "5901234123457"),
        (b"  A 1 \r\n", "A 1"),
        (b"\x1b[31mRED\x00\n", "[31mRED"),
        (b"0104012345678901\x1d10ABC\n", "0104012345678901\x1d10ABC"),
        (b"[)>\x1e06\x1dP1\x1e\x04\n", "[)>\x1e06\x1dP1\x1e\x04"),
        ("红色油漆\n".encode(), "红色油漆"),
        (b"\xff\xfe\n", "\ufffd\ufffd"),
        (b"\n", ""),
        (b"x" * 4000, "x" * MAXIMUM_LENGTH),
    ],
)
def test_clean_scan(raw, expected):
    assert clean_scan(raw) == expected


def test_signature_covers_every_part():
    private = new_private_key()
    headers = signed_headers(private, 7, "POST", "/p", b"body", now=1000)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key(private)))
    signature = base64.b64decode(headers["X-Inventory-Signature"])
    right = ("POST", "/p", "1000", headers["X-Inventory-Nonce"], b"body")
    key.verify(signature, canonical(*right))
    for place, other in enumerate(("GET", "/q", "1001", "0" * 32, b"bodY")):
        wrong = [*right]
        wrong[place] = other
        with pytest.raises(InvalidSignature):
            key.verify(signature, canonical(*wrong))


def test_outbox_never_reuses_a_number(tmp_path):
    outbox = Outbox(tmp_path / "o.sqlite")
    assert outbox.next_seq() == 1
    assert [outbox.append("scan", "d", text) for text in "abc"] == [1, 2, 3]
    outbox.acknowledge(2)
    assert [row["payload"] for row in outbox.first(10)] == ["c"]
    assert outbox.next_seq() == 3
    outbox.acknowledge(3)
    outbox.close()
    outbox = Outbox(tmp_path / "o.sqlite")
    assert (outbox.waiting(), outbox.next_seq(), outbox.append("scan", "d", "e")) == (0, 4, 4)
    outbox.skip_to(10)
    outbox.skip_to(5)
    assert outbox.append("scan", "d", "f") == 11
    outbox.close()


def test_fresh_outbox_skips_numbers_that_odoo_knows(tmp_path):
    outbox = Outbox(tmp_path / "o.sqlite")
    outbox.skip_to(41)
    assert outbox.append("scan", "d", "x") == 42
    outbox.close()


def test_state_is_private_and_says_what_is_wrong(tmp_path):
    state = State(tmp_path / "agent")
    with pytest.raises(StateError, match="not paired"):
        state.read()
    state.write({"url": "u", "private_key": "k"})
    assert state.read()["url"] == "u"
    assert state.file.stat().st_mode & 0o077 == 0
    state.file.write_text("{broken")
    with pytest.raises(StateError, match="damaged"):
        state.read()
    state.lock()
    with pytest.raises(StateError, match="Another agent"):
        State(tmp_path / "agent").lock()
