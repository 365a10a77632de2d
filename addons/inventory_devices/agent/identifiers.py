"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

import os
import time
import uuid


def uuid7(milliseconds=None):
    """A new UUID version 7.

    :param milliseconds: Unix time in milliseconds; None means now
    :return: :class:`uuid.UUID`; 48 bits of time, 74 random bits
    """
    milliseconds = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return uuid.UUID(int=value)
