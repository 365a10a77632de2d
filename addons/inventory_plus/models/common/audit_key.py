"""The key of the audit trail and the canonical form of an entry: plain functions, no database."""

import configparser
import functools
import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

from odoo.tools import config

_logger = logging.getLogger(__name__)

GENESIS = "0" * 64  # what the first entry is chained to
#: Columns under the stamp of the writing process, in this order. The text form is PostgreSQL's.
STAMPED = (
    "id",
    "logged_at",
    "company_ref",
    "company_name",
    "user_ref",
    "user_login",
    "user_name",
    "origin",
    "event",
    "res_model",
    "res_id",
    "res_name",
    "summary",
    "data",
)


def directory():
    """Folder beside the filestore that holds the generated key, the head kept apart, and exports."""
    path = Path(config["data_dir"]) / "inventory_audit"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def audit_key():
    """The secret of the chain, as bytes.

    Taken from the environment (``INVENTORY_AUDIT_KEY``), else from the configuration file (``audit_key`` in a section
    ``[inventory_plus]``, or ``inventory_audit_key`` among Odoo's own options, about which Odoo then warns), else from
    a file that is generated once in the data directory (mode 0600). Whoever has the key can forge the trail: keep it
    from the people who can write to the database. Several servers of one database need the same key.
    """
    configured = (
        os.environ.get("INVENTORY_AUDIT_KEY")
        or _read_section(config["config"] or "")
        or config.get("inventory_audit_key")
    )
    if configured:
        return str(configured).encode()
    path = directory() / "key"
    if not path.exists():
        _generate_key(path, "the audit trail")
    key = path.read_bytes().strip()
    if len(key) < 32:
        raise ValueError(f"The key of the audit trail in {path} is damaged: restore it from a backup.")
    return key


@functools.cache
def _read_section(path, option="audit_key"):
    """An option of the section ``[inventory_plus]`` of the configuration file, or None.

    A section of our own, because Odoo reads its options before any addon can announce one and warns of each that it
    does not know. Read once: a key is changed by a restart.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):  # Odoo itself has complained of it by now
        return None
    return parser.get("inventory_plus", option, fallback=None)


def _generate_key(path, purpose):
    """Put a new key at ``path``, whole or not at all: a process killed here leaves no half key, two make one."""
    draft = path.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
        _logger.warning("Generated the key of %s in %s: back it up, apart from the database", purpose, path)
    except FileExistsError:
        pass  # another process was first: its key holds
    finally:
        draft.unlink()


def canonical(values):
    """Bytes of ``values`` (texts or None) such that no two different sequences have the same bytes.

    Each value is preceded by its length, so that nothing can be moved over the border between two fields; None
    differs from the empty text.
    """
    parts = []
    for value in values:
        if value is None:
            parts.append(b"-;")
        else:
            raw = value.encode()
            parts.append(b"%d:%s;" % (len(raw), raw))
    return b"".join(parts)


def mac(key, purpose, values):
    """HMAC-SHA256 over ``values`` for one purpose ("stamp", "chain", "head"), as 64 hexadecimal digits."""
    return hmac.new(key, canonical((purpose, *values)), hashlib.sha256).hexdigest()


def same(one, other):
    """Compare two macs in constant time; None is never the same."""
    return bool(one) and bool(other) and hmac.compare_digest(one, other)
