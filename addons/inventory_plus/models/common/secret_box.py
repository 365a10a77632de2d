"""Secrets at rest: sealed with a key that is not in the database."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from odoo.tools import config

from .audit_key import _generate_key, _read_section


def secret_key():
    """The key under which secrets are sealed, as bytes.

    Taken from the environment (``INVENTORY_SECRET_KEY``), else from the configuration file (``secret_key`` in a section
    ``[inventory_plus]``, or ``inventory_secret_key`` among Odoo's own options, about which Odoo then warns), else from
    a file that is generated once in the data directory (mode 0600). A copy of the database alone tells no secret.
    Several servers of one database need the same key; with another one, secrets have to be entered again.
    """
    configured = (
        os.environ.get("INVENTORY_SECRET_KEY")
        or _read_section(config["config"] or "", "secret_key")
        or config.get("inventory_secret_key")
    )
    if configured:
        return str(configured).encode()
    folder = Path(config["data_dir"]) / "inventory_secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "key"
    if not path.exists():
        _generate_key(path, "sealed secrets")
    return path.read_bytes().strip()


def _box(purpose):
    digest = hmac.new(secret_key(), b"inventory_plus/" + purpose.encode(), hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def seal(purpose, text):
    """``text`` encrypted and authenticated for one purpose."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(purpose, sealed):
    """The text of :func:`seal`.

    :raise ValueError: it was sealed with another key or for another purpose, or was changed
    """
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ValueError("This secret was sealed with another key.") from None
