"""Pairing: a one-time code typed by a person, the public key in return."""

import asyncio
import json
import platform

import aiohttp

from . import VERSION
from .signing import new_private_key, public_key

PAIR_PATH = "/inventory_devices/v1/pair"


class PairingError(Exception):
    """Odoo did not accept the pairing; the message says why."""


async def pair(url, database, code, state):
    """Pair with Odoo and store the result in ``state``.

    The key is written before it is sent: when the answer is lost, the same command with the same code and the
    same key gets the same answer.

    :return: the answer of Odoo: agent_id, name, station
    :raise PairingError: wrong or expired code, unreachable server
    """
    draft = state.folder / "pairing.key"
    state.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not draft.exists():
        draft.touch(mode=0o600)
        draft.write_text(new_private_key().hex())
    private_key = bytes.fromhex(draft.read_text())
    outbox = state.outbox()
    body = {
        "code": code,
        "public_key": public_key(private_key),
        "host": platform.node()[:64],
        "version": VERSION,
        "next_seq": outbox.next_seq(),
    }
    outbox.close()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            headers = {"X-Odoo-Database": database, "Content-Type": "application/json"}
            async with session.post(url.rstrip("/") + PAIR_PATH, data=json.dumps(body), headers=headers) as response:
                text = await response.text()
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
        raise PairingError(f"Odoo cannot be reached at {url} ({error}).") from error
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise PairingError(
            f"{url} answered HTTP {response.status}, but not as Odoo with Inventory Devices does."
        ) from error
    if "agent_id" not in answer:
        raise PairingError(answer.get("message") or f"Odoo refused the pairing (HTTP {response.status}).")
    state.write({"url": url, "database": database, "agent_id": answer["agent_id"], "private_key": private_key.hex()})
    draft.unlink()
    return answer
