"""Requests signed with Ed25519: the key is made on the agent's computer and never leaves it."""

import base64
import hashlib
import os
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def canonical(method, path, timestamp, nonce, body):
    """The bytes that are signed: method, path, time, nonce and the body's SHA-256, a line each.

    Nothing in it may hold a line feed, so two different requests never give the same bytes.
    """
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((method, path, str(timestamp), nonce, digest)).encode()


def new_private_key():
    """A fresh private key as 32 raw bytes."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def public_key(private_key):
    """The public key of ``private_key`` (32 raw bytes), base64."""
    key = Ed25519PrivateKey.from_private_bytes(private_key).public_key()
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def signed_headers(private_key, agent_id, method, path, body, now=None):
    """Headers that prove who sent ``body`` and when.

    :param private_key: 32 raw bytes
    :param agent_id: the number that Odoo gave at pairing
    :param now: Unix time in seconds; None means this computer's clock
    """
    timestamp = int(time.time() if now is None else now)
    nonce = os.urandom(16).hex()
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(canonical(method, path, timestamp, nonce, body))
    return {
        "X-Inventory-Agent": str(agent_id),
        "X-Inventory-Timestamp": str(timestamp),
        "X-Inventory-Nonce": nonce,
        "X-Inventory-Signature": base64.b64encode(signature).decode(),
    }
