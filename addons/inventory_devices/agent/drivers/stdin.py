"""Keyboard scanner as lines on standard input: each line is one scan."""

import asyncio
import sys
import threading
from concurrent.futures import CancelledError

from ..normaliser import clean_scan

LONGEST_LINE = 4096
READ_AHEAD = 256  # lines; a file as input waits for the outbox instead of filling the memory


class StdinDriver:
    """Reads lines until the input ends.

    :param accept: called with (kind, device, payload) for every scan; it has stored the scan when it returns
    """

    def __init__(self, accept, stream=None):
        self.accept = accept
        self.stream = stream or sys.stdin.buffer

    async def run(self):
        """Hand on every line that holds a code; returns at end of input."""
        lines = asyncio.Queue(READ_AHEAD)
        # A thread, because standard input may be a file, a pipe or a terminal and only some of them can be polled;
        # a daemon, because a read on a terminal cannot be interrupted when the agent has to stop.
        threading.Thread(target=self._read, args=(lines, asyncio.get_running_loop()), daemon=True).start()
        while line := await lines.get():
            code = clean_scan(line)
            if code:
                self.accept("scan", "stdin", code)

    def _read(self, lines, loop):
        """Pass lines on, and an empty one at the end; ends when the loop is gone."""
        try:
            while True:
                line = self.stream.readline(LONGEST_LINE)
                asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
                if not line:
                    return
        except (RuntimeError, CancelledError):
            return  # the loop has ended
