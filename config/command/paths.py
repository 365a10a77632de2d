"""Where things are. Everything that a command makes lies under ``.local/``, which git ignores."""

import contextlib
import hashlib
import json
import os
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
CONFIG = ROOT / "config"
FIX_ADDONS = CONFIG / "addons"
TESTS = ROOT / "tests"

LOCAL = ROOT / ".local"
DOWNLOADS = LOCAL / "download"
LOG = LOCAL / "log"
LOCKS = LOCAL / "lock"
ODOO = LOCAL / "odoo"
PYTHON = LOCAL / "python"
POSTGRES = LOCAL / "postgres"
RUN = LOCAL / "run"
DATA = LOCAL / "data"
CACHE = LOCAL / "cache"


def our_addons():
    """Names of the product's addons, in the order of their folders."""
    return sorted(folder.parent.name for folder in ADDONS.glob("*/__manifest__.py"))


def house_id():
    """A random name of this checkout, made once: marks what is its own outside ``.local/`` (databases, folders)."""
    path = LOCAL / "house-id"
    with contextlib.suppress(FileNotFoundError):
        found = path.read_text(encoding="ascii").strip()
        if found:
            return found
    new = uuid.uuid4().hex[:12]
    write_text(path, new + "\n")
    return new


def write_text(path, text, mode=0o644):
    """Write a file whole or not at all: a killed writer leaves the old content."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def write_json(path, value):
    """:func:`write_text` of a JSON document."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path, default=None):
    """The JSON document at ``path``, or ``default`` when there is none or it cannot be read."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default


def fingerprint(*parts):
    """A short name for the content of files (``Path``) and strings: changes when one of them does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]
