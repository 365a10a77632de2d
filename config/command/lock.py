"""Two at once: the second says so and leaves."""

import contextlib
import fcntl
import os
import time

from . import paths
from .console import Trouble


@contextlib.contextmanager
def hold(name, doing, wait=0):
    """Hold the lock ``name`` for the length of the block.

    The kernel frees it when the process ends, however it ends; nothing is left to clean up.

    :param doing: what the holder does, shown to the second ("./inventory run")
    :param wait: seconds to wait for another holder before giving up
    :raises Trouble: another process holds it
    """
    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(paths.LOCKS / name, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {doing}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor, wait):
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                pid, _, doing = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip().partition(" ")
                raise Trouble(
                    f"{doing or 'Another ./inventory'} (process {pid or '?'}) is at work in this checkout: "
                    "wait until it has finished, or stop it, and run this again.",
                    code=75,
                ) from error
            time.sleep(0.2)
