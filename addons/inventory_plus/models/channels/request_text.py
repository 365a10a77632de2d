"""Texts that clients send: which of them can be kept, and what of them is said again."""

#: Characters of what a client sent that a message repeats.
SHOWN = 100


def is_text(value):
    """Whether ``value`` is a text that the database can keep and every answer can carry.

    JSON may hold a NUL and half a surrogate pair; neither has a place in UTF-8 text of PostgreSQL or in XML.
    """
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def kept(value, most):
    """A remark of a client as far as it can be kept; None where it is no text."""
    return _mended(value)[:most] if isinstance(value, str) else None


def echoed(value):
    """What an answer repeats of a request: XML-RPC can carry texts back, but no None and no large number."""
    return value if is_text(value) else False


def shown(value):
    """``value`` in a message; what has no place in a request, by its kind."""
    if not isinstance(value, str | int | float):
        return f"({type(value).__name__})"
    return _mended(str(value))[:SHOWN]


def _mended(text):
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
