"""What the agent keeps between runs: its key, where Odoo is, its outbox."""

import fcntl
import json
import os
from pathlib import Path

from .outbox import Outbox


class StateError(Exception):
    """The state folder cannot be used; the message says what to do."""


class State:
    """The agent's folder: ``agent.json`` (mode 0600, holds the private key), ``outbox.sqlite``, ``lock``."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.file = self.folder / "agent.json"

    def lock(self):
        """Keep a second agent off this folder for the life of the process.

        :raise StateError: another agent uses the folder
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(
                f"Another agent already uses {self.folder}; stop it or give --state another folder."
            ) from error

    def read(self):
        """The pairing as a dict: url, database, agent_id, private_key (hex).

        :raise StateError: not paired yet, or the file is damaged
        """
        try:
            return json.loads(self.file.read_text())
        except FileNotFoundError as error:
            raise StateError(
                "This agent is not paired yet: run it with 'pair' and the code that Odoo shows."
            ) from error
        except ValueError as error:
            raise StateError(f"{self.file} is damaged: pair the agent again.") from error

    def write(self, pairing):
        """Store the pairing; readable for this user only, replaced as a whole."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(pairing, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.file)

    def outbox(self):
        """The outbox of this folder."""
        return Outbox(self.folder / "outbox.sqlite")
