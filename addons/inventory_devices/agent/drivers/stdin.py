"""Keyboard scanner as lines on standard input: each line is one scan."""

import asyncio
import sys

from ..normaliser import clean_scan

LONGEST_LINE = 4096


class StdinDriver:
    """Reads lines until the input ends.

    :param accept: called with (kind, device, payload) for every scan; it has stored the scan when it returns
    """

    def __init__(self, accept, stream=None):
        self.accept = accept
        self.stream = stream or sys.stdin.buffer

    async def run(self):
        """Hand on every line that holds a code; returns at end of input."""
        # A thread, because standard input may be a file, a pipe or a terminal and only some of them can be polled.
        while line := await asyncio.to_thread(self.stream.readline, LONGEST_LINE):
            code = clean_scan(line)
            if code:
                self.accept("scan", "stdin", code)
